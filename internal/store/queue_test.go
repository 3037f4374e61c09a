package store

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"
)

// TestLookingForWorkKeepsNobodyFromWriting: where nothing is due, Take ends although
// somebody writes at that moment; so the long look through one account's queue holds up
// no other account.
func TestLookingForWorkKeepsNobodyFromWriting(t *testing.T) {
	clock, dir := newClock(), filepath.Join(t.TempDir(), "state")
	s := New(dir, clock.Now)
	t.Cleanup(func() { must(t, s.Close()) })
	wait(t, s, mustBegin(t, s, job("first", "l"), Fresh), clock.Now().Add(time.Hour))
	wait(t, s, mustBegin(t, s, job("behind it", "l"), Fresh), clock.Now())
	db, err := sql.Open("sqlite", fileURI(filepath.Join(dir, FileName))+"?_txlock=immediate")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	writer, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = writer.ExecContext(t.Context(), "UPDATE job SET tries = tries")
	must(t, err)
	if _, ok, err := s.Take(t.Context(), "a", "call"); ok || err != nil {
		t.Errorf("while somebody writes: %v, %v", ok, err)
	}
	must(t, writer.Commit())
	clock.Advance(2 * time.Hour)
	if op, ok, err := s.Take(t.Context(), "a", "call"); !ok || err != nil || op.Key != "first" {
		t.Errorf("once it is due: %q %v, %v", op.Key, ok, err)
	}
}
