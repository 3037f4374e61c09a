package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestDoctorLooksWhoCanRead: the directory is made for its owner alone, with all files
// in it; where somebody opened it that is told, and the key file is named.
func TestDoctorLooksWhoCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no such rights
	}
	dir := filepath.Join(t.TempDir(), "new", "state")
	env := map[string]string{"KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": "not-a-token", "KOMMO_BASE_URL": "http://127.0.0.1:1", "KOMMO_MCP_MAX_RETRIES": "0", "KOMMO_MCP_STATE_DIR": dir}
	if code, _, errOut := run(t, env, "", "hooks", "create", "--platform", "vapi"); code != exitOK {
		t.Fatal(errOut)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 2 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	var keyFile string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
		}
		if strings.HasSuffix(e.Name(), ".key") {
			keyFile = e.Name()
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	_, out, _ := run(t, env, "", "doctor")
	if !strings.Contains(out, "a key file in "+dir+", "+keyFile) || strings.Contains(out, "other users") {
		t.Errorf("%s", out)
	}
	for name, mode := range map[string]os.FileMode{dir: 0o755, filepath.Join(dir, keyFile): 0o644} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	_, out, _ = run(t, env, "", "doctor")
	if !strings.Contains(out, dir+" is open to other users (755)") || !strings.Contains(out, keyFile+" is open to other users (644)") {
		t.Errorf("%s", out)
	}
}

// TestDoctorLooksAtTheAuditLog as the http command would keep it, and makes nothing.
func TestDoctorLooksAtTheAuditLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	env := map[string]string{"KOMMO_MCP_STATE_DIR": dir}
	_, out, _ := run(t, env, "", "doctor")
	if !strings.Contains(out, "ok    audit     writes over HTTP are put on record in "+filepath.Join(dir, auditFile)) {
		t.Errorf("%s", out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the doctor made the directory")
	}
	env["KOMMO_MCP_AUDIT_FILE"] = filepath.Join(dir, "none", "audit.jsonl")
	if _, out, _ = run(t, env, "", "doctor"); !strings.Contains(out, "FAIL  audit     the audit log cannot be written: ") || !strings.Contains(out, "without being on record") {
		t.Errorf("%s", out)
	}
	env["KOMMO_MCP_AUDIT"] = "off"
	if _, out, _ = run(t, env, "", "doctor"); !strings.Contains(out, "warn  audit     off") {
		t.Errorf("%s", out)
	}
}
