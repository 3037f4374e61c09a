package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite" // the driver: SQLite without cgo
	sqlite3 "modernc.org/sqlite/lib"
)

// Store is the embedded implementation: SQLite. It is safe for concurrent use by
// goroutines and processes.
type Store struct {
	now  func() time.Time
	open func() (*sql.DB, error)
	dir  string

	sealer Sealer            // nil: nothing is encrypted
	former map[string]string // by the name of an account, the one it had in earlier versions

	writing sync.Mutex // one transaction of this process at a time

	mu    sync.Mutex
	db    *sql.DB
	full  *sql.DB // waits for the disk at each commit
	index openedIndex
}

const schema = `
CREATE TABLE IF NOT EXISTS job (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
	line TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
	owner TEXT NOT NULL DEFAULT '', lease INTEGER NOT NULL DEFAULT 0,
	tries INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL, updated INTEGER NOT NULL, body BLOB NOT NULL, names BLOB NOT NULL DEFAULT '',
	UNIQUE (account, kind, key)
);
CREATE INDEX IF NOT EXISTS job_open ON job (account, kind, seq) WHERE state IN ('running', 'waiting');
CREATE INDEX IF NOT EXISTS job_line ON job (account, kind, line, seq) WHERE state IN ('running', 'waiting');
CREATE INDEX IF NOT EXISTS job_state ON job (account, kind, state);
CREATE INDEX IF NOT EXISTS job_old ON job (kind, updated) WHERE state = 'done';
CREATE TABLE IF NOT EXISTS claimed (
	account TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL, holder TEXT NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS remembered (
	account TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (account, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
`

// FileName is the store's file within the state directory.
const FileName = "state.db"

// New is the store in a directory, which is made (0700) with its file (0600) at
// first use; see Private for one that was there before. Errors of that come from the first call and name the directory.
func New(dir string, now func() time.Time, opts ...Option) *Store {
	s := &Store{now: now, dir: dir}
	for _, opt := range opts {
		opt(s)
	}
	s.open = sync.OnceValues(s.openBoth)
	return s
}

// openBoth opens the file twice: for what a killed process must not lose, and for what
// the machine's end must not lose either.
func (s *Store) openBoth() (*sql.DB, error) {
	db, err := openFile(s.dir, FileName, normal, schema+grantsSchema+ticketsSchema)
	if err != nil {
		return nil, err
	}
	// Without the key, or while others are busy, the file stays as it is: whoever needs
	// a name says why there is none, and the next to open it tries again.
	_ = s.catchUp(context.Background(), db)      //nolint:forbidigo // opened once for all callers
	_ = s.renameFormer(context.Background(), db) //nolint:forbidigo // as above
	full, err := connection(s.dir, FileName, durable, 1)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrUnopened, err), db.Close())
	}
	return s.opened(db, full)
}

// NewMemory is a store that ends with the process.
func NewMemory(now func() time.Time) *Store {
	s := &Store{now: now}
	s.open = sync.OnceValues(func() (*sql.DB, error) {
		db, err := openMemory(schema + grantsSchema + ticketsSchema)
		if err != nil {
			return nil, err
		}
		return s.opened(db, db)
	})
	return s
}

// Dir is the state directory; empty if the store is in memory.
func (s *Store) Dir() string { return s.dir }

// Exists tells, without opening it, whether the store holds anything yet.
func (s *Store) Exists() bool {
	s.mu.Lock()
	opened := s.db != nil
	s.mu.Unlock()
	if opened || s.dir == "" {
		return opened
	}
	_, err := os.Stat(filepath.Join(s.dir, FileName))
	return err == nil
}

// Check opens the store, which says whether it can be used.
func (s *Store) Check() error {
	_, err := s.open()
	return err
}

// Ping opens the store and reads from it, which says whether it can be used now: also
// whether its file is still the one in the directory, and not on a disk that went.
func (s *Store) Ping(ctx context.Context) error {
	db, err := s.open()
	if err != nil {
		return err
	}
	if s.dir != "" {
		if _, err := os.Stat(filepath.Join(s.dir, FileName)); err != nil {
			return fmt.Errorf("state file: %w", err)
		}
	}
	var n int
	return db.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM lease LIMIT 1)").Scan(&n)
}

// Close closes the file, if it was opened.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	return errors.Join(s.full.Close(), s.db.Close())
}

func (s *Store) opened(db, full *sql.DB) (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db, s.full = db, full
	return db, nil
}

// write runs one short transaction. It is carried through although the caller
// gives up meanwhile: a half-known state is worse than a late answer.
func (s *Store) write(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	db, err := s.open()
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return inTx(context.WithoutCancel(ctx), db, do)
}

// writeDurably is write that the disk has when it returns, with all that was written
// before: what is given once, and what says that a request will be sent, must survive
// the machine's end too, not the process's alone.
func (s *Store) writeDurably(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	if _, err := s.open(); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return inTx(context.WithoutCancel(ctx), s.full, do)
}

type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

func inTx(ctx context.Context, db beginner, do func(context.Context, *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	for tries := 1; isBusy(err) && tries < busyTries; tries++ {
		tx, err = db.BeginTx(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if err := do(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

// SQLite lets who waits for the file starve: it wakes nobody in turn. So the
// goroutines of one process take turns among themselves (writing), and whoever
// another process has kept out for the whole time-out tries again.
const (
	busyTimeout = "busy_timeout(5000)"
	busyTries   = 3
	codeBusy    = 5 // SQLITE_BUSY
)

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == codeBusy
}

// ErrUnwritable is what errors.Is finds where the state directory is the trouble, and not
// what is in it.
var ErrUnwritable = errors.New("the state directory cannot be written")

// ErrUnopened is what errors.Is finds where the database is the trouble.
var ErrUnopened = errors.New("the state cannot be opened")

func openFile(dir, name, synchronous, schema string) (*sql.DB, error) {
	if dir == "" {
		return nil, errors.New("no state directory is set and the environment names no home")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the user's own directory
		return nil, fmt.Errorf("%w, since it cannot be made: %w", ErrUnwritable, err)
	}
	Private(dir) // what stays open the doctor and servers tell
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the user's own directory; SQLite gives its other files the same mode
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = planted(dir, info)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("the state cannot be used: %w", err)
	}
	db, err := connection(dir, name, synchronous, 4)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnopened, err)
	}
	return prepared(db, schema)
}

// How long a commit waits for the disk. On a Mac alone the disk has to be told apart
// to keep what it was given.
const (
	normal  = "synchronous(normal)"
	durable = "synchronous(full)&_pragma=fullfsync(on)"
)

// connection is a file with up to most connections at once. What is deleted in it is
// overwritten.
func connection(dir, name, synchronous string, most int) (*sql.DB, error) {
	dsn := fileURI(filepath.Join(dir, name)) + "?_txlock=immediate&_pragma=" + busyTimeout + "&_pragma=journal_mode(wal)&_pragma=" + synchronous +
		"&_pragma=cache_size(-8192)&_pragma=secure_delete(on)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	return db, nil
}

// fileURI is a path as SQLite's URIs want it, whatever characters are in it.
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

func openMemory(schema string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	return prepared(db, schema)
}

// version is that of the schema, kept in the file. Whoever changes a table adds a
// step that brings older files to the new shape, and counts on.
const version = 3 // 2: tickets; 3: names and reasons are sealed

// renamed is the step to version 3. The tables get new names, so that a process of an
// older version that still runs fails, and does not miss what is there under names
// that it cannot know: it would write it a second time.
const renamed = `
ALTER TABLE op RENAME TO job;
ALTER TABLE job ADD COLUMN names BLOB NOT NULL DEFAULT '';
ALTER TABLE claim RENAME TO claimed;
ALTER TABLE memory RENAME TO remembered;
DROP INDEX op_open; DROP INDEX op_line; DROP INDEX op_state; DROP INDEX IF EXISTS op_old;
`

// prepared brings the file to the schema of this version. Of several processes
// that open it at once one does it, the others wait: SQLite itself does not wait
// for the switch to the write-ahead log.
func prepared(db *sql.DB, schema string) (*sql.DB, error) {
	const tries, again = 100, 50 * time.Millisecond
	err := migrate(db, schema)
	for range tries {
		if !inUse(err) {
			break
		}
		<-time.After(again)
		err = migrate(db, schema)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrUnopened, err), db.Close())
	}
	return db, nil
}

func inUse(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

func migrate(db *sql.DB, schema string) error {
	return inTx(context.Background(), db, func(ctx context.Context, tx *sql.Tx) error { //nolint:forbidigo // opened once for all callers
		have := 0
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return err
		}
		if have > version {
			return fmt.Errorf("it was written by a newer kommo-mcp (version %d of the file, this program knows %d): update this program, or give it another state directory", have, version)
		}
		if have == 1 || have == 2 {
			if err := renameTables(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
}

// renameTables takes the step to version 3, unless the file is that of the rate, which
// has no jobs.
func renameTables(ctx context.Context, tx *sql.Tx) error {
	var jobs bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'op')").Scan(&jobs)
	if err == nil && jobs {
		_, err = tx.ExecContext(ctx, renamed)
	}
	return err
}
