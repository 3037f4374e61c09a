package server_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestDescription: the golden file shows what a change does to it.
func TestDescription(t *testing.T) {
	tool := base.PostCallSummary(nil)
	o := server.Web{LogCall: &tool, Version: "test"}
	raw, err := server.Description(o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(bytes.TrimSpace(want), raw) {
		t.Errorf("the description differs from %s (%v); go generate ./internal/server writes it", path, err)
	}
}
