package authserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// registersKeys registers a client that signs, with its keys or their address.
func (s *signer) registersKeys(m map[string]any) (id string, a answer) {
	s.Helper()
	m["redirect_uris"], m["token_endpoint_auth_method"] = []string{loopbackRedirect}, "private_key_jwt"
	raw, _ := json.Marshal(m)
	a = s.tryRegister(string(raw), "application/json")
	if a.status == http.StatusCreated {
		id, _ = a.json(s.T)["client_id"].(string)
	}
	return id, a
}

// publicKeys is a set of the signer's key alone.
func (s *signer) publicKeys() map[string]any {
	return map[string]any{"keys": []any{jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Use: "sig"}}}
}

// signsAs is an assertion of a registered client.
func (s *signer) signsAs(id string) string {
	c := s.claims()
	c["iss"], c["sub"] = id, id
	return s.sign(c)
}

// TestAClientRegistersItsKeys: what our metadata names can be registered, and is held
// to from then on: a code, a refresh token and their end take a signature.
func TestAClientRegistersItsKeys(t *testing.T) {
	for name, m := range map[string]map[string]any{"keys": {"jwks": nil}, "their address": {"jwks_uri": signedKeys}} {
		t.Run(name, func(t *testing.T) {
			s := newSigner(newRig(t), false)
			if _, ok := m["jwks"]; ok {
				m["jwks"] = s.publicKeys()
			}
			id, a := s.registersKeys(m)
			if said := a.json(t); id == "" || said["client_secret"] != nil || said["token_endpoint_auth_method"] != "private_key_jwt" || (said["jwks"] == nil) == (said["jwks_uri"] == nil) {
				t.Fatalf("registered: %d %s", a.status, a.body)
			}
			v := url.Values{
				"grant_type": {"authorization_code"}, "client_id": {id}, "redirect_uri": {loopbackRedirect}, "code_verifier": {verifier},
				"code": {s.authorize(s.asks(id, loopbackRedirect)).Get("code")},
			}
			s.refused(s.form("/token", v), http.StatusUnauthorized, "invalid_client")
			other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			forged := *s
			forged.key = other
			s.refused(s.shows(v, forged.signsAs(id)), http.StatusUnauthorized, "invalid_client")
			once := s.signsAs(id)
			access, refresh := s.pair(s.shows(v, once))
			if !s.lives(access) {
				t.Fatal("the token is none")
			}
			v = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {id}}
			s.refused(s.form("/token", v), http.StatusUnauthorized, "invalid_client")
			s.refused(s.shows(v, once), http.StatusUnauthorized, "invalid_client")
			s.pair(s.shows(v, s.signsAs(id)))
		})
	}
}

func TestKeysThatCannotBeRegistered(t *testing.T) {
	s := newSigner(newRig(t), false)
	for name, m := range map[string]map[string]any{
		"none": {}, "an empty set": {"jwks": map[string]any{"keys": []any{}}}, "a shared one": {"jwks": map[string]any{"keys": []any{map[string]any{"kty": "oct", "k": "c2hhcmVk"}}}},
		"its private half": {"jwks": map[string]any{"keys": []any{jose.JSONWebKey{Key: s.key}}}}, "no set": {"jwks": "x"},
		"an address inside": {"jwks_uri": "https://127.0.0.1/jwks.json"}, "an address in clear": {"jwks_uri": "http://app.example/jwks.json"},
	} {
		if id, a := s.registersKeys(m); id != "" || a.status != http.StatusBadRequest || a.json(t)["error"] != "invalid_client_metadata" {
			t.Errorf("%s: answered %d %s", name, a.status, a.body)
		}
	}
	// Keys of a client that does not sign are of no use, and are not said to be kept.
	a := s.tryRegister(`{"redirect_uris":["https://app.example/"],"jwks_uri":"`+signedKeys+`"}`, "application/json")
	if m := a.json(t); a.status != http.StatusCreated || m["jwks_uri"] != nil {
		t.Errorf("answered %d %s", a.status, a.body)
	}
}

// TestStrangersHaveFewKeysFetched: anybody may register an address, so what each of
// them has us ask for is bounded.
func TestStrangersHaveFewKeysFetched(t *testing.T) {
	s := newSigner(newRig(t), false)
	before := s.docs.count()
	for range 40 {
		s.clock.Advance(10 * time.Millisecond)
		id, _ := s.registersKeys(map[string]any{"jwks_uri": "https://victim.example/" + rand.Text()})
		if id == "" {
			t.Fatal("not registered")
		}
		a := s.shows(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"kmcp_rt_x"}, "client_id": {id}}, s.signsAs(id))
		if a.status != http.StatusServiceUnavailable {
			t.Fatalf("keys that cannot be had: %d %s", a.status, a.body)
		}
	}
	if n := s.docs.count() - before; n == 0 || n > 25 {
		t.Errorf("%d fetches for one sender", n)
	}
}
