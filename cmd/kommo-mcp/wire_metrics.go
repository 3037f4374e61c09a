package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/metrics"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Metrics says where the http command shows its metrics.
type Metrics struct {
	Addr string // empty: nowhere
	Key  string // asked for as a bearer; needed beyond loopback
}

// openMetrics begins to count, where anybody can look.
func (p *product) openMetrics(ctx context.Context) {
	if p.cfg.Metrics.Addr == "" {
		return
	}
	p.metrics = metrics.New(version())
	p.metrics.Watch(context.WithoutCancel(ctx), p.standings)
}

// counted is the way to Kommo of one account.
func (p *product) counted(account string) http.RoundTripper {
	if p.metrics == nil {
		return p.shared.transport
	}
	return p.metrics.Transport(account, p.shared.transport)
}

// observe counts the calls of tools.
func (p *product) observe() func(context.Context, registry.Observed) {
	if p.metrics == nil {
		return nil
	}
	return func(ctx context.Context, o registry.Observed) {
		p.metrics.Call(cmp.Or(principal.From(ctx).Account, p.ownName()), o.Tool, string(o.Code), o.Took)
	}
}

// ownName is what the server's own account is called in the state; empty without one.
func (p *product) ownName() string {
	if p.own == nil {
		return ""
	}
	return p.own.name
}

func codeOf(ctx context.Context, err error) string {
	if err == nil {
		return ""
	}
	return string(registry.Explain(ctx, err).Code)
}

// standings tells how all accounts of the state stand.
func (p *product) standings(ctx context.Context) ([]metrics.Standing, error) {
	if !p.state.Exists() {
		return nil, nil
	}
	jobs, err := p.state.Census(ctx, crm.CallKind, crm.HookKind)
	if err != nil {
		return nil, err
	}
	connected, err := auth.List(ctx, p.state)
	if err != nil {
		return nil, err
	}
	out := make([]metrics.Standing, 0, len(connected)+1)
	for _, c := range connected {
		out = append(out, standingOf(c.Account, jobs[c.Account]))
		out[len(out)-1].Grant, out[len(out)-1].Connected = true, !c.Ended
		delete(jobs, c.Account)
	}
	for account, of := range jobs {
		out = append(out, standingOf(account, of))
	}
	return out, nil
}

func standingOf(account string, jobs map[store.State]int) metrics.Standing {
	return metrics.Standing{Account: account, Waiting: jobs[store.Waiting] + jobs[store.Running], Dead: jobs[store.Dead]}
}

// serveMetrics shows the metrics until the returned function is called.
func (p *product) serveMetrics(ctx context.Context) (stop func(), err error) {
	if p.metrics == nil {
		return func() {}, nil
	}
	m, err := server.ListenMetrics(ctx, p.cfg.Metrics.Addr, p.cfg.Metrics.Key, p.metrics.Handler(), p.log)
	if err != nil {
		return nil, err
	}
	p.log.InfoContext(ctx, "metrics", slog.String("url", m.URL()))
	// They are shown while calls in flight finish: until the very end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := m.Serve(ctx); err != nil {
			p.log.ErrorContext(ctx, "metrics are not shown any more", "error", err)
		}
	}()
	return func() { cancel(); <-done }, nil
}
