package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// refreshLease outlives everything that is done under it: two exchanges, a
	// look-up, and the writes between them.
	refreshLease = 45 * time.Second
	// turnWait is how long to wait for another who renews the same grant.
	turnWait = 10 * time.Second
	turnPoll = 50 * time.Millisecond
	// secondTry is how soon an exchange must have failed to be tried again at once;
	// one that hung has cost the caller enough.
	secondTry = 2 * time.Second
)

// renew exchanges the refresh token of an account, unless somebody else has
// since the caller saw version. It is the only way to an exchange. Who has a
// token that is still good is not patient: it does not wait for its turn.
func (s *Service) renew(account string, seen int64, patient bool) (store.Grant, error) {
	ctx, name, owner := s.ctx, "refresh "+account, store.Owner()
	giveUp := s.clock.Now().Add(turnWait)
	for {
		mine, err := s.store.Hold(ctx, name, owner, refreshLease)
		if err != nil {
			return store.Grant{}, keepProblem(err)
		}
		// Read after the lease was asked for: what the last holder wrote is there.
		g, err := s.read(ctx, account)
		if mine {
			defer func() { _ = s.store.Leave(ctx, name, owner) }() // it ends by itself otherwise
		}
		if err != nil || g.Version != seen || g.State == store.GrantEnded {
			return g, err
		}
		if mine {
			return s.exchange(ctx, g, func() error { return s.again(ctx, name, owner) })
		}
		if !patient || s.clock.Now().After(giveUp) {
			return g, fmt.Errorf("%w: another process is renewing the connection", errUnclear)
		}
		<-s.clock.After(turnPoll)
	}
}

var errTurnLost = errors.New("the turn to renew the connection was lost")

// again renews the lease.
func (s *Service) again(ctx context.Context, name, owner string) error {
	mine, err := s.store.Hold(ctx, name, owner, refreshLease)
	if err == nil && !mine {
		err = errTurnLost
	}
	return err
}

// read reads a grant; one that is not there is a problem.
func (s *Service) read(ctx context.Context, account string) (store.Grant, error) {
	g, ok, err := s.store.Grant(ctx, account, kind)
	if err != nil {
		return g, keepProblem(err)
	}
	if !ok {
		return g, problem.New(problem.NoToken, "The account "+account+" is not connected.").WithNext(s.connect)
	}
	return g, nil
}

// exchange trades the refresh token for a new pair and keeps it. The caller holds
// the lease, which hold renews.
func (s *Service) exchange(ctx context.Context, g store.Grant, hold func() error) (store.Grant, error) {
	if saved, ok, err := s.saveLate(ctx, g); ok || err != nil {
		return saved, err
	}
	if g.ClientID != s.ep.app.ClientID {
		return g, problem.New(problem.Unauthorized, "The account "+g.Host+" was connected through another integration than the one that is set.").
			WithNext("Set KOMMO_CLIENT_ID, KOMMO_CLIENT_SECRET and KOMMO_REDIRECT_URL of that integration, or: " + s.connect)
	}
	t, err := tokensOf(g)
	if err != nil {
		return g, keepProblem(err)
	}
	g.Tried = s.clock.Now()
	if _, err := s.store.NoteGrant(ctx, g); err != nil {
		return g, keepProblem(err)
	}
	p, err := s.present(ctx, &g, t, hold)
	if err != nil {
		return s.notRenewed(ctx, g, err)
	}
	if err := s.fill(&g, p); err != nil {
		return g, err
	}
	return s.save(ctx, g)
}

// present presents the refresh token: once more where no clear answer came, and
// at the account's new host where it has moved.
func (s *Service) present(ctx context.Context, g *store.Grant, t tokens, hold func() error) (pair, error) {
	begun := s.clock.Now()
	p, err := s.ep.grant(ctx, g.Host, refreshGrant, "refresh_token", Secret(t.Refresh))
	_, isBusy := errors.AsType[*busy](err)
	if errors.Is(err, errUnclear) && !isBusy && s.clock.Now().Sub(begun) < secondTry {
		s.log.WarnContext(ctx, "renewal without a clear answer, asked once more", "account", g.Account)
		if herr := hold(); herr != nil {
			return pair{}, errors.Join(err, herr)
		}
		p, err = s.ep.grant(ctx, g.Host, refreshGrant, "refresh_token", Secret(t.Refresh))
	}
	r, definite := errors.AsType[*refusal](err)
	if !definite || !r.mayHaveMoved() {
		return p, err
	}
	account, err := s.whereNow(ctx, t, r)
	switch {
	case err != nil:
		return pair{}, err
	case account.Host == g.Host:
		return pair{}, fmt.Errorf("%w: %w, although the connection is still known", errUnclear, r)
	}
	s.log.InfoContext(ctx, "account has moved", "account", g.Account, "from", g.Host, "to", account.Host)
	g.Host = account.Host
	if _, err := s.store.NoteGrant(ctx, *g); err != nil {
		return pair{}, errors.Join(errUnclear, err)
	}
	if err := hold(); err != nil {
		return pair{}, errors.Join(errUnclear, err)
	}
	return s.ep.grant(ctx, g.Host, refreshGrant, "refresh_token", Secret(t.Refresh))
}

// mayHaveMoved reports whether the refusal may come from a host that is the
// account's no more, and not from the grant.
func (r *refusal) mayHaveMoved() bool {
	return r.hint == "" || r.hint == "Invalid account"
}

// whereNow looks the account's host up. Where nobody can be asked, a redirect to a host
// of Kommo's accounts tells it, and any other refusal stands if it can.
func (s *Service) whereNow(ctx context.Context, t tokens, r *refusal) (kommo.Account, error) {
	if c, err := ReadClaims(t.Access); err == nil {
		if at, ok := CheckHost(c.APIDomain); ok {
			return s.ep.subdomain(ctx, at.Host, Secret(t.Refresh))
		}
	}
	if account, ok := CheckHost(r.to); ok {
		return account, nil
	}
	if !r.ends() {
		return kommo.Account{}, fmt.Errorf("%w: %w", errUnclear, r)
	}
	return kommo.Account{}, r
}

// notRenewed notes what a failed exchange means for the grant.
func (s *Service) notRenewed(ctx context.Context, g store.Grant, err error) (store.Grant, error) {
	r, definite := errors.AsType[*refusal](err)
	if !definite || errors.Is(err, errUnclear) {
		return g, err // Tried stays: the next attempt may be the second one of the same token
	}
	g.Tried = time.Time{}
	p := settingsProblem(r)
	if p == nil {
		g.State, g.Reason = store.GrantEnded, r.Error()
		s.log.WarnContext(ctx, "connection ended", "account", g.Account, "reason", g.Reason)
	}
	if _, err := s.store.NoteGrant(ctx, g); err != nil {
		return g, keepProblem(err)
	}
	if p != nil {
		return g, p
	}
	return g, nil // ended: the caller sees by State, and may still have use of the access token
}

// save keeps a new pair before anybody uses it. One that the disk does not take
// stays here, unused, until it does: Kommo has forgotten the former.
func (s *Service) save(ctx context.Context, g store.Grant) (store.Grant, error) {
	saved, ok, err := s.store.RenewGrant(ctx, g)
	s.mu.Lock()
	if err != nil {
		s.unsaved[g.Account] = g
	} else {
		delete(s.unsaved, g.Account)
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "a renewed connection cannot be kept", "account", g.Account, "error", err)
		return g, keepProblem(err)
	case !ok: // a new consent came meanwhile, or the account was removed
		return s.read(ctx, g.Account)
	}
	s.log.InfoContext(ctx, "connection renewed", "account", g.Account, "until", saved.Expires)
	return saved, nil
}

// saveLate tries again to keep a pair that could not be kept before.
func (s *Service) saveLate(ctx context.Context, g store.Grant) (store.Grant, bool, error) {
	s.mu.Lock()
	late, ok := s.unsaved[g.Account]
	s.mu.Unlock()
	if !ok || late.Version != g.Version {
		return g, false, nil
	}
	saved, err := s.save(ctx, late)
	return saved, err == nil, err
}
