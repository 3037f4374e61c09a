package authserver

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path"
	"strings"
)

// maxDocument bounds a client's document, in bytes.
const maxDocument = 5 << 10

// documentURL reads a client id that is the address of the client's document. Only
// addresses with one spelling are taken, since it is also the client's name in our
// tables and on the page.
func documentURL(id string) (*url.URL, bool) {
	if len(id) > maxClientID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' || r == '\\' }) {
		return nil, false
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.String() != id || !publicName(u.Host) {
		return nil, false
	}
	return u, u.Path != "" && u.Path != "/" && path.Clean(u.Path) == strings.TrimSuffix(u.Path, "/")
}

// publicName tells a host name as the public internet has them, without a port. A
// number is no name that a person can judge, however it is written: what ends in one
// (0177.0.0.1, 127.1, 0x7f.1) some resolvers read as an address.
func publicName(host string) bool {
	dot := strings.LastIndexByte(host, '.')
	return dot > 0 && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && dot+1 < len(host) && host[dot+1] >= 'a'
}

// parseDocument reads a client's document. why says what is wrong with it.
func parseDocument(id, host string, raw []byte) (c client, why string) {
	var d struct {
		ClientID  *string  `json:"client_id"`
		Name      string   `json:"client_name"`
		Redirects []string `json:"redirect_uris"`
		Method    string   `json:"token_endpoint_auth_method"`
		Methods   []string `json:"token_endpoint_auth_methods_supported"` // ChatGPT says so where it signs or not
		Secret    any      `json:"client_secret"`
		keyFields
		GrantTypes *[]string `json:"grant_types"`
	}
	if len(raw) > maxDocument {
		return c, "it is longer than 5 KB"
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&d); err != nil || dec.More() {
		return c, "it is no JSON object of client metadata"
	}
	redirects := knownRedirects(d.Redirects)
	switch {
	case d.ClientID == nil || *d.ClientID != id:
		return c, "the client_id in it is not its own address"
	case redirects == nil:
		return c, "its redirect_uris are missing, or one of them is not to be taken"
	case d.Secret != nil:
		return c, "it holds a secret, which a public document cannot keep"
	case d.GrantTypes != nil && !contains(*d.GrantTypes, grantCode):
		return c, "its grant_types leave out authorization_code"
	}
	c = client{
		ID: id, Name: cleanName(d.Name, host), Redirects: redirects, Host: host,
		NoRefresh: d.GrantTypes != nil && !contains(*d.GrantTypes, grantRefresh),
	}
	if why = c.shows(d.Method, d.Methods, d.keyFields); why != "" {
		return client{}, why
	}
	return c, ""
}

// keyFields are where a document, or a registration, has the keys with which its client
// signs.
type keyFields struct {
	Keys   json.RawMessage `json:"jwks,omitempty"`
	KeysAt string          `json:"jwks_uri,omitempty"`
}

// shows takes up how a client of a document shows who it is: it signs, or its
// redirect URI and challenge speak for it. why says what is wrong.
func (c *client) shows(method string, others []string, k keyFields) (why string) {
	public := method == "" || method == methodNone || contains(others, methodNone)
	if method != methodKey && !contains(others, methodKey) {
		if !public {
			return "its token_endpoint_auth_method is neither " + methodNone + " nor " + methodKey
		}
		return ""
	}
	_, fetched := documentURL(k.KeysAt)
	switch {
	case len(k.Keys) > 0 && string(k.Keys) != "null":
		c.Keys = k.Keys
		fetched = len(parseKeys(k.Keys)) > 0
	case fetched:
		c.KeysAt = k.KeysAt
	}
	if c.Keyed = !public; c.Keyed && !fetched {
		return "its client signs, but there are no keys of use in it (jwks), nor an https address of them (jwks_uri)"
	}
	return ""
}
