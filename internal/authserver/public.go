package authserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// errNotPublic keeps requests that strangers ask for away from the networks that
// they cannot reach themselves.
var errNotPublic = errors.New("the address is not public")

// publicTransport connects to addresses that allowed lets through. The address is
// looked at when the connection is made, after the name was resolved, so that a name
// that changes its address meanwhile gets no further. No proxy: it would resolve
// names itself. names resolves them; nil: as the system does.
func publicTransport(allowed func(netip.Addr) bool, names *net.Resolver) *http.Transport {
	dialer := &net.Dialer{
		Timeout: fetchTimeout, Resolver: names,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || network != "tcp4" && network != "tcp6" || !allowed(at.Addr()) {
				return errNotPublic
			}
			return nil
		},
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    fetchTimeout,
		ResponseHeaderTimeout:  fetchTimeout,
		MaxResponseHeaderBytes: 16 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true, // a small answer may unpack into a large one
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        time.Second,
	}
}

// reserved are the networks within the unicast space that are nobody's on the public
// internet, or lead back into a private one.
func reserved() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// publicAddress tells the addresses of the public internet. Of IPv6 that is 2000::/3
// without what is reserved in it, and 64:ff9b::/96, behind which networks without
// IPv4 put IPv4 addresses, when those are public.
func publicAddress(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if netip.MustParsePrefix("64:ff9b::/96").Contains(ip) {
		b := ip.As16()
		return publicAddress(netip.AddrFrom4([4]byte(b[12:])))
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !netip.MustParsePrefix("2000::/3").Contains(ip) {
		return false
	}
	for _, p := range reserved() {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
