package store

import (
	"context"
	"database/sql"
)

// renameAll writes the names of all rows anew, as n keeps them: those of a state that
// was not sealed, or was written before names were.
func (s *Store) renameAll(ctx context.Context, tx *sql.Tx, n names) error {
	jobs, err := collect(ctx, tx, "SELECT seq FROM job WHERE length(names) = 0", func(rows *sql.Rows) (seq int64, err error) {
		return seq, rows.Scan(&seq)
	})
	if err != nil {
		return err
	}
	for _, seq := range jobs {
		if err := s.renameJob(ctx, tx, n, seq); err != nil {
			return err
		}
	}
	if err := renameClaims(ctx, tx, n); err != nil {
		return err
	}
	return renameMemories(ctx, tx, n)
}

// renameJob seals a job's names and reason, and binds its body to its new name. A body
// that does not open is kept: it may be that a key comes back.
func (s *Store) renameJob(ctx context.Context, tx *sql.Tx, n names, seq int64) error {
	var op Op
	row := tx.QueryRowContext(ctx, "SELECT account, kind, key, line, reason, body FROM job WHERE seq = ?", seq)
	if err := row.Scan(&op.Account, &op.Kind, &op.Key, &op.Line, &op.Reason, &op.Body); err != nil {
		return err
	}
	if reason, err := s.unseal(op.place(names{}).part("reason"), []byte(op.Reason)); err == nil {
		op.Reason = string(reason)
	}
	body, err := s.unseal(op.place(names{}).bound(), op.Body)
	if err == nil {
		op.Body, err = s.seal(ctx, tx, op.place(n).bound(), body)
		if err != nil {
			return err
		}
	}
	sealedNames, err := s.sealNames(ctx, tx, n, op)
	if err != nil {
		return err
	}
	reason, err := s.sealReason(ctx, tx, n, op)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE job SET key = ?, line = ?, names = ?, reason = ?, body = ? WHERE seq = ?",
		op.place(n).name, n.line(op.Account, op.Line), sealedNames, reason, op.content(), seq)
	return err
}

func renameClaims(ctx context.Context, tx *sql.Tx, n names) error {
	type claim struct {
		account, kind, holder string
		id                    int64
	}
	all, err := collect(ctx, tx, "SELECT account, kind, id, holder FROM claimed", func(rows *sql.Rows) (c claim, err error) {
		return c, rows.Scan(&c.account, &c.kind, &c.id, &c.holder)
	})
	for _, c := range all {
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE claimed SET holder = ? WHERE account = ? AND kind = ? AND id = ?", n.holder(c.account, c.holder), c.account, c.kind, c.id)
		}
	}
	return err
}

func renameMemories(ctx context.Context, tx *sql.Tx, n names) error {
	type memory struct{ account, name string }
	all, err := collect(ctx, tx, "SELECT account, name FROM remembered", func(rows *sql.Rows) (m memory, err error) {
		return m, rows.Scan(&m.account, &m.name)
	})
	for _, m := range all {
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE remembered SET name = ? WHERE account = ? AND name = ?", n.memory(m.account, m.name), m.account, m.name)
		}
	}
	return err
}

// collect reads all rows of a query before anything is changed.
func collect[T any](ctx context.Context, tx *sql.Tx, query string, scan func(*sql.Rows) (T, error), args ...any) (out []T, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// catchUp brings an older file that is opened to what this version keeps: its names
// are sealed, and nothing of what they were is left in the file. Without the key the
// file stays as it is, and whoever needs a name is told.
func (s *Store) catchUp(ctx context.Context, db *sql.DB) error {
	if s.sealer == nil {
		return nil
	}
	box, err := setting(ctx, db, indexSetting)
	if err != nil {
		return err
	}
	if box == "" {
		var some bool
		err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM job) OR EXISTS (SELECT 1 FROM claimed) OR EXISTS (SELECT 1 FROM remembered)").Scan(&some)
		if err != nil || !some {
			return err
		}
		err = inTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
			if _, err := s.namesIn(ctx, tx); err != nil {
				return err
			}
			return set(ctx, tx, sweepSetting, "1")
		})
		if err != nil {
			return err
		}
	}
	return sweep(ctx, db)
}

// sweepSetting is set while the file may still hold what was named before.
const sweepSetting = "sweep"

// sweep writes the file anew, if that is due: what was deleted in it, or in the log
// ahead of it, is gone then. While another process reads it is left for the next time.
func sweep(ctx context.Context, db *sql.DB) error {
	due, err := setting(ctx, db, sweepSetting)
	if err != nil || due == "" {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	if emptied, err := emptyLog(ctx, db); err != nil || !emptied {
		return err
	}
	return inTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM setting WHERE name = ?", sweepSetting)
		return err
	})
}

// emptyLog brings all of the log that is written ahead into the file, and empties it.
func emptyLog(ctx context.Context, db querier) (done bool, err error) {
	var busy, pages, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	return busy == 0, err
}
