package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// oneBearer knows one secret.
type oneBearer string

func (o oneBearer) Principal(_ context.Context, secret string) (principal.Principal, bool, error) {
	return principal.Principal{Kind: principal.Key, ID: "k"}, secret == string(o), nil
}

// FuzzBearerHeader: whatever stands in the header, nobody comes in without one of the
// secrets, whole and after Bearer, and a token opens no door but its own.
func FuzzBearerHeader(f *testing.F) {
	const own, key, token = "own-key-5c1f2a77", "kmcp_key-5c1f2a77", "kmcp_at_token-5c1f2a77"
	for _, h := range []string{"", "Bearer " + own, "bearer  " + key + " ", "Bearer " + token, "Bearer", "Bearer\t" + own, "Basic " + own, "Bearer " + own + "," + key, "Bearer \x00" + key, own} {
		f.Add(h, "", true)
		f.Add(h, "Bearer "+own, false)
	}
	web := Web{AccessKey: own, Keys: oneBearer(key), Tokens: oneBearer(token)}
	f.Fuzz(func(t *testing.T, first, second string, tokens bool) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", http.NoBody)
		r.Header["Authorization"] = []string{first}
		if second != "" {
			r.Header.Add("Authorization", second)
		}
		p, ok, err := web.bearer(door{tokens: tokens}, r)
		if err != nil {
			t.Fatal(err)
		}
		scheme, secret, _ := strings.Cut(first, " ")
		secret = strings.TrimSpace(secret)
		want := second == "" && strings.EqualFold(scheme, "Bearer") && (secret == own || secret == key || tokens && secret == token)
		if ok != want || !ok && p.Kind != "" {
			t.Errorf("%q and %q: let in %v as %+v, want %v", first, second, ok, p, want)
		}
	})
}
