package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
)

// accounts tells about the connected accounts and the key that seals them.
func (r *checkup) accounts(ctx context.Context, p *product) {
	if p.cfg.Demo || !p.state.Exists() {
		return
	}
	key, err := p.state.SealedWith(ctx)
	if err != nil {
		return // the line about the state says it
	}
	if key != "" {
		if where := p.ring.Where(key); where != "" {
			r.ok("key", key+" of "+where)
		} else {
			r.fail("key", "what is kept was encrypted with key "+key+", which is not here; nothing is lost",
				"Set KOMMO_MCP_ENCRYPTION_KEY to that key, or run where its keyring or key file is. If it is gone for good: kommo-mcp accounts rotate-key --discard-unreadable, then kommo-mcp login.")
		}
	}
	list, err := auth.List(ctx, p.state)
	if err != nil {
		r.fail("accounts", err.Error(), "See that the state directory can be read.")
		return
	}
	for _, c := range list {
		r.connected(c, p.cfg.App, time.Now())
	}
}

// page tells where people connect accounts in the browser.
func (r *checkup) page(p *product) {
	const name = "connect"
	app := p.cfg.App
	switch {
	case p.oneClick():
		at := strings.TrimSuffix(p.cfg.PublicURL.String(), "/")
		text := at + "/connect"
		if !p.cfg.Connect {
			text = "the page is switched off; clients sign in at " + at + "/mcp"
		}
		r.ok(name, text+"; the integration's hook for its end is "+at+connect.DisconnectPath)
	case !p.cfg.Demo && app.ClientID != "" && app.RedirectURL != "" && p.cfg.PublicURL != nil:
		r.warn(name, "nobody can connect in the browser: KOMMO_REDIRECT_URL is not on the host, scheme and port of KOMMO_MCP_PUBLIC_URL")
	}
}

func (r *checkup) connected(c auth.Connected, app auth.App, now time.Time) {
	const name = "accounts"
	left := c.Lapses.Sub(now)
	switch {
	case c.Ended:
		r.warn(name, fmt.Sprintf("%s: the connection has ended (%s); run kommo-mcp login", c.Host, c.Reason))
	case left <= 0:
		r.warn(name, c.Host+": unused for three months, so Kommo has let the connection lapse; run kommo-mcp login")
	case app.ClientID != c.ClientID:
		r.warn(name, c.Host+": connected through another integration than KOMMO_CLIENT_ID, so it cannot be renewed")
	case c.Unsettled:
		r.warn(name, c.Host+": Kommo's answer to the last renewal was lost; the next call tries again")
	case left < tokenWarning:
		r.warn(name, fmt.Sprintf("%s: unused for long, lapses %s; any call renews it", c.Host, inDays(left)))
	default:
		r.ok(name, fmt.Sprintf("%s: connected, access until %s", c.Host, c.Expires.Format(time.DateTime)))
	}
}
