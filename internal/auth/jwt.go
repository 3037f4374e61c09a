package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Claims are what an access token of Kommo says of itself. Nobody outside has the
// key to verify it, so nothing is decided by them that a forger would gain from.
type Claims struct {
	Expires   time.Time // zero if it does not say
	AccountID int64
	APIDomain string // where the account's address can be asked for; unchecked
	Scopes    []string
}

const (
	maxToken  = 16 << 10
	maxScopes = 64
)

// The reasons why a token cannot be read.
var (
	errNoJWT   = errors.New("the token is not a JWT")
	errBase64  = errors.New("the token's middle part is not base64")
	errNotJSON = errors.New("the token's middle part is not JSON")
)

// ReadClaims reads the claims of an access token without verifying it. Its errors
// do not quote the token.
func ReadClaims(token string) (Claims, error) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return Claims{}, errNoJWT
	}
	_, rest, _ := strings.Cut(token, ".")
	middle, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(middle, "="))
	if err != nil {
		return Claims{}, errBase64
	}
	var c struct {
		Exp       json.RawMessage `json:"exp"`
		AccountID json.RawMessage `json:"account_id"`
		APIDomain json.RawMessage `json:"api_domain"`
		Scopes    json.RawMessage `json:"scopes"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return Claims{}, errNotJSON
	}
	out := Claims{AccountID: wholeIn(c.AccountID), Scopes: scopeList(c.Scopes)}
	if exp := wholeIn(c.Exp); exp > 0 {
		out.Expires = time.Unix(exp, 0)
	}
	if json.Unmarshal(c.APIDomain, &out.APIDomain) != nil || len(out.APIDomain) > 100 {
		out.APIDomain = ""
	}
	return out, nil
}

// farthest is the year 9999 in seconds: later times break what prints them.
const farthest = 253402300799

func whole(n json.Number) int64 {
	i, err := n.Int64()
	if err != nil {
		f, ferr := n.Float64()
		if ferr != nil || !(f >= 0 && f <= farthest) { // NaN too
			return 0
		}
		i = int64(f)
	}
	if i < 0 || i > farthest {
		return 0
	}
	return i
}

func scopeList(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) != nil || len(list) > maxScopes {
		return nil
	}
	for _, s := range list {
		if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil
		}
	}
	return list
}
