package auth

import (
	"context"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// renewIdle is the age from which a grant is renewed although nobody uses it:
	// Kommo forgets a refresh token that is three months old.
	renewIdle = 7 * 24 * time.Hour
	// keepEvery is how often a look is taken.
	keepEvery = time.Hour
)

// Keep renews the grants that nobody uses, until ctx ends. Whoever uses a grant
// renews it daily; several processes may keep the same ones.
func (s *Service) Keep(ctx context.Context) {
	for ctx.Err() == nil {
		s.keepRound(ctx)
		select {
		case <-ctx.Done():
		case <-s.clock.After(keepEvery):
		}
	}
}

// keepRound renews one after the other: an exchange that is begun is carried through.
func (s *Service) keepRound(ctx context.Context) {
	if !s.store.Exists() {
		return
	}
	grants, err := s.store.Grants(ctx, kind)
	if err != nil {
		s.log.WarnContext(ctx, "connections cannot be looked after", "error", err)
		return
	}
	for _, g := range grants {
		if ctx.Err() != nil {
			return
		}
		if g.State != store.GrantActive || g.ClientID != s.ep.app.ClientID || s.clock.Now().Sub(g.Renewed) < renewIdle {
			continue
		}
		if _, err := s.renew(g.Account, g.Version, false); err != nil { //nolint:contextcheck // carried through, see Service.ctx
			s.log.WarnContext(ctx, "an idle connection could not be renewed; tried again later", "account", g.Account, "error", err)
		}
	}
}

// Look tells what is known of the grant of an account.
func Look(ctx context.Context, st *store.Store, account string) (c Connected, ok bool, err error) {
	g, ok, err := st.Grant(ctx, account, kind)
	if err != nil || !ok {
		return c, false, err
	}
	return Connected{Account: g.Account, Host: g.Host, ClientID: g.ClientID, Ended: g.State == store.GrantEnded, Reason: g.Reason}, true, nil
}
