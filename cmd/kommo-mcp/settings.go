package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// setting is one variable of the environment in a few words. The README tells more.
type setting struct {
	name string // <PLATFORM> stands for each voice platform; a star behind it: a secret, which may come from a file too
	help string
}

func settings() []setting {
	return []setting{
		{"KOMMO_SUBDOMAIN", "the account: acme or acme.kommo.com"},
		{"KOMMO_ACCESS_TOKEN *", "its token"},
		{"KOMMO_API_KEY *", "the same by another name"},
		{"KOMMO_CLIENT_ID", "integration, for login and /connect"},
		{"KOMMO_CLIENT_SECRET *", "its secret"},
		{"KOMMO_REDIRECT_URL", "its redirect URL, exactly as in Kommo"},
		{"KOMMO_BASE_URL", "for tests: in place of Kommo's hosts"},
		{"KOMMO_MCP_MODE", "read, write (default) or full"},
		{"KOMMO_MCP_TOOLSETS", "toolsets, or all; default"},
		{"KOMMO_MCP_TOOLS", "single tools, beside them or alone"},
		{"KOMMO_MCP_EXCLUDE", "tools or toolsets to leave out"},
		{"KOMMO_MCP_STATE_DIR", "where what survives a restart is kept"},
		{"KOMMO_MCP_ENCRYPTION_KEY *", "encrypts it: 32 bytes, base64 or hex"},
		{"KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS *", "the former, while keys are changed"},
		{"KOMMO_MCP_KEYRING", "off: not the system's keyring, a file"},
		{"KOMMO_MCP_CALL_WAIT", "seconds before a call is queued; 12"},
		{"KOMMO_MCP_RECORD_DAYS", "days that records are kept; 90"},
		{"KOMMO_MCP_MAX_RETRIES", "repeats of a failed read; 5"},
		{"KOMMO_MCP_RATE_PER_HOST", "requests a second, all accounts; off"},
		{"KOMMO_MCP_AUDIT", "writes on record: off, on or full"},
		{"KOMMO_MCP_AUDIT_FILE", "where"},
		{"KOMMO_MCP_ADDR", "http: address; 127.0.0.1:8080"},
		{"KOMMO_MCP_ACCESS_KEY *", "http: key of the server's own account"},
		{"KOMMO_MCP_PUBLIC_URL", "http: address as the world sees it"},
		{"KOMMO_MCP_CONNECT", "http: off: no page at /connect"},
		{"KOMMO_MCP_REGISTRATION", "http: off: no client registers itself"},
		{"KOMMO_MCP_TLS_CERT_FILE", "http: certificate, PEM"},
		{"KOMMO_MCP_TLS_KEY_FILE", "http: its key, PEM"},
		{"KOMMO_MCP_TRUSTED_PROXIES", "http: networks of proxies to believe"},
		{"KOMMO_MCP_RATE_PER_KEY", "http: requests a second of a key; 25"},
		{"KOMMO_MCP_CALLS_PER_KEY", "http: requests at once of a key; 64"},
		{"KOMMO_MCP_DRAIN_SECONDS", "http: serving on after a signal; 0"},
		{"KOMMO_MCP_METRICS_ADDR", "http: where metrics are shown; off"},
		{"KOMMO_MCP_METRICS_KEY *", "http: bearer for the metrics"},
		{"KOMMO_MCP_HOOK_<PLATFORM>_SECRET *", "http: of a voice platform's webhook"},
		{"KOMMO_MCP_HOOK_DAYS", "http: days that its posts are kept; 7"},
	}
}

// printHelp adds the settings to the help of the whole program: whoever looks for a
// name there has no README at hand.
func printHelp(opts kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(opts, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	var out strings.Builder
	out.WriteString("\nSettings in the environment; a flag wins over them. Those with * are secrets and\nmay come from a file that the same name with _FILE behind it names.\n")
	for _, s := range settings() {
		fmt.Fprintf(&out, "  %-36s %s\n", s.name, s.help)
	}
	_, err := ctx.Stdout.Write([]byte(out.String()))
	return err
}
