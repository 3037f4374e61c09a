//go:build unix

package audit_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
)

// TestNobodyReadsThePipe: that is told at once, and no write waits for it.
func TestNobodyReadsThePipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := audit.New(path).Check(); err == nil {
		t.Error("a pipe without a reader is taken")
	}
	if _, err := audit.Probe(path); err == nil {
		t.Error("a probe finds nothing wrong with it")
	}
}

// TestATornLineSpoilsNoOther: of a line of which only a part could be written, as on a
// disk that is full, the rest of the log stays readable. Here a pipe is full.
func TestATornLineSpoilsNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var told bytes.Buffer
	l := audit.New(path, audit.WithTexts(), audit.WithLogger(slog.New(slog.NewTextHandler(&told, nil))))
	l.Write(t.Context(), audit.Call{Tool: "add_note", Failed: true, Message: strings.Repeat("x", 1<<20)})
	if !strings.Contains(told.String(), "AUDIT") {
		t.Error("nothing was said of the line that was not written")
	}
	got := &bytes.Buffer{}
	read := func() {
		_ = reader.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = io.Copy(got, reader)
	}
	read()
	l.Write(t.Context(), audit.Call{Tool: "update_lead"})
	read()
	_ = l.Close()
	lines := strings.Split(strings.TrimRight(got.String(), "\n"), "\n")
	if last := lines[len(lines)-1]; len(lines) < 2 || !strings.HasPrefix(last, `{"time"`) || !strings.Contains(last, "update_lead") {
		t.Errorf("%d lines, the last is %.200s", len(lines), last)
	}
}

// TestAFullDisk is told at each line and breaks nothing.
func TestAFullDisk(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		return // Linux has it
	}
	var told bytes.Buffer
	l := audit.New(full, audit.WithLogger(slog.New(slog.NewTextHandler(&told, nil))))
	l.Write(t.Context(), update())
	l.Write(t.Context(), update())
	if got := strings.Count(told.String(), "AUDIT"); got != 2 || !strings.Contains(told.String(), "no space left") {
		t.Errorf("told %d times: %s", got, told.String())
	}
}
