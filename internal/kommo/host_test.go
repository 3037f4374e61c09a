package kommo

import (
	"strings"
	"testing"
)

func TestParseAccount(t *testing.T) {
	for in, want := range map[string]string{
		"acme":                                   "acme.kommo.com",
		"ACME\n":                                 "acme.kommo.com",
		"acme.kommo.com":                         "acme.kommo.com",
		"acme.amocrm.com":                        "acme.amocrm.com",
		"Acme.amoCRM.ru":                         "acme.amocrm.ru",
		"https://acme.kommo.com/leads/list/?a=1": "acme.kommo.com",
		"http://acme.kommo.com":                  "acme.kommo.com",
		"acme.kommo.com/leads":                   "acme.kommo.com",
		"https://acme.kommo.com:443":             "acme.kommo.com",
		"a-1":                                    "a-1.kommo.com",
	} {
		got, err := ParseAccount(in)
		if err != nil || got.Host != want || got.Subdomain+"."+got.Zone != want {
			t.Errorf("%q: %+v, %v; want %s", in, got, err, want)
		}
	}
	token := strings.Repeat("eyJhbGciOiJSUzI1NiJ9.", 20) + "tail-of-token"
	for _, in := range []string{
		"", "www", "www.kommo.com", "kommo.com", ".kommo.com", "a.b.kommo.com", "acme.kommo.com.evil.example", "acme.example.com",
		"evil.example/acme.kommo.com", "https://acme.kommo.com@evil.example", "https://u:tail-of-token@acme.kommo.com", "ftp://acme.kommo.com",
		"acme.kommo.com:8443", "-acme", "acme_1", "ac me", "acme%2ekommo.com", "127.0.0.1", "[::1]", "аcme", token,
	} {
		got, err := ParseAccount(in)
		if err == nil {
			t.Errorf("%q accepted as %+v", in, got)
			continue
		}
		if !strings.Contains(err.Error(), "acme.kommo.com") || strings.Contains(err.Error(), "tail-of-token") {
			t.Errorf("%q: unhelpful or too telling: %v", in, err)
		}
	}
}

func TestParseBase(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:18080":     "http://127.0.0.1:18080",
		"http://127.0.0.1:18080/":    "http://127.0.0.1:18080",
		"http://localhost:1":         "http://localhost:1",
		"http://[::1]:8080":          "http://[::1]:8080",
		"https://acme.kommo.com":     "https://acme.kommo.com",
		"https://Acme.amocrm.ru:443": "https://acme.amocrm.ru",
	} {
		got, err := ParseBase(in)
		if err != nil || got.String() != want {
			t.Errorf("%q: %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "127.0.0.1:18080", "http://acme.kommo.com", "http://10.0.0.1", "http://localhost.evil.example", "http://0.0.0.0:1",
		"https://evil.example", "https://www.kommo.com", "https://acme.kommo.com.evil.example", "https://acme.kommo.com:8443",
		"https://127.0.0.1", "http://u:p@127.0.0.1", "http://127.0.0.1/path", "http://127.0.0.1/?q=1", "unix:///tmp/x", "http://127.0.0.1:a",
	} {
		if got, err := ParseBase(in); err == nil {
			t.Errorf("%q accepted as %s", in, got)
		}
	}
}
