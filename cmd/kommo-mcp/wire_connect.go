package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/tenant"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// oneClick tells whether people can connect accounts through this server: there is
// an integration, and Kommo sends them back to the address they know us by. A
// browser brings its cookie to no other.
func (p *product) oneClick() bool {
	app := p.cfg.App
	return !p.cfg.Demo && app.ClientID != "" && app.Secret != "" && app.RedirectURL != "" && p.cfg.PublicURL != nil &&
		sameOrigin(redirectHost(app.RedirectURL), p.cfg.PublicURL)
}

func sameOrigin(a, b *url.URL) bool {
	return a != nil && b != nil && a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// connectStep says how a person connects an account again.
func (p *product) connectStep() []auth.Option {
	if !p.oneClick() || !p.cfg.Connect {
		return nil
	}
	return []auth.Option{auth.WithConnectStep("Open " + strings.TrimSuffix(p.cfg.PublicURL.String(), "/") + "/connect to connect it again.")}
}

// startConnection makes what people connect their accounts with, where there is an
// integration for it. It comes after the authorization server, whose clients wait
// for accounts too.
func (p *product) startConnection(ctx context.Context) {
	app := p.cfg.App
	if !p.oneClick() {
		if !p.cfg.Demo && app.ClientID != "" && app.RedirectURL != "" && p.cfg.PublicURL != nil {
			p.log.WarnContext(ctx, "nobody can connect an account in the browser: KOMMO_REDIRECT_URL is not on the host, scheme and port of KOMMO_MCP_PUBLIC_URL")
		}
		return
	}
	parts := connect.Parts{
		Auth: p.accounts(ctx, auth.WithGuests()), Store: p.state, App: app, Public: p.cfg.PublicURL, Zone: p.cfg.Account.Zone,
		Open: p.cfg.Connect, Mode: principal.Mode(p.cfg.Mode), Logger: p.log, Keys: pageKeys{p.keys()}, Limited: p.limited, Address: server.ClientAddress,
	}
	if p.authorization != nil {
		parts.Waiting = p.authorization
	}
	if _, err := registry.Find(p.tools, server.LogCallTool); err == nil { // else nobody logs what platforms post
		parts.Hooks = pageHooks{p.hooks()}
	}
	p.connection = connect.New(parts)
	if p.cfg.Connect {
		p.log.InfoContext(ctx, "accounts can be connected in the browser", slog.String("url", strings.TrimSuffix(p.cfg.PublicURL.String(), "/")+"/connect"))
	}
}

// limited tells whether who connected an account may not see its users, which takes an
// administrator. Where Kommo does not say, nobody is told anything.
func (p *product) limited(ctx context.Context, account string) bool {
	ctx, cancel := context.WithTimeout(ctx, limitedTime)
	defer cancel()
	of, err := p.openTenant(ctx, tenant.Name{Account: account})
	if err != nil || of.Close == nil {
		return false
	}
	defer of.Close()
	_, err = of.Service.API().Do(ctx, kommo.Request{Op: "connect.users", Path: "/users", Query: url.Values{"limit": {"1"}}}, nil)
	return kommo.HasCode(err, kommo.CodeForbidden)
}

// limitedTime is how long the browser waits for it.
const limitedTime = 4 * time.Second

// pageKeys makes access keys for people who have just connected an account.
type pageKeys struct{ keys *access.Keys }

// NewKey is for connect.Keys.
func (k pageKeys) NewKey(ctx context.Context, once access.Once, account, label string, mode principal.Mode) (string, bool, error) {
	return k.keys.CreateOnce(ctx, access.Key{Account: account, Label: label, Mode: mode}, once)
}

// pageHooks makes addresses for platforms for people who have just connected an account.
type pageHooks struct{ hooks *access.Hooks }

// Platforms is for connect.Hooks.
func (pageHooks) Platforms() []string { return platformNames() }

// NewHook is for connect.Hooks.
func (h pageHooks) NewHook(ctx context.Context, once access.Once, account, label, platform, secret string) (string, bool, error) {
	part, again, err := h.hooks.CreateOnce(ctx, access.Hook{Account: account, Label: label, Platform: platform}, secret, once)
	return server.CallsEndpoint + "/" + platform + "/" + part, again, err
}

// mountConnection mounts it. What it has begun ends with ctx, and close waits for it.
func (p *product) mountConnection(ctx context.Context, w *server.Web) {
	if p.connection == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.closers = append(p.closers, func() {
		cancel()
		p.connection.Close()
	})
	w.Mount = append(w.Mount, func(mux *http.ServeMux) { p.connection.Mount(ctx, mux) })
}
