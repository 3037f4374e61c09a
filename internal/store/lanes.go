package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// lanesFile is apart from the jobs: it changes with every request to Kommo and
// may be lost with the machine.
const lanesFile = "rate.db"

// laneLease is how long a lane is kept for a request that was let through and not
// yet written: dialling takes up to ten seconds. After it the holder is taken for
// dead.
const laneLease = 11 * time.Second

const lanesSchema = `
CREATE TABLE IF NOT EXISTS lane (
	account TEXT NOT NULL, n INTEGER NOT NULL, free INTEGER NOT NULL, until INTEGER NOT NULL,
	PRIMARY KEY (account, n)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pause (account TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
`

// Lanes is the rate of accounts as all processes with the same state directory
// share it: as many lanes as requests are allowed in a second, each free again
// some time after its last request was written.
type Lanes struct {
	now  func() time.Time
	open func() (*sql.DB, error)

	writing sync.Mutex // one transaction of this process at a time

	mu sync.Mutex
	db *sql.DB
}

// NewLanes is the shared rate in a state directory, opened at first use.
func NewLanes(dir string, now func() time.Time) *Lanes {
	l := &Lanes{now: now}
	l.open = sync.OnceValues(func() (*sql.DB, error) {
		db, err := openFile(dir, lanesFile, "synchronous(off)", lanesSchema)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.db = db
		return db, err
	})
	return l
}

// Close closes the file, if it was opened.
func (l *Lanes) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		return nil
	}
	return l.db.Close()
}

// Take claims one of count lanes of an account, or says how long none will be
// free at the least.
func (l *Lanes) Take(ctx context.Context, account string, count int) (lane int, wait time.Duration, err error) {
	db, err := l.open()
	if err != nil {
		return 0, 0, err
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	err = inTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		now := l.now().UnixMicro()
		paused, err := pausedUntil(ctx, tx, account)
		if err != nil {
			return err
		}
		if paused > now {
			wait = micros(paused - now)
			return nil
		}
		at, err := freeAt(ctx, tx, account, count)
		if err != nil {
			return err
		}
		lane = earliest(at)
		if at[lane] > now {
			wait = micros(at[lane] - now)
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO lane (account, n, free, until) VALUES (?,?,?,?)
			ON CONFLICT DO UPDATE SET until = excluded.until`, account, lane, now, now+laneLease.Microseconds())
		return err
	})
	return lane, wait, err
}

// freeAt is when each lane is free, in microseconds; one never used is free.
func freeAt(ctx context.Context, tx *sql.Tx, account string, count int) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, "SELECT n, free, until FROM lane WHERE account = ? AND n < ?", account, count)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	at := make([]int64, count)
	for rows.Next() {
		var n, free, until int64
		if err := rows.Scan(&n, &free, &until); err != nil {
			return nil, err
		}
		at[n] = max(free, until)
	}
	return at, rows.Err()
}

func earliest(at []int64) int {
	best := 0
	for i, t := range at {
		if t < at[best] {
			best = i
		}
	}
	return best
}

func pausedUntil(ctx context.Context, tx *sql.Tx, account string) (int64, error) {
	var until sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT MAX(until) FROM pause WHERE account = ?", account).Scan(&until)
	return until.Int64, err
}

// Settle gives a lane back, to be free from a moment on.
func (l *Lanes) Settle(ctx context.Context, account string, lane int, free time.Time) error {
	db, err := l.open()
	if err != nil {
		return err
	}
	return l.exec(ctx, db, "UPDATE lane SET free = ?, until = 0 WHERE account = ? AND n = ?", free.UnixMicro(), account, lane)
}

// Pause stops the account for all processes until a moment.
func (l *Lanes) Pause(ctx context.Context, account string, until time.Time) error {
	db, err := l.open()
	if err != nil {
		return err
	}
	return l.exec(ctx, db, `INSERT INTO pause (account, until) VALUES (?,?)
		ON CONFLICT DO UPDATE SET until = MAX(until, excluded.until)`, account, until.UnixMicro())
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func (l *Lanes) exec(ctx context.Context, db *sql.DB, query string, args ...any) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	return inTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}
