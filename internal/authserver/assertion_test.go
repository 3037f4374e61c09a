package authserver_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	signedID       = "https://app.example/signed.json"
	signedKeys     = "https://app.example/jwks.json"
	signedRedirect = "https://app.example/callback"
)

// signer is a client that signs, with its document and keys.
type signer struct {
	*rig

	key crypto.Signer
	kid string
	alg jose.SignatureAlgorithm
	n   int
}

// newSigner publishes a client that has to sign, or may.
func newSigner(g *rig, may bool) *signer {
	g.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		g.Fatal(err)
	}
	s := &signer{rig: g, key: key, kid: "k1", alg: jose.ES256}
	d := map[string]any{
		"client_id": signedID, "client_name": "Signs", "redirect_uris": []string{signedRedirect}, "jwks_uri": signedKeys,
		"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
	}
	if may {
		d["token_endpoint_auth_methods_supported"] = []string{"none", "private_key_jwt"}
	}
	g.docs.set(signedID, document(d))
	s.publish()
	return s
}

// publish puts the key of now at the address of the keys, among others that are of
// no use.
func (s *signer) publish() {
	s.docs.set(signedKeys, document(map[string]any{"keys": []any{
		map[string]any{"kty": "future", "kid": s.kid},
		map[string]any{"kty": "oct", "k": "c2hhcmVk", "kid": s.kid},
		jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Use: "sig"},
	}}))
}

// claims are those of a good assertion.
func (s *signer) claims() map[string]any {
	s.n++
	now := s.clock.Now()
	return map[string]any{
		"iss": signedID, "sub": signedID, "aud": s.url + "/token", "jti": "n" + string(rune('a'+s.n%26)) + strings.Repeat("x", s.n),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

func (s *signer) sign(claims map[string]any) string {
	s.Helper()
	sig, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: s.key}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", s.kid))
	if err != nil {
		s.Fatal(err)
	}
	raw, err := jwt.Signed(sig).Claims(claims).Serialize()
	if err != nil {
		s.Fatal(err)
	}
	return raw
}

func (s *signer) code() string {
	s.Helper()
	return s.authorize(s.asks(signedID, signedRedirect)).Get("code")
}

// redeems shows a code with an assertion, if there is one.
func (s *signer) redeems(code, assertion string, change ...func(url.Values)) answer {
	s.Helper()
	v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {signedRedirect}, "client_id": {signedID}}
	return s.shows(v, assertion, change...)
}

func (s *signer) shows(v url.Values, assertion string, change ...func(url.Values)) answer {
	s.Helper()
	if assertion != "" {
		v.Set("client_assertion", assertion)
		v.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	}
	for _, f := range change {
		f(v)
	}
	return s.form("/token", v)
}

// TestAClientThatSigns: its code, its refresh tokens and their end are good with its
// signature alone, of which each counts once.
func TestAClientThatSigns(t *testing.T) {
	s := newSigner(newRig(t), false)
	code := s.code()
	s.refused(s.redeems(code, ""), http.StatusUnauthorized, "invalid_client")
	once := s.sign(s.claims())
	access, refresh := s.pair(s.redeems(code, once)) // a client that forgot to sign has not used the code up
	if !s.lives(access) {
		t.Fatal("the token is none")
	}
	again := func(assertion string) answer {
		return s.shows(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, assertion) // sub says who it is
	}
	s.refused(again(once), http.StatusUnauthorized, "invalid_client")
	s.refused(s.refresh(signedID, refresh), http.StatusUnauthorized, "invalid_client")
	access, refresh = s.pair(again(s.sign(s.claims())))
	revoke := func(v url.Values) answer {
		v.Set("token", refresh)
		v.Set("client_id", signedID)
		return s.form("/revoke", v)
	}
	s.refused(revoke(url.Values{}), http.StatusUnauthorized, "invalid_client")
	if !s.lives(access) {
		t.Error("somebody else revoked it")
	}
	c := s.claims()
	c["aud"] = s.url + "/revoke"
	if a := revoke(url.Values{"client_assertion": {s.sign(c)}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}); a.status != http.StatusOK || s.lives(access) {
		t.Errorf("its own word is answered %d", a.status)
	}
}

// TestAClientThatMaySign: a document that names none beside the signature, as
// ChatGPT's does, has clients that sign and clients that do not. What is signed
// wrongly is no client either way.
func TestAClientThatMaySign(t *testing.T) {
	s := newSigner(newRig(t), true)
	s.pair(s.redeems(s.code(), ""))
	s.pair(s.redeems(s.code(), s.sign(s.claims())))
	good := s.sign(s.claims())
	s.refused(s.redeems(s.code(), good[:len(good)-8]+"AAAAAAAA"), http.StatusUnauthorized, "invalid_client")
}

func TestAssertionsThatAreNotTaken(t *testing.T) {
	g := newRig(t)
	s := newSigner(g, false)
	id := g.register(loopbackRedirect)
	code := s.code()
	with := func(name string, v any) string {
		c := s.claims()
		if c[name] = v; v == nil {
			delete(c, name)
		}
		return s.sign(c)
	}
	now := g.clock.Now()
	part := func(v any) string {
		raw, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	forged := *s
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	forged.key = other
	unnamed := forged
	unnamed.kid = ""
	shared, _ := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte("shared, or the public key itself")}, (&jose.SignerOptions{}).WithHeader("kid", "k1"))
	hs, _ := jwt.Signed(shared).Claims(s.claims()).Serialize()
	own, _ := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: other}, &jose.SignerOptions{EmbedJWK: true})
	embedded, _ := jwt.Signed(own).Claims(s.claims()).Serialize()
	for name, assertion := range map[string]string{
		"no JWT": "x", "empty parts": "..", "a JSON form": `{"payload":"e30"}`, "long": strings.Repeat("x", 9<<10),
		"alg none":         part(map[string]any{"alg": "none"}) + "." + part(s.claims()) + ".",
		"a shared key":     hs,
		"a key of its own": embedded, "another key": forged.sign(s.claims()), "another key without a name": unnamed.sign(s.claims()),
		"another iss": with("iss", "https://app.example/other.json"), "another sub": with("sub", "https://app.example/other.json"), "no iss": with("iss", nil),
		"a registered client": s.sign(map[string]any{"iss": id, "sub": id, "aud": g.url, "exp": now.Add(time.Minute).Unix()}),
		"no aud":              with("aud", nil), "another aud": with("aud", "https://other.example/token"), "us and another": with("aud", []string{g.url, "https://other.example"}),
		"our resource": with("aud", g.url+"/mcp"), "no exp": with("exp", nil), "over": with("exp", now.Add(-time.Minute).Unix()),
		"good for long": with("exp", now.Add(2*time.Hour).Unix()), "far too long": with("exp", 1e300), "not good yet": with("nbf", now.Add(5*time.Minute).Unix()),
		"made tomorrow": with("iat", now.Add(24*time.Hour).Unix()), "a strange exp": with("exp", "soon"),
	} {
		if a := s.redeems(code, assertion); a.status != http.StatusUnauthorized || a.json(t)["error"] != "invalid_client" {
			t.Errorf("%s: answered %d %s", name, a.status, a.body)
		}
	}
	for name, change := range map[string]func(url.Values){
		"another type": func(v url.Values) {
			v.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")
		},
		"no type":           func(v url.Values) { v.Del("client_assertion_type") },
		"no assertion":      func(v url.Values) { v.Del("client_assertion") },
		"another client_id": func(v url.Values) { v.Set("client_id", id) },
	} {
		if a := s.redeems(code, s.sign(s.claims()), change); a.status != http.StatusUnauthorized {
			t.Errorf("%s: answered %d %s", name, a.status, a.body)
		}
	}
	s.refused(s.redeems(code, s.sign(s.claims()), func(v url.Values) { v.Set("client_secret", "x") }), http.StatusBadRequest, "invalid_request")
	s.refused(s.redeems(code, s.sign(s.claims()), func(v url.Values) { v.Add("client_assertion", "x") }), http.StatusBadRequest, "invalid_request")
	for _, aud := range []any{g.url, []string{g.url + "/token"}} { // all of that used nothing up
		s.pair(s.redeems(code, with("aud", aud)))
		code = s.code()
	}
}

// TestAnAssertionWithoutANumberCountsOnce: what is signed is its number.
func TestAnAssertionWithoutANumberCountsOnce(t *testing.T) {
	s := newSigner(newRig(t), false)
	c := s.claims()
	delete(c, "jti")
	once := s.sign(c)
	_, refresh := s.pair(s.redeems(s.code(), once))
	s.refused(s.shows(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, once), http.StatusUnauthorized, "invalid_client")
	var all sync.WaitGroup
	good := make(chan int, 6)
	c["exp"] = s.clock.Now().Add(2 * time.Minute).Unix()
	twice := s.sign(c)
	for range 6 {
		all.Go(func() {
			good <- s.shows(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, twice).status
		})
	}
	all.Wait()
	close(good)
	n := 0
	for status := range good {
		if status == http.StatusOK {
			n++
		}
	}
	if n != 1 {
		t.Errorf("at once it counts %d times", n)
	}
}

// TestKeysAreChangedAndTheirHostFails: a new key is found at once, an old one is
// forgotten, and an outage is none of the client's faults.
func TestKeysAreChangedAndTheirHostFails(t *testing.T) {
	s := newSigner(newRig(t), false)
	_, refresh := s.pair(s.redeems(s.code(), s.sign(s.claims())))
	next := func() answer {
		return s.shows(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, s.sign(s.claims()))
	}
	old := *s
	s.key, _ = rsa.GenerateKey(rand.Reader, 2048)
	s.alg, s.kid = jose.RS256, "k2"
	s.publish()
	s.refused(next(), http.StatusUnauthorized, "invalid_client") // within the minute of the last look
	s.clock.Advance(time.Minute)
	_, refresh = s.pair(next())
	before := s.docs.count()
	s.refused(old.shows(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, old.sign(old.claims())), http.StatusUnauthorized, "invalid_client")
	if s.docs.count() != before {
		t.Error("keys are asked for again at each wrong one")
	}
	s.docs.set(signedKeys, func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
	s.clock.Advance(23 * time.Hour)
	_, refresh = s.pair(next())
	s.clock.Advance(time.Hour + time.Minute)
	a := next()
	s.refused(a, http.StatusServiceUnavailable, "temporarily_unavailable")
	if a.header.Get("Retry-After") == "" {
		t.Error("it does not say to come again")
	}
	s.publish()
	s.clock.Advance(time.Minute)
	s.pair(next())
}

// TestDocumentsOfClientsThatSign: those without a usable key are refused where they
// have to sign.
func TestDocumentsOfClientsThatSign(t *testing.T) {
	g := newRig(t)
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	set := func(keys ...any) map[string]any { return map[string]any{"keys": keys} }
	public := jose.JSONWebKey{Key: key.Public(), KeyID: "k"}
	for name, c := range map[string]struct {
		fields map[string]any
		want   int
	}{
		"keys in it":            {map[string]any{"jwks": set(public)}, 200},
		"no keys":               {nil, 400},
		"an empty set":          {map[string]any{"jwks": set()}, 400},
		"a private key":         {map[string]any{"jwks": set(jose.JSONWebKey{Key: key})}, 400},
		"a shared key":          {map[string]any{"jwks": set(map[string]any{"kty": "oct", "k": "c2hhcmVk"})}, 400},
		"a small key":           {map[string]any{"jwks": set(jose.JSONWebKey{Key: small.Public()})}, 400},
		"a key to encrypt":      {map[string]any{"jwks": set(jose.JSONWebKey{Key: key.Public(), Use: "enc"})}, 400},
		"keys over http":        {map[string]any{"jwks_uri": "http://app.example/jwks.json"}, 400},
		"keys on this machine":  {map[string]any{"jwks_uri": "https://localhost/jwks.json"}, 400},
		"keys at a number":      {map[string]any{"jwks_uri": "https://169.254.169.254/jwks.json"}, 400},
		"keys on another port":  {map[string]any{"jwks_uri": "https://app.example:22/jwks.json"}, 400},
		"no keys, but it may":   {map[string]any{"token_endpoint_auth_methods_supported": []string{"none", "private_key_jwt"}}, 200},
		"a certificate":         {map[string]any{"token_endpoint_auth_method": "tls_client_auth"}, 400},
		"a secret, or none":     {map[string]any{"token_endpoint_auth_method": "client_secret_post", "token_endpoint_auth_methods_supported": []string{"none"}}, 200},
		"a secret and its text": {map[string]any{"token_endpoint_auth_methods_supported": []string{"none"}, "client_secret": "x"}, 400},
	} {
		d := map[string]any{"client_id": signedID, "redirect_uris": []string{signedRedirect}, "token_endpoint_auth_method": "private_key_jwt"}
		maps.Copy(d, c.fields)
		g.docs.set(signedID, document(d))
		g.clock.Advance(time.Hour)
		if a := g.get("/authorize?" + g.asks(signedID, signedRedirect).Encode()); a.status != c.want {
			t.Errorf("%s: answered %d", name, a.status)
		}
	}
}

// TestKeysInTheDocumentAreGoodToo, of all algorithms that are offered.
func TestKeysInTheDocumentAreGoodToo(t *testing.T) {
	g := newRig(t)
	s := newSigner(g, false)
	if got := texts(g.get("/.well-known/oauth-authorization-server").json(t)["token_endpoint_auth_signing_alg_values_supported"]); strings.Join(got, " ") != "RS256 PS256 ES256 EdDSA" {
		t.Errorf("offered are %v", got)
	}
	s.key, _ = rsa.GenerateKey(rand.Reader, 2048)
	g.docs.set(signedID, document(map[string]any{
		"client_id": signedID, "redirect_uris": []string{signedRedirect}, "token_endpoint_auth_method": "private_key_jwt",
		"jwks": map[string]any{"keys": []any{jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Algorithm: "PS256"}}},
	}))
	s.alg = jose.RS256
	s.refused(s.redeems(s.code(), s.sign(s.claims())), http.StatusUnauthorized, "invalid_client")
	s.alg = jose.PS256
	s.pair(s.redeems(s.code(), s.sign(s.claims())))
}
