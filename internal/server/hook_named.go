package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// NamedHook is a hook that was given out: an address of one platform for one account.
type NamedHook struct {
	Secret string // with which the platform signs; empty: the address is the key
	Who    principal.Principal
}

// FindHook is the hook of that platform with that secret part in its address.
type FindHook func(ctx context.Context, platform, part string) (h NamedHook, ok bool, err error)

// namedHookEndpoint takes posts at the addresses that were given out. Whether an
// address is not known, or is another platform's, is not told.
type namedHookEndpoint struct {
	web Web
	all *meters
}

func (e namedHookEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !onlyPost(w, r) {
		return
	}
	platform, known := hooks.Find(r.PathValue("platform"))
	if !known || e.web.Hook == nil {
		noSuchHook(w)
		return
	}
	hook, ok, err := e.web.Hook(r.Context(), platform.Name(), r.PathValue("hook"))
	switch {
	case err != nil:
		e.web.logger().ErrorContext(r.Context(), "a hook cannot be looked up", slog.String("platform", platform.Name()), slog.Any("cause", err))
		refuse(w, platform.Answers().Unavailable, problem.Unavailable, "it could not be kept now", "Send it again.")
	case !ok:
		noSuchHook(w)
	default:
		r = r.WithContext(principal.With(r.Context(), hook.Who))
		e.web.limited(e.all, hookEndpoint{web: e.web, named: &hook}).ServeHTTP(w, r)
	}
}

func noSuchHook(w http.ResponseWriter) {
	refuse(w, http.StatusNotFound, problem.NotFound, "there is no such hook", "kommo-mcp hooks create makes one and shows its address.")
}

// verifyNamed checks the signature, where the hook has a secret.
func (e hookEndpoint) verifyNamed(r *http.Request, platform hooks.Platform, body []byte) *refused {
	if e.named.Secret == "" {
		return nil
	}
	return e.signed(r, platform, body, e.named.Secret)
}

// signed checks a signature.
func (e hookEndpoint) signed(r *http.Request, platform hooks.Platform, body []byte, secret string) *refused {
	err := platform.Verify(hooks.Request{Method: r.Method, URL: e.web.publicURL(r), Header: r.Header, Body: body}, secret, e.web.now())
	if err == nil {
		return nil
	}
	return &refused{platform.Answers().Refused, problem.Unauthorized, err.Error(), "See docs/voice-agents.md for how " + platform.Name() + " signs.", nil}
}

// keptURL is the address of a post without what is secret in it, which nobody needs
// once the signature is checked.
func (e hookEndpoint) keptURL(r *http.Request) string {
	whole := e.web.publicURL(r)
	if part := r.PathValue("hook"); part != "" {
		path, query, _ := strings.Cut(whole, "?")
		whole = strings.TrimSuffix(strings.TrimSuffix(path, part), "/")
		if query != "" {
			whole += "?" + query
		}
	}
	return whole
}
