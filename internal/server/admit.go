package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

const (
	// KeysEndpoint is the MCP endpoint of programs that can only send a header. Its
	// discovery answers 404, so that none of them begins an authorization.
	KeysEndpoint = "/keys/mcp"

	resourceMetadata = "/.well-known/oauth-protected-resource"
	daily            = scopeRead + " " + scopeWrite
	scopeRead        = "kommo:read"
	scopeWrite       = "kommo:write"
	scopeFull        = "kommo:full"
)

// Bearers tells whose a secret is that came as Authorization: Bearer. ok is false for
// one that is unknown, revoked or expired; err says that it cannot be told now.
type Bearers interface {
	Principal(ctx context.Context, secret string) (p principal.Principal, ok bool, err error)
}

// door is what an endpoint takes beside access keys.
type door struct{ tokens bool }

// admitted wraps an endpoint that is not open to everybody: pages of other sites
// are kept out, callers need a bearer, and without access control only names of this
// machine are served, so that neither a proxy nor a rebound name opens it to the
// world. Whom it lets in stands in the context.
func (w Web) admitted(to door, next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		controlled, err := w.controlled(r.Context())
		switch {
		case err != nil:
			w.undecided(out, r, err)
		case slices.ContainsFunc(r.Header.Values("Origin"), func(origin string) bool { return w.originRefused(controlled, origin) }):
			refuse(out, http.StatusForbidden, problem.Forbidden, "origin not allowed", "Call from a program, or from a page of this server's own host.")
		case w.hostRefused(controlled, r):
			refuse(out, http.StatusForbidden, problem.Forbidden, "host not allowed",
				"Without access control only 127.0.0.1, [::1] and localhost are served: make a key with kommo-mcp keys create, or set KOMMO_MCP_ACCESS_KEY. With it, KOMMO_MCP_PUBLIC_URL names the host.")
		case !controlled:
			next.ServeHTTP(out, r)
		case readable(out, r):
		default:
			w.admit(to, next, out, r)
		}
	})
}

// admit serves whoever has a bearer that is good.
func (w Web) admit(to door, next http.Handler, out http.ResponseWriter, r *http.Request) {
	p, ok, err := w.bearer(to, r)
	switch {
	case err != nil:
		w.undecided(out, r, err)
	case ok:
		next.ServeHTTP(out, r.WithContext(principal.With(r.Context(), p)))
	case !w.tooManyWrong(out, r):
		w.challenge(to, out, r)
	}
}

// readable lets a page whose origin is let in read the answers, as the Inspector's
// page on this machine does, and answers the question that its browser asks first.
// Where no bearer is needed no page may: it would be enough to be on this machine.
func readable(out http.ResponseWriter, r *http.Request) (answered bool) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	h := out.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, X-Request-Id")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "Authorization, *") // the star does not hold the first; no cookie is of use here
	h.Set("Access-Control-Max-Age", "3600")
	out.WriteHeader(http.StatusNoContent)
	return true
}

// undecided refuses whoever cannot be checked now.
func (w Web) undecided(out http.ResponseWriter, r *http.Request, err error) {
	w.logger().ErrorContext(r.Context(), "a bearer cannot be checked", "error", err)
	out.Header().Set("Retry-After", "10")
	refuse(out, http.StatusServiceUnavailable, problem.Unavailable, "access cannot be checked now", "Try again in a moment; the server's log says why.")
}

// challenge says what is needed.
func (w Web) challenge(to door, out http.ResponseWriter, r *http.Request) {
	challenge := `Bearer realm="kommo-mcp"`
	message, next := "the access key is missing, wrong or has ended", "Send the header Authorization: Bearer <access key>. One that was revoked, has expired, or whose account is not connected any more is replaced by a new one."
	if r.Header.Get("Authorization") != "" {
		challenge += `, error="invalid_token"`
	}
	if to.tokens && w.Tokens != nil && w.PublicURL != nil {
		challenge = "Bearer "
		if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
			challenge += `error="invalid_token", ` // who came with another scheme had none (RFC 6750, 3.1)
		}
		challenge += `resource_metadata="` + w.metadataURL(r) + `", scope="` + w.usualScopes() + `"`
		message, next = "the access token is missing, wrong or has ended", "Authorize as the header WWW-Authenticate says, or send an access key as Authorization: Bearer <access key>."
	}
	out.Header().Set("WWW-Authenticate", challenge)
	refuse(out, http.StatusUnauthorized, problem.Unauthorized, message, next)
}

// metadataURL is where clients learn how to get a token: a path of ours stands behind
// the well-known one (RFC 9728). A client that was given the address with a slash
// behind wants to read it so there.
func (w Web) metadataURL(r *http.Request) string {
	at := w.PublicURL.Scheme + "://" + w.PublicURL.Host + resourceMetadata + strings.TrimSuffix(w.PublicURL.EscapedPath(), "/") + Endpoint
	if strings.HasSuffix(r.URL.Path, "/") {
		at += "/"
	}
	return at
}

// bearer is who sent a request. It compares in times that tell nothing about a
// secret, not even its length: digests with each other, and in the stores digests
// are looked up.
func (w Web) bearer(to door, r *http.Request) (p principal.Principal, ok bool, err error) {
	secret, sent := bearerOf(r)
	if !sent {
		return p, false, nil
	}
	if sameSecret(secret, w.AccessKey) {
		return principal.Principal{Kind: principal.Key, ID: "env", Label: "KOMMO_MCP_ACCESS_KEY"}, true, nil
	}
	for _, some := range []Bearers{w.Keys, to.of(w.Tokens)} {
		if some == nil {
			continue
		}
		if p, ok, err = some.Principal(r.Context(), secret); err != nil || ok {
			return p, ok && err == nil, err
		}
	}
	return principal.Principal{}, false, nil
}

func (d door) of(tokens Bearers) Bearers {
	if d.tokens {
		return tokens
	}
	return nil
}

// bearerOf is the one secret that a request brings in its Authorization header.
func bearerOf(r *http.Request) (secret string, sent bool) {
	if len(r.Header.Values("Authorization")) != 1 {
		return "", false
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	return secret, strings.EqualFold(scheme, "Bearer") && secret != ""
}

// sameSecret compares what came with a secret of the settings; one that is not set is
// nobody's.
func sameSecret(came, set string) bool {
	got, want := sha256.Sum256([]byte(came)), sha256.Sum256([]byte(set))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && set != ""
}

// control remembers that access was controlled once: the end of the last key must
// not open what was closed.
type control struct{ on atomic.Bool }

// controlled tells whether a bearer is needed: where there is a key, or a server that
// gives out tokens.
func (w Web) controlled(ctx context.Context) (bool, error) {
	if w.AccessKey != "" || w.Tokens != nil || (w.control != nil && w.control.on.Load()) {
		return true, nil
	}
	if w.AnyKey == nil {
		return false, nil
	}
	some, err := w.AnyKey(ctx)
	if some && w.control != nil {
		w.control.on.Store(true)
	}
	return some, err
}

// scopesFor are all scopes that a mode takes.
func scopesFor(m principal.Mode) string {
	switch m {
	case principal.Read:
		return scopeRead
	case principal.Full:
		return daily + " " + scopeFull
	default:
		return daily
	}
}

// usualScopes are those that a client should ask for at first: enough for daily work,
// never for deleting, and on a server that only reads no more than that.
func (w Web) usualScopes() string {
	beyond := func(t registry.Tool) bool { return !principal.Read.Allows(t.Spec().Class.Needs()) }
	if len(w.Tools) > 0 && !slices.ContainsFunc(w.Tools, beyond) {
		return scopeRead
	}
	return daily
}

// noDiscovery answers 404 below a discovery path: clients that look there for how to
// authorize at the endpoint for keys learn that there is nothing.
func noDiscovery(mux *http.ServeMux) {
	for _, name := range []string{"oauth-protected-resource", "oauth-authorization-server", "openid-configuration"} {
		for _, end := range []string{"", "/{rest...}"} {
			mux.HandleFunc("GET /.well-known/"+name+KeysEndpoint+end, http.NotFound)
		}
	}
	mux.HandleFunc("GET "+KeysEndpoint+"/.well-known/{rest...}", http.NotFound)
}
