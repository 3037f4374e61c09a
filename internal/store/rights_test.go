//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func modeOf(t *testing.T, parts ...string) os.FileMode {
	t.Helper()
	info, err := os.Stat(filepath.Join(parts...))
	must(t, err)
	return info.Mode().Perm()
}

// open is a state directory that was opened to everybody, with one more file in it.
func openState(t *testing.T, more string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	s := New(dir, time.Now)
	mustBegin(t, s, job("k", ""), Fresh)
	must(t, s.Close())
	for _, name := range []string{"encryption-0123456789abcdef.key", "audit.jsonl", "audit.jsonl.1", more} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		must(t, os.Chmod(filepath.Join(dir, name), 0o644))
	}
	must(t, errors.Join(os.Chmod(filepath.Join(dir, FileName), 0o666), os.Chmod(dir, 0o777)))
	return dir
}

// TestAnOpenStateIsClosed: a directory that was there before, or that somebody opened,
// is the owner's alone once it is used.
func TestAnOpenStateIsClosed(t *testing.T) {
	dir := openState(t, "rate.db")
	must(t, os.Mkdir(filepath.Join(dir, "lost+found"), 0o700)) // of a disk of its own
	s := New(dir, time.Now)
	must(t, errors.Join(s.Check(), s.Close()))
	if mode := modeOf(t, dir); mode != 0o700 {
		t.Errorf("the directory: %o", mode)
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().IsRegular() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %o, %v", e.Name(), info.Mode().Perm(), err)
		}
	}
	if open := Private(dir); len(open) > 0 {
		t.Errorf("still open: %q", open)
	}
	if open := Private(filepath.Join(dir, "missing")); len(open) > 0 {
		t.Errorf("not there: %q", open)
	}
}

// TestASharedDirectoryStaysOpen: our files in it are closed, others and the directory
// are left as they are, and it is told what to do.
func TestASharedDirectoryStaysOpen(t *testing.T) {
	dir := openState(t, "holiday.jpg")
	open := Private(dir)
	if len(open) != 1 || !strings.Contains(open[0], "(777)") || !strings.Contains(open[0], "(holiday.jpg)") || !strings.Contains(open[0], filepath.Join(dir, "kommo-mcp")) {
		t.Errorf("%q", open)
	}
	if modeOf(t, dir) != 0o777 || modeOf(t, dir, "holiday.jpg") != 0o644 || modeOf(t, dir, FileName) != 0o600 {
		t.Errorf("%o, %o, %o", modeOf(t, dir), modeOf(t, dir, "holiday.jpg"), modeOf(t, dir, FileName))
	}
	sticky := filepath.Join(t.TempDir(), "tmp")
	must(t, errors.Join(os.Mkdir(sticky, 0o700), os.Chmod(sticky, 0o777|os.ModeSticky)))
	if open := Private(sticky); len(open) != 1 || modeOf(t, sticky) != 0o777 {
		t.Errorf("%q, %o", open, modeOf(t, sticky))
	}
}

// TestNothingIsFollowed: a link among our names does not have us change what it names.
func TestNothingIsFollowed(t *testing.T) {
	dir := openState(t, "rate.db")
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, nil, 0o600))
	must(t, errors.Join(os.Chmod(outside, 0o644), os.Symlink(outside, filepath.Join(dir, "audit.jsonl.2"))))
	Private(dir)
	if modeOf(t, outside) != 0o644 {
		t.Error("the rights of what a link names were changed")
	}
}

// strangers is a file of another user.
type strangers struct{ os.FileInfo }

func (s strangers) Sys() any {
	return &syscall.Stat_t{Uid: uint32(os.Geteuid()) + 1}
}

// TestAStrangersFile in a directory where everybody may put files is not used; root's
// are all.
func TestAStrangersFile(t *testing.T) {
	dir := openState(t, "rate.db")
	info, err := os.Stat(filepath.Join(dir, FileName))
	must(t, err)
	if err := planted(dir, info); err != nil {
		t.Error(err)
	}
	if err := planted(dir, strangers{info}); (err == nil) != (os.Geteuid() == 0) {
		t.Error(err)
	}
	must(t, os.Chmod(dir, 0o755))
	if err := planted(dir, strangers{info}); err != nil {
		t.Error(err)
	}
}
