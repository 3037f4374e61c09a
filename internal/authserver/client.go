package authserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/sanitize"
)

// The kinds of our tickets.
const (
	kindClient   = "oauth-client"   // a client that registered itself, under its id
	kindMade     = "oauth-made"     // a client that was made by hand, under its id
	kindDocument = "oauth-document" // what a client's document said last, under its address
	kindPending  = "authorize"      // a consent that Kommo's page is asked for, under the digest of the browser's secret
	kindCode     = "oauth-code"     // under its digest
	kindAccess   = "oauth-token"    // under its digest
	kindRefresh  = "oauth-refresh"  // under its digest

	kindAssertion = "oauth-assertion" // that was shown, under the digest of client and number
)

const (
	maxClientID = 512
	maxName     = 60 // characters of a client's name that are shown
)

// client is who asks for access.
type client struct {
	ID        string   `json:"-"`
	Name      string   `json:"name"` // as it calls itself, cleaned
	Redirects []string `json:"redirects"`
	Digest    string   `json:"digest,omitempty"` // of its secret; empty: a public client
	NoRefresh bool     `json:"no_refresh,omitempty"`
	Made      bool     `json:"made,omitempty"` // by whoever runs the server
	Host      string   `json:"host,omitempty"` // that vouches for it with its document; empty, unless it was made: it registered itself

	Keyed  bool            `json:"keyed,omitempty"`   // it has to sign; else it may
	Keys   json.RawMessage `json:"keys,omitempty"`    // a set of them, or else
	KeysAt string          `json:"keys_at,omitempty"` // where it is

	proof *proof // what it signed to show that it is the client; nil: nothing
}

// takes finds the redirect URI of a request among the client's.
func (c client) takes(redirect string) bool {
	return slices.ContainsFunc(c.Redirects, func(known string) bool { return redirectFits(known, redirect) })
}

// refusedClient says why a client is not known, and what to answer.
type refusedClient struct {
	status  int
	message string
	next    string
}

func (e *refusedClient) Error() string { return e.message }

func badClient(message, next string) error {
	return &refusedClient{http.StatusBadRequest, message, next}
}

// client finds who a client id stands for; from is the address of whoever names it.
// Errors are *refusedClient, or of the store.
func (s *Server) client(ctx context.Context, id, from string) (client, error) {
	switch {
	case id == "":
		return client{}, badClient("The client did not say who it is: client_id is missing.", "Connect again from the app.")
	case len(id) > maxClientID:
		return client{}, badClient("The client_id is too long.", "Tell whoever makes the app.")
	case strings.Contains(id, "://"):
		return s.documents.client(ctx, id, from)
	}
	c, ok, err := s.registered(ctx, id)
	if err == nil && !ok {
		err = s.stranger(id)
	}
	return c, err
}

// stranger says of an app that nobody knows how it gets known.
func (s *Server) stranger(id string) error {
	if kindOf(id) == kindMade || !s.cfg.Registration {
		return badClient("This app's client_id is not known here, or no longer.", "Tell whoever runs this server: kommo-mcp clients add lets the app in.")
	}
	return badClient("This app is not registered here, or no longer: registrations that nobody uses are forgotten.",
		"Remove the connection from the app and add it again; it registers anew.")
}

// kindOf is as what a client without a document is kept.
func kindOf(id string) string {
	if strings.HasPrefix(id, madePrefix) {
		return kindMade
	}
	return kindClient
}

// registered reads a client that registered itself, or was made by hand.
func (s *Server) registered(ctx context.Context, id string) (client, bool, error) {
	t, ok, err := s.cfg.Store.Ticket(ctx, kindOf(id), id)
	if err != nil || !ok {
		return client{}, false, err
	}
	c := client{ID: id}
	if err := json.Unmarshal(t.Body, &c); err != nil {
		return client{}, false, fmt.Errorf("what is kept of a client is damaged: %w", err)
	}
	return c, true, nil
}

// cleanName is a client's own name for people to read: without hidden characters,
// in one line, cut. It is whatever the client likes, so pages show where it leads to
// beside it.
func cleanName(name, fallback string) string {
	name = fewMarks(strings.Join(strings.Fields(sanitize.Text(strings.ToValidUTF8(name, ""))), " "))
	if name == "" {
		name = fallback
	}
	if utf8.RuneCountInString(name) > maxName {
		name = strings.TrimSpace(string([]rune(name)[:maxName-1])) + "…"
	}
	return name
}

// fewMarks leaves two marks on a letter at most, as languages have them: a pile of
// them covers the lines around.
func fewMarks(name string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		if !unicode.Is(unicode.M, r) {
			marks = 0
			return r
		}
		if marks++; marks > 2 {
			return -1
		}
		return r
	}, name)
}

// mixed tells a name whose letters are of alphabets that look alike, of which no
// language takes more than one.
func mixed(name string) bool {
	scripts := 0
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee} {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(script, r) }) {
			scripts++
		}
	}
	return scripts > 1
}
