package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"
)

// Claim notes that a record of Kommo is the one that by has made. It is false if
// another claimed it before; claiming again what is one's own is true.
func (s *Store) Claim(ctx context.Context, account, kind string, id int64, by string) (ok bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.namesIn(ctx, tx)
		if err != nil {
			return err
		}
		former, holder, before, err := s.formerHolder(ctx, tx, account, kind, id)
		if err != nil || before && holder != n.holder(former, by) {
			return err
		}
		by := n.holder(account, by)
		row := tx.QueryRowContext(ctx, `INSERT INTO claimed (account, kind, id, holder, at) VALUES (?,?,?,?,?)
			ON CONFLICT DO UPDATE SET at = at RETURNING holder`, account, kind, id, by, s.now().UnixMilli())
		if err := row.Scan(&holder); err != nil {
			return err
		}
		ok = holder == by
		return nil
	})
	return ok, err
}

// Hold takes a name for a time: one worker an account, one writer a card. The
// holder renews it with its own Hold; ok is false while another has it.
func (s *Store) Hold(ctx context.Context, name, owner string, d time.Duration) (ok bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		res, err := tx.ExecContext(ctx, `INSERT INTO lease (name, owner, until) VALUES (?,?,?)
			ON CONFLICT DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until <= ?`,
			name, owner, now.Add(d).UnixMilli(), now.UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		ok = n > 0
		return err
	})
	return ok, err
}

// Leave gives a name back.
func (s *Store) Leave(ctx context.Context, name, owner string) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM lease WHERE name = ? AND owner = ?", name, owner)
		return err
	})
}

// Remember keeps a value under a name of the account, in place of a former one.
func (s *Store) Remember(ctx context.Context, account, name string, value []byte) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.namesIn(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO remembered (account, name, value, at) VALUES (?,?,?,?)
			ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at`, account, n.memory(account, name), value, s.now().UnixMilli())
		return err
	})
}

// Recall is what was last kept under a name.
func (s *Store) Recall(ctx context.Context, account, name string) (value []byte, ok bool, err error) {
	db, n, err := s.named(ctx)
	if err != nil {
		return nil, false, err
	}
	err = db.QueryRowContext(context.WithoutCancel(ctx), "SELECT value FROM remembered WHERE account = ? AND name = ?", account, n.memory(account, name)).Scan(&value)
	if former, known := s.former[account]; known && errors.Is(err, sql.ErrNoRows) {
		err = db.QueryRowContext(context.WithoutCancel(ctx), "SELECT value FROM remembered WHERE account = ? AND name = ?", former, n.memory(former, name)).Scan(&value)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return value, err == nil, err
}

// Forget erases what was kept under a name.
func (s *Store) Forget(ctx context.Context, account, name string) error {
	return s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.namesIn(ctx, tx)
		if err != nil {
			return err
		}
		for _, known := range []string{account, s.former[account]} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM remembered WHERE account = ? AND name = ?", known, n.memory(known, name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Owner is a name for whoever holds something, unlike any other.
func Owner() string { return rand.Text() }
