package kommo

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/redact"
)

// rotating hands out a new token each time the last one was refused.
type rotating struct {
	tokens  []string
	refused []string
}

func (r *rotating) Token() (*oauth2.Token, error) {
	if len(r.tokens) == 0 {
		return nil, errors.New("endpoint said: refresh-secret")
	}
	return &oauth2.Token{AccessToken: r.tokens[0]}, nil
}

func (r *rotating) Invalidate(t *oauth2.Token) {
	r.refused = append(r.refused, t.AccessToken)
	if r.tokens[0] == t.AccessToken {
		r.tokens = r.tokens[1:]
	}
}

// onlyToken accepts one bearer token.
func onlyToken(good string, seen *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+good {
			answer(401, "application/problem+json", `{"title":"Unauthorized","status":401,"detail":"Неверный логин или пароль"}`)(w, r)
			return
		}
		answer(200, "application/json", `{}`)(w, r)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	for _, tc := range []struct {
		name   string
		tokens []string
		seen   int32
		code   Code
	}{
		{"good at once", []string{"good-token"}, 1, ""},
		{"good after a refresh", []string{"stale-token", "good-token"}, 2, ""},
		{"bad twice", []string{"stale-token", "other-token", "good-token"}, 2, CodeUnauthorized},
		{"the same again", []string{"stale-token", "stale-token"}, 1, CodeUnauthorized},
		{"no other token", []string{"stale-token"}, 1, CodeUnauthorized},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var seen atomic.Int32
			source := &rotating{tokens: tc.tokens}
			c := clientFor(t, onlyToken("good-token", &seen))
			c.tokens = source
			_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Body: 1}, nil)
			if seen.Load() != tc.seen || (tc.code == "") != (err == nil) || (err != nil && !HasCode(err, tc.code)) {
				t.Errorf("server saw %d, want %d; %v", seen.Load(), tc.seen, err)
			}
		})
	}
}

func TestMissingOrDamagedTokenSendsNothing(t *testing.T) {
	for name, source := range map[string]oauth2.TokenSource{
		"none":       nil,
		"empty":      fixedToken(""),
		"line break": fixedToken("abcdefghij\nklm"),
		"cyrillic":   fixedToken("abcdefghiй"),
		"failing":    &rotating{},
	} {
		var seen atomic.Int32
		c := clientFor(t, onlyToken("good-token", &seen))
		c.tokens = source
		_, err := c.Do(t.Context(), Request{Path: "/leads"}, nil)
		if !HasCode(err, CodeUnauthorized) || seen.Load() != 0 {
			t.Errorf("%s: server saw %d, %v", name, seen.Load(), err)
		}
		if strings.Contains(err.Error(), "abcdefghi") || strings.Contains(err.Error(), "refresh-secret") {
			t.Errorf("%s: secret in %q", name, err)
		}
	}
}

// A server that echoes the token must not put it into an error.
func TestEchoedTokenIsHidden(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("X-Request-Id", "id-"+token)
		w.WriteHeader(400)
		_, _ = w.Write([]byte(`{"detail":"bad ` + token + `","validation-errors":[{"request_id":"` + token +
			`","errors":[{"code":"` + token + `","path":"` + token + `","detail":"` + token + `"}]}]}`))
	}
	c := clientFor(t, http.HandlerFunc(echo))
	_, err := c.Do(t.Context(), Request{Path: "/leads"}, nil)
	e := errorOf(t, err)
	for _, text := range []string{e.Error(), e.RequestID, e.Fields[0].Item, e.Fields[0].Path, e.Fields[0].Code, e.Fields[0].Detail} {
		if strings.Contains(text, secretToken) || !strings.Contains(text, redact.Mark) {
			t.Errorf("token not hidden in %q", text)
		}
	}
}

// TestEchoedTokenIsHiddenWhereItIsCut: real tokens are longer than what is quoted of
// an answer, and what is left of one would not be found any more.
func TestEchoedTokenIsHiddenWhereItIsCut(t *testing.T) {
	token := "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + strings.Repeat("c", 700) + ".c2lnbmF0dXJl"
	for name, echoed := range map[string]string{"whole": token, "cut by them": token[:60]} {
		for status, body := range map[int]string{
			400: `{"detail":"bad ` + echoed + `","validation-errors":[{"request_id":"` + echoed + `","errors":[{"code":"` + echoed + `","path":"` + echoed + `","detail":"` + echoed + `"}]}]}`,
			401: `{"title":"token ` + echoed + ` is refused"}`, 403: `{"hint":"Authorization: Bearer ` + echoed + `"}`, 422: `{"errors":{"` + echoed + `":"` + echoed + `"}}`,
			307: "", 200: `{"id":`, 500: `{"trace_id":"` + echoed + `"}`,
		} {
			c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "id-"+echoed)
				w.Header().Set("Location", "https://elsewhere.kommo.com/?t="+echoed)
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			}))
			c.tokens, c.maxRetries = fixedToken(token), 0
			_, err := c.Do(t.Context(), Request{Path: "/leads"}, nil)
			e := errorOf(t, err)
			if text := fmt.Sprintf("%v %+v %v", e, e.Fields, e.Err); strings.Contains(text, token[:12]) {
				t.Errorf("%s, %d: a part of the token shows: %s", name, status, text)
			}
		}
	}
}
