package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func lookup(env map[string]string) Lookup {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

func TestConfigReportsAllProblemsAtOnce(t *testing.T) {
	_, err := loadConfig(Flags{}, lookup(map[string]string{
		"KOMMO_ACCESS_TOKEN":    "t",
		"KOMMO_SUBDOMAIN":       "https://acme.example.com",
		"KOMMO_BASE_URL":        "http://192.0.2.1",
		"KOMMO_MCP_MODE":        "wild",
		"KOMMO_MCP_MAX_RETRIES": "11",
	}))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"KOMMO_SUBDOMAIN", "KOMMO_BASE_URL", "KOMMO_MCP_MODE", "KOMMO_MCP_MAX_RETRIES"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
}

func TestConfigPrecedence(t *testing.T) {
	env := map[string]string{"KOMMO_MCP_MODE": "read", "KOMMO_MCP_ADDR": "127.0.0.1:1", "KOMMO_MCP_TOOLSETS": "default, bulk", "KOMMO_MCP_TOOLS": "api_get", "KOMMO_MCP_EXCLUDE": "add_note,move_leads"}
	cfg, err := loadConfig(Flags{Mode: "full", Tools: "api_get api_post"}, lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Mode != "full" || cfg.Addr != "127.0.0.1:1" || len(cfg.Toolsets) != 2 || len(cfg.Tools) != 2 || len(cfg.Exclude) != 2 || cfg.MaxRetries != defaultRetries {
		t.Errorf("%+v", cfg)
	}
}

func TestSubdomainForms(t *testing.T) {
	for in, host := range map[string]string{
		"acme": "acme.kommo.com", "acme.amocrm.ru": "acme.amocrm.ru", "https://acme.amocrm.com/leads/": "acme.amocrm.com",
	} {
		cfg, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_SUBDOMAIN": in, "KOMMO_ACCESS_TOKEN": "t"}))
		if err != nil || cfg.Account.Host != host {
			t.Errorf("%s: %v, %v", in, cfg.Account, err)
		}
	}
	if _, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_ACCESS_TOKEN": "t"})); err == nil {
		t.Error("a token without an account was accepted")
	}
}

func TestSecretFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_SUBDOMAIN": "acme", "KOMMO_API_KEY_FILE": path}))
	if err != nil || cfg.Token != "from-file" {
		t.Errorf("%q, %v", cfg.Token, err)
	}
	if _, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_ACCESS_TOKEN_FILE": path + ".gone"})); err == nil {
		t.Error("a missing file was accepted")
	}
}

// TestCopiedSecrets: what comes along with a copied token is no part of it.
func TestCopiedSecrets(t *testing.T) {
	for _, copied := range []string{"a.b.c", " a.b.c\r\n", "\ufeffa.b.c", `"a.b.c"`, `'a.b.c'`, "Bearer a.b.c", "\"Bearer a.b.c\"\n"} {
		cfg, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": copied}))
		if err != nil || cfg.Token != "a.b.c" {
			t.Errorf("%q reads as %q, %v", copied, cfg.Token, err)
		}
	}
	for _, nothing := range []string{"Bearer", "Bearer ", `"Bearer "`, `""`} {
		if cfg, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_MCP_ACCESS_KEY": nothing})); err != nil || cfg.AccessKey != "" {
			t.Errorf("%q reads as the key %q, %v", nothing, cfg.AccessKey, err)
		}
	}
}

// TestBadBaseIsTheOnlyProblem: a base that was given and refused is not said to
// be missing as well.
func TestBadBaseIsTheOnlyProblem(t *testing.T) {
	_, err := loadConfig(Flags{}, lookup(map[string]string{"KOMMO_BASE_URL": "http://example.com", "KOMMO_ACCESS_TOKEN": "t"}))
	if err == nil || strings.Contains(err.Error(), "KOMMO_SUBDOMAIN") {
		t.Errorf("problems: %v", err)
	}
}

func TestDemoIgnoresSettings(t *testing.T) {
	cfg, err := loadConfig(Flags{Demo: true}, lookup(map[string]string{
		"KOMMO_SUBDOMAIN": "nonsense host", "KOMMO_ACCESS_TOKEN": "t", "KOMMO_BASE_URL": "::",
	}))
	if err != nil || cfg.Token != "" || cfg.BaseURL != nil {
		t.Errorf("%+v, %v", cfg, err)
	}
}
