package auth

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

func TestCheckHost(t *testing.T) {
	for text, want := range map[string]string{
		"acme.kommo.com": "acme.kommo.com", "https://acme.kommo.com": "acme.kommo.com", "https://ACME.amocrm.ru/": "acme.amocrm.ru",
		"a-1.amocrm.com": "a-1.amocrm.com", "http://acme.kommo.com": "", "www.kommo.com": "", "kommo.com": "", "https://kommo.com": "",
		"acme.kommo.com:443": "", "acme.kommo.com/x": "", "acme.kommo.com?x": "", "acme.kommo.com#x": "", "u@acme.kommo.com": "", "https://u:p@acme.kommo.com": "",
		"acme.kommo.com.example.com": "", "acme.notkommo.com": "", "kommo.com.example.com": "", "a.b.kommo.com": "", "acme.kommo.com.": "",
		"xn--acme-xyz.kommo.com": "", "аcme.kommo.com": "", "acme.\u212aommo.com": "", "acme.kommo.com\n": "", "\tacme.kommo.com": "", "-a.kommo.com": "",
		"https://example.com\\@acme.kommo.com": "", "//acme.kommo.com": "", "": "",
	} {
		if got, ok := CheckHost(text); got.Host != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", text, got.Host, ok)
		}
	}
}

func FuzzCheckHost(f *testing.F) {
	for _, s := range []string{"acme.kommo.com", "https://acme.amocrm.ru/", "a@b.kommo.com", "acme.kommo.com:1", "xn--a.kommo.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		account, ok := CheckHost(s)
		if !ok {
			return
		}
		u, err := url.Parse("https://" + account.Host + "/oauth2/access_token")
		if err != nil || u.Host != account.Host || u.Port() != "" || u.User != nil || account.Subdomain == "www" {
			t.Fatalf("%q is taken for %q", s, account.Host)
		}
		sub, zone, _ := strings.Cut(u.Hostname(), ".")
		if sub == "" || (zone != "kommo.com" && zone != "amocrm.com" && zone != "amocrm.ru") {
			t.Fatalf("%q is taken for %q", s, account.Host)
		}
	})
}

// FuzzCallback: whatever comes to the callback, nothing is sent without a question
// of ours, and the answer explains itself.
func FuzzCallback(f *testing.F) {
	for _, s := range []string{"code=a&state=b&referer=acme.kommo.com", "error=access_denied&state=b", "state=%00", "a=1&a=2"} {
		f.Add(s)
	}
	st := store.NewMemory(time.Now)
	f.Cleanup(func() { _ = st.Close() })
	s := New(f.Context(), st, App{ClientID: "c1", Secret: canary}, WithTransport(nil))
	s.ep.transport = nil // a request would panic
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		_, err = s.Complete(t.Context(), q, "me")
		if p := new(problem.Problem); !errors.As(err, &p) || p.Next == "" {
			t.Fatalf("%q: %v", raw, err)
		}
	})
}

func FuzzReadClaims(f *testing.F) {
	token := sandbox.New().Token(sandbox.DefaultHost)
	for _, s := range []string{token, "a.b.c", "..", "a.e30.c", "a.eyJleHAiOjFlMzB9.c", "a.eyJleHAiOiIxIiwic2NvcGVzIjoxfQ.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ReadClaims(s)
		if err != nil && len(s) > 20 && strings.Contains(err.Error(), s) {
			t.Fatalf("the error quotes the token: %v", err)
		}
		if c.AccountID < 0 || len(c.APIDomain) > 100 || len(c.Scopes) > maxScopes || c.Expires.Year() > 9999 {
			t.Fatalf("%q reads as %+v", s, c)
		}
	})
}

func TestReadClaims(t *testing.T) {
	c, err := ReadClaims(sandbox.New().Token(sandbox.DefaultHost))
	if err != nil || c.AccountID != 31000001 || c.APIDomain != "api-c.kommo.com" || len(c.Scopes) != 7 || time.Until(c.Expires) < 300*24*time.Hour {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", "a.b", "a.b.c.d", "a.!.c", "a.W10.c", strings.Repeat("a", maxToken) + ".e30.c"} {
		if _, err := ReadClaims(bad); err == nil {
			t.Errorf("%.20q reads", bad)
		}
	}
}
