package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
)

// changesWork are the settings without which the program does something else: they
// are left to those who run it, and what they set is looked for.
var changesWork = []string{"KOMMO_ACCESS_TOKEN", "KOMMO_API_KEY", "KOMMO_CLIENT_SECRET"}

// leastSecret keeps words out that stand for a wrong value: they are found anywhere.
const leastSecret = 12

// run runs the program as if it had been started itself: with its signals, streams
// and exit code.
func (c cage) run(ctx context.Context, env []string, program string, args []string) error {
	if len(args) > 0 && args[0] == "sandbox" { // that is Kommo, which gives tokens out
		return syscall.Exec(program, append([]string{program}, args...), env) //nolint:gosec // that is what it is for
	}
	all, err := c.planted()
	if err != nil {
		return err
	}
	shown, err := os.CreateTemp(c.kept(""), "run-*")
	if err != nil {
		return err
	}
	defer shown.Close()
	env, set := environment(all, env, args, os.Getpid()%2 == 1)
	if err := c.note(filepath.Base(shown.Name()), set); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // that is what it is for
	cmd.Stdin, cmd.Env = os.Stdin, slices.Concat(env, []string{"GOTRACEBACK=all"})
	cmd.Stdout, cmd.Stderr = io.MultiWriter(shown, os.Stdout), io.MultiWriter(shown, os.Stderr)
	fmt.Fprintf(shown, "arguments: %q\n", args)
	if err := cmd.Start(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended
		}
	}()
	err = cmd.Wait()
	if state := lookup(env, "KOMMO_MCP_STATE_DIR"); state != "" {
		_ = os.CopyFS(c.kept(filepath.Base(shown.Name())+"-state"), os.DirFS(state)) // what cannot be copied, others hold open
	}
	return err
}

// note keeps which secrets a run had, in the environment or in files.
func (c cage) note(run string, set []canary.Secret) error {
	raw, err := json.Marshal(set)
	if err != nil {
		return err
	}
	return write(filepath.Join(c.dir, "had", run), raw)
}

// environment adds canaries to those settings that have no value, and tells which
// secrets the program will have. A server that is open on purpose stays open.
func environment(all []planted, env, args []string, asFiles bool) (out []string, has []canary.Secret) {
	open := slices.Contains(args, "http") && slices.Contains(args, "--demo")
	for _, p := range all {
		value, file := lookup(env, p.Name), lookup(env, p.Name+"_FILE")
		if raw, err := os.ReadFile(file); err == nil && value == "" {
			value = strings.TrimSpace(string(raw))
		}
		switch {
		case value != "" && len(value) < leastSecret:
			continue
		case value != "":
			p.Value = value
		case slices.Contains(changesWork, p.Name) || open && p.Name == "KOMMO_MCP_ACCESS_KEY":
			continue
		case asFiles:
			env = append(env, p.Name+"_FILE="+p.File)
		default:
			env = append(env, p.Name+"="+p.Value)
		}
		has = append(has, p.Secret)
	}
	return env, has
}

// lookup is the last value of a name, as the system takes it.
func lookup(env []string, name string) (value string) {
	for _, entry := range env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}
