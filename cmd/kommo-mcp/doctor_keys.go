package main

import (
	"context"
	"fmt"
	"time"
)

// keyWarning is how long before its end a key is announced.
const keyWarning = 14 * 24 * time.Hour

// keys tells about the access keys: how many, and those that end.
func (r *checkup) keys(ctx context.Context, p *product) {
	if p.cfg.Demo || !p.state.Exists() {
		return
	}
	list, err := p.keys().List(ctx)
	if err != nil {
		return // the line about the state says it
	}
	now, good := time.Now(), 0
	for _, k := range list {
		name := k.ID + " (" + or(k.Label, "none") + ")"
		switch left := k.Expires.Sub(now); {
		case k.Unreadable:
			r.warn("keys", name+": cannot be read, since its encryption key is not here; requests with it are refused")
			continue
		case k.Expires.IsZero():
		case left <= 0:
			r.warn("keys", name+": expired on "+k.Expires.Format(time.DateOnly)+"; kommo-mcp keys revoke "+k.ID+" clears it away")
			continue
		case left < keyWarning:
			r.warn("keys", name+": expires "+inDays(left)+"; make a new one with kommo-mcp keys create")
		}
		good++
	}
	if good > 0 {
		r.ok("keys", fmt.Sprintf("%d access keys work", good))
	}
}

// hooks tells about the addresses that were given out.
func (r *checkup) hooks(ctx context.Context, p *product) {
	if p.cfg.Demo || !p.state.Exists() {
		return
	}
	list, err := p.hooks().List(ctx)
	if err != nil {
		return // the line about the state says it
	}
	good := 0
	for _, h := range list {
		name := h.ID + " (" + or(h.Platform, "unknown") + ")"
		switch {
		case h.Unreadable:
			r.warn("hooks", name+": cannot be read, since its encryption key is not here; posts to it are refused")
		case h.Account == "" && p.client == nil:
			r.warn("hooks", name+": is for the server's own account, and there is none; calls posted to it wait. kommo-mcp hooks revoke "+h.ID+" takes it away")
		default:
			good++
		}
	}
	if good > 0 {
		r.ok("hooks", fmt.Sprintf("%d addresses take posts", good))
	}
}

// clients tells about the clients that were made by hand.
func (r *checkup) clients(ctx context.Context, p *product) {
	if p.cfg.Demo || !p.state.Exists() {
		return
	}
	list, err := p.clients().List(ctx, false)
	if err != nil {
		return // the line about the state says it
	}
	good := 0
	for _, c := range list {
		if c.Unreadable {
			r.warn("clients", c.ID+": cannot be read, since its encryption key is not here; nobody signs in by it")
			continue
		}
		good++
	}
	switch {
	case good > 0 && !p.oneClick():
		r.warn("clients", fmt.Sprintf("%d were made by hand, and this server signs nobody in: it takes an integration, and KOMMO_REDIRECT_URL below KOMMO_MCP_PUBLIC_URL", good))
	case good > 0:
		r.ok("clients", fmt.Sprintf("%d made by hand can sign people in", good))
	}
}
