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
