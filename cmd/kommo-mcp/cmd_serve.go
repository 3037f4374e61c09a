package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// common are the flags of every command that offers tools.
type common struct {
	Demo     bool   `help:"Use the embedded make-believe account; all Kommo settings are ignored."`
	Mode     string `help:"read, write (default) or full (also deletes)." placeholder:"MODE"`
	Toolsets string `help:"Comma-separated toolsets, or all; default if left out." placeholder:"NAMES"`
	Tools    string `help:"Comma-separated tools: beside --toolsets, or these alone." placeholder:"NAMES"`
	Exclude  string `help:"Comma-separated tools or toolsets to leave out." placeholder:"NAMES"`
}

func (c common) flags() Flags {
	return Flags{Demo: c.Demo, Mode: c.Mode, Toolsets: c.Toolsets, Tools: c.Tools, Exclude: c.Exclude}
}

type stdioCmd struct{ common }

// Run serves until standard input ends or a signal comes.
func (c *stdioCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wire(ctx, c.flags())
	if err != nil {
		return err
	}
	defer p.close()
	s, err := p.server()
	if err != nil {
		return err
	}
	p.warnOfOpen(ctx)
	if p.client == nil {
		p.log.WarnContext(ctx, "no access token: tools are listed, calls answer how to set one")
	}
	defer p.deliver(ctx)()
	return server.Stdio(ctx, s, a.in, a.out, p.log)
}

type httpCmd struct {
	common

	Addr  string `help:"Address, default 127.0.0.1:8080; beyond loopback only with an access key or sign-in; port 0 picks a free one." placeholder:"HOST:PORT"`
	Drain string `help:"Seconds to go on serving after a signal while /readyz says 503, for balancers to notice; default 0." placeholder:"SECONDS"`
}

// Run serves until a signal comes.
func (c *httpCmd) Run(ctx context.Context, a *app) error {
	f := c.flags()
	f.Addr, f.Drain, f.Served = c.Addr, c.Drain, true
	p, err := a.wire(ctx, f)
	if err != nil {
		return err
	}
	defer p.close()
	s, err := p.server()
	if err != nil {
		return err
	}
	if err := p.startAuthorization(ctx); err != nil {
		return err
	}
	p.startConnection(ctx)
	p.warnOfOpen(ctx)
	web := p.web()
	p.mountConnection(ctx, &web)
	stop, err := p.serveMetrics(ctx)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	defer stop()
	h, err := server.Listen(ctx, p.cfg.Addr, s, web)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	p.log.InfoContext(ctx, "ready", slog.String("url", h.URL()))
	defer p.serveTenants(ctx)()
	defer p.deliver(ctx)()
	defer p.rotate(ctx)()
	return h.Serve(ctx)
}
