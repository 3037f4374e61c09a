package audit_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
)

// TestProbe leaves nothing behind, and tells a missing directory from a file that is
// to be made.
func TestProbe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	if there, err := audit.Probe(path); there || err != nil {
		t.Errorf("a new file: %v %v", there, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if there, err := audit.Probe(path); !there || err != nil {
		t.Errorf("a file: %v %v", there, err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "{}\n" {
		t.Errorf("it holds %q, %v", raw, err)
	}
	if _, err := audit.Probe(filepath.Join(dir, "none", "audit.jsonl")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if _, err := audit.Probe(dir); err == nil {
		t.Error("a directory is taken for a file")
	}
}
