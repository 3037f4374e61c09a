package auth

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// calm is how long nothing is sent after an exchange without a clear answer.
	calm = 5 * time.Second
	// youngToken is the age below which a refused token is not renewed: the fault
	// lies elsewhere, and each exchange risks the grant.
	youngToken = 30 * time.Second
	// Access tokens are renewed when less than these parts of their life are left.
	// The one in use is drawn anew for each token, so that the accounts of many
	// processes do not come all at once.
	latestPart, earliestPart = 0.05, 0.10
)

// Source is the access token of one account, renewed as needed. It is a
// kommo.TokenInvalidator, safe for concurrent use.
type Source struct {
	s       *Service
	account string
	moved   func(kommo.Account)

	renewing sync.Mutex // held by the one goroutine that talks to Kommo

	mu      sync.Mutex // of what follows; held for moments
	g       store.Grant
	t       tokens
	early   time.Duration
	refused string // the access token that Kommo did not take
	lastErr error  // of the last exchange, until pause ends
	pause   time.Time
	sought  time.Time // when Kommo was asked last where the account is
}

// Source is the token source of a connected account, by its number. moved, which
// may be nil, is told each time the account is found under another host.
func (s *Service) Source(account string, moved func(kommo.Account)) *Source {
	return &Source{s: s, account: account, moved: moved}
}

// Token is an access token that should work now. Errors are problems that say how
// to connect again, or *kommo.Error where a later try may succeed.
func (src *Source) Token() (*oauth2.Token, error) {
	if !src.renewing.TryLock() {
		// Somebody looks or renews. What is still good serves meanwhile.
		if t := src.have(false); t != nil {
			return t, nil
		}
		src.renewing.Lock()
	}
	defer src.renewing.Unlock()
	// Each time: what other processes did, a removal above all, is in force at once. It
	// takes some microseconds, and Kommo takes seven requests a second.
	if err := src.look(); err != nil {
		return nil, src.explain(err)
	}
	if t := src.have(true); t != nil {
		return t, nil
	}
	err := src.renew()
	if t := src.have(false); t != nil {
		return t, nil
	}
	if err == nil {
		err = src.ended()
	}
	return nil, src.explain(err)
}

// Invalidate notes that Kommo did not take a token.
func (src *Source) Invalidate(refused *oauth2.Token) {
	src.mu.Lock()
	defer src.mu.Unlock()
	if refused == nil || refused.AccessToken != src.t.Access {
		return // it was replaced since
	}
	src.refused = refused.AccessToken
}

// have is the token at hand: with fresh, only if nothing speaks for renewing it.
func (src *Source) have(fresh bool) *oauth2.Token {
	src.mu.Lock()
	defer src.mu.Unlock()
	now := src.s.clock.Now()
	switch {
	case src.t.Access == "" || src.t.Access == src.refused || !now.Before(src.g.Expires):
		return nil
	case fresh && src.due(now):
		return nil
	}
	return &oauth2.Token{AccessToken: src.t.Access, TokenType: "Bearer", Expiry: src.g.Expires}
}

// due reports whether the token should be renewed now.
func (src *Source) due(now time.Time) bool {
	return src.g.State == store.GrantActive && now.Add(src.early).After(src.g.Expires) && !now.Before(src.pause)
}

// look reads the grant.
func (src *Source) look() error {
	g, err := src.s.read(src.s.ctx, src.account)
	if err != nil {
		src.mu.Lock()
		src.t = tokens{} // removed, or sealed with a key that is gone
		src.mu.Unlock()
		return err
	}
	return src.take(g)
}

// take makes a grant the one in use.
func (src *Source) take(g store.Grant) error {
	t, err := tokensOf(g)
	if err != nil {
		return keepProblem(err)
	}
	src.mu.Lock()
	defer src.mu.Unlock()
	if t.Access != src.t.Access {
		life := g.Expires.Sub(g.Renewed)
		src.early = time.Duration(float64(life) * (latestPart + (earliestPart-latestPart)*src.s.jitter()))
		src.pause, src.lastErr = time.Time{}, nil
	}
	if src.moved != nil && g.Host != src.g.Host {
		if account, ok := CheckHost(g.Host); ok {
			src.moved(account)
		}
	}
	src.g, src.t = g, t
	return nil
}

// renew has the grant renewed if there is a reason, and no reason against it.
func (src *Source) renew() error {
	src.mu.Lock()
	now, g, err := src.s.clock.Now(), src.g, src.lastErr
	refused := src.t.Access == src.refused
	good := !refused && now.Before(g.Expires)
	tooYoung := refused && now.Sub(g.Renewed) < youngToken && now.Before(g.Expires)
	src.mu.Unlock()
	switch {
	case g.State == store.GrantEnded:
		return nil
	case now.Before(src.pause):
		return err
	case tooYoung:
		return problem.New(problem.KommoUnavailable, "Kommo refuses an access token of "+g.Host+" that it has just issued.").
			WithNext("Try again in half a minute: then the connection is renewed, or said to have ended.")
	}
	g, err = src.s.renew(src.account, g.Version, !good)
	if g.Version != 0 && len(g.Secret) > 0 {
		if terr := src.take(g); err == nil {
			err = terr
		}
	}
	if err != nil {
		src.mu.Lock()
		src.lastErr, src.pause = err, src.s.clock.Now().Add(pauseAfter(err))
		src.mu.Unlock()
	}
	return err
}

// pauseAfter is how long nothing is sent after an exchange that failed.
func pauseAfter(err error) time.Duration {
	if b, ok := errors.AsType[*busy](err); ok {
		return b.after
	}
	return calm
}

// ended says that only a new consent helps.
func (src *Source) ended() error {
	src.mu.Lock()
	defer src.mu.Unlock()
	why := src.g.Reason
	if why == "" {
		why = "Kommo does not take its token any more"
	}
	return problem.New(problem.Unauthorized, "The connection to "+src.g.Host+" has ended ("+why+").").WithNext(src.s.connect + " Repeating the call does not help.")
}

// explain makes a lost answer an error that is worth another try.
func (src *Source) explain(err error) error {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*kommo.Error](err); ok {
		return e
	}
	src.mu.Lock()
	left := src.pause.Sub(src.s.clock.Now())
	src.mu.Unlock()
	return &kommo.Error{Code: kommo.CodeNetwork, Message: "the connection to Kommo could not be renewed: " + err.Error(), RetryAfter: max(left, time.Second), Err: err}
}
