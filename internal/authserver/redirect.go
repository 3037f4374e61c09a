package authserver

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

const (
	maxRedirect  = 2000 // bytes
	maxRedirects = 20

	// What clients may name, in words.
	redirectCount = "1 to 20"
	redirectRules = "https, http on localhost, 127.0.0.1 or [::1], or one private scheme of an app; without fragment, user name, and code, state, iss or error in the query"
)

// A private scheme belongs to an app. These belong to the browser or the system, and
// a redirect to them would run, open or send something.
var foreignSchemes = []string{ //nolint:gochecknoglobals // a constant list
	"about", "blob", "chrome", "chrome-extension", "content", "data", "devtools", "edge", "facetime", "file", "filesystem", "ftp", "intent",
	"jar", "javascript", "mailto", "moz-extension", "ms-appinstaller", "ms-msdt", "opera", "resource", "search-ms", "sms", "ssh", "steam",
	"tel", "vbscript", "view-source", "wss", "ws", "wyciwyg",
}

// redirectOf reads a redirect URI. Taken are https to anybody, http to this machine,
// and the scheme of an app; ok is false for the rest.
func redirectOf(raw string) (*url.URL, bool) {
	if raw == "" || len(raw) > maxRedirect || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return nil, false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Fragment != "" || strings.Contains(raw, "#") || u.User != nil || u.Opaque != "" {
		return nil, false
	}
	switch u.Scheme {
	case "https":
		return u, webHost(u)
	case "http":
		return u, webHost(u) && loopback(u)
	}
	return u, privateScheme(u)
}

// webHost refuses hosts that a header or a policy of the browser would read as
// something else.
func webHost(u *url.URL) bool {
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// privateScheme wants the form cursor://host/… or that of RFC 8252,
// com.example.app:/….
func privateScheme(u *url.URL) bool {
	if len(u.Scheme) < 3 || slices.Contains(foreignSchemes, u.Scheme) {
		return false
	}
	return u.Host != "" && webHost(u) || u.Host == "" && strings.Contains(u.Scheme, ".") && strings.HasPrefix(u.Path, "/")
}

// loopback tells a redirect to a program on the person's machine.
func loopback(u *url.URL) bool {
	if u.Scheme != "http" {
		return false
	}
	if u.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// redirectFits compares the redirect URI of a request with one of the client's:
// letter by letter, but on loopback any port, since programs take a free one
// (RFC 8252, 7.3), and an empty path there is the same as a slash: VS Code names
// http://127.0.0.1:33418/ and comes with either.
func redirectFits(registered, asked string) bool {
	if registered == asked {
		return true
	}
	have, ok := redirectOf(registered)
	want, fine := redirectOf(asked)
	if !ok || !fine || !loopback(have) || !loopback(want) {
		return false
	}
	return have.Hostname() == want.Hostname() && rootPath(have) == rootPath(want) && have.RawQuery == want.RawQuery && have.ForceQuery == want.ForceQuery
}

func rootPath(u *url.URL) string {
	if u.EscapedPath() == "" {
		return "/"
	}
	return u.EscapedPath()
}

// answers are the parameters that an answer adds to a redirect URI.
var answers = []string{"code", "state", "iss", "error", "error_description"} //nolint:gochecknoglobals // a constant list

// knownRedirects are the redirect URIs that a client may name; nil if one of them is
// not to be taken, or there are several private schemes among them. Those that hold
// parameters of an answer already would let a client of anybody choose what another's
// host reads.
func knownRedirects(list []string) []string {
	if len(list) == 0 || len(list) > maxRedirects {
		return nil
	}
	private := ""
	for _, raw := range list {
		u, ok := redirectOf(raw)
		if !ok || slices.ContainsFunc(answers, u.Query().Has) {
			return nil
		}
		if u.Scheme == "https" || u.Scheme == "http" {
			continue
		}
		if private != "" && private != u.Scheme {
			return nil
		}
		private = u.Scheme
	}
	return slices.Clone(list)
}

// withQuery is a redirect URI with parameters added to its own.
func withQuery(redirect string, add url.Values) string {
	u, err := url.Parse(redirect)
	if err != nil {
		return redirect
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += add.Encode()
	return u.String()
}
