package connect

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// callback takes what Kommo's consent page sends the browser back with.
func (s *Site) callback(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // a look with HEAD must not use the code up
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	switch {
	case err != nil:
		s.failed(w, r, problem.New(problem.InvalidArgument, "The address cannot be read."))
	case q.Has("from_widget") && !q.Has("state"):
		s.installed(w, r, q)
	case len(q) == 0:
		s.nothingCame(w, r)
	default:
		s.answered(w, r, q)
	}
}

// answered carries an answer through: to the client whose authorization waits for
// it, or to our own page, away from an address with a code in it.
func (s *Site) answered(w http.ResponseWriter, r *http.Request, q url.Values) {
	ctx := r.Context()
	bound, known := pages.Known(r, s.https)
	switch {
	case !known: // not asked of Kommo, and the question stays good for its own browser
		s.notThisBrowser(w, r)
		return
	case !s.answers.Allow(s.from(r)):
		s.tooMany(w, r)
		return
	}
	a := Answer{State: q.Get("state"), Bound: bound}
	g, err := s.Auth.Complete(ctx, q, bound)
	if err != nil {
		s.Logger.InfoContext(ctx, "account not connected", "error", err)
		if to, ok := s.failWaiting(r, a, err); ok {
			s.leave(w, r, to)
			return
		}
		s.failed(w, r, err)
		return
	}
	pages.Cookie(w, r, s.https) // for as long as the session that follows
	if err := s.remember(ctx, bound, g, false); err != nil {
		s.Logger.ErrorContext(ctx, "a connection cannot be shown to who made it", "account", g.Account, "error", err)
	}
	if s.Waiting != nil {
		to, waiting, err := s.Waiting.Finish(ctx, a, g.Account)
		if err != nil {
			s.failed(w, r, err)
			return
		}
		if waiting {
			s.leave(w, r, to)
			return
		}
	}
	if s.Limited != nil && s.Limited(ctx, g.Account) {
		_ = s.remember(ctx, bound, g, true) // the page says less without it
	}
	s.leave(w, r, s.at(donePath))
}

// failWaiting tells the client that waits, if one does, in the words of RFC 6749.
// What is wrong here is no business of a client's beyond that.
func (s *Site) failWaiting(r *http.Request, a Answer, err error) (to string, ok bool) {
	if s.Waiting == nil || a.State == "" || errors.Is(err, auth.ErrStale) {
		return "", false
	}
	code, why := "server_error", "The Kommo account could not be connected. Try again."
	if p, isProblem := errors.AsType[*problem.Problem](err); isProblem {
		switch {
		case p.Code == problem.Declined:
			code, why = "access_denied", "Access was not allowed on Kommo's page."
		case p.Code == problem.KommoUnavailable:
			code, why = "temporarily_unavailable", "Kommo does not answer. Try again in a few minutes."
		case errors.Is(err, auth.ErrSettings):
			why = "This server's integration with Kommo is set up wrongly. Tell whoever runs it."
		}
	}
	return s.Waiting.Fail(r.Context(), a, code, why)
}

// leave redirects. The browser came by a link of Kommo's, not by a form of ours, so
// no form-action holds it back.
func (s *Site) leave(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // G710: our own page, or the client's registered address
}

// installed takes Kommo's own word of an installed widget. It waits for three
// seconds and reads no answer, so the exchange goes on without it.
func (s *Site) installed(w http.ResponseWriter, r *http.Request, q url.Values) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	text, status := "connected\n", http.StatusOK
	switch {
	case !s.Open:
		text, status = "not connected: this server connects no accounts by itself\n", http.StatusForbidden
	case !s.installs.Allow(s.from(r)):
		text, status = "not connected: too many at once\n", http.StatusTooManyRequests
	default:
		if _, err := s.Auth.Installed(r.Context(), q); err != nil {
			s.Logger.WarnContext(r.Context(), "widget installed, account not connected", "error", err)
			text, status = "not connected\n", http.StatusBadRequest
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// reference is what a person can tell whoever runs the server, who finds the
// request in the log by it.
func reference(w http.ResponseWriter) pages.Facts {
	id := strings.TrimSpace(w.Header().Get("X-Request-Id"))
	if id == "" {
		return nil
	}
	return pages.Facts{{Name: "Reference", Value: id}}
}
