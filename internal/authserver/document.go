package authserver

import (
	"bytes"
	"encoding/json"
	"net/netip"
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
// number is no name that a person can judge.
func publicName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && strings.Contains(host, ".") && !strings.HasSuffix(host, ".")
}

// parseDocument reads a client's document. why says what is wrong with it.
func parseDocument(id, host string, raw []byte) (c client, why string) {
	var d struct {
		ClientID   *string   `json:"client_id"`
		Name       string    `json:"client_name"`
		Redirects  []string  `json:"redirect_uris"`
		Method     string    `json:"token_endpoint_auth_method"`
		Secret     any       `json:"client_secret"`
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
	// A public document keeps no secret. Documents that name private_key_jwt are
	// taken: their clients use none here, since we offer nothing else that they can.
	case d.Secret != nil, strings.HasPrefix(d.Method, "client_secret"):
		return c, "it stands for a client with a secret, which a public document cannot keep"
	case d.GrantTypes != nil && !contains(*d.GrantTypes, grantCode):
		return c, "its grant_types leave out authorization_code"
	}
	return client{
		ID: id, Name: cleanName(d.Name, host), Redirects: redirects, Host: host,
		NoRefresh: d.GrantTypes != nil && !contains(*d.GrantTypes, grantRefresh),
	}, ""
}
