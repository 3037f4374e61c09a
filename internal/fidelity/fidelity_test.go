package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryRequestSucceeds runs all requests of the cases against the sandbox,
// without the recordings: they must be answered with the recorded status.
func TestEveryRequestSucceeds(t *testing.T) {
	box, err := openSandbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer box.close()
	for _, c := range cases() {
		if c.ask == nil {
			continue
		}
		if _, err := box.request(t.Context(), c.ask); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
	}
	came, err := box.hookedKinds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range hookCases() {
		if came[c.kind] == nil {
			t.Errorf("%s: no hook %q came", c.file, c.kind)
		}
	}
}

// TestRunNamesWhatDiffers has one recording with a key that no sandbox has, and
// one file that no case knows.
func TestRunNamesWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	write := func(file, body string) {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases() {
		write(c.file, `{}`)
	}
	for _, c := range hookCases() {
		write(c.file, "account[id]=1")
	}
	write("account/daos.json", `{"id":1,"moon_phase":"full"}`)
	write("webhook_crm/zapier-add-lead.txt", "leads[add][0][moon_phase]=full")
	write("moon/new.json", `{}`)
	var out bytes.Buffer
	if err := run(t.Context(), dir, &out); err == nil {
		t.Error("no error")
	}
	for _, want := range []string{
		"account/daos.json: client: .moon_phase is full in the recording and null in the client",
		"account/daos.json: sandbox: no .moon_phase (string in the recording)",
		"webhook_crm/zapier-add-lead.txt: sandbox: no leads[add][][moon_phase] (string in the recording)",
		"moon/new.json: neither checked nor left out for a reason",
		"left out: webhook_crm/zapier-restore-contact.txt: ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("does not say %q:\n%s", want, out.String())
		}
	}
}

func TestASetMayBeReadAsAList(t *testing.T) {
	if out := lost("", map[string]any{"add_lead": 1.0}, []any{"add_lead"}); out != nil {
		t.Error(out)
	}
	if out := lost("", map[string]any{"add_lead": 1.0}, []any{"add_task"}); out == nil {
		t.Error("a lost key went unseen")
	}
}
