package main

import (
	"context"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// defaultStateDir is the system's place for state; empty where the environment
// names none.
func defaultStateDir(env Lookup) string {
	look := func(name string) string { v, _ := env(name); return v }
	base := look("XDG_STATE_HOME")
	switch home := look("HOME"); {
	case base != "":
	case runtime.GOOS == "windows":
		base = look("LOCALAPPDATA")
	case home == "":
	case runtime.GOOS == "darwin":
		base = filepath.Join(home, "Library", "Application Support")
	default:
		base = filepath.Join(home, ".local", "state")
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, "kommo-mcp")
}

// openState prepares what is kept on disk; nothing is opened before it is needed.
// The demo keeps it in memory.
func (p *product) openState(clock kommo.Clock) {
	st := store.NewMemory(clock.Now)
	if !p.cfg.Demo {
		p.ring = keyRing(p.cfg)
		p.ring.OnSecondBest(func(text string) { p.log.Warn(text) })
		st = store.New(p.cfg.StateDir, clock.Now, store.WithSealer(p.ring), store.WithFormer(p.address(), p.accountName()))
	}
	p.state = st
	p.closers = append(p.closers, func() { _ = st.Close() })
}

// warnOfOpen says what other users of this machine can reach of the state. Files with
// secrets are for the doctor to tell of: in containers they are often open to users
// that do not exist.
func (p *product) warnOfOpen(ctx context.Context) {
	if p.cfg.Demo {
		return
	}
	for _, open := range store.Private(p.cfg.StateDir) {
		p.log.WarnContext(ctx, open)
	}
}

// keyRing is where encryption keys are kept: the settings, else the keyring of the
// operating system, else a file. What an earlier choice sealed still opens.
func keyRing(cfg Config) *seal.Ring {
	var sources []seal.Source
	if len(cfg.Keys) > 0 {
		sources = append(sources, seal.Fixed("KOMMO_MCP_ENCRYPTION_KEY", cfg.Keys...))
	}
	if cfg.NoKeyring != "" {
		sources = append(sources, seal.NoKeyring(cfg.NoKeyring))
	} else {
		place := cfg.StateDir
		if abs, err := filepath.Abs(place); err == nil { // the same from wherever it is named
			place = abs
		}
		sources = append(sources, seal.Keyring(place))
	}
	return seal.NewRing(append(sources, seal.Files(cfg.StateDir))...)
}

// noKeyring is why asking for the keyring makes no sense; empty if it does. On Linux it
// lives on the session's bus; without one, looking for it would start programs.
func noKeyring(env Lookup) string {
	bus, _ := env("DBUS_SESSION_BUS_ADDRESS")
	if bus == "" && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		return "it cannot be asked here, since no desktop session is known (DBUS_SESSION_BUS_ADDRESS is not set)"
	}
	return ""
}

// commonRate is the account's rate as all processes with the state directory see
// it.
type commonRate struct {
	ctx     context.Context //nolint:containedctx // of the process: settling outlives the call
	lanes   *store.Lanes
	account string
}

// Take and the others fail where the directory cannot be written; then each
// process keeps the rate for itself.
func (r commonRate) Take(ctx context.Context, count int) (int, time.Duration, error) {
	return r.lanes.Take(ctx, r.account, count)
}

func (r commonRate) Settle(lane int, free time.Time) {
	_ = r.lanes.Settle(r.ctx, r.account, lane, free) // kept by this process in any case
}

func (r commonRate) Pause(until time.Time) {
	_ = r.lanes.Pause(r.ctx, r.account, until) // kept by this process in any case
}

// deliver runs the worker of the waiting calls until the returned function is
// called, which waits for the deliveries under way. In read mode nothing is ever
// delivered.
func (p *product) deliver(ctx context.Context) (stop func()) {
	if p.service == nil || p.cfg.Mode == "read" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var worker sync.WaitGroup
	worker.Go(func() { p.service.RunOutbox(ctx) })
	return func() {
		cancel()
		worker.Wait()
	}
}
