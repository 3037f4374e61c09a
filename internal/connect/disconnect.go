package connect

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
)

// disconnect takes Kommo's word that an account's owner has ended the integration.
func (s *Site) disconnect(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	number, status := int64(0), http.StatusMethodNotAllowed
	if r.Method == http.MethodGet {
		number, status = s.signed(r.URL.RawQuery)
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		_, _ = w.Write([]byte("refused\n"))
		return
	}
	// Kommo waits for nobody: what is begun is carried through.
	if err := s.lookInto(context.WithoutCancel(r.Context()), ctx, number); err != nil {
		s.Logger.ErrorContext(r.Context(), "the end of a connection cannot be looked into", "account", number, "error", err) //nolint:contextcheck // ctx is the process, this is the request
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("try again\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// signed is the number of the account that Kommo names, with 200; anything else is
// no word of Kommo's. The signature has no date: Told tells old from new.
func (s *Site) signed(rawQuery string) (number int64, status int) {
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return 0, http.StatusBadRequest
	}
	for _, values := range q {
		if len(values) != 1 {
			return 0, http.StatusBadRequest
		}
	}
	account := q.Get("account_id")
	number, err = strconv.ParseInt(account, 10, 64)
	if err != nil || number <= 0 || strconv.FormatInt(number, 10) != account {
		return 0, http.StatusBadRequest
	}
	for _, name := range []string{"client_uuid", "client_id"} { // the documents differ
		if id := q.Get(name); id != "" && !strings.EqualFold(id, s.App.ClientID) {
			return 0, http.StatusForbidden
		}
	}
	given, err := hex.DecodeString(q.Get("signature"))
	if err != nil {
		return 0, http.StatusForbidden
	}
	if !hmac.Equal(given, s.signature(account)) {
		return 0, http.StatusForbidden
	}
	return number, http.StatusOK
}

func (s *Site) signature(account string) []byte {
	mac := hmac.New(sha256.New, []byte(s.App.Secret.Reveal()))
	mac.Write([]byte(s.App.ClientID + "|" + account))
	return mac.Sum(nil)
}

// lookInto forgets the accounts of a number. Where the word of it may be an old one, they
// are checked, now and, as long as Kommo still serves them, some times more: its word
// may come before the deed.
func (s *Site) lookInto(now, later context.Context, number int64) error {
	accounts, err := s.Auth.Named(now, number)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		again, mine := s.begin(account)
		if !mine {
			continue // it is being looked into, from the start again
		}
		standing, err := s.Auth.Told(now, account)
		if err != nil || standing == auth.Gone || standing == auth.Unknown {
			s.end(account)
			if err != nil {
				return err
			}
			continue
		}
		s.asking.Go(func() {
			defer s.end(account)
			s.askLater(later, account, again)
		})
	}
	return nil
}

// waits are how long to wait before each time that Kommo is asked: after 45 seconds a
// token that it had just issued may be renewed.
var waits = [...]time.Duration{5 * time.Second, 40 * time.Second, 5 * time.Minute, 30 * time.Minute}

// askLater asks until Kommo has ended the connection or all waits are over; another word
// of an end begins them anew.
func (s *Site) askLater(ctx context.Context, account string, again <-chan struct{}) {
	for i := 0; i < len(waits); {
		select {
		case <-ctx.Done():
			return
		case <-again:
			i = 0
		case <-s.Clock.After(waits[i]):
			standing, err := s.Auth.CheckEnded(ctx, account)
			if err == nil && (standing == auth.Gone || standing == auth.Unknown) {
				return
			}
			i++
		}
	}
	s.Logger.WarnContext(ctx, "Kommo said that a connection has ended, and it still stands: an old message, or a new consent", "account", account)
}

// begin is whether the caller is the one to look into an account. If somebody does,
// that begins anew; again tells of it.
func (s *Site) begin(account string) (again <-chan struct{}, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asking, ok := s.pending[account]; ok {
		select {
		case asking <- struct{}{}:
		default: // it is told already
		}
		return nil, false
	}
	c := make(chan struct{}, 1)
	s.pending[account] = c
	return c, true
}

func (s *Site) end(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, account)
}
