package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestTheBrowserGetsNoSettings: neither in its environment nor in its arguments is a
// secret of ours; what else it needs is there.
func TestTheBrowserGetsNoSettings(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // opens links otherwise
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	script := "#!/bin/sh\n{ echo \"$@\"; env; } >" + out + ".part\nmv " + out + ".part " + out + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("KOMMO_CLIENT_SECRET", secretCanary)
	t.Setenv("DISPLAY", ":canary")
	if err := openBrowser(t.Context(), "http://127.0.0.1:1/link"); err != nil {
		t.Fatal(err)
	}
	var raw []byte
	within(t, func() (ok bool) {
		var err error
		raw, err = os.ReadFile(filepath.Clean(out))
		return err == nil
	})
	text := string(raw)
	if !strings.Contains(text, "/link") || !strings.Contains(text, "DISPLAY=:canary") || strings.Contains(text, secretCanary) || strings.Contains(text, "KOMMO_") {
		t.Errorf("the browser is given %s", text)
	}
}

// TestDoctorNamesADamagedState, also where no account is set.
func TestDoctorNamesADamagedState(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, store.FileName), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := run(t, map[string]string{"KOMMO_MCP_STATE_DIR": dir}, "", "doctor")
	if code != exitFail || !strings.Contains(out, "FAIL  state     the state cannot be opened") || !strings.Contains(out, "Put back a copy of state.db") {
		t.Errorf("%d %s", code, out)
	}
}
