package auth

import (
	"context"
	"time"
)

// seekAgain is how often Kommo is asked where an account is.
const seekAgain = time.Minute

// Relocate asks Kommo where the account is, after a host answered as if it were not
// there, and has the client follow; true if it moved. It is a kommo.Relocator: a new
// address need not wait for the next renewal.
func (src *Source) Relocate(ctx context.Context) bool {
	src.mu.Lock()
	g, t, now := src.g, src.t, src.s.clock.Now()
	soon := now.Sub(src.sought) < seekAgain
	if !soon {
		src.sought = now
	}
	src.mu.Unlock()
	c, err := ReadClaims(t.Access)
	at, ok := CheckHost(c.APIDomain)
	if soon || err != nil || !ok {
		return false
	}
	account, err := src.s.ep.subdomain(ctx, at.Host, Secret(t.Refresh))
	if err != nil || account.Host == g.Host {
		return false
	}
	src.s.log.InfoContext(ctx, "account has moved", "account", g.Account, "from", g.Host, "to", account.Host)
	if err := src.s.store.MoveGrant(ctx, g, account.Host); err != nil {
		src.s.log.WarnContext(ctx, "the new address of an account cannot be kept", "account", g.Account, "error", err)
		return false
	}
	if src.look() != nil {
		return false
	}
	src.mu.Lock()
	defer src.mu.Unlock()
	return src.g.Host != g.Host
}
