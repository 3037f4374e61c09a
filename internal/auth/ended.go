package auth

import (
	"context"
	"errors"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Standing is what Kommo says of a connection when it is asked.
type Standing string

// What may be found.
const (
	Alive   Standing = "alive"
	Gone    Standing = "gone"    // Kommo has ended it, and all that was kept of it is forgotten
	Unknown Standing = "unknown" // no account of that number is connected here
	Unclear Standing = "unclear" // nothing definite was heard
)

// Named lists the connected accounts that Kommo may mean by a number: those of our
// integration, on either platform.
func (s *Service) Named(ctx context.Context, number int64) ([]string, error) {
	grants, err := s.store.Grants(ctx, kind)
	if err != nil {
		return nil, keepProblem(err)
	}
	var out []string
	for _, g := range grants {
		if g.ClientID == s.ep.app.ClientID && (g.Account == AccountName(number, "") || g.Account == AccountName(number, "amocrm.ru")) {
			out = append(out, g.Account)
		}
	}
	return out, nil
}

// Told takes Kommo's signed word that a connection has ended. The first one about an
// account is believed: nobody but Kommo could have signed it, and none was there to be
// repeated. It bears no date, so that who saw it could send it again after a new consent:
// of any later one Kommo is asked.
func (s *Service) Told(ctx context.Context, account string) (Standing, error) {
	first, err := s.store.DropGrantOnce(ctx, account, kind, "disconnected")
	if err != nil {
		return Unclear, keepProblem(err)
	}
	if !first {
		return s.CheckEnded(ctx, account)
	}
	s.log.InfoContext(ctx, "account disconnected by its owner", "account", account)
	return Gone, nil
}

// CheckEnded asks Kommo whether a connection, of which somebody says that it has
// ended, still stands, and forgets it if not.
func (s *Service) CheckEnded(ctx context.Context, account string) (Standing, error) {
	g, ok, err := s.store.Grant(ctx, account, kind)
	switch {
	case err != nil:
		return Unclear, keepProblem(err)
	case !ok:
		return Unknown, nil
	}
	if g.State != store.GrantEnded {
		if standing := s.standing(ctx, s.Source(account, nil), g.Host); standing != Gone {
			return standing, nil
		}
		// A renewal may have been part of the asking.
		if g, ok, err = s.store.Grant(ctx, account, kind); err != nil || !ok {
			return Unclear, err
		}
	}
	if g.State != store.GrantEnded {
		return Unclear, nil // a new consent came meanwhile
	}
	dropped, err := s.store.DropGrantAs(ctx, g)
	if err != nil {
		return Unclear, keepProblem(err)
	}
	if !dropped {
		return Unclear, nil
	}
	s.log.InfoContext(ctx, "account disconnected by its owner", "account", account, "host", g.Host)
	return Gone, nil
}

// standing uses the access token, and a renewed one where that is refused. Only a
// refused renewal ends a connection: an access token dies of age as well.
func (s *Service) standing(ctx context.Context, src *Source, host string) Standing {
	for range 2 {
		token, err := src.Token() //nolint:contextcheck // an exchange outlives the call that needed it
		if err != nil {
			return endedBy(err)
		}
		_, err = s.ep.accountID(ctx, host, Secret(token.AccessToken))
		if err == nil {
			return Alive
		}
		if _, refused := errors.AsType[*refusal](err); !refused {
			return Unclear
		}
		src.Invalidate(&oauth2.Token{AccessToken: token.AccessToken})
	}
	return Unclear
}

func endedBy(err error) Standing {
	p, ok := errors.AsType[*problem.Problem](err)
	if ok && p.Code == problem.Unauthorized && !errors.Is(err, ErrSettings) {
		return Gone
	}
	return Unclear
}
