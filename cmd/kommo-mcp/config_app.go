package main

import (
	"net"
	"net/url"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/seal"
)

// app reads the integration through which accounts are connected. All of it may
// be missing; half of it is a mistake.
func (r *reader) app() auth.App {
	a := auth.App{
		ClientID:    r.text("KOMMO_CLIENT_ID", "", ""),
		Secret:      auth.Secret(r.secret("KOMMO_CLIENT_SECRET")),
		RedirectURL: r.text("KOMMO_REDIRECT_URL", "", ""),
	}
	if a.RedirectURL != "" && redirectHost(a.RedirectURL) == nil {
		r.fail("KOMMO_REDIRECT_URL is no address of http or https: use exactly the one that the integration has in Kommo")
	}
	if (a.ClientID == "") != (a.Secret == "") {
		r.fail("KOMMO_CLIENT_ID and KOMMO_CLIENT_SECRET belong together: set both, or neither")
	}
	return a
}

// redirectHost is the redirect URL taken apart; nil if it is none.
func redirectHost(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil
	}
	return u
}

// loopbackAddr is where to listen for a redirect URL on this machine; empty if it
// is elsewhere.
func loopbackAddr(u *url.URL) string {
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "http" || (u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// keys reads encryption keys, the one in use first.
func (r *reader) keys(names ...string) []seal.Key {
	var keys []seal.Key
	for _, name := range names {
		text := r.secret(name)
		if text == "" {
			continue
		}
		key, err := seal.ParseKey(text)
		if err != nil {
			r.fail("%s: %w", name, err)
			continue
		}
		keys = append(keys, key)
	}
	return keys
}
