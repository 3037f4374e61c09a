package authserver

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// pendingTime is how long the person may take on Kommo's page.
const pendingTime = 20 * time.Minute

// given is what one consent allows, as codes and tokens carry it.
type given struct {
	Client    string `json:"client"`
	Name      string `json:"name"` // of the client
	Scope     string `json:"scope"`
	Resource  string `json:"resource"`
	Redirect  string `json:"redirect,omitempty"`
	State     string `json:"state,omitempty"`
	Challenge string `json:"challenge,omitempty"`
	NoRefresh bool   `json:"no_refresh,omitempty"`
	Keyed     bool   `json:"keyed,omitempty"`   // the client has to sign
	Browser   string `json:"browser,omitempty"` // the digest of its secret
	Salt      string `json:"salt,omitempty"`    // of a refresh token: makes its successor
}

// serveAuthorize shows the person who asks for access, and for what. It is shown each
// time, since anybody may send somebody here.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	req, query, err := s.parse(r.Context(), r.URL.RawQuery, s.from(r))
	if err != nil {
		s.refuse(w, r, req, err)
		return
	}
	browser := pages.Cookie(w, r, s.https())
	action := strings.TrimSuffix(s.cfg.Public.EscapedPath(), "/") + AuthorizePath + "?" + query
	s.consentPage(w, req, action, pages.Token(browser, purpose(query)))
}

// purpose binds a form to the request that was shown in it.
func purpose(query string) string { return "authorize " + query }

// serveDecision takes the person's answer. The request comes along in the address and
// is checked once more.
func (s *Server) serveDecision(w http.ResponseWriter, r *http.Request) {
	req, query, err := s.parse(r.Context(), r.URL.RawQuery, s.from(r))
	if err != nil && req.redirect == "" {
		s.refuse(w, r, req, err)
		return
	}
	browser, ok := pages.TrustedPost(w, r, s.cfg.Public, purpose(query))
	switch {
	case !ok:
		s.problemPage(w, http.StatusForbidden, "This answer did not come from our page in this browser, or is too old.",
			"Allow cookies for this site, and connect again from the app.")
	case err != nil:
		s.refuse(w, r, req, err)
	case r.PostForm.Get("decision") != "allow":
		s.onward(w, r, "Not allowed", s.answer(req.redirect, req.state, url.Values{"error": {"access_denied"}, "error_description": {"the person did not allow it"}}))
	case !s.limits.consents.Allow(s.from(r)):
		s.problemPage(w, http.StatusTooManyRequests, "Too many connections are being made at once.", "Try again in a minute.")
	default:
		link, err := s.begin(r.Context(), req, browser)
		if err != nil {
			s.refuse(w, r, request{}, err)
			return
		}
		s.onward(w, r, "On to Kommo", link)
	}
}

func (s *Server) https() bool { return s.cfg.Public.Scheme == "https" }

// begin remembers what the person allowed until Kommo's page has its answer, and is
// the link to that page.
func (s *Server) begin(ctx context.Context, req request, browser string) (string, error) {
	body, err := json.Marshal(given{
		Client: req.client.ID, Name: req.client.Name, Scope: req.scope, Resource: s.resource,
		Redirect: req.redirect, State: req.state, Challenge: req.challenge, NoRefresh: req.client.NoRefresh, Keyed: req.client.Keyed,
		Browser: digest(browser),
	})
	if err != nil {
		return "", err
	}
	s.tidy(ctx)
	link, err := s.cfg.Link(ctx, browser, s.cfg.Zone)
	if err != nil {
		return "", err
	}
	// By the state of the link Kommo's answer is found again, in whichever order the
	// consents of one browser end.
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("state") == "" {
		return "", errors.New("the link to Kommo's page has no state")
	}
	return link, s.cfg.Store.PutTicket(ctx, store.Ticket{
		Kind: kindPending, Name: digest(u.Query().Get("state")), Expires: s.cfg.Now().Add(pendingTime), Body: body,
	})
}

// Finish ends what a client waits for, now that the person connected an account on
// Kommo's page: redirect is where the browser goes with the client's code. waiting is
// false where no client waits.
func (s *Server) Finish(ctx context.Context, a connect.Answer, account string) (redirect string, waiting bool, err error) {
	g, ok, err := s.take(ctx, a)
	if err != nil || !ok {
		return "", false, err
	}
	code := codePrefix + rand.Text() + rand.Text()
	ticket := store.Ticket{Kind: kindCode, Name: digest(code), Account: account, Family: rand.Text(), Expires: s.cfg.Now().Add(codeKept)}
	redirect = s.answer(g.Redirect, g.State, url.Values{"code": {code}})
	gone := s.answer(g.Redirect, g.State, url.Values{"error": {"unauthorized_client"}, "error_description": {"the client was removed from this server"}})
	g.State, g.Browser = "", ""
	if ticket.Body, err = json.Marshal(g); err != nil {
		return "", true, err
	}
	err = s.cfg.Store.ChangeTickets(ctx, func(c store.TicketChange) error {
		if err := s.keepClient(c, g.Client); err != nil {
			return err
		}
		return c.Put(ticket)
	})
	switch {
	case errors.Is(err, errNoClient):
		return gone, true, nil
	case err != nil:
		return "", true, fmt.Errorf("the code cannot be kept: %w", err)
	}
	s.cfg.Log.InfoContext(ctx, "access given", "client", g.Name, "account", account, "scope", g.Scope, "id", ticket.Family)
	return redirect, true, nil
}

// Fail ends what a client waits for with an error, where no account was connected.
func (s *Server) Fail(ctx context.Context, a connect.Answer, code, description string) (redirect string, waiting bool) {
	g, ok, err := s.take(ctx, a)
	if err != nil || !ok {
		return "", false
	}
	return s.answer(g.Redirect, g.State, url.Values{"error": {code}, "error_description": {description}}), true
}

// take takes what waits for an answer of Kommo's page, in the browser that it was
// allowed in. Another browser leaves it where it is.
func (s *Server) take(ctx context.Context, a connect.Answer) (g given, ok bool, err error) {
	if a.State == "" {
		return g, false, nil
	}
	t, ok, err := s.cfg.Store.Ticket(ctx, kindPending, digest(a.State))
	if err != nil || !ok {
		return g, false, err
	}
	g, ok = read(t)
	if !ok || subtle.ConstantTimeCompare([]byte(g.Browser), []byte(digest(a.Bound))) != 1 {
		return given{}, false, nil
	}
	_, ok, err = s.cfg.Store.TakeTicket(ctx, kindPending, t.Name) // of two answers at once one alone gets it
	return g, ok, err
}

// read is what a ticket carries; ok is false where it is damaged.
func read(t store.Ticket) (g given, ok bool) {
	err := json.Unmarshal(t.Body, &g)
	return g, err == nil
}

// digest names a secret without telling it: a look-up by it takes no time that
// depends on the secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
