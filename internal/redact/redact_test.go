package redact_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/redact"
)

const secret = "s3cret/with+signs=81c2-long-enough"

func TestHide(t *testing.T) {
	for text, want := range map[string]string{
		"a " + secret + " b":                     "a [hidden] b",
		"cut " + secret[:15] + "…":               "cut [hidden]…",
		"x" + secret + secret:                    "x[hidden][hidden]",
		"?a=" + url.QueryEscape(secret) + "&b=1": "?a=[hidden]&b=1",
		secret[:11]:                              secret[:11],
		"":                                       "",
	} {
		if got := redact.Hide(text, "", "short", secret); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := redact.Hide("a short word", "short"); got != "a short word" {
		t.Errorf("a word was torn up: %q", got)
	}
}

func TestTextGoesByLooks(t *testing.T) {
	for text, want := range map[string]string{
		`proxy "http://user:canary-pass@10.0.0.1:3128": refused`:            `proxy "http://[hidden]10.0.0.1:3128": refused`,
		"Get https://acme.kommo.com/x?code=canary-code-1&referer=a: EOF":    "Get https://acme.kommo.com/x?code=[hidden]&referer=a: EOF",
		"Authorization: Bearer canary-bearer-1":                             "Authorization: Bearer [hidden]",
		`{"refresh_token":"canary-refresh-1","expires_in":5}`:               `{"refresh_token":"[hidden]","expires_in":5}`,
		"client_secret=canary-secret-1&grant_type=x":                        "client_secret=[hidden]&grant_type=x",
		"kmcp_at_0123456789ABCDEF is unknown":                               "kmcp_[hidden] is unknown",
		"token eyJ0eXAiOiJKV1Qi.eyJhY2NvdW50X2lkIjox.c2lnbmF0dXJl is bad":   "token [hidden] is bad",
		"def50200" + strings.Repeat("0a", 40):                               "[hidden]",
		"code=not_found, state=waiting: acme.kommo.com/leads/1 price: 5000": "code=not_found, state=waiting: acme.kommo.com/leads/1 price: 5000",
		"the token is expired; basic facts, bearer of news":                 "the token is expired; basic facts, bearer of news",
		"mail anna@example.com, see https://acme.kommo.com/leads/1":         "mail anna@example.com, see https://acme.kommo.com/leads/1",
	} {
		if got := redact.Text(text); got != want {
			t.Errorf("%q becomes\n%q, want\n%q", text, got, want)
		}
	}
}

type shaped struct{ Token string }

func TestAttr(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: redact.New(secret).Attr}))
	log.With("of", secret).WithGroup("g").Error("about "+secret, "text", secret, "error", errors.Join(errors.New("x"), errors.New(secret)), "value", shaped{secret}, "n", 5)
	if strings.Contains(out.String(), "s3cret") || strings.Count(out.String(), redact.Mark) != 5 || !strings.Contains(out.String(), "level=ERROR") || !strings.Contains(out.String(), "g.n=5") {
		t.Error(out.String())
	}
}
