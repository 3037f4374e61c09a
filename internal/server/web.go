package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Web is what the HTTP surface needs beside the MCP server. The zero value serves
// MCP alone, to this machine.
type Web struct {
	AccessKey string            // for /mcp and /v1; empty: none, and only this machine may call
	PublicURL *url.URL          // as a proxy shows the server to the world; nil: unknown
	Secrets   map[string]string // of the platforms, by their name: they sign what they post
	LogCall   *registry.Tool    // logs a call; nil: this server logs none (read mode, or left out)
	Provider  crm.Provider      // of the account in which calls of platforms are logged
	Version   string
	Logger    *slog.Logger
	Keys      Bearers                // whose an access key is; nil: there are none beside AccessKey
	Tokens    Bearers                // whose a token of the authorization server is; nil: there is no such server
	Mount     []func(*http.ServeMux) // pages and endpoints that are no part of MCP and guard themselves
	Now       func() time.Time       // when a signature is too old; nil = the system's clock
	Hook      FindHook               // which hook an address is; nil: none was given out
	Edge      Edge                   // between the network and all endpoints

	wrong *failures // of wrong keys, by address
}

// Bearers tells whose a secret is that came as Authorization: Bearer. ok is false for
// one that is unknown, revoked or expired; err says that it cannot be told now.
type Bearers interface {
	Principal(ctx context.Context, secret string) (p principal.Principal, ok bool, err error)
}

// unsigned lists the platforms whose posts are taken without a signature: those
// without a secret, as long as only this machine may call.
func (w Web) unsigned() []string {
	var out []string
	for _, p := range hooks.All() {
		if w.AccessKey == "" && w.Secrets[p.Name()] == "" {
			out = append(out, p.Name())
		}
	}
	return out
}

func (w Web) logger() *slog.Logger {
	if w.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return w.Logger
}

func (w Web) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

// admitted wraps an endpoint that is not open to everybody: pages of other sites
// are kept out, callers need the key, and without one only names of this machine
// are served, so that neither a proxy nor a rebound name opens it to the world.
func (w Web) admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		switch {
		case slices.ContainsFunc(r.Header.Values("Origin"), w.originRefused):
			refuse(out, http.StatusForbidden, problem.Forbidden, "origin not allowed", "Call from a program, or from a page of this server's own host.")
		case w.hostRefused(r):
			refuse(out, http.StatusForbidden, problem.Forbidden, "host not allowed",
				"Without an access key only 127.0.0.1, [::1] and localhost are served: set KOMMO_MCP_ACCESS_KEY. With one, KOMMO_MCP_PUBLIC_URL names the host.")
		case !w.hasKey(r):
			if w.tooManyWrong(out, r) {
				return
			}
			out.Header().Set("WWW-Authenticate", `Bearer realm="kommo-mcp"`)
			refuse(out, http.StatusUnauthorized, problem.Unauthorized, "the access key is missing or wrong", "Send the header Authorization: Bearer <access key>.")
		default:
			next.ServeHTTP(out, r)
		}
	})
}

// hasKey compares in a time that tells nothing about the key, not even its length.
func (w Web) hasKey(r *http.Request) bool {
	if w.AccessKey == "" {
		return true
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(strings.TrimSpace(given))), sha256.Sum256([]byte(w.AccessKey))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// hostRefused tells whether the name by which the server was called is not its own.
// Without access control what a proxy passes on is refused too, whatever the name:
// behind one everybody looks like this machine.
func (w Web) hostRefused(r *http.Request) bool {
	name, by := hostName(r.Host), seenOf(r)
	switch {
	case w.AccessKey == "":
		return !loopbackHost(name) || by.relayed
	case loopbackHost(name), w.PublicURL == nil:
		return false
	}
	own := w.PublicURL.Hostname()
	return !strings.EqualFold(name, own) && !strings.EqualFold(hostName(by.host), own)
}

// originRefused lets in, beside pages of this machine, those of the public URL.
func (w Web) originRefused(origin string) bool {
	if w.PublicURL != nil && w.AccessKey != "" && strings.EqualFold(origin, w.PublicURL.Scheme+"://"+w.PublicURL.Host) {
		return false
	}
	return originRefused(origin)
}

func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// refuse answers an error in the form in which tools give theirs.
func refuse(w http.ResponseWriter, status int, code problem.Code, message, next string) {
	writeJSON(w, status, errorAnswer{errorText{Code: code, Message: message, Next: next}})
}

type errorAnswer struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Field   string       `json:"field,omitempty"`
	Next    string       `json:"next,omitempty"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer could not be written"}}`)
	}
	writeRaw(w, status, raw)
}

func writeRaw(w http.ResponseWriter, status int, raw []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n'))
}
