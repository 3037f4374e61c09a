package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNothingIsMadeBeforeItIsNeeded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, lanes := New(dir, time.Now), NewLanes(dir, time.Now)
	if s.Exists() || s.Dir() != dir {
		t.Error("it exists before its use")
	}
	must(t, s.Close())
	must(t, lanes.Close())
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory was made: %v", err)
	}
}

// TestOnlyTheOwnerMayRead: summaries of calls are nobody else's business.
func TestOnlyTheOwnerMayRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "state")
	s, lanes := New(dir, time.Now), NewLanes(dir, time.Now)
	mustBegin(t, s, job("k", ""), Fresh)
	if _, _, err := lanes.Take(t.Context(), "a", 7); err != nil {
		t.Fatal(err)
	}
	if !s.Exists() || !New(dir, time.Now).Exists() {
		t.Error("what is there does not exist")
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(d); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", d, info.Mode(), err)
		}
	}
	files, err := os.ReadDir(dir)
	must(t, err)
	if len(files) != 6 { // two files, each with its log and index
		t.Errorf("%d files", len(files))
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	must(t, s.Close())
	must(t, lanes.Close())
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{"with space", "100%", "a%20b", "what?", "x?mode=ro", "#hash", "Büro-日本語", "a&b=c", "semi;colon", "plus+", "'quote'", `back\slash`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), name)
			s := New(dir, time.Now)
			mustBegin(t, s, job("k", ""), Fresh)
			must(t, s.Close())
			if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
				t.Error(err)
			}
			again := New(dir, time.Now)
			mustBegin(t, again, job("k", ""), Busy)
			must(t, again.Close())
		})
	}
}

func TestDirectoryThatCannotBeUsed(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	must(t, os.WriteFile(file, []byte("not a directory"), 0o600))
	folder := filepath.Join(base, "folder", FileName)
	must(t, os.MkdirAll(folder, 0o700))
	garbage := filepath.Join(base, "garbage")
	must(t, os.MkdirAll(garbage, 0o700))
	must(t, os.WriteFile(filepath.Join(garbage, FileName), []byte(strings.Repeat("no database ", 1000)), 0o600))
	locked := filepath.Join(base, "locked")
	must(t, os.MkdirAll(locked, 0o500))
	dirs := map[string]string{"a file": file, "below a file": filepath.Join(file, "state"), "a folder for the file": filepath.Dir(folder), "no database": garbage}
	if os.Geteuid() != 0 { // root may write anywhere
		dirs["read only"] = locked
	}
	for name, dir := range dirs {
		s := New(dir, time.Now)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), "state") {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := s.Begin(t.Context(), job("k", "")); err == nil {
			t.Errorf("%s: begun", name)
		}
		must(t, s.Close())
		lanes := NewLanes(dir, time.Now)
		_, _, err := lanes.Take(t.Context(), "a", 7)
		must(t, lanes.Close())
		if err == nil && name != "no database" && name != "a folder for the file" {
			t.Errorf("%s: lanes work", name)
		}
	}
}

func TestVersionOfTheFile(t *testing.T) {
	dir := t.TempDir()
	s := New(dir, time.Now)
	mustBegin(t, s, job("k", ""), Fresh)
	must(t, s.Close())
	db, err := sql.Open("sqlite", fileURI(filepath.Join(dir, FileName)))
	must(t, err)
	defer db.Close()
	have := 0
	must(t, db.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&have))
	if have != version {
		t.Errorf("version %d", have)
	}
	_, err = db.ExecContext(t.Context(), "PRAGMA user_version = 99")
	must(t, err)
	err = New(dir, time.Now).Check()
	if err == nil || !strings.Contains(err.Error(), "newer kommo-mcp") || !strings.Contains(err.Error(), "99") {
		t.Errorf("a newer file: %v", err)
	}
}

// TestManyOpenAtOnce: processes that start together do not stand in each other's
// way.
func TestManyOpenAtOnce(t *testing.T) {
	for range 10 {
		dir := filepath.Join(t.TempDir(), "state")
		errs := make(chan error)
		for range 8 {
			go func() {
				s := New(dir, time.Now)
				_, _, err := s.Begin(context.WithoutCancel(t.Context()), job(Owner(), ""))
				errs <- errors.Join(err, s.Close())
			}()
		}
		for range 8 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	}
}
