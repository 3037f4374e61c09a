package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

const hookPart = "kmcp_h_example-not-a-hook"

// TestNamedHooks: every platform posts to an address of its own, signed with the
// hook's secret; whatever does not fit is not told apart.
func TestNamedHooks(t *testing.T) {
	const secret, public = "the hook's own", "https://crm.example.com"
	for _, post := range append(signedPosts(public), aircallPost()) {
		t.Run(post.platform, func(t *testing.T) {
			var served []principal.Principal
			broken := false
			w := openWeb(t, func(o *server.Web) {
				o.PublicURL, _ = url.Parse(public)
				o.Hook = func(_ context.Context, platform, part string) (server.NamedHook, bool, error) {
					if broken {
						return server.NamedHook{}, false, errors.New("the disk is gone")
					}
					return server.NamedHook{Secret: secret, Who: principal.Principal{Kind: principal.Hook, ID: "h_1", Account: "12345"}}, platform == post.platform && part == hookPart, nil
				}
				provider := o.Provider
				o.Provider = func(ctx context.Context) (*crm.Service, error) {
					served = append(served, principal.From(ctx))
					return provider(ctx)
				}
			})
			body, other := sample(t, post.file), ""
			if post.inBody != nil {
				body, other = post.inBody(secret, body), post.inBody("another", body)
			}
			if other == "" {
				other = body
			}
			at := w.Clock.Now()
			path := server.CallsEndpoint + "/" + post.platform + "/" + hookPart
			// Twilio signs the address it posts to.
			sign := func(key string) []string {
				header := post.sign(key, body, at)
				if post.platform == "twilio" {
					header = signTwilio(key, public+path, body)
				}
				return header
			}
			status, answer, _ := w.ask(http.MethodPost, path, body, sign(secret)...)
			if status != 200 || answer["status"] != "accepted" && answer["status"] != "ignored" {
				t.Errorf("signed: %d %v", status, answer)
			}
			if len(served) != 1 || served[0].Account != "12345" || served[0].Kind != principal.Hook {
				t.Errorf("served for %+v", served)
			}
			if status, answer, _ := w.ask(http.MethodPost, path, other, sign("another")...); answer["error"] == nil || answer["status"] != nil {
				t.Errorf("signed with another secret: %d %v", status, answer)
			}
			elsewhere := "retell"
			if post.platform == elsewhere {
				elsewhere = "vapi"
			}
			var told []string
			for _, wrong := range []string{path + "x", server.CallsEndpoint + "/" + elsewhere + "/" + hookPart, server.CallsEndpoint + "/nobody/" + hookPart} {
				status, answer, _ := w.ask(http.MethodPost, wrong, body, sign(secret)...)
				told = append(told, fmt.Sprint(answer))
				if status != http.StatusNotFound {
					t.Errorf("%s: %d", wrong, status)
				}
			}
			if told = slices.Compact(told); len(told) != 1 {
				t.Errorf("told apart: %v", told)
			}
			if len(served) != 1 {
				t.Errorf("served %d times", len(served))
			}
			broken = true
			if status, answer, _ := w.ask(http.MethodPost, path, body, sign(secret)...); status != unavailable(post.platform) || answer["error"] == nil {
				t.Errorf("while it cannot be looked up: %d %v", status, answer)
			}
			if strings.Contains(w.log.String(), hookPart) {
				t.Errorf("the log tells the address: %s", w.log)
			}
		})
	}
}

// unavailable is what a platform hears when a post cannot be kept now: Aircall, which
// switches off what fails, 200.
func unavailable(platform string) int {
	if platform == "aircall" {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

// TestNamedHookWithoutASecret: the address is the key.
func TestNamedHookWithoutASecret(t *testing.T) {
	w := openWeb(t, func(o *server.Web) {
		o.AccessKey = "a key that the platform does not have"
		o.Hook = func(_ context.Context, platform, part string) (server.NamedHook, bool, error) {
			return server.NamedHook{Who: principal.Principal{Kind: principal.Hook, ID: "h_1"}}, part == hookPart, nil
		}
	})
	body := sample(t, "bland_outbound.json")
	w.wants("known", 200, "status", "accepted", http.MethodPost, "/v1/calls/bland/"+hookPart+"?tags=ai", body)
	w.wants("a wrong option", 422, "message", "stagee", http.MethodPost, "/v1/calls/bland/"+hookPart+"?stagee=x", body)
	w.wants("unknown", 404, "code", "not_found", http.MethodPost, "/v1/calls/bland/other", body)
	w.wants("looked at", 405, "message", "POST", http.MethodGet, "/v1/calls/bland/"+hookPart, "")
	if strings.Contains(w.log.String(), hookPart) {
		t.Errorf("the log tells the address: %s", w.log)
	}
}

// TestNoHooks: a server that gave none out knows none.
func TestNoHooks(t *testing.T) {
	w := openWeb(t, nil)
	w.wants("none", 404, "code", "not_found", http.MethodPost, "/v1/calls/bland/"+hookPart, "{}")
}
