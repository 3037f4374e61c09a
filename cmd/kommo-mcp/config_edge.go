package main

import (
	"net/netip"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

const (
	mostPerKey   = 10_000 // requests a second
	mostAtOnce   = 10_000
	mostDrain    = 300 // seconds
	proxyExample = "for example 10.0.0.0/8,127.0.0.1"
)

// edge reads what lies between the network and the endpoints.
func (r *reader) edge(f Flags) server.Edge {
	return server.Edge{
		Drain:   time.Duration(r.numberOr("KOMMO_MCP_DRAIN_SECONDS", f.Drain, 0, mostDrain)) * time.Second,
		TLS:     r.tlsFiles(),
		Proxies: r.networks("KOMMO_MCP_TRUSTED_PROXIES"),
		Limits: server.Limits{
			Rate:  float64(r.number("KOMMO_MCP_RATE_PER_KEY", 0, mostPerKey)),
			Calls: r.number("KOMMO_MCP_CALLS_PER_KEY", 0, mostAtOnce),
		},
	}
}

// tlsFiles names the certificate and its key; nil where there are none.
func (r *reader) tlsFiles() *server.TLSFiles {
	files := server.TLSFiles{Cert: r.text("KOMMO_MCP_TLS_CERT_FILE", "", ""), Key: r.text("KOMMO_MCP_TLS_KEY_FILE", "", "")}
	switch {
	case files.Cert == "" && files.Key == "":
		return nil
	case files.Cert == "" || files.Key == "":
		r.fail("KOMMO_MCP_TLS_CERT_FILE and KOMMO_MCP_TLS_KEY_FILE belong together: set both, or neither")
	}
	return &files
}

// networks reads networks in CIDR notation; a bare address is a network of one.
func (r *reader) networks(name string) (out []netip.Prefix) {
	for _, text := range splitList(r.text(name, "", "")) {
		network, err := netip.ParsePrefix(text)
		if addr, bad := netip.ParseAddr(text); err != nil && bad == nil {
			network, err = addr.Unmap().Prefix(addr.Unmap().BitLen())
		}
		if err != nil {
			r.fail("%s has %q, which is no network: %s", name, text, proxyExample)
			continue
		}
		out = append(out, network.Masked())
	}
	return out
}
