package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Why an answer was refused, where it matters beyond the code of the problem.
var (
	ErrStale    = errors.New("no question of ours")             // the link was used, is old, or was made for somebody else
	ErrZone     = errors.New("no host of a Kommo account")      // the answer names another
	ErrSettings = errors.New("the integration is set up wrong") // Kommo does not know what we send
)

// maxParam bounds each value that comes back from the consent page, in bytes.
const maxParam = 4 << 10

// answer is what the consent page sent back, checked.
type answer struct {
	account kommo.Account
	code    Secret
}

// Complete takes what came back to the redirect URL, exchanges its code, and
// keeps the grant. bound is what the link was made for. Nothing is sent before
// all of it was checked. Every error is a *problem.Problem.
func (s *Service) Complete(ctx context.Context, query url.Values, bound string) (store.Grant, error) {
	a, err := s.check(ctx, query, bound)
	if err != nil {
		return store.Grant{}, err
	}
	return s.keep(ctx, a)
}

// Installed takes what Kommo itself sends to the redirect URL when the
// integration's widget is installed. There is no browser and no question of ours
// in it: the code alone shows that an account has allowed us, which is as much as
// its owner could do with a link.
func (s *Service) Installed(ctx context.Context, query url.Values) (store.Grant, error) {
	if err := bounded(query); err != nil {
		return store.Grant{}, err
	}
	if !query.Has("from_widget") || query.Has("state") || query.Has("error") {
		return store.Grant{}, strange("it is no word of an installed widget")
	}
	a, err := s.answerIn(query)
	if err != nil {
		return store.Grant{}, err
	}
	return s.keep(ctx, a)
}

// keep exchanges the code of an answer and keeps what comes for it.
func (s *Service) keep(ctx context.Context, a answer) (store.Grant, error) {
	// The code is good once: the exchange is carried through although the browser leaves.
	ctx = context.WithoutCancel(ctx)
	if err := s.store.CanSeal(ctx); err != nil {
		return store.Grant{}, keepProblem(err) // Kommo keeps the code for another try
	}
	p, err := s.ep.grant(ctx, a.account.Host, "authorization_code", "code", a.code)
	if err != nil {
		return store.Grant{}, s.codeProblem(err)
	}
	g := store.Grant{Kind: kind, Host: a.account.Host, ClientID: s.ep.app.ClientID}
	if g.Account, err = s.number(ctx, a.account, p); err != nil {
		return store.Grant{}, s.codeProblem(err)
	}
	if err := s.fill(&g, p); err != nil {
		return store.Grant{}, s.codeProblem(err)
	}
	g, err = s.store.PutGrant(ctx, g)
	if err != nil {
		return store.Grant{}, keepProblem(err)
	}
	s.mu.Lock()
	delete(s.unsaved, g.Account) // of a grant that this one replaces
	s.mu.Unlock()
	if err := s.chooseFirst(ctx, g.Account); err != nil {
		return store.Grant{}, keepProblem(err)
	}
	s.log.InfoContext(ctx, "account connected", "account", g.Account, "host", g.Host)
	g.Secret = nil
	return g, nil
}

// chooseFirst makes the first account the default, unless strangers connect theirs.
func (s *Service) chooseFirst(ctx context.Context, account string) error {
	current, err := s.store.DefaultAccount(ctx)
	if err != nil || current != "" || s.guests {
		return nil //nolint:nilerr // without a default one still names the account
	}
	return s.store.SetDefaultAccount(ctx, account)
}

// bounded refuses values that come twice and long ones.
func bounded(query url.Values) error {
	for _, values := range query {
		if len(values) != 1 || len(values[0]) > maxParam {
			return strange("it has a value twice or one that is too long")
		}
	}
	return nil
}

// check refuses what no consent page sends, and what is not the answer to a
// question of ours. The question is used up by the first answer, good or bad.
func (s *Service) check(ctx context.Context, query url.Values, bound string) (answer, error) {
	if err := bounded(query); err != nil {
		return answer{}, err
	}
	state := query.Get("state")
	if state == "" {
		return answer{}, strange("it has no state")
	}
	wanted, known, err := s.store.TakeConsent(ctx, digest(state))
	if err != nil {
		return answer{}, keepProblem(err)
	}
	if subtle.ConstantTimeCompare([]byte(wanted), []byte(digest(bound))) != 1 || !known {
		return answer{}, problem.New(problem.Unauthorized, "This answer belongs to no question of ours: the link was used before, is older than 20 minutes, or was made for somebody else.").
			WithNext("Start again and use the new link within 20 minutes.").Wrap(ErrStale)
	}
	if query.Get("error") != "" {
		return answer{}, problem.New(problem.Declined, "Access was not allowed on Kommo's page.").
			WithNext("Start again if it was a mistake; an administrator of the account has to allow it.")
	}
	return s.answerIn(query)
}

// answerIn reads the account and the code of an answer.
func (s *Service) answerIn(query url.Values) (answer, error) {
	if id := query.Get("client_id"); id != "" && id != s.ep.app.ClientID {
		return answer{}, strange("it is meant for another integration")
	}
	account, ok := CheckHost(query.Get("referer"))
	if !ok {
		return answer{}, strange("its referer is no host of a Kommo account (zones kommo.com, amocrm.com, amocrm.ru)").Wrap(ErrZone)
	}
	code := query.Get("code")
	if code == "" || strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return answer{}, strange("it has no usable code")
	}
	return answer{account, Secret(code)}, nil
}

// number is Kommo's number of the account that a pair is for.
func (s *Service) number(ctx context.Context, account kommo.Account, p pair) (string, error) {
	id := int64(0)
	if c, err := ReadClaims(p.Access); err == nil {
		id = c.AccountID
	}
	if id == 0 {
		var err error
		if id, err = s.ep.accountID(ctx, account.Host, Secret(p.Access)); err != nil {
			return "", err
		}
	}
	return AccountName(id, account.Zone), nil
}

func strange(what string) *problem.Problem {
	return problem.New(problem.InvalidArgument, "This is no answer of Kommo's consent page: "+what+". Nothing was sent to Kommo.").
		WithNext("Start again, and open the link yourself in the browser.")
}

func keepProblem(err error) *problem.Problem {
	return problem.New(problem.Unavailable, "The connection cannot be kept: "+err.Error()+".").
		WithNext("Run kommo-mcp doctor; see that KOMMO_MCP_STATE_DIR can be written and that the encryption key is the one in use.").Wrap(err)
}

// codeProblem explains why a code was not exchanged.
func (s *Service) codeProblem(err error) *problem.Problem {
	r, definite := errors.AsType[*refusal](err)
	if !definite {
		return problem.New(problem.KommoUnavailable, "Kommo gave no clear answer to the code, which is good only once: "+err.Error()+".").
			WithNext("Start again with a new link.").Wrap(err)
	}
	if p := settingsProblem(r); p != nil {
		return p
	}
	return problem.New(problem.Unauthorized, r.Error()+".").WithNext("Start again with a new link; Kommo's code is good once and for 20 minutes.").Wrap(err)
}

// settingsProblem explains refusals that are the fault of our settings; nil for
// the others.
func settingsProblem(r *refusal) *problem.Problem {
	var setting string
	switch {
	case strings.Contains(r.hint, "client_id"):
		setting = "KOMMO_CLIENT_ID"
	case r.hint == "invalid_client":
		setting = "KOMMO_CLIENT_ID and KOMMO_CLIENT_SECRET"
	case strings.Contains(r.hint, "client_secret"):
		setting = "KOMMO_CLIENT_SECRET"
	case strings.Contains(r.hint, "Redirect URI"):
		setting = "KOMMO_REDIRECT_URL"
	case strings.Contains(r.hint, "grant_type"):
		return problem.New(problem.BadResponse, r.Error()+".").WithNext("Tell whoever runs this server.").Wrap(r)
	default:
		return nil
	}
	return problem.New(problem.Unauthorized, r.Error()+".").
		WithNext("Correct " + setting + ": it must be exactly what Kommo shows for the integration (Settings > Integrations > your integration). The connection itself is not lost.").Wrap(errors.Join(ErrSettings, r))
}
