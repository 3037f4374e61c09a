package authserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	maxQuery = 12 << 10 // bytes of a whole request
	maxState = 6 << 10
	maxScope = 1 << 10
)

// request is a question for access, checked.
type request struct {
	client    client
	redirect  string
	state     string
	challenge string
	scope     string // what it comes to
}

// oauthError is an error as clients know it: a code of the standards and a sentence.
type oauthError struct{ code, description string }

func (e *oauthError) Error() string { return e.code + ": " + e.description }

// challengePattern is a SHA-256 in base64url.
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// parse checks a request for authorization. As long as client and redirect URI are
// not known to belong together, an error is a *refusedClient or of the store and is
// shown here: sent on, it would make a redirector of us. After that it is an
// *oauthError for the client, and the request has where to send it. query is the
// request again, in one spelling.
func (s *Server) parse(ctx context.Context, rawQuery, from string) (r request, query string, err error) {
	q, err := url.ParseQuery(rawQuery)
	if len(rawQuery) > maxQuery || err != nil {
		return r, query, badClient("The address of this page is damaged or too long.", "Connect again from the app.")
	}
	query = q.Encode()
	for _, once := range []string{"client_id", "redirect_uri"} {
		if len(q[once]) > 1 {
			return r, query, badClient("The app's request names "+once+" twice.", "Tell whoever makes the app.")
		}
	}
	if r.client, err = s.client(ctx, q.Get("client_id"), from); err != nil {
		return r, query, err
	}
	redirect := q.Get("redirect_uri")
	if !r.client.takes(redirect) {
		return r, query, badClient("The app wants the answer sent to an address that is not its own.",
			"Do not go on if you came here by a link from somebody. Otherwise remove the connection from the app and add it again.")
	}
	r.redirect = redirect
	if state := q["state"]; len(state) == 1 && len(state[0]) <= maxState {
		r.state = state[0]
	}
	if bad := s.checkParameters(q); bad != nil {
		return r, query, bad
	}
	r.challenge, r.scope = q.Get("code_challenge"), s.granted(q.Get("scope"))
	return r, query, nil
}

// checkParameters checks what may be told to the client. We always ask a person, so
// whoever wants nobody asked is refused; nonce, other prompts and what else it may send
// is ignored.
func (s *Server) checkParameters(q url.Values) *oauthError {
	invalid := func(why string) *oauthError { return &oauthError{"invalid_request", why} }
	if told := s.twice(q); told != nil {
		return told
	}
	switch {
	case len(q.Get("state")) > maxState:
		return invalid("state is too long")
	case len(q.Get("scope")) > maxScope:
		return &oauthError{"invalid_scope", "scope is too long"}
	case !s.isResource(q):
		return &oauthError{"invalid_target", "the only resource served here is " + s.resource}
	case q.Has("request") || q.Has("request_uri"):
		return &oauthError{"request_not_supported", "parameters are taken from the query alone"}
	case q.Get("response_type") == "":
		return invalid("response_type is missing: use code")
	case q.Get("response_type") != "code":
		return &oauthError{"unsupported_response_type", "use response_type=code"}
	case q.Has("response_mode") && q.Get("response_mode") != "query":
		return invalid("use response_mode=query")
	case slices.Contains(strings.Fields(q.Get("prompt")), "none"):
		return &oauthError{"interaction_required", "a person is asked each time: leave out prompt=none"}
	case q.Get("code_challenge_method") != "S256", !challengePattern.MatchString(q.Get("code_challenge")):
		return invalid("PKCE is required: code_challenge_method=S256, and code_challenge the SHA-256 of the verifier in base64url")
	}
	return nil
}

// twice refuses what is given more than once.
func (s *Server) twice(q url.Values) *oauthError {
	for name, values := range q {
		if len(values) > 1 && name == "resource" {
			return &oauthError{"invalid_target", "only one resource is served here: " + s.resource}
		}
		if len(values) > 1 {
			return &oauthError{"invalid_request", "a parameter is given twice"}
		}
	}
	return nil
}

// isResource wants the resource that is named to be ours. Clients of the revisions
// name it; one that names none means the only one that there is, since our tokens
// are good nowhere else.
func (s *Server) isResource(q url.Values) bool {
	if !q.Has("resource") {
		return true
	}
	u, err := url.Parse(q.Get("resource"))
	if err != nil || u.Fragment != "" || u.RawQuery != "" || u.User != nil {
		return false
	}
	// Scheme and host know no case, and some clients write a slash behind.
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	return strings.TrimSuffix(u.String(), "/") == s.resource
}

// refuse answers a request that cannot be granted, where that is safe.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, req request, err error) {
	if told, ok := errors.AsType[*oauthError](err); ok && req.redirect != "" {
		redirectTo(w, s.answer(req.redirect, req.state, url.Values{"error": {told.code}, "error_description": {told.description}}))
		return
	}
	if refused, ok := errors.AsType[*refusedClient](err); ok {
		s.problemPage(w, refused.status, refused.message, refused.next)
		return
	}
	s.cfg.Log.ErrorContext(r.Context(), "authorization failed", "error", err)
	s.problemPage(w, http.StatusServiceUnavailable, "The server cannot keep or read what it needs now.", "Try again in a minute. If it stays, tell whoever runs this server.")
}

// answer is where to send the browser with an answer to the client: with the state
// as it came, and who answers (RFC 9207).
func (s *Server) answer(redirect, state string, v url.Values) string {
	if state != "" {
		v.Set("state", state)
	}
	v.Set("iss", s.issuer)
	return withQuery(redirect, v)
}

// redirectTo sends the browser on. http.Redirect would rewrite the address; that of an
// app is to go as it is.
func redirectTo(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address that we come from holds a state
	h.Set("Location", to)
	w.WriteHeader(http.StatusFound)
}
