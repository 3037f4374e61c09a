package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// customerRig is an account with a caller of each kind, and all by which they can be
// known.
func customerRig(t *testing.T) (env map[string]string, known []canary.Secret) {
	t.Helper()
	sb, env := oauthRig(t, "http://127.0.0.1:1/oauth/callback")
	for name := range env {
		if strings.HasPrefix(name, "KOMMO_CLIENT") || name == "KOMMO_REDIRECT_URL" {
			delete(env, name)
		}
	}
	maps.Copy(env, map[string]string{
		"KOMMO_SUBDOMAIN": "demo", "KOMMO_ACCESS_TOKEN": sb.Token(sandbox.DefaultHost), "KOMMO_MCP_CALL_WAIT": "1", "KOMMO_MCP_ADDR": freeAddr(t),
		"KOMMO_MCP_HOOK_VAPI_SECRET": "hook-secret-of-vapi",
	})
	for _, last := range []string{"0173", "0174", "0175"} {
		for i, number := range []string{"415555%s", "(415) 555-%s", "415-555-%s", "415 555 %s", "415.555.%s"} {
			known = append(known, canary.Secret{Name: fmt.Sprint("number ", last, " ", i), Value: fmt.Sprintf(number, last)})
		}
	}
	for _, text := range []string{"canary-call-logged", "canary-call-waits", "canary-call-posted", "canary-said-aloud", "canary-spoken", "canary-key-of-note", "Canary Caller"} {
		known = append(known, canary.Secret{Name: text, Value: text})
	}
	return env, known
}

// keptFiles are all bytes of the state directory, SQLite's log and index with them.
func keptFiles(t *testing.T, dir string) (all string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Clean(path))
		if errors.Is(err, fs.ErrNotExist) { // SQLite took its log away
			return nil
		}
		all += string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestNothingOfCallersLiesOpen: calls that are logged, that wait and that platforms
// post leave nothing in the state directory by which a caller could be known; those who
// have the key see all of it, and erase it.
func TestNothingOfCallersLiesOpen(t *testing.T) {
	env, known := customerRig(t)
	dir := env["KOMMO_MCP_STATE_DIR"]
	hidden := func(when string) {
		t.Helper()
		text := keptFiles(t, dir)
		for _, leak := range canary.Search(text, known...) {
			t.Errorf("%s: %s lies open as %s: …%q…", when, leak.Name, leak.Form, leak.Excerpt)
		}
		if len(text) < 10_000 {
			t.Errorf("%s: only %d bytes were searched", when, len(text))
		}
	}
	away := maps.Clone(env)
	away["KOMMO_BASE_URL"] = "http://127.0.0.1:1"
	call := func(env map[string]string, phone, id string) string {
		t.Helper()
		_, out, errOut := run(t, env, "", "call", "post_call_summary", fmt.Sprintf(
			`{"phone":%q,"call_id":%q,"summary":"canary-said-aloud","transcript":"canary-spoken","direction":"inbound","outcome":"conversation"}`, phone, id))
		return out + errOut
	}
	for range 2 {
		if out := call(away, "+1 (415) 555-0174", "canary-call-waits"); !strings.Contains(out, "queued") {
			t.Fatal(out)
		}
	}
	hidden("a call waits")
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	s := c.serve(away)
	raw, err := os.ReadFile("../../internal/hooks/testdata/vapi_inbound.json")
	if err != nil {
		t.Fatal(err)
	}
	body := strings.NewReplacer("+15005550006", "+14155550175", `"c1"`, `"canary-call-posted"`, "Wants a demo", "canary-said-aloud").Replace(string(raw))
	if status, text := s.ask(true, http.MethodPost, "/v1/calls/vapi", body, "X-Vapi-Secret", env["KOMMO_MCP_HOOK_VAPI_SECRET"]); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	hidden("a platform has posted")
	s.stop()
	hidden("the server has ended")
	_, list, errOut := run(t, away, "", "outbox", "list")
	if !strings.Contains(list, "555-0174") || !strings.Contains(list, "4155550175") {
		t.Fatalf("who has the key does not see what waits: %s%s", list, errOut)
	}
	for line := range strings.SplitSeq(list, "\n") {
		id, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(line, "555-0174") {
			if code, _, errOut := run(t, away, "", "outbox", "drop", id); code != exitOK {
				t.Error(errOut)
			}
		}
	}
	hidden("a call was erased")
	if code, out, errOut := run(t, away, "", "accounts", "rotate-key"); code != exitOK {
		t.Error(out + errOut)
	}
	if _, after, _ := run(t, away, "", "outbox", "list"); strings.Contains(after, "555-0174") || !strings.Contains(after, "4155550175") {
		t.Errorf("after the drop and with the new key: %s", after)
	}
	hidden("the key was changed")
}

// TestNothingOfLoggedCallsLiesOpen is that of calls and notes which Kommo has taken.
func TestNothingOfLoggedCallsLiesOpen(t *testing.T) {
	env, known := customerRig(t)
	logged := `{"phone":"+1 415 555 0173","call_id":"canary-call-logged","summary":"canary-said-aloud","transcript":"canary-spoken","direction":"inbound"}`
	for _, want := range []string{`"logged"`, `"repeat"`} {
		if _, out, errOut := run(t, env, "", "call", "post_call_summary", logged); !strings.Contains(out, want) {
			t.Fatal(out + errOut)
		}
	}
	contact := `{"name":"Roof","contact_name":"Canary Caller","contact_phone":"+1 415-555-0174","idempotency_key":"canary-key-of-note"}`
	if code, out, errOut := run(t, env, "", "call", "create_lead_with_contact", contact); code != exitOK {
		t.Fatal(out + errOut)
	}
	for _, leak := range canary.Search(keptFiles(t, env["KOMMO_MCP_STATE_DIR"]), known...) {
		t.Errorf("%s lies open as %s: …%q…", leak.Name, leak.Form, leak.Excerpt)
	}
}
