package authserver

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	methodKey     = "private_key_jwt"
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

	maxAssertion = 8 << 10 // bytes
	// assertionLife is the longest that an assertion may be good: it is remembered that
	// long, and most are made a moment before.
	assertionLife = time.Hour
	clockSkew     = time.Minute
	minRSA        = 2048 // bits
	maxRSA        = 8192 // a larger key is there to cost us time
)

// assertionAlgs are the signatures that are taken. The header of an assertion is the
// sender's, so neither none nor one with a shared key (its key would be the public
// one) is among them.
func assertionAlgs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA}
}

func algNames() []string {
	var out []string
	for _, a := range assertionAlgs() {
		out = append(out, string(a))
	}
	return out
}

// proof is an assertion that was found good. It counts once.
type proof struct {
	name    string // of its ticket
	expires time.Time
}

// assertedClient is the client that an assertion is of (RFC 7523): signed by a key
// that the client's document, or its registration, names. Errors are *oauthError, or say that the document
// or the keys cannot be had now.
func (s *Server) assertedClient(ctx context.Context, form url.Values, from string) (client, error) {
	raw, id := form.Get("client_assertion"), form.Get("client_id")
	wrong := func(why string) error { return &oauthError{codeInvalidClient, "client_assertion: " + why} }
	if form.Get("client_assertion_type") != assertionType {
		return client{}, wrong("client_assertion_type has to be " + assertionType)
	}
	if len(raw) > maxAssertion {
		return client{}, wrong("it is longer than 8 KB")
	}
	token, err := jwt.ParseSigned(raw, assertionAlgs())
	if err != nil || len(token.Headers) != 1 {
		return client{}, wrong("it is no JWT signed with one of " + strings.Join(algNames(), ", "))
	}
	var said jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&said); err != nil {
		return client{}, wrong("its claims cannot be read")
	}
	// Whom it is of is believed only far enough to find the keys.
	if said.Subject == "" || said.Issuer != said.Subject || id != "" && id != said.Subject || len(said.Subject) > maxClientID {
		return client{}, wrong("iss and sub have to be the client_id")
	}
	if why := s.checkClaims(said); why != "" {
		return client{}, wrong(why)
	}
	c, err := s.signing(ctx, said.Subject, from)
	if err != nil {
		return client{}, err
	}
	return s.checkSignature(ctx, c, token, said, raw, from)
}

// signing is the client that is said to have signed.
func (s *Server) signing(ctx context.Context, id, from string) (client, error) {
	if strings.Contains(id, "://") {
		c, err := s.documents.client(ctx, id, from)
		if err != nil {
			err = s.noDocument(err)
		}
		return c, err
	}
	c, ok, err := s.registered(ctx, id)
	if err == nil && !ok {
		err = unknownClient()
	}
	return c, err
}

// noDocument tells a document that cannot be had now from one that is no good.
func (s *Server) noDocument(err error) error {
	if r, ok := errors.AsType[*refusedClient](err); ok && !failed(err) && r.status < 429 {
		return &oauthError{codeInvalidClient, r.message}
	}
	return err
}

// checkClaims says what is wrong with what an assertion says of itself; "" is nothing.
func (s *Server) checkClaims(said jwt.Claims) string {
	now := s.cfg.Now()
	ours := []string{s.issuer, s.issuer + TokenPath, s.issuer + RevokePath}
	switch {
	// One that names others beside us was made for somebody who could show it here.
	case len(said.Audience) == 0, slices.ContainsFunc(said.Audience, func(a string) bool { return !slices.Contains(ours, a) }):
		return "aud has to be " + s.issuer + " or the endpoint, and nothing else"
	case said.Expiry == nil:
		return "exp is missing"
	case !said.Expiry.Time().After(now.Add(-clockSkew)):
		return "it has expired"
	case said.Expiry.Time().After(now.Add(assertionLife + clockSkew)):
		return "it is good for more than an hour"
	case said.NotBefore != nil && said.NotBefore.Time().After(now.Add(clockSkew)), said.IssuedAt != nil && said.IssuedAt.Time().After(now.Add(clockSkew)):
		return "it is not good yet"
	}
	return ""
}

// checkSignature looks for the key that signed, once more with new keys where none of
// those that are known did: hosts change theirs.
func (s *Server) checkSignature(ctx context.Context, c client, token *jwt.JSONWebToken, said jwt.Claims, raw, from string) (client, error) {
	for _, again := range []bool{false, true} {
		keys, err := s.documents.keys(ctx, c, again, from)
		if err != nil {
			return client{}, err
		}
		for _, key := range fitting(keys, token.Headers[0]) {
			if token.Claims(key.Key) != nil {
				continue
			}
			name := said.ID
			if name == "" { // what is signed is itself as good as a number
				name = "signed " + raw[:strings.LastIndexByte(raw, '.')]
			}
			sum := sha256.Sum256([]byte(c.ID + "\n" + name))
			c.proof = &proof{hex.EncodeToString(sum[:]), said.Expiry.Time().Add(clockSkew)}
			return c, nil
		}
	}
	return client{}, &oauthError{codeInvalidClient, "client_assertion: none of the client's keys signed it"}
}

// fitting are the keys that may have made a signature.
func fitting(keys []jose.JSONWebKey, header jose.Header) []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, k := range keys {
		if (header.KeyID == "" || k.KeyID == "" || k.KeyID == header.KeyID) && (k.Algorithm == "" || k.Algorithm == header.Algorithm) {
			out = append(out, k)
		}
	}
	return out
}

// usable tells a public key with which signatures can be checked.
func usable(k jose.JSONWebKey) bool {
	if !k.Valid() || !k.IsPublic() || k.Use != "" && k.Use != "sig" {
		return false
	}
	if r, ok := k.Key.(*rsa.PublicKey); ok {
		return r.N.BitLen() >= minRSA && r.N.BitLen() <= maxRSA
	}
	return true
}

func unsigned() *oauthError {
	return &oauthError{codeInvalidClient, "the client has said that it signs: send client_assertion (" + methodKey + ")"}
}

// spendProof uses up what a client showed to be who it is, together with what it
// asked for. Clients whose document wants a signature have to have shown one.
func (s *Server) spendProof(change store.TicketChange, c client, g given) (told *oauthError, err error) {
	if c.proof == nil {
		if g.Keyed {
			return unsigned(), nil
		}
		return nil, nil //nolint:nilnil // nothing to tell
	}
	_, used, err := change.Get(kindAssertion, c.proof.name)
	if err != nil {
		return nil, err
	}
	if used {
		return &oauthError{codeInvalidClient, "client_assertion: it was used before"}, nil
	}
	return nil, change.Put(store.Ticket{Kind: kindAssertion, Name: c.proof.name, Expires: c.proof.expires})
}
