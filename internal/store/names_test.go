package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// What a caller can be known by, as jobs name it.
const (
	canaryLine   = "5550173642"
	canaryCall   = "CAcanary-call-id-77"
	canaryReason = "the number 5550173642 fits two leads"
	canaryJob    = "note canary-job-key"
)

func callJob(i int) store.Op {
	return store.Op{Account: "a", Kind: "call", Key: fmt.Sprint(canaryCall, "-", i), Line: canaryLine, Body: []byte(canary)}
}

// waits keeps a job that waits for a reason.
func waits(t *testing.T, st *store.Store, op store.Op) {
	t.Helper()
	got, begun, err := st.Begin(t.Context(), op)
	if err != nil || begun != store.Fresh {
		t.Fatal(begun, err)
	}
	got.State, got.Reason = store.Waiting, canaryReason
	if err := st.Settle(t.Context(), got); err != nil {
		t.Fatal(err)
	}
}

// knows looks everything up that waits and names kept, by all that it is known by.
func knows(t *testing.T, st *store.Store, jobs int) {
	t.Helper()
	list, err := st.List(t.Context(), "a", "call", 10, store.Waiting)
	if err != nil || len(list) != jobs {
		t.Fatalf("%d jobs, %v", len(list), err)
	}
	for i, op := range list {
		want := callJob(i)
		if op.Key != want.Key || op.Line != canaryLine || op.Reason != canaryReason || string(op.Body) != canary {
			t.Errorf("%+v", op)
		}
		if found, err := st.ByKey(t.Context(), "a", "call", want.Key); err != nil || found.Seq != op.Seq {
			t.Errorf("%+v, %v", found, err)
		}
	}
	if n, err := st.Known(t.Context(), "a", "call", canaryLine); n != jobs || err != nil {
		t.Errorf("%d of the line are known, %v", n, err)
	}
	if before, err := st.Ahead(t.Context(), list[jobs-1]); before.Waiting != jobs-1 || err != nil {
		t.Errorf("%+v stand before the last, %v", before, err)
	}
	value, ok, err := st.Recall(t.Context(), "a", canaryLine)
	if string(value) != "card" || !ok || err != nil {
		t.Errorf("remembered: %q, %t, %v", value, ok, err)
	}
	mine, err := st.Claim(t.Context(), "a", "note", 7, canaryJob)
	other, otherErr := st.Claim(t.Context(), "a", "note", 7, "another")
	if err := errors.Join(err, otherErr); !mine || other || err != nil {
		t.Errorf("claimed: %t, by another %t, %v", mine, other, err)
	}
}

func notOnDisk(t *testing.T, dir string) {
	t.Helper()
	for _, what := range []string{canaryLine, canaryCall, canaryReason, canaryJob, canary, "fits two leads"} {
		if onDisk(t, dir, what) {
			t.Errorf("%q lies open on the disk", what)
		}
	}
}

// TestNamesAreSealed: by what a caller can be known lies nowhere open, and finds its
// jobs all the same: in other processes, and after the key was changed.
func TestNamesAreSealed(t *testing.T) {
	dir := t.TempDir()
	st, other := sealed(t, dir, seal.Files(dir)), sealed(t, dir, seal.Files(dir))
	if n, err := other.Known(t.Context(), "a", "call", canaryLine); n != 0 || err != nil { // before there is a key
		t.Fatal(n, err)
	}
	waits(t, st, callJob(0))
	waits(t, other, callJob(1))
	_, claimErr := st.Claim(t.Context(), "a", "note", 7, canaryJob)
	if err := errors.Join(claimErr, other.Remember(t.Context(), "a", canaryLine, []byte("card"))); err != nil {
		t.Fatal(err)
	}
	knows(t, st, 2)
	knows(t, other, 2)
	notOnDisk(t, dir)
	if out, err := st.Reseal(t.Context(), false); err != nil || out.Count != 2 || out.Lost != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	knows(t, st, 2)
	knows(t, other, 2)
	knows(t, sealed(t, dir, seal.Files(dir)), 2)
	if some, err := other.Revive(t.Context(), "a", "call", canaryLine); !some || err != nil {
		t.Error(some, err)
	}
	if op, err := st.ByKey(t.Context(), "a", "call", callJob(0).Key); err != nil || op.Reason != "" {
		t.Errorf("%+v, %v", op, err)
	}
	if err := errors.Join(st.Erase(t.Context(), "a", canaryLine), st.Forget(t.Context(), "a", canaryLine)); err != nil {
		t.Error(err)
	}
	if n, err := other.Known(t.Context(), "a", "call", canaryLine); n != 0 || err != nil {
		t.Errorf("%d are left, %v", n, err)
	}
	if _, ok, err := other.Recall(t.Context(), "a", canaryLine); ok || err != nil {
		t.Error("it is remembered still", err)
	}
	notOnDisk(t, dir)
}

// TestNamesNeedTheKey: without it, or with none at all, nothing is found, and nothing
// is begun a second time.
func TestNamesNeedTheKey(t *testing.T) {
	dir := t.TempDir()
	waits(t, sealed(t, dir, seal.Fixed("test", fixedKey(t))), callJob(0))
	for name, st := range map[string]*store.Store{"another key": sealed(t, dir, seal.Fixed("test", fixedKey(t))), "no key": store.New(dir, time.Now)} {
		_, _, begun := st.Begin(t.Context(), callJob(0))
		_, known := st.Known(t.Context(), "a", "call", canaryLine)
		_, _, recalled := st.Recall(t.Context(), "a", canaryLine)
		for what, err := range map[string]error{"begun": begun, "known": known, "recalled": recalled, "erased": st.Erase(t.Context(), "a", canaryLine)} {
			if err == nil || name == "another key" && !errors.Is(err, seal.ErrNoKey) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		_ = st.Close()
	}
	given := sealed(t, dir, seal.Fixed("test", fixedKey(t)))
	if out, err := given.Reseal(t.Context(), true); err != nil || out.Lost != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	waits(t, given, callJob(0)) // what was given up is not known any more
}

// formerSchema is what version 2 kept calls in.
const formerSchema = `
CREATE TABLE op (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
	line TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
	owner TEXT NOT NULL DEFAULT '', lease INTEGER NOT NULL DEFAULT 0,
	tries INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL, updated INTEGER NOT NULL, body BLOB NOT NULL,
	UNIQUE (account, kind, key)
);
CREATE INDEX op_open ON op (account, kind, seq) WHERE state IN ('running', 'waiting');
CREATE INDEX op_line ON op (account, kind, line, seq) WHERE state IN ('running', 'waiting');
CREATE INDEX op_state ON op (account, kind, state);
CREATE INDEX op_old ON op (kind, updated) WHERE state = 'done';
CREATE TABLE claim (
	account TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL, holder TEXT NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;
CREATE TABLE memory (
	account TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (account, name)
) WITHOUT ROWID;
CREATE TABLE lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 2`

// formerFile writes a state as version 2 did: bodies sealed, the rest in clear. The
// connection stays open, as that of an older process that still runs.
func formerFile(t *testing.T, dir string, ring *seal.Ring) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.FileName)+"?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	exec := func(query string, args ...any) {
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(formerSchema)
	id, err := ring.New()
	if err != nil {
		t.Fatal(err)
	}
	exec("INSERT INTO setting VALUES ('sealed_with', ?)", id)
	for i := range 3 {
		op := callJob(i)
		box, err := ring.Seal(id, []byte("op a call "+op.Key), op.Body)
		if err != nil {
			t.Fatal(err)
		}
		exec("INSERT INTO op (account, kind, key, line, state, reason, created, updated, body) VALUES (?,?,?,?,'waiting',?,1,1,?)",
			op.Account, op.Kind, op.Key, op.Line, canaryReason, append(append([]byte{1}, id...), box...))
	}
	exec("DELETE FROM op WHERE key LIKE '%-2'") // what was deleted is in the file still
	exec("INSERT INTO claim VALUES ('a', 'note', 7, ?, 1)", canaryJob)
	exec("INSERT INTO memory VALUES ('a', ?, 'card', 1)", canaryLine)
	return db
}

// TestAnOlderStateIsSealed at its first opening with the key: what it knew is found,
// nothing of it is left open, and a process of the older version that still runs can
// neither miss it nor write beside it.
func TestAnOlderStateIsSealed(t *testing.T) {
	dir := t.TempDir()
	ring := seal.NewRing(seal.Files(dir))
	former := formerFile(t, dir, ring)
	if !onDisk(t, dir, canaryLine) {
		t.Fatal("the older version is made up wrongly")
	}
	keyless := sealed(t, dir, seal.Fixed("test", fixedKey(t)))
	if _, _, err := keyless.Begin(t.Context(), callJob(0)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("begun without the key: %v", err)
	}
	for range 2 {
		knows(t, sealed(t, dir, seal.Files(dir)), 2)
	}
	notOnDisk(t, dir)
	_, err := former.ExecContext(context.WithoutCancel(t.Context()), "INSERT INTO op (account, kind, key, state, created, updated, body) VALUES ('a','call','x','running',1,1,'x')")
	if err == nil || !strings.Contains(err.Error(), "op") {
		t.Errorf("an older process still writes: %v", err)
	}
}

// TestAnOlderStateWhoseKeyIsChangedFirst is sealed by that.
func TestAnOlderStateWhoseKeyIsChangedFirst(t *testing.T) {
	dir := t.TempDir()
	formerFile(t, dir, seal.NewRing(seal.Files(dir)))
	keyless := store.New(dir, time.Now) // brings the tables up to date, and can do no more
	if err := errors.Join(keyless.Check(), keyless.Close()); err != nil {
		t.Fatal(err)
	}
	st := sealed(t, dir, seal.Files(dir))
	if out, err := st.Reseal(t.Context(), false); err != nil || out.Count != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	knows(t, st, 2)
	notOnDisk(t, dir)
}
