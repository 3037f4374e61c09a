package pages

import (
	"net"
	"net/url"
	"strings"
)

// leads is the address itself where a browser may be sent to it, else empty.
// Schemes of programs are allowed, as clients on a desktop register some; those
// with which a browser would run or read something are not.
func leads(to string) string {
	u, err := url.Parse(to)
	if err != nil || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return ""
	}
	switch u.Scheme {
	case "https":
		if u.Host == "" {
			return ""
		}
	case "http":
		if !loopback(u.Hostname()) {
			return ""
		}
	case "":
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") {
			return ""
		}
	case "javascript", "data", "vbscript", "file", "blob", "filesystem", "about", "view-source", "ws", "wss", "ftp", "mailto", "tel":
		return ""
	}
	return to
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}
