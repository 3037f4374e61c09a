package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// The levels of SQLite's synchronous: what a commit waits for.
const (
	levelNormal = 1
	levelFull   = 2
)

// watched has the file itself write down how safe each change of a table is: its
// triggers run in the connection that makes the change.
func watched(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", fileURI(filepath.Join(dir, FileName)))
	must(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE seen (what TEXT, level INTEGER)")
	must(t, err)
	for _, table := range []string{"job", "grants", "ticket", "lease"} {
		for _, act := range []string{"INSERT", "UPDATE", "DELETE"} {
			_, err := db.ExecContext(t.Context(), "CREATE TRIGGER "+table+act+" AFTER "+act+" ON "+table+
				" BEGIN INSERT INTO seen SELECT '"+table+" "+act+"', synchronous FROM pragma_synchronous; END")
			must(t, err)
		}
	}
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// TestWhatMustBeDurableIs: a new pair of tokens, what was given out or used up, and the
// mark that something will be sent are on the disk when the change returns; of leases
// and of what is found out again that is not asked, since it costs time.
func TestWhatMustBeDurableIs(t *testing.T) {
	dir := t.TempDir()
	s := New(dir, time.Now)
	t.Cleanup(func() { must(t, s.Close()) })
	must(t, s.Check())
	db := watched(t, dir)
	level := func(name string, want int, do func() error) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), "DELETE FROM seen")
		must(t, errors.Join(err, do()))
		var least, most, count int
		must(t, db.QueryRowContext(t.Context(), "SELECT coalesce(min(level), 0), coalesce(max(level), 0), count(*) FROM seen").Scan(&least, &most, &count))
		if least != want || most != want {
			t.Errorf("%s: written %d times with synchronous %d to %d, want %d", name, count, least, most, want)
		}
	}
	var g Grant
	level("consent", levelFull, func() (err error) {
		g, err = s.PutGrant(t.Context(), Grant{Account: "1", Kind: "k", Secret: []byte("x")})
		return err
	})
	level("renewal is tried", levelFull, func() error { _, err := s.NoteGrant(t.Context(), g); return err })
	level("renewal", levelFull, func() (err error) { g, _, err = s.RenewGrant(t.Context(), g); return err })
	level("ticket", levelFull, func() error { return s.PutTicket(t.Context(), Ticket{Kind: "k", Name: "n", Family: "f"}) })
	level("ticket used", levelFull, func() error { _, _, err := s.UseTicket(t.Context(), "k", "n"); return err })
	level("ticket taken", levelFull, func() error { _, _, err := s.TakeTicket(t.Context(), "k", "n"); return err })
	must(t, s.PutTicket(t.Context(), Ticket{Kind: "k", Name: "n", Family: "f"}))
	level("family revoked", levelFull, func() error { return s.DropFamily(t.Context(), "f") })
	level("grant dropped", levelFull, func() error { _, err := s.DropGrant(t.Context(), "1", "k"); return err })
	var op Op
	level("begun", levelFull, func() (err error) { op, _, err = s.Begin(t.Context(), job("k", "")); return err })
	level("marked", levelFull, func() error { return s.Save(t.Context(), op) })
	op.State = Waiting
	level("waits", levelFull, func() error { return s.Settle(t.Context(), op) })
	level("taken up", levelNormal, func() (err error) { op, _, err = s.Take(t.Context(), "a", "call"); return err })
	op.State = Done
	level("done", levelNormal, func() error { return s.Settle(t.Context(), op) })
	level("lease", levelNormal, func() error { _, err := s.Hold(t.Context(), "n", "o", time.Minute); return err })
}
