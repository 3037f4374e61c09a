package authserver

import (
	"context"
	"crypto/subtle"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"

	methodNone  = "none"
	methodPost  = "client_secret_post"
	methodBasic = "client_secret_basic"

	codeInvalidClient = "invalid_client"
	codeInvalidGrant  = "invalid_grant"

	maxForm = 16 << 10 // bytes
)

// authMethods are the ways in which clients may show who they are.
func authMethods() []string { return []string{methodNone, methodPost, methodBasic, methodKey} }

// serveToken exchanges codes and refresh tokens.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	arrived := s.deliveries.arrival()
	form, c, ok := s.caller(w, r)
	if !ok {
		return
	}
	var (
		p    pair
		told *oauthError
		err  error
	)
	resources := form["resource"]
	lacking := lacks(form)
	switch {
	case lacking != nil:
		told = lacking
	case len(resources) > 1 || !s.isResource(form):
		told = &oauthError{"invalid_target", "the only resource served here is " + s.resource}
	case form.Get("grant_type") == grantCode:
		p, told, err = s.redeem(r.Context(), c, form)
	case form.Get("grant_type") == grantRefresh:
		p, told, err = s.refresh(r.Context(), c, form, arrived)
	default:
		told = &oauthError{"unsupported_grant_type", "use authorization_code or refresh_token"}
	}
	if errors.Is(err, errNoClient) { // removed since it showed who it is
		told, err = unknownClient(), nil
	}
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	if told != nil {
		s.tell(w, statusOf(told), told)
		return
	}
	s.deliver(w, r, p)
	s.tidy(r.Context())
}

// serveRevoke ends tokens (RFC 7009). With a refresh token everything that came of
// its consent ends; an access token ends alone. Tokens that are not known are
// revoked already.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	form, c, ok := s.caller(w, r)
	if !ok {
		return
	}
	secret := form.Get("token")
	if secret == "" {
		s.tell(w, http.StatusBadRequest, missing("token"))
		return
	}
	told, err := s.revoke(r.Context(), c, secret)
	switch {
	case err != nil:
		s.unavailable(w, r, err)
	case told != nil:
		s.tell(w, statusOf(told), told)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func (s *Server) revoke(ctx context.Context, c client, secret string) (*oauthError, error) {
	kind := kindRefresh
	switch {
	case ours(secret, accessPrefix):
		kind = kindAccess
	case !ours(secret, refreshPrefix):
		return nil, nil //nolint:nilnil // no error to tell and none of ours
	}
	t, ok, err := s.cfg.Store.Ticket(ctx, kind, digest(secret))
	if err != nil || !ok {
		return nil, err
	}
	g, ok := read(t)
	if !ok || g.Client != c.ID {
		return &oauthError{"unauthorized_client", "the token was given to another client"}, nil
	}
	var told *oauthError
	err = s.cfg.Store.ChangeTickets(ctx, func(change store.TicketChange) error {
		if told, err = s.spendProof(change, c, g); told != nil || err != nil {
			return err
		}
		if kind == kindAccess {
			return change.Drop(kind, t.Name)
		}
		return change.DropFamily(t.Family)
	})
	return told, err
}

// caller reads the form of a client and checks that it is the client. What is wrong
// it answers itself.
func (s *Server) caller(w http.ResponseWriter, r *http.Request) (url.Values, client, bool) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		s.tell(w, http.StatusMethodNotAllowed, &oauthError{"invalid_request", "use POST"})
		return nil, client{}, false
	}
	form, told := readForm(w, r)
	if told != nil {
		s.tell(w, http.StatusBadRequest, told)
		return nil, client{}, false
	}
	c, err := s.authenticate(r, form)
	if err == nil {
		return form, c, true
	}
	if told, ok := errors.AsType[*oauthError](err); ok {
		if told.code == codeInvalidClient && r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="kommo-mcp"`)
		}
		s.tell(w, statusOf(told), told)
		return nil, client{}, false
	}
	s.unavailable(w, r, err)
	return nil, client{}, false
}

// statusOf is 401 for a client that is not who it says: on it Claude registers anew.
func statusOf(told *oauthError) int {
	if told.code == codeInvalidClient {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &oauthError{"invalid_request", "send the parameters as application/x-www-form-urlencoded"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, &oauthError{"invalid_request", "the form cannot be read, or is longer than 16 KB"}
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" {
			return nil, &oauthError{"invalid_request", "a parameter is given twice"}
		}
	}
	return r.PostForm, nil
}

// authenticate finds out which client asks. Clients with a secret show it in the
// form or in the header, whichever they prefer, and some sign; public ones say who
// they are, and what they hold (a verifier, a refresh token) speaks for them. Errors
// are *oauthError, or of the store.
func (s *Server) authenticate(r *http.Request, form url.Values) (client, error) {
	id, secret, err := credentials(r, form)
	if err != nil {
		return client{}, err
	}
	if signs(form) {
		return s.assertedClient(r.Context(), form, s.from(r))
	}
	unknown := unknownClient()
	if id == "" || len(id) > maxClientID {
		return client{}, unknown
	}
	if strings.Contains(id, "://") {
		// A client with a document has no secret with us, and what it shows was given to
		// this id: its document is not asked for again, nor can its outage end a connection.
		if _, ok := documentURL(id); !ok || secret != "" {
			return client{}, unknown
		}
		return client{ID: id}, nil
	}
	c, ok, err := s.registered(r.Context(), id)
	if err != nil {
		return client{}, err
	}
	switch {
	case !ok, !rightSecret(c, secret):
		return client{}, unknown
	case c.Keyed:
		return client{}, unsigned()
	}
	return c, nil
}

// lacks names the parameter that a request for tokens leaves out; nil where all are
// there that say what is asked for.
func lacks(form url.Values) *oauthError {
	needs := []string{"grant_type"}
	switch form.Get("grant_type") {
	case grantCode:
		needs = append(needs, "code")
	case grantRefresh:
		needs = append(needs, "refresh_token")
	}
	for _, name := range needs {
		if form.Get(name) == "" {
			return missing(name)
		}
	}
	return nil
}

// missing names a parameter without which a request is none.
func missing(name string) *oauthError { return &oauthError{"invalid_request", name + " is missing"} }

func unknownClient() *oauthError {
	return &oauthError{codeInvalidClient, "the client is unknown or its secret is wrong; register again"}
}

// credentials are the client's id and its secret, as far as it shows them.
func credentials(r *http.Request, form url.Values) (id, secret string, err error) {
	id, secret = form.Get("client_id"), form.Get("client_secret")
	header := r.Header.Get("Authorization")
	switch {
	case signs(form) && (header != "" || secret != ""):
		return "", "", twoWays()
	case header == "":
		return id, secret, nil
	}
	basicID, basicSecret, ok := basic(r)
	if !ok {
		return "", "", &oauthError{codeInvalidClient, "the Authorization header is no HTTP Basic of client id and secret"}
	}
	if secret != "" || id != "" && id != basicID {
		return "", "", twoWays()
	}
	return basicID, basicSecret, nil
}

func signs(form url.Values) bool {
	return form.Has("client_assertion") || form.Has("client_assertion_type")
}

func twoWays() error { return &oauthError{"invalid_request", "the client shows who it is in two ways"} }

func rightSecret(c client, secret string) bool {
	if c.Digest == "" {
		return secret == ""
	}
	return subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(c.Digest)) == 1
}

// basic reads HTTP Basic as OAuth has it: both parts form-encoded.
func basic(r *http.Request) (id, secret string, ok bool) {
	id, secret, ok = r.BasicAuth()
	if !ok || len(r.Header.Values("Authorization")) != 1 {
		return "", "", false
	}
	id, err := url.QueryUnescape(id)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(secret)
	return id, secret, err == nil
}

// tell answers an error as RFC 6749 has it.
func (s *Server) tell(w http.ResponseWriter, status int, e *oauthError) {
	writeJSON(w, status, struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}{e.code, e.description})
}

// unavailable answers when the state cannot be read or written: nothing is wrong
// with what the client holds.
func (s *Server) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Retry-After", "5")
	if refused, ok := errors.AsType[*refusedClient](err); ok {
		s.cfg.Log.WarnContext(r.Context(), "a client's signature cannot be checked", "error", err)
		s.tell(w, http.StatusServiceUnavailable, &oauthError{"temporarily_unavailable", refused.message})
		return
	}
	s.cfg.Log.ErrorContext(r.Context(), "token endpoint failed", "error", err)
	s.tell(w, http.StatusServiceUnavailable, &oauthError{"temporarily_unavailable", "the server cannot keep or read tokens now; try again"})
}
