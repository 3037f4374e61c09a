package canary_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
)

func TestSearchFindsEveryForm(t *testing.T) {
	secret := canary.Secret{Name: "it", Value: "c4nary/of+the-test=81c2?x"}
	raw := []byte("0123456789abcdef0123456789\xff\xfe\xfdxyz")
	key := canary.Secret{Name: "key", Value: base64.StdEncoding.EncodeToString(raw)}
	token := canary.Secret{Name: "token", Value: "eyJ0eXAiOiJKV1QifQ.eyJhIjoxMjM0NTY3ODkwfQ.c2lnbmF0dXJlLWlz"}
	for text, want := range map[string]string{
		"x" + secret.Value + "y":                         "it",
		"?a=" + url.QueryEscape(secret.Value):            "it",
		hex.EncodeToString([]byte(secret.Value)):         "it",
		"cut " + secret.Value[:12] + "…":                 "it",
		`{"a":"c4nary\/of+the-test=81c2?x"}`:             "it",
		hex.EncodeToString(raw):                          "key",
		"raw " + string(raw) + " bytes":                  "key",
		"…" + token.Value[len(token.Value)-16:] + " cut": "token",
		token.Value[:20]:                                 "",
		"c4nary/of+t":                                    "",
		"":                                               "",
	} {
		expect(t, text, want, secret, key, token)
	}
	for _, before := range []string{"", "u", "us", "user:"} {
		for _, encode := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			expect(t, encode.EncodeToString([]byte(before+secret.Value+" and more")), "it", secret)
			expect(t, encode.EncodeToString([]byte(before+string(raw)+" and more")), "key", key)
		}
	}
}

func expect(t *testing.T, text, want string, secrets ...canary.Secret) {
	t.Helper()
	var got []string
	for _, leak := range canary.Search(text, secrets...) {
		got = append(got, leak.Name)
	}
	if strings.Join(got, " ") != want {
		t.Errorf("%q: found %q, want %q", text, got, want)
	}
}
