package authserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	maxRegistration = 16 << 10 // bytes
	// unusedLife is how long a registration is kept that nobody gave access to: hosts
	// register anew for each connection, and most of them come to nothing.
	unusedLife = 24 * time.Hour
	// usedLife is how long one is kept after it was last given a token: as long as its
	// refresh token, and some.
	usedLife   = refreshLife + 10*24*time.Hour
	maxClients = 10_000
	// usedClients is how many times as many are kept that are in use.
	usedClients = 10
	tidyEvery   = 10 * time.Minute
)

// registration is what a client says of itself (RFC 7591). What is not listed is
// ignored, as the standard allows.
type registration struct {
	Redirects     []string `json:"redirect_uris"`
	Name          string   `json:"client_name,omitempty"`
	Method        string   `json:"token_endpoint_auth_method"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	Scope         string   `json:"scope,omitempty"`
	keyFields
}

// registered is the answer.
type registeredAnswer struct {
	ID       string `json:"client_id"`
	IssuedAt int64  `json:"client_id_issued_at"`
	registration

	Secret  string `json:"client_secret,omitempty"`
	Expires *int64 `json:"client_secret_expires_at,omitempty"` // 0: never; only with a secret
}

// serveRegister takes clients that register themselves: the hosts that know nothing
// newer. It proves nothing about who they are; our page says so.
func (s *Server) serveRegister(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		s.tell(w, http.StatusMethodNotAllowed, &oauthError{"invalid_request", "use POST"})
		return
	}
	if !s.limits.registrations.Allow(s.from(r)) {
		w.Header().Set("Retry-After", "60")
		s.tell(w, http.StatusTooManyRequests, &oauthError{"temporarily_unavailable", "too many clients register at once; try again in a minute"})
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		s.tell(w, http.StatusBadRequest, &oauthError{"invalid_client_metadata", "send the metadata as application/json"})
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		s.tell(w, http.StatusBadRequest, &oauthError{"invalid_client_metadata", "the metadata cannot be read, or is longer than 16 KB"})
		return
	}
	m, told := parseRegistration(raw)
	if told != nil {
		s.tell(w, http.StatusBadRequest, told)
		return
	}
	answer, err := s.register(r.Context(), m)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	writeJSON(w, http.StatusCreated, answer)
}

// parseRegistration checks what a client says of itself, and fills in what it leaves
// out.
func parseRegistration(raw []byte) (registration, *oauthError) {
	var m registration
	bad := func(why string) (registration, *oauthError) {
		return registration{}, &oauthError{"invalid_client_metadata", why}
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			return bad(wrong.Field + " is of the wrong type")
		}
		return bad("the body is no JSON object of client metadata")
	}
	if m.Redirects = knownRedirects(m.Redirects); m.Redirects == nil {
		return registration{}, &oauthError{
			"invalid_redirect_uri",
			"redirect_uris: " + redirectCount + " of " + redirectRules,
		}
	}
	// A secret is kept for those alone that ask for one, though the standard's default
	// is another: who names no method has no place for a secret.
	if m.Method == "" {
		m.Method = methodNone
	}
	if why := m.checkMethod(); why != "" {
		return bad(why)
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{grantCode, grantRefresh}
	}
	m.GrantTypes = slices.DeleteFunc(m.GrantTypes, func(g string) bool { return g != grantCode && g != grantRefresh })
	if !contains(m.GrantTypes, grantCode) {
		return bad("grant_types: authorization_code is needed, refresh_token can be had beside it")
	}
	if len(m.ResponseTypes) > 0 && !contains(m.ResponseTypes, "code") {
		return bad("response_types: code is needed")
	}
	m.ResponseTypes = []string{"code"}
	m.Name = cleanName(m.Name, "")
	return m, nil
}

// checkMethod says what is wrong with how a client wants to show who it is. Keys of
// one that does not sign are of no use, and not kept.
func (m *registration) checkMethod() (why string) {
	switch {
	case !contains(authMethods(), m.Method):
		return "token_endpoint_auth_method: use " + strings.Join(authMethods(), ", ")
	case m.Method != methodKey:
		m.keyFields = keyFields{}
		return ""
	}
	var c client
	if why = c.shows(m.Method, nil, m.keyFields); why != "" {
		return methodKey + ": jwks with a key of use is needed, or jwks_uri, an https address of them"
	}
	m.Keys, m.KeysAt = c.Keys, c.KeysAt
	return ""
}

func (s *Server) register(ctx context.Context, m registration) (registeredAnswer, error) {
	c := client{ID: rand.Text(), Name: m.Name, Redirects: m.Redirects, NoRefresh: !contains(m.GrantTypes, grantRefresh), Keyed: m.Method == methodKey, Keys: m.Keys, KeysAt: m.KeysAt}
	if c.Name == "" {
		c.Name = nameless
	}
	m.Scope = s.known(m.Scope)
	answer := registeredAnswer{ID: c.ID, IssuedAt: s.cfg.Now().Unix(), registration: m}
	if m.Method == methodPost || m.Method == methodBasic {
		answer.Expires = new(int64)
		answer.Secret, c.Digest = newSecret()
	}
	body, err := json.Marshal(c)
	if err != nil {
		return registeredAnswer{}, err
	}
	s.tidy(ctx)
	if err := s.makeRoom(ctx); err != nil {
		return registeredAnswer{}, err
	}
	err = s.cfg.Store.PutTicket(ctx, store.Ticket{Kind: kindClient, Name: c.ID, Expires: s.cfg.Now().Add(unusedLife), Body: body})
	return answer, err
}

// keepClient notes that a client was given something, so that it is kept. One with a
// document has what it said kept for the day when its host fails.
func (s *Server) keepClient(change store.TicketChange, id string) error {
	if strings.Contains(id, "://") {
		if k, ok := s.documents.remembered(id); ok && k.err == nil && k.good.Equal(k.asked) {
			return s.documents.keep(change, k.client)
		}
		return nil
	}
	if kindOf(id) == kindMade { // for ever, until it is removed: then nothing more is given to it
		if _, ok, err := change.Get(kindMade, id); err != nil || !ok {
			return cmp.Or(err, errNoClient)
		}
		return change.Use(kindMade, id)
	}
	t, ok, err := change.Get(kindClient, id)
	if err != nil || !ok {
		return err
	}
	t.Used = s.cfg.Now()
	t.Expires = t.Used.Add(usedLife)
	return change.Put(t)
}

// makeRoom drops the oldest registrations that were never used when there are too
// many. The rate of registrations leaves each of them longer than a consent takes.
// Those that were used are somebody's, and stay until there are too many of them too:
// then nobody registers, rather than the disk be filled by whoever consents to
// clients of their own.
func (s *Server) makeRoom(ctx context.Context) error {
	n, err := s.cfg.Store.CountTickets(ctx, kindClient)
	if err != nil || n < s.cfg.Clients {
		return err
	}
	dropped, err := s.cfg.Store.DropUnused(ctx, kindClient, max(1, s.cfg.Clients/10))
	if err == nil && dropped == 0 && n >= usedClients*s.cfg.Clients {
		err = fmt.Errorf("%d registered clients are in use, and no more are taken", n)
	}
	return err
}

// tidy forgets now and then what has expired. It may fail: the next one tries again.
func (s *Server) tidy(ctx context.Context) {
	now := s.cfg.Now()
	s.tidyMu.Lock()
	due := now.Sub(s.tidied) >= tidyEvery
	if due {
		s.tidied = now
	}
	s.tidyMu.Unlock()
	if !due {
		return
	}
	if n, err := s.cfg.Store.PruneTickets(ctx, now); err != nil || n > 0 {
		s.cfg.Log.DebugContext(ctx, "expired tickets forgotten", "count", n, "error", err)
	}
}

func contains(list []string, text string) bool { return slices.Contains(list, text) }
