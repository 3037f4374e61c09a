package main

import (
	"strings"
	"testing"
	"time"
)

func TestEdgeSettings(t *testing.T) {
	cfg, err := loadConfig(Flags{}, lookup(map[string]string{
		"KOMMO_MCP_TRUSTED_PROXIES": "10.1.2.3/8, 127.0.0.1 2001:db8::/32", "KOMMO_MCP_RATE_PER_KEY": "3", "KOMMO_MCP_CALLS_PER_KEY": "4", "KOMMO_MCP_DRAIN_SECONDS": "5",
		"KOMMO_MCP_TLS_CERT_FILE": "cert.pem", "KOMMO_MCP_TLS_KEY_FILE": "key.pem",
	}))
	if err != nil {
		t.Fatal(err)
	}
	e := cfg.Edge
	if e.TLS == nil || e.TLS.Cert != "cert.pem" || e.TLS.Key != "key.pem" || e.Limits.Rate != 3 || e.Limits.Calls != 4 || e.Drain != 5*time.Second {
		t.Errorf("%+v", e)
	}
	if cfg, err := loadConfig(Flags{Drain: "7"}, lookup(map[string]string{"KOMMO_MCP_DRAIN_SECONDS": "5"})); err != nil || cfg.Edge.Drain != 7*time.Second {
		t.Errorf("the flag: %v %v", cfg.Edge.Drain, err)
	}
	var networks []string
	for _, n := range e.Proxies {
		networks = append(networks, n.String())
	}
	if got := strings.Join(networks, " "); got != "10.0.0.0/8 127.0.0.1/32 2001:db8::/32" {
		t.Errorf("networks %s", got)
	}
	for name, env := range map[string]map[string]string{
		"KOMMO_MCP_TRUSTED_PROXIES": {"KOMMO_MCP_TRUSTED_PROXIES": "proxy.example.com"},
		"KOMMO_MCP_TLS_KEY_FILE":    {"KOMMO_MCP_TLS_CERT_FILE": "cert.pem"},
		"KOMMO_MCP_DRAIN_SECONDS":   {"KOMMO_MCP_DRAIN_SECONDS": "301"},
		"KOMMO_MCP_RATE_PER_KEY":    {"KOMMO_MCP_RATE_PER_KEY": "-1"},
	} {
		if _, err := loadConfig(Flags{}, lookup(env)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
