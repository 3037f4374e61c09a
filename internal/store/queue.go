package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Before is what stands before a job in its line and is not done.
type Before struct {
	Running, Waiting int       // those that somebody works on now, and those that wait
	Until            time.Time // when the last of them is tried at the latest, if each succeeds; zero if there is none
}

// Ahead tells of the jobs of op's line that were accepted before it.
func (s *Store) Ahead(ctx context.Context, op Op) (b Before, err error) {
	if op.Line == "" {
		return b, nil
	}
	db, n, err := s.named(ctx)
	if err != nil {
		return b, err
	}
	now := s.now().UnixMilli()
	var until sql.NullInt64
	err = db.QueryRowContext(context.WithoutCancel(ctx), `SELECT COALESCE(SUM(state = 'running' AND lease > ?1), 0), COALESCE(SUM(state = 'waiting' OR lease <= ?1), 0),
		MAX(CASE state WHEN 'waiting' THEN next ELSE lease END) FROM job
		WHERE account = ?2 AND kind = ?3 AND line = ?4 AND seq < ?5 AND state IN ('running', 'waiting')`,
		now, op.Account, op.Kind, n.line(op.Account, op.Line), op.Seq).Scan(&b.Running, &b.Waiting, &until)
	b.Until = fromMillis(until.Int64)
	return b, err
}

// due selects jobs that may be taken up: those that wait no longer and those
// whose holder is gone, unless one before them in their line is not done. The
// state is named apart, too: only so does SQLite use the index of the open jobs.
const due = `account = ?1 AND kind = ?2 AND state IN ('running', 'waiting') AND (state = 'waiting' AND next <= ?3 OR state = 'running' AND lease <= ?3)
	AND NOT EXISTS (SELECT 1 FROM job AS p WHERE p.account = job.account AND p.kind = job.kind AND p.line = job.line AND job.line <> ''
		AND p.seq < job.seq AND p.state IN ('running', 'waiting'))`

// Take claims the first job that is due, in the order of acceptance. ok is false
// if there is none.
func (s *Store) Take(ctx context.Context, account, kind string) (op Op, ok bool, err error) {
	if some, err := s.anyDue(ctx, account, kind); err != nil || !some {
		return op, false, err
	}
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		row := tx.QueryRowContext(ctx, "SELECT "+opColumns+" FROM job WHERE "+due+" ORDER BY seq LIMIT 1", account, kind, now.UnixMilli())
		err := s.scanOp(row, &op)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		return s.hold(ctx, tx, &op, now)
	})
	return op, ok, err
}

// anyDue looks without keeping others from writing: where a hundred thousand jobs wait
// behind one of their line, the look takes half a second.
func (s *Store) anyDue(ctx context.Context, account, kind string) (some bool, err error) {
	db, err := s.open()
	if err != nil {
		return false, err
	}
	err = db.QueryRowContext(context.WithoutCancel(ctx), "SELECT EXISTS (SELECT 1 FROM job WHERE "+due+")", account, kind, s.now().UnixMilli()).Scan(&some)
	return some, err
}

// NextDue is when the next job of the account may be taken up; zero if none waits.
func (s *Store) NextDue(ctx context.Context, account, kind string) (time.Time, error) {
	db, err := s.open()
	if err != nil {
		return time.Time{}, err
	}
	var at sql.NullInt64
	err = db.QueryRowContext(context.WithoutCancel(ctx), `SELECT MIN(CASE state WHEN 'waiting' THEN next ELSE lease END) FROM job
		WHERE account = ? AND kind = ? AND state IN ('running', 'waiting')`, account, kind).Scan(&at)
	return fromMillis(at.Int64), err
}

// List reads jobs of an account in the order of acceptance, at most limit.
func (s *Store) List(ctx context.Context, account, kind string, limit int, states ...State) ([]Op, error) {
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	args := []any{account, kind}
	for _, st := range states {
		args = append(args, st)
	}
	return s.readOps(ctx, db, "SELECT "+opColumns+" FROM job WHERE account = ? AND kind = ? AND state IN ("+
		strings.TrimSuffix(strings.Repeat("?,", len(states)), ",")+") ORDER BY seq LIMIT ?", append(args, limit)...)
}

func (s *Store) readOps(ctx context.Context, db *sql.DB, query string, args ...any) ([]Op, error) {
	rows, err := db.QueryContext(context.WithoutCancel(ctx), query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Op
	for rows.Next() {
		var op Op
		if err := s.scanOp(rows, &op); err != nil {
			return nil, err
		}
		out = append(out, op)
	}
	return out, rows.Err()
}

// Counts says how many jobs of an account are in each state.
func (s *Store) Counts(ctx context.Context, account, kind string) (map[State]int, error) {
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(context.WithoutCancel(ctx), "SELECT state, COUNT(*) FROM job WHERE account = ? AND kind = ? GROUP BY state", account, kind)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[State]int{}
	for rows.Next() {
		var state State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, rows.Err()
}

// BySeq reads one job by its place in the order of acceptance.
func (s *Store) BySeq(ctx context.Context, account, kind string, seq int64) (op Op, ok bool, err error) {
	db, err := s.open()
	if err != nil {
		return op, false, err
	}
	row := db.QueryRowContext(context.WithoutCancel(ctx), "SELECT "+opColumns+" FROM job WHERE account = ? AND kind = ? AND seq = ?", account, kind, seq)
	err = s.scanOp(row, &op)
	if errors.Is(err, sql.ErrNoRows) {
		return op, false, nil
	}
	return op, err == nil, err
}

// ByKey reads one job without claiming it; the zero Op if there is none.
func (s *Store) ByKey(ctx context.Context, account, kind, key string) (op Op, err error) {
	db, n, err := s.named(ctx)
	if err != nil {
		return op, err
	}
	row := db.QueryRowContext(context.WithoutCancel(ctx), "SELECT "+opColumns+" FROM job WHERE account = ? AND kind = ? AND key = ?", account, kind, n.job(account, kind, key))
	if err = s.scanOp(row, &op); errors.Is(err, sql.ErrNoRows) {
		return Op{}, nil
	}
	return op, err
}

// Revive makes those jobs of a line due that wait or were given up: what they lacked
// has come.
func (s *Store) Revive(ctx context.Context, account, kind, line string) (some bool, err error) {
	db, names, err := s.named(ctx)
	if err != nil {
		return false, err
	}
	line = names.line(account, line)
	const which = " WHERE account = ?1 AND kind = ?2 AND line = ?3 AND state IN ('waiting', 'dead')"
	n := 0 // mostly there is none, and nobody has to wait for the file
	err = db.QueryRowContext(context.WithoutCancel(ctx), "SELECT COUNT(*) FROM job"+which, account, kind, line).Scan(&n)
	if err != nil || n == 0 {
		return false, err
	}
	return true, s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE job SET state = 'waiting', tries = 0, reason = '', next = ?4"+which, account, kind, line, s.now().UnixMilli())
		return err
	})
}

// Known counts the jobs of a line, whatever their state.
func (s *Store) Known(ctx context.Context, account, kind, line string) (n int, err error) {
	db, names, err := s.named(ctx)
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(context.WithoutCancel(ctx), "SELECT COUNT(*) FROM job WHERE account = ? AND kind = ? AND line = ?", account, kind, names.line(account, line)).Scan(&n)
	return n, err
}

// Erase removes all jobs of a line, whatever their state.
func (s *Store) Erase(ctx context.Context, account, line string) error {
	return s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.namesIn(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM job WHERE account = ? AND line = ?", account, n.line(account, line))
		return err
	})
}

// Accounts lists the accounts in which jobs of the kinds are not done.
func (s *Store) Accounts(ctx context.Context, kinds ...string) (accounts []string, err error) {
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	names, err := json.Marshal(kinds)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(context.WithoutCancel(ctx), `SELECT DISTINCT account FROM job
		WHERE state IN ('running', 'waiting') AND kind IN (SELECT value FROM json_each(?)) ORDER BY account`, string(names))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return nil, err
		}
		accounts = append(accounts, account)
	}
	return accounts, rows.Err()
}
