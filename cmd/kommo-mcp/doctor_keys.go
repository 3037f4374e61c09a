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
