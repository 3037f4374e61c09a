package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/canary"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// .ci/canary takes the list from here.
var listSecrets = flag.String("list-secrets", "", "file into which TestSecretSettings writes the names of all secret settings")

// secretSettings are the settings that are read as secrets.
func secretSettings() (out []string) {
	const value = "canary-of-a-setting"
	asked := map[string]bool{}
	_, _ = loadConfig(Flags{Served: true}, func(name string) (string, bool) {
		asked[name] = true
		return "", false
	})
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		cfg, _ := loadConfig(Flags{Served: true}, lookup(map[string]string{name: value}))
		if slices.Contains(cfg.secrets, value) {
			out = append(out, name)
		}
	}
	return out
}

func TestSecretSettings(t *testing.T) {
	names := secretSettings()
	for _, name := range []string{
		"KOMMO_ACCESS_TOKEN", "KOMMO_API_KEY", "KOMMO_CLIENT_SECRET", "KOMMO_MCP_ENCRYPTION_KEY", "KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS",
		"KOMMO_MCP_ACCESS_KEY", "KOMMO_MCP_HOOK_VAPI_SECRET",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among %q", name, names)
		}
	}
	if *listSecrets == "" {
		return
	}
	if err := os.WriteFile(*listSecrets, []byte(strings.Join(names, "\n")+"\n"), 0o600); err != nil {
		t.Error(err)
	}
}

// TestASecretInPlaceOfItsFile: that is easily done, and the error is read by many.
func TestASecretInPlaceOfItsFile(t *testing.T) {
	for _, name := range secretSettings() {
		_, err := loadConfig(Flags{}, lookup(map[string]string{name + "_FILE": "canary-0f3a5d20"}))
		if err == nil || !strings.Contains(err.Error(), name+"_FILE") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLogsAndMessagesHideSecrets: whatever a panic or an error of a library holds.
func TestLogsAndMessagesHideSecrets(t *testing.T) {
	const token, access = "canary-token-7a31e0", "canary-access-key-31f0"
	log := &lockedBuffer{}
	a := &app{env: lookup(map[string]string{"KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": token, "KOMMO_MCP_ACCESS_KEY": access, "KOMMO_MCP_STATE_DIR": t.TempDir()}), in: strings.NewReader(""), out: io.Discard, errOut: log}
	p, err := a.wire(t.Context(), Flags{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	_, broken := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://acme.kommo.com/oauth2/%zz?client_secret=canary-url-secret", http.NoBody)
	texts := []any{
		token, errors.New("config is " + token), fmt.Sprintf("%+v", p.cfg),
		auth.App{Secret: "canary-app-secret"},
		broken,
		&url.Error{Op: "Get", URL: "https://acme.kommo.com/oauth/callback?code=canary-code-0001&state=canary-state-01", Err: context.DeadlineExceeded},
		errors.New(`oauth2: "invalid_grant" Response: {"hint":"x","refresh_token":"canary-refresh-1","access_token":"canary-access-01"}`),
		"proxy http://user:canary-password@127.0.0.1:1",
		http.Header{"Authorization": {"Bearer canary-bearer-01"}, "Cookie": {"a=b"}},
		"kmcp_canary4567890123456789",
	}
	for _, text := range texts {
		for _, answer := range provoked(t, p, text) {
			_, _ = io.WriteString(log, answer)
		}
		a.exitCode(fmt.Errorf("it failed: %w", errors.New(fmt.Sprint(text))))
	}
	var secrets []canary.Secret
	for _, value := range []string{token, access, "canary-app-secret", "canary-url-secret", "canary-code-0001", "canary-state-01", "canary-refresh-1", "canary-access-01", "canary-password", "canary-bearer-01", "kmcp_canary4567890123456789"} {
		secrets = append(secrets, canary.Secret{Name: value, Value: value})
	}
	for _, leak := range canary.Search(log.String(), secrets...) {
		t.Errorf("%s shows: %s", leak.Name, leak.Excerpt)
	}
	if n := strings.Count(log.String(), "panicked"); n != 2*len(texts) {
		t.Errorf("%d panics were logged, want %d", n, 2*len(texts))
	}
}

// provoked lets a tool and an endpoint panic with a text, and is what clients hear.
func provoked(t *testing.T, p *product, text any) []string {
	t.Helper()
	type out struct{}
	spec := registry.Spec{Name: "break_it", Title: "Break it", Class: registry.Read, Description: "Breaks.", Toolset: "default"}
	tools := registry.Configure([]registry.Tool{registry.Define(spec, func(context.Context, struct{}) (out, error) { panic(text) })}, registry.Options{Logger: p.log})
	r := tools[0].Call(t.Context(), nil)
	s, err := p.server()
	if err != nil {
		t.Fatal(err)
	}
	web := p.web()
	web.Keys = panicking{text}
	w := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/keys/mcp", http.NoBody)
	req.Header.Set("Authorization", "Bearer kmcp_x")
	server.Handler(s, nil, web).ServeHTTP(w, req)
	return []string{r.Text, string(r.Structured), w.Body.String(), fmt.Sprint(w.Header())}
}

// panicking is a store of keys.
type panicking struct{ text any }

func (p panicking) Principal(context.Context, string) (principal.Principal, bool, error) {
	panic(p.text)
}
