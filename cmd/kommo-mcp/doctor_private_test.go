package main

import (
	"errors"
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
	env := unreachable(dir)
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
	keyPath := filepath.Join(dir, keyFile)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(keyPath, 0o644)); err != nil {
		t.Fatal(err)
	}
	_, out, _ = run(t, env, "", "doctor")
	if strings.Contains(out, "other users") || perm(t, dir) != 0o700 || perm(t, keyPath) != 0o600 {
		t.Errorf("what was opened is not closed: %o, %o\n%s", perm(t, dir), perm(t, keyPath), out)
	}
}

// unreachable is an account that nobody answers for: enough to make hooks for.
func unreachable(dir string) map[string]string {
	return map[string]string{"KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": "not-a-token", "KOMMO_BASE_URL": "http://127.0.0.1:1", "KOMMO_MCP_MAX_RETRIES": "0", "KOMMO_MCP_STATE_DIR": dir}
}

func perm(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// TestASharedStateIsToldOf by the doctor and by servers, and by nobody else; it is left
// as it is.
func TestASharedStateIsToldOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no such rights
	}
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "thesis.odt"), nil, 0o600), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KOMMO_MCP_STATE_DIR": dir}
	const told = "(755) and not for kommo-mcp alone (thesis.odt)"
	_, doctor, _ := run(t, env, "", "doctor")
	_, _, stdio := run(t, env, "", "stdio")
	_, _, list := run(t, env, "", "accounts", "list")
	if !strings.Contains(doctor, told) || !strings.Contains(stdio, told) || strings.Contains(list, "other users") || perm(t, dir) != 0o755 {
		t.Errorf("doctor: %s\nstdio: %s\naccounts list: %s\n%o", doctor, stdio, list, perm(t, dir))
	}
}

// TestFilesWithSecrets: the doctor says which of them others can read, and a secret
// that is set twice has to be the same.
func TestFilesWithSecrets(t *testing.T) {
	key, other := newKeyText(), newKeyText()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KOMMO_MCP_STATE_DIR": t.TempDir(), "KOMMO_MCP_ENCRYPTION_KEY_FILE": file}
	if _, out, _ := run(t, env, "", "doctor"); strings.Contains(out, "open to other users") || !strings.Contains(out, "ok    settings") {
		t.Errorf("%s", out)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, out, _ := run(t, env, "", "doctor"); !strings.Contains(out, file+" is open to other users (644)") {
			t.Errorf("%s", out)
		}
	}
	env["KOMMO_MCP_ENCRYPTION_KEY"] = key
	if _, err := loadConfig(Flags{}, lookup(env)); err != nil {
		t.Errorf("twice the same: %v", err)
	}
	env["KOMMO_MCP_ENCRYPTION_KEY"] = other
	_, err := loadConfig(Flags{}, lookup(env))
	if err == nil || !strings.Contains(err.Error(), "KOMMO_MCP_ENCRYPTION_KEY_FILE are both set") || strings.Contains(err.Error(), key) || strings.Contains(err.Error(), other) {
		t.Errorf("two that differ: %v", err)
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

// TestDoctorNamesTheKeyInUse: one that was set later is not used before the key is
// changed, and that is said.
func TestDoctorNamesTheKeyInUse(t *testing.T) {
	dir := t.TempDir()
	env := unreachable(dir)
	if code, _, errOut := run(t, env, "", "hooks", "create", "--platform", "vapi"); code != exitOK {
		t.Fatal(errOut)
	}
	env["KOMMO_MCP_ENCRYPTION_KEY"] = newKeyText()
	if _, out, _ := run(t, env, "", "doctor"); !strings.Contains(out, "a key file in "+dir) || !strings.Contains(out, "is still in use, and not KOMMO_MCP_ENCRYPTION_KEY") {
		t.Errorf("%s", out)
	}
	if code, _, errOut := run(t, env, "", "accounts", "rotate-key"); code != exitOK {
		t.Fatal(errOut)
	}
	if _, out, _ := run(t, env, "", "doctor"); !strings.Contains(out, "of KOMMO_MCP_ENCRYPTION_KEY") || strings.Contains(out, "still in use") {
		t.Errorf("%s", out)
	}
	delete(env, "KOMMO_MCP_ENCRYPTION_KEY")
	if _, out, _ := run(t, env, "", "doctor"); !strings.Contains(out, "DBUS_SESSION_BUS_ADDRESS is not set") && runtime.GOOS == "linux" || !strings.Contains(out, "nothing is lost") {
		t.Errorf("%s", out)
	}
}
