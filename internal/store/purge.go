package store

import (
	"context"
	"database/sql"
	"time"
)

// PurgeAll forgets the jobs of a kind that were last touched before a moment and of
// which nothing is to be done any more: those done, and the dead ones too, since
// what they hold may not be kept longer. What waits stays.
func (s *Store) PurgeAll(ctx context.Context, kind string, before time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM job WHERE kind = ? AND state IN ('done', 'dead') AND updated < ?", kind, before.UnixMilli())
		return err
	})
}

// PurgeOthers forgets the finished jobs of every other kind that were last touched
// before a moment, and the claims and memories made before it. What waits or is dead stays until
// somebody decides.
func (s *Store) PurgeOthers(ctx context.Context, kind string, before time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM job WHERE kind <> ? AND state = 'done' AND updated < ?", kind, before.UnixMilli())
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM claimed WHERE at < ?", before.UnixMilli())
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM remembered WHERE at < ?", before.UnixMilli())
		}
		return err
	})
}

// PurgeLeft forgets the jobs of connected accounts that are connected no more, waiting
// ones too, where nothing happened to them since a moment: their owners have left,
// and what waits would wait for ever. A connected account is named by its number, the
// server's own by its host.
func (s *Store) PurgeLeft(ctx context.Context, before time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM job WHERE updated < ? AND account <> '' AND account NOT LIKE '%.%' AND account NOT LIKE '%:%'
			AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.account = job.account)`, before.UnixMilli())
		return err
	})
}

// EraseAll removes all jobs of an account, whatever their state.
func (s *Store) EraseAll(ctx context.Context, account string) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM job WHERE account = ?", account)
		return err
	})
}
