package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func ours() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
}

func from(peer string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
	r.RemoteAddr, r.Host = peer, "inner:8080"
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// TestForwardedHeaders: what is written into them counts only as far as trusted
// proxies wrote it.
func TestForwardedHeaders(t *testing.T) {
	for name, tt := range map[string]struct {
		r     *http.Request
		addr  string
		host  string
		https bool
	}{
		"no proxy":                        {from("192.0.2.1:9"), "192.0.2.1", "inner:8080", false},
		"a stranger claims":               {from("192.0.2.1:9", "X-Forwarded-For", "198.51.100.7", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "crm.example.com"), "192.0.2.1", "inner:8080", false},
		"our proxy says":                  {from("10.0.0.1:9", "X-Forwarded-For", "198.51.100.7", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "crm.example.com"), "198.51.100.7", "crm.example.com", true},
		"what the client wrote before":    {from("10.0.0.1:9", "X-Forwarded-For", "203.0.113.5, 198.51.100.7"), "198.51.100.7", "inner:8080", false},
		"the client claims to be a proxy": {from("10.0.0.1:9", "X-Forwarded-For", "203.0.113.5, 10.9.9.9, 198.51.100.7"), "198.51.100.7", "inner:8080", false},
		"two proxies of ours":             {from("10.0.0.1:9", "X-Forwarded-For", "203.0.113.5, 198.51.100.7, 10.0.0.2", "X-Forwarded-Proto", "https, http"), "198.51.100.7", "inner:8080", true},
		"header given twice":              {from("10.0.0.1:9", "X-Forwarded-For", "203.0.113.5", "X-Forwarded-For", "198.51.100.7"), "198.51.100.7", "inner:8080", false},
		"nonsense ends it":                {from("10.0.0.1:9", "X-Forwarded-For", "198.51.100.7, unknown"), "10.0.0.1", "inner:8080", false},
		"one address":                     {from("10.0.0.1:9", "X-Real-Ip", "198.51.100.7"), "198.51.100.7", "inner:8080", false},
		"the standard":                    {from("10.0.0.1:9", "Forwarded", `for=203.0.113.5;proto=http, for="[2001:db8:2::7]:4711";proto=https;host=crm.example.com`), "2001:db8:2::7", "crm.example.com", true},
		"the standard wins":               {from("10.0.0.1:9", "Forwarded", "for=198.51.100.7", "X-Forwarded-For", "203.0.113.5", "X-Forwarded-Proto", "https"), "198.51.100.7", "inner:8080", false},
		"over IPv6":                       {from("[2001:db8:1::1]:9", "X-Forwarded-For", "2001:db8:2::7"), "2001:db8:2::7", "inner:8080", false},
		"IPv4 in IPv6":                    {from("[::ffff:10.0.0.1]:9", "X-Forwarded-For", "::ffff:198.51.100.7"), "198.51.100.7", "inner:8080", false},
		"a host that is none":             {from("10.0.0.1:9", "X-Forwarded-Host", "evil.example/path?x=\n"), "10.0.0.1", "inner:8080", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := readSender(tt.r, ours())
			if s.addr.String() != tt.addr || s.host != tt.host || s.https != tt.https {
				t.Errorf("from %s, to %s, https %v; want %s, %s, %v", s.addr, s.host, s.https, tt.addr, tt.host, tt.https)
			}
		})
	}
}

// FuzzForwarded: strangers change nothing, and what our proxy says never makes the
// address one of our proxies' unless all are.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.5, 10.0.0.2", `for="[::1]:1";proto=https`, "https", "crm.example.com", "10.0.0.1:1")
	f.Add("", ";;=,\"", ",", ":", "[::1")
	f.Add(strings.Repeat("1.1.1.1,", 100), "", "", "", "192.0.2.1:1")
	f.Fuzz(func(t *testing.T, addrs, standard, proto, host, peer string) {
		r := from(peer, "X-Forwarded-For", addrs, "X-Forwarded-Proto", proto, "X-Forwarded-Host", host)
		if standard != "" {
			r.Header.Set("Forwarded", standard)
		}
		s := readSender(r, ours())
		if s.host != "inner:8080" && !plainHost(s.host) {
			t.Errorf("host %q", s.host)
		}
		if within(ours(), parseAddr(peer)) {
			return
		}
		if s.trusted || s.https || s.host != "inner:8080" || s.addr != parseAddr(peer) {
			t.Errorf("a stranger is believed: %+v", s)
		}
	})
}
