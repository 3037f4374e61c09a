package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Web is what the HTTP surface needs beside the MCP server. The zero value serves
// MCP alone, to this machine.
type Web struct {
	AccessKey string            // for the server's own account; empty: none
	PublicURL *url.URL          // as a proxy shows the server to the world; nil: unknown
	Secrets   map[string]string // of the platforms, by their name: they sign what they post
	LogCall   *registry.Tool    // logs a call; nil: this server logs none (read mode, or left out)
	Provider  crm.Provider      // of the account in which calls of platforms are logged
	Version   string
	Logger    *slog.Logger
	Keys      Bearers                             // whose an access key is; nil: there are none beside AccessKey
	AnyKey    func(context.Context) (bool, error) // whether Keys has any; nil: no
	Tools     []registry.Tool                     // that MCP offers
	Tokens    Bearers                             // whose a token of the authorization server is; nil: there is no such server
	Mount     []func(*http.ServeMux)              // pages and endpoints that are no part of MCP and guard themselves
	Now       func() time.Time                    // when a signature is too old; nil = the system's clock
	Hook      FindHook                            // which hook an address is; nil: none was given out
	Edge      Edge                                // between the network and all endpoints

	wrong   *failures // of wrong keys, by address
	control *control
	ending  *ending
	bodies  *bodies
}

// unsigned lists the platforms whose posts are taken without a signature where access
// is not controlled: those without a secret.
func (w Web) unsigned() []string {
	var out []string
	for _, p := range hooks.All() {
		if w.Secrets[p.Name()] == "" {
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

// hostRefused tells whether the name by which the server was called is not its own.
// Without access control what a proxy passes on is refused too, whatever the name:
// behind one everybody looks like this machine.
func (w Web) hostRefused(controlled bool, r *http.Request) bool {
	name, by := hostName(r.Host), seenOf(r)
	switch {
	case !controlled:
		return !loopbackHost(name) || by.relayed
	case loopbackHost(name), w.PublicURL == nil:
		return false
	}
	own := w.PublicURL.Hostname()
	return !strings.EqualFold(name, own) && !strings.EqualFold(hostName(by.host), own)
}

// originRefused lets in, beside pages of this machine, those of the public URL.
func (w Web) originRefused(controlled bool, origin string) bool {
	if w.PublicURL != nil && controlled && strings.EqualFold(origin, w.PublicURL.Scheme+"://"+w.PublicURL.Host) {
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
