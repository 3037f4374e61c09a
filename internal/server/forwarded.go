package server

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// sender is where a request comes from and what it was sent to, as far as that can
// be believed: behind a trusted proxy it is what the proxy says.
type sender struct {
	addr    netip.Addr // of the client; invalid where it is not known
	https   bool
	host    string // by which the client called the server
	trusted bool   // the peer is a proxy whose word counts
	relayed bool   // somebody, trusted or not, says that the request came through a proxy
}

// maxHops bounds how many addresses of X-Forwarded-For or Forwarded are read.
const maxHops = 32

// readSender believes what forwarded headers say from right to left, as long as
// each next address is a trusted proxy's; what stands further left the client may
// have written itself. Forwarded (RFC 7239) wins over the older headers.
func readSender(r *http.Request, trusted []netip.Prefix) sender {
	s := sender{https: r.TLS != nil, host: r.Host, relayed: relayed(r.Header)}
	s.addr = parseAddr(r.RemoteAddr)
	if !within(trusted, s.addr) {
		return s
	}
	s.trusted = true
	hops, ok := forwardedHops(r.Header)
	if !ok {
		hops = olderHops(r.Header)
	}
	for i, h := range slices.Backward(hops) {
		if i == len(hops)-1 { // said by the proxy that we know, about what it was asked
			s.https, s.host = h.https(s.https), h.hostOr(s.host)
		}
		if !h.addr.IsValid() {
			break
		}
		s.addr = h.addr
		if !within(trusted, h.addr) {
			break
		}
		if i > 0 { // the proxy before it is ours as well: it stood nearer to the client
			s.https, s.host = hops[i-1].https(s.https), hops[i-1].hostOr(s.host)
		}
	}
	return s
}

// relayed tells whether any header says that a proxy passed the request on.
func relayed(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Forwarded") || slices.Contains([]string{
			"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Fly-Client-Ip", "Cdn-Loop",
		}, name) {
			return true
		}
	}
	return false
}

// hop is what one proxy says of who asked it, and for what.
type hop struct {
	addr        netip.Addr
	proto, host string // empty: not said
}

func (h hop) https(before bool) bool {
	if h.proto == "" {
		return before
	}
	return strings.EqualFold(h.proto, "https")
}

func (h hop) hostOr(before string) string {
	if plainHost(h.host) {
		return h.host
	}
	return before
}

// plainHost tells a name or address, with or without port, from anything else.
func plainHost(s string) bool {
	return s != "" && len(s) <= 255 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == ""
}

// forwardedHops reads Forwarded; ok is false where there is none.
func forwardedHops(h http.Header) (hops []hop, ok bool) {
	values := h.Values("Forwarded")
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		var one hop
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			value = strings.Trim(value, `"`)
			switch strings.ToLower(name) {
			case "for":
				one.addr = parseAddr(value)
			case "proto":
				one.proto = value
			case "host":
				one.host = value
			}
		}
		hops = append(hops, one)
	}
	return lastHops(hops), len(values) > 0
}

// olderHops reads the X-Forwarded headers. Proto and host of several proxies stand
// in a list as the addresses do; a single one is the last proxy's.
func olderHops(h http.Header) []hop {
	addrs := listed(h, "X-Forwarded-For")
	if len(addrs) == 0 {
		if real := h.Get("X-Real-Ip"); real != "" {
			addrs = []string{real}
		}
	}
	protos, hosts := listed(h, "X-Forwarded-Proto"), listed(h, "X-Forwarded-Host")
	n := max(len(addrs), min(1, len(protos)+len(hosts)))
	hops := make([]hop, n)
	for i := range hops {
		fromEnd := n - i
		hops[i] = hop{addr: parseAddr(fromRight(addrs, fromEnd)), proto: fromRight(protos, fromEnd), host: fromRight(hosts, fromEnd)}
	}
	return lastHops(hops)
}

func lastHops(hops []hop) []hop { return hops[max(0, len(hops)-maxHops):] }

func listed(h http.Header, name string) (out []string) {
	for part := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// fromRight is the n-th from the end, from 1; empty where there are not as many.
func fromRight(list []string, n int) string {
	if n > len(list) {
		return ""
	}
	return list[len(list)-n]
}

// parseAddr reads an address with or without port and brackets.
func parseAddr(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}
