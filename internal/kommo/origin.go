package kommo

import (
	"net/url"
	"regexp"
	"strings"
)

// origin is a server that may see the token: the address that is dialled and
// the name that Host carries. They differ where a loopback base stands for
// every Kommo host.
type origin struct {
	base *url.URL
	host string
}

// origin is where a call goes.
func (c *Client) origin(o outgoing) origin {
	if o.drive != nil {
		return *o.drive
	}
	if to := c.moved.Load(); to != nil && !isLoopback(c.base) {
		return origin{base: &url.URL{Scheme: "https", Host: to.Host}, host: to.Host}
	}
	return origin{base: c.base, host: c.Host()}
}

// holds reports whether u lies on this server: at the address that is dialled,
// or under the name it stands for. Neither may lose its encryption.
func (at origin) holds(u *url.URL) bool {
	if u.User != nil {
		return false
	}
	dialled := u.Scheme == at.base.Scheme && strings.EqualFold(u.Host, at.base.Host)
	named := u.Scheme == "https" && strings.EqualFold(u.Host, at.host)
	return dialled || named
}

// driveLabel is the first part of the hosts that Kommo's Drive runs on, such as
// drive-c.kommo.com.
var driveLabel = regexp.MustCompile(`^drive(-[a-z0-9]+)*$`)

// driveOrigin checks the address that the account names for its files. The token
// goes there, so it must be a Drive host of a known zone, or the loopback base
// itself, which stands for every Kommo host.
func (c *Client) driveOrigin(raw string) (*origin, error) {
	refused := &Error{Code: CodeRedirect, Op: "files.drive", Message: "the account names an address for its files that is not one of Kommo's, which was refused"}
	if raw == "" {
		return nil, &Error{Code: CodeMethod, Op: "files.drive", Message: "the account names no address for its files"}
	}
	u, err := url.Parse(raw)
	if err != nil || !isBare(u) {
		return nil, refused
	}
	if isLoopback(c.base) && u.Scheme == c.base.Scheme && strings.EqualFold(u.Host, c.base.Host) {
		return &origin{base: c.base, host: c.base.Host}, nil
	}
	name := strings.ToLower(u.Hostname())
	account, known := accountOf(name)
	if u.Scheme != "https" || !known || !driveLabel.MatchString(account.Subdomain) || (u.Port() != "" && u.Port() != "443") {
		return nil, refused
	}
	at := &origin{base: &url.URL{Scheme: "https", Host: name}, host: name}
	if isLoopback(c.base) {
		at.base = c.base
	}
	return at, nil
}

// isBare reports whether u is scheme and host and nothing else.
func isBare(u *url.URL) bool {
	return u.User == nil && u.RawQuery == "" && u.Fragment == "" && strings.Trim(u.Path, "/") == ""
}
