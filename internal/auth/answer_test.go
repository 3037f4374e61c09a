package auth

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// scripted answers once what its table has for a host and path, and passes the rest on.
type scripted struct {
	answers map[string]*http.Response
	asked   []string
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	at := r.Host + r.URL.Path
	s.asked = append(s.asked, at)
	if answer, ok := s.answers[at]; ok {
		delete(s.answers, at)
		return answer, nil
	}
	return kommo.NewTransport(nil).RoundTrip(r)
}

func reply(status int, body, header, value string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{header: {value}}, Body: io.NopCloser(strings.NewReader(body))}
}

const tokenPath = host + "/oauth2/access_token"

// TestAPairInAnySpelling: the former refresh token is dead when a success comes, so
// what is odd about it must not cost the new one.
func TestAPairInAnySpelling(t *testing.T) {
	for _, tc := range []struct{ body, refresh string }{
		{`{"access_token":"a2","refresh_token":"r2","expires_in":86400}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":"86400"}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":86400.0}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":"soon"}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":"NaN"}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":1e30}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":-1}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":null,"token_type":7}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2","expires_in":{}}`, "r2"},
		{`{"access_token":"a2","refresh_token":"r2"}`, "r2"},
		{`{"access_token":"a2"}`, "former"},
		{`{"access_token":"a2","refresh_token":null}`, "former"},
	} {
		p, err := readPair([]byte(tc.body), "former")
		if err != nil || p.Access != "a2" || p.Refresh != tc.refresh {
			t.Errorf("%s: %v", tc.body, err)
		}
		s := &Service{clock: kommo.SystemClock{}}
		if left := time.Until(s.endOf(p)); left < 23*time.Hour || left > 25*time.Hour {
			t.Errorf("%s: good for %s", tc.body, left)
		}
	}
	for _, body := range []string{
		``, `[]`, `{}`, `{"access_token":"a\nb","refresh_token":"r"}`, `{"access_token":"a","refresh_token":"r b"}`, `{"access_token":"a","refresh_tok`,
		`{"access_token":"` + strings.Repeat("a", maxToken+1) + `","refresh_token":"r"}`,
	} {
		if _, err := readPair([]byte(body), "former"); !errors.Is(err, errUnclear) {
			t.Errorf("%.40s: %v", body, err)
		}
	}
	if _, err := readPair([]byte(`{"access_token":"a"}`), ""); !errors.Is(err, errUnclear) {
		t.Errorf("a code without a refresh token: %v", err)
	}
}

// TestRefusalsInEachForm: with and without Kommo's hint, in the words of RFC 6749, and
// none that only looks like one.
func TestRefusalsInEachForm(t *testing.T) {
	const envelope = `{"title":"Bad request","type":"https://developers.amocrm.ru/v3/errors/OAuthProblemJson","status":400,"detail":"…"}`
	for _, tc := range []struct {
		status int
		body   string
		want   string // empty: nothing definite
	}{
		{400, `{"hint":"Token has been revoked","status":400}`, "Kommo refused: Token has been revoked"},
		{401, `{"hint":"Invalid refresh token","status":401}`, "Kommo refused: Invalid refresh token"},
		{400, `{"error":"invalid_grant"}`, "Kommo refused: invalid_grant"},
		{401, `{"error":"invalid_client"}`, "Kommo refused: invalid_client"},
		{400, envelope, "Kommo refused with status 400"},
		{401, `{"title":"Unauthorized","status":401}`, "Kommo refused with status 401"},
		{404, `<html>`, "Kommo refused with status 404"},
		{308, ``, "Kommo's host redirects to another one, which was not followed"},
		{400, `{"title":"Bad Request","status":400,"detail":"a system error"}`, ""},
		{400, `{"error":"temporarily_unavailable"}`, ""},
		{403, `{"hint":"Token has been revoked"}`, ""},
		{500, `{"hint":"Token has been revoked"}`, ""},
		{401, `<html>`, ""},
		{429, `{}`, ""},
	} {
		err := refused(answered{tc.status, http.Header{}, []byte(tc.body)})
		if r, definite := errors.AsType[*refusal](err); definite != (tc.want != "") || definite && r.Error() != tc.want {
			t.Errorf("%d %s: %v", tc.status, tc.body, err)
		}
	}
}

// TestKommoAsksToWait: over the limit, or blocked, Kommo is left alone for as long as
// it says, and calls are told for how long.
func TestKommoAsksToWait(t *testing.T) {
	for _, tc := range []struct {
		status int
		after  string
		wait   time.Duration
	}{
		{429, "", calm},
		{403, "", calm},
		{429, "60", time.Minute},
		{503, "60", time.Minute},
		{503, "99999999", longestPause},
		{429, "99999999999999999999", calm},
		{429, "-1", calm},
	} {
		t.Run(fmt.Sprint(tc.status, tc.after), func(t *testing.T) {
			g := newRig(t)
			wire := &scripted{}
			src := g.another(WithTransport(wire)).Source(g.connected(host).Account, nil)
			token(t, src)
			g.clock.Advance(25 * time.Hour)
			wire.answers = map[string]*http.Response{tokenPath: reply(tc.status, "", "Retry-After", tc.after)}
			for _, passed := range []time.Duration{0, tc.wait - time.Second} {
				g.clock.Advance(passed)
				_, err := src.Token()
				if e, ok := errors.AsType[*kommo.Error](err); !ok || e.RetryAfter != tc.wait-passed || len(wire.asked) != 1 {
					t.Fatalf("asked %v after %s: %v", wire.asked, passed, err)
				}
			}
			g.clock.Advance(time.Second)
			token(t, src)
		})
	}
}

// TestRedirectedExchange: a redirect is not followed and ends nothing. Kommo says where
// the account is; where nobody can be asked, a host of its zones is tried, and no other.
func TestRedirectedExchange(t *testing.T) {
	const mute = "opaque-access-token" // names nobody to ask
	for _, tc := range []struct {
		access, to string
		asked      []string // after the first exchange
	}{
		{"", "https://elsewhere.kommo.com/oauth2/access_token", []string{"api-c.kommo.com/oauth2/account/current/subdomain"}},
		{"", "https://evil.example/oauth2/access_token", []string{"api-c.kommo.com/oauth2/account/current/subdomain"}},
		{mute, "https://" + host + ".evil.example/oauth2/access_token", nil},
		{mute, "http://moved.kommo.com/oauth2/access_token", nil},
		{mute, "https://user@moved.kommo.com:8443/oauth2/access_token", nil},
		{mute, "/elsewhere", nil},
		{mute, "https://moved.kommo.com/oauth2/access_token", []string{"moved.kommo.com/oauth2/access_token"}},
	} {
		t.Run(tc.access+tc.to, func(t *testing.T) {
			g := newRig(t)
			wire := &scripted{}
			s := g.another(WithTransport(wire))
			account := g.connected(host).Account
			if tc.access != "" {
				stored, _, err := g.store.Grant(t.Context(), account, kind)
				if err != nil {
					t.Fatal(err)
				}
				stored.Secret = []byte(`{"access":"` + tc.access + `","refresh":"def502"}`)
				if _, _, err = g.store.RenewGrant(t.Context(), stored); err != nil {
					t.Fatal(err)
				}
			}
			g.clock.Advance(25 * time.Hour)
			wire.answers = map[string]*http.Response{
				tokenPath:                             reply(301, "", "Location", tc.to),
				"moved.kommo.com/oauth2/access_token": reply(200, `{"access_token":"a2","refresh_token":"r2"}`, "X", ""),
			}
			got, err := s.Source(account, nil).Token()
			if !slices.Equal(wire.asked, append([]string{tokenPath}, tc.asked...)) {
				t.Errorf("asked %v", wire.asked)
			}
			if moved := len(tc.asked) > 0 && tc.access == mute; moved != (err == nil && got.AccessToken == "a2") {
				t.Errorf("%v", err)
			}
			if list, err := List(t.Context(), g.store); err != nil || list[0].Ended {
				t.Errorf("%+v, %v", list, err)
			}
		})
	}
}
