package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// claims are those seen in live tokens (Kommo API facts: access token).
type claims struct {
	Aud        string   `json:"aud"`
	Jti        string   `json:"jti"`
	Iat        int64    `json:"iat"`
	Nbf        int64    `json:"nbf"`
	Exp        int64    `json:"exp"`
	Sub        string   `json:"sub"`
	GrantType  string   `json:"grant_type"`
	AccountID  int64    `json:"account_id"`
	BaseDomain string   `json:"base_domain"`
	Version    int      `json:"version"`
	Scopes     []string `json:"scopes"`
	HashUUID   string   `json:"hash_uuid"`
	APIDomain  string   `json:"api_domain"`
}

var errToken = errors.New("bad token")

// sign makes a JWT. Kommo signs with RS256; nobody has the public key, so clients
// only decode, and HS256 with a key of the sandbox serves as well.
func sign(key []byte, cl claims) string {
	payload, err := json.Marshal(cl)
	if err != nil {
		return "" // cannot happen: strings and numbers only
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + enc.EncodeToString(payload)
	return text + "." + enc.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func verify(key []byte, token string) (claims, error) {
	var cl claims
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return cl, errToken
	}
	sig, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(sig, mac(key, token[:i])) {
		return cl, errToken
	}
	_, payload, _ := strings.Cut(token[:i], ".")
	data, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(data, &cl) != nil {
		return cl, errToken
	}
	return cl, nil
}
