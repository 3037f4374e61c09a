package kommo

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// Account is the address of one Kommo account.
type Account struct {
	Subdomain string // "acme"
	Host      string // "acme.kommo.com"
	Zone      string // "kommo.com", "amocrm.com" or "amocrm.ru"
}

// zones are the domains under which accounts live. amocrm.com is the old name
// of kommo.com; amocrm.ru is a platform of its own with the same API.
var zones = [...]string{"kommo.com", "amocrm.com", "amocrm.ru"}

var subdomainPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

var errSubdomain = errors.New(`expected a Kommo account such as "acme", "acme.kommo.com" or ` +
	`"https://acme.kommo.com/" (zones kommo.com, amocrm.com, amocrm.ru)`)

// ParseAccount reads an account's address in any spelling people use: the bare
// subdomain (zone kommo.com), the host, or the address bar of the browser.
func ParseAccount(s string) (Account, error) {
	host := strings.ToLower(strings.TrimSpace(s))
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(host)
	if err != nil || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return Account{}, accountError(s)
	}
	if port := u.Port(); port != "" && port != "443" {
		return Account{}, accountError(s)
	}
	name := u.Hostname()
	if !strings.Contains(name, ".") {
		name += "." + zones[0]
	}
	account, ok := accountOf(name)
	if !ok {
		return Account{}, accountError(s)
	}
	return account, nil
}

// accountError quotes only the beginning of the input, and nothing of one with
// a password: somebody may have put the access token where the account belongs.
func accountError(s string) error {
	if strings.Contains(s, "@") {
		return fmt.Errorf("%w, got one with a user name", errSubdomain)
	}
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return fmt.Errorf("%w, got %q", errSubdomain, s)
}

// accountOf splits a bare host name. www belongs to the platform, not to an
// account, and refuses API calls.
func accountOf(host string) (Account, bool) {
	for _, zone := range zones {
		sub, found := strings.CutSuffix(host, "."+zone)
		if found && sub != "www" && subdomainPattern.MatchString(sub) {
			return Account{Subdomain: sub, Host: host, Zone: zone}, true
		}
	}
	return Account{}, false
}

// ParseBase checks an address that replaces the account's own: https on an
// account's host, or http on this machine for tests and demos.
func ParseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errors.New("the base URL is not a URL")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("the base URL must be scheme and host only, such as http://127.0.0.1:18080")
	}
	u.Path, u.RawPath = "", ""
	u.Host = strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		if !isLoopback(u) {
			return nil, fmt.Errorf("the base URL uses http with host %q: plain http is allowed on loopback only", u.Hostname())
		}
		return u, nil
	case "https":
		if _, known := accountOf(u.Hostname()); !known || (u.Port() != "" && u.Port() != "443") {
			return nil, fmt.Errorf("the base URL's host %q is not a Kommo account (zones kommo.com, amocrm.com, amocrm.ru)", u.Host)
		}
		return &url.URL{Scheme: "https", Host: u.Hostname()}, nil
	}
	return nil, errors.New("the base URL must begin with https://, or with http:// on loopback")
}

// isLoopback reports whether u names this machine.
func isLoopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}
