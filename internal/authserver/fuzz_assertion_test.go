package authserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

// FuzzAssertion: of all that a client can show, what its key signed alone lets it
// end a token.
func FuzzAssertion(f *testing.F) {
	s := newSmall(f)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	s.docs.set(documentID, document(map[string]any{
		"client_id": documentID, "redirect_uris": []string{fuzzRedirect}, "token_endpoint_auth_method": "private_key_jwt",
		"jwks": map[string]any{"keys": []any{jose.JSONWebKey{Key: key.Public(), KeyID: "k"}}},
	}))
	good := func() string {
		sig, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
		if err != nil {
			f.Fatal(err)
		}
		raw, err := jwt.Signed(sig).Claims(jwt.Claims{
			Issuer: documentID, Subject: documentID, Audience: jwt.Audience{"https://mcp.example/revoke"}, Expiry: jwt.NewNumericDate(s.clock.Now().Add(time.Minute)),
		}).Serialize()
		if err != nil {
			f.Fatal(err)
		}
		return raw
	}
	parts := strings.Split(good(), ".")
	f.Add("GOOD")
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add("eyJhbGciOiJub25lIn0." + parts[1] + ".")
	f.Add("eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ." + parts[1] + "." + parts[2])
	f.Add("eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ." + parts[1] + "." + parts[2])
	f.Add(parts[0] + ".eyJleHAiOjFlOTk5fQ." + parts[2])
	f.Add(`{"payload":"e30","signatures":[]}`)
	f.Add("....")
	f.Fuzz(func(t *testing.T, assertion string) {
		mine := assertion == "GOOD"
		if mine {
			assertion = good()
		}
		v := url.Values{"token": {"x"}, "client_assertion": {assertion}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
		w := s.do(http.MethodPost, "/revoke", "application/x-www-form-urlencoded", v.Encode(), "")
		if mine && w.Code != http.StatusOK || !mine && w.Code != http.StatusUnauthorized && w.Code != http.StatusServiceUnavailable && w.Code != http.StatusBadRequest {
			t.Errorf("%q is answered %d %s", assertion, w.Code, w.Body)
		}
	})
}

// FuzzKeys: what comes of a set are public keys of a fair size, and not many.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"oct","k":"AA"},{"kty":"RSA","n":"AQAB","e":"AQAB","use":"sig"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"keys":{}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys := authserver.ParseKeys(raw)
		for _, k := range keys {
			if r, ok := k.Key.(*rsa.PublicKey); !k.IsPublic() || !k.Valid() || ok && (r.N.BitLen() < 2048 || r.N.BitLen() > 8192) {
				t.Errorf("%v was taken", k)
			}
		}
		if len(keys) > 20 {
			t.Errorf("%d were taken", len(keys))
		}
	})
}
