package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

func TestPingTellsWhetherTheStoreCanBeUsed(t *testing.T) {
	memory := store.NewMemory(time.Now)
	t.Cleanup(func() { _ = memory.Close() })
	if err := memory.Ping(t.Context()); err != nil {
		t.Errorf("in memory: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "state")
	kept := store.New(dir, time.Now)
	t.Cleanup(func() { _ = kept.Close() })
	if err := kept.Ping(t.Context()); err != nil {
		t.Errorf("in a directory that is made at first use: %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := kept.Ping(t.Context()); err == nil {
		t.Error("the file is gone, and the store is said to be usable")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := store.New(filepath.Join(file, "state"), time.Now)
	t.Cleanup(func() { _ = nowhere.Close() })
	if err := nowhere.Ping(t.Context()); err == nil {
		t.Error("a directory that cannot be made is said to be usable")
	}
}
