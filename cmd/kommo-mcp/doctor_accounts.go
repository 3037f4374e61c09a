package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// accounts tells about the connected accounts and the key that seals them.
func (r *checkup) accounts(ctx context.Context, p *product) {
	if p.cfg.Demo || !p.state.Exists() {
		return
	}
	key, err := p.state.SealedWith(ctx)
	switch {
	case err == nil || p.client != nil: // the line about the state says it
	case errors.Is(err, store.ErrUnwritable):
		r.fail("state", err.Error(), writableStep)
	default:
		r.fail("state", err.Error(), "Put back a copy of "+store.FileName+", or move it away, connect the accounts again and look in Kommo for the calls that waited.")
	}
	if err != nil {
		return
	}
	if key != "" {
		r.key(p, key)
	}
	list, err := auth.List(ctx, p.state)
	if err != nil {
		r.fail("accounts", err.Error(), "See that the state directory can be read.")
		return
	}
	asked := 0
	for _, c := range list {
		good := r.connected(c, p, time.Now())
		if own := p.grant != nil && p.grant.Account == c.Account; good && !own && asked < mostAsked {
			asked++
			r.ask(ctx, p, c)
		}
	}
}

// mostAsked is of how many connected accounts Kommo is asked: a vendor has thousands.
const mostAsked = 10

// ask uses the connection, which renews it where it is due.
func (r *checkup) ask(ctx context.Context, p *product, c auth.Connected) {
	from, err := p.grantOrigin(c)
	if err == nil {
		o := p.open(ctx, from)
		defer o.close()
		_, err = o.client.Do(ctx, kommo.Request{Op: "doctor.account", Path: "/account"}, nil)
	}
	if err != nil {
		why := registry.Explain(ctx, err)
		r.fail("accounts", c.Host+": "+why.Message, why.Next)
	}
}

// ownless tells what it means that the server has no account of its own.
func (r *checkup) ownless(ctx context.Context, p *product) {
	const name = "token"
	if problem.HasCode(p.ownMissing, problem.Unavailable) { // the line about the state says it
		return
	}
	hosts := p.hosts(ctx)
	named := p.cfg.Account.Host
	switch {
	case named != "" && len(hosts) > 0:
		_, err := auth.Find(ctx, p.state, named)
		why := registry.Explain(ctx, err)
		r.fail(name, "KOMMO_SUBDOMAIN names "+named+", which is not connected, and no token is set; connected: "+strings.Join(slices.Sorted(maps.Values(hosts)), ", "), why.Next)
	case p.oneClick() && len(hosts) > 0:
		r.ok(name, fmt.Sprintf("none, and no default account: keys, hooks and sign-ins work in the connected accounts (%d)", len(hosts)))
	case p.oneClick():
		r.warn(name, "none, and no account is connected yet: "+p.reconnect())
	case len(hosts) > 0:
		one := slices.Sorted(maps.Values(hosts))[0]
		r.fail(name, "none is set, and none of the connected accounts is the default",
			"Run kommo-mcp accounts default "+one+", or set KOMMO_SUBDOMAIN.")
	default:
		r.fail(name, "none is set", noToken().Error())
	}
}

// reconnect is how an account is connected here.
func (p *product) reconnect() string {
	if p.oneClick() && p.cfg.Connect {
		return "open " + strings.TrimSuffix(p.cfg.PublicURL.String(), "/") + "/connect"
	}
	return "run kommo-mcp login"
}

// key tells where the key lies that seals what is kept, and whether it is the one that
// is set.
func (r *checkup) key(p *product, key string) {
	const name = "key"
	where, err := p.ring.Find(key)
	switch {
	case err != nil:
		r.fail(name, err.Error()+"; nothing is lost",
			"Set KOMMO_MCP_ENCRYPTION_KEY to that key, or run where its keyring (unlocked) or key file is. If it is gone for good: kommo-mcp accounts rotate-key --discard-unreadable, then kommo-mcp login.")
	case len(p.cfg.Keys) > 0 && p.cfg.Keys[0].ID != key:
		r.warn(name, key+" of "+where+" is still in use, and not KOMMO_MCP_ENCRYPTION_KEY ("+p.cfg.Keys[0].ID+"): kommo-mcp accounts rotate-key changes to that")
	default:
		r.ok(name, key+" of "+where)
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

// connected tells what is known of a connection; false: there is no use in trying it.
func (r *checkup) connected(c auth.Connected, p *product, now time.Time) bool {
	const name = "accounts"
	left := c.Lapses.Sub(now)
	switch {
	case c.Ended:
		r.warn(name, fmt.Sprintf("%s: the connection has ended (%s); %s", c.Host, c.Reason, p.reconnect()))
	case left <= 0:
		r.warn(name, c.Host+": unused for three months, so Kommo has let the connection lapse; "+p.reconnect())
	case p.cfg.App.ClientID == "" || p.cfg.App.RedirectURL == "":
		r.fail(name, c.Host+": connected, and cannot be renewed, since the integration is not set", "Set KOMMO_CLIENT_ID, KOMMO_CLIENT_SECRET and KOMMO_REDIRECT_URL as they were when it was connected.")
	case p.cfg.App.ClientID != c.ClientID && p.grant != nil && p.grant.Account == c.Account:
		r.fail(name, c.Host+": connected through another integration than KOMMO_CLIENT_ID, so it works until "+c.Expires.Format(time.DateTime)+" at most",
			"Set KOMMO_CLIENT_ID, KOMMO_CLIENT_SECRET and KOMMO_REDIRECT_URL of that integration ("+c.ClientID+"), or connect it anew: "+p.reconnect()+".")
	case p.cfg.App.ClientID != c.ClientID:
		r.warn(name, c.Host+": connected through another integration than KOMMO_CLIENT_ID, so it cannot be renewed; set that one, or "+p.reconnect())
	case c.Unsettled:
		r.warn(name, c.Host+": Kommo's answer to the last renewal was lost; the next call tries again")
		return true
	case left <= tokenWarning:
		r.warn(name, fmt.Sprintf("%s: unused for long, lapses %s; any call renews it", c.Host, inDays(left)))
		return true
	default:
		r.ok(name, fmt.Sprintf("%s: connected, access until %s", c.Host, c.Expires.Format(time.DateTime)))
		return true
	}
	return false
}
