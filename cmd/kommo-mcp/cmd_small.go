package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

type versionCmd struct{}

// Run prints the version and what it was built with.
func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintf(a.out, "kommo-mcp %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the module's version where it was installed by go install.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "0.1.0-dev"
	}
	return info.Main.Version
}

type sandboxCmd struct {
	Addr string `help:"Address on loopback." default:"127.0.0.1:18080" placeholder:"HOST:PORT"`
}

// Run serves the sandbox until a signal comes. The two lines on stdout can be
// evaluated by a shell.
func (c *sandboxCmd) Run(ctx context.Context, a *app) error {
	s := sandbox.New()
	srv, err := sandbox.Listen(ctx, c.Addr, s)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer srv.Close()
	fmt.Fprintf(a.out, "KOMMO_BASE_URL=%s\nKOMMO_ACCESS_TOKEN=%s\n", srv.URL, s.Token(sandbox.DefaultHost))
	<-ctx.Done()
	return nil
}
