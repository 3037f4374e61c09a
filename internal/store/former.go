package store

import (
	"context"
	"database/sql"
	"errors"
)

// WithFormer says that earlier versions kept an account under the name from that is
// called to now. Its jobs get the new name when the file is opened: those that somebody
// works on at that moment the next time, those that exist under both names never.
// Claims and memories stay where they are and are found there, until they are old.
func WithFormer(from, to string) Option {
	return func(s *Store) {
		if from != "" && from != to {
			s.former = map[string]string{to: from}
		}
	}
}

// renameFormer gives jobs the names that their accounts have now.
func (s *Store) renameFormer(ctx context.Context, db *sql.DB) error {
	for to, from := range s.former {
		var some bool
		if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM job WHERE account = ?)", from).Scan(&some); err != nil || !some {
			return err
		}
		err := inTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error { return s.renameAccount(ctx, tx, from, to) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) renameAccount(ctx context.Context, tx *sql.Tx, from, to string) error {
	n, err := s.namesIn(ctx, tx)
	if err != nil {
		return err
	}
	seqs, err := collect(ctx, tx, "SELECT seq FROM job WHERE account = ? AND (state <> 'running' OR lease <= ?)", func(rows *sql.Rows) (seq int64, err error) {
		return seq, rows.Scan(&seq)
	}, from, s.now().UnixMilli())
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		if err := s.moveJob(ctx, tx, n, seq, to); err != nil {
			return err
		}
	}
	return nil
}

// moveJob seals a job anew for another account. One that does not open stays: it may
// be that a key comes back.
func (s *Store) moveJob(ctx context.Context, tx *sql.Tx, n names, seq int64, to string) error {
	var op Op
	if err := s.scanOp(tx.QueryRowContext(ctx, "SELECT "+opColumns+" FROM job WHERE seq = ?", seq), &op); err != nil {
		return nil //nolint:nilerr // see above
	}
	op.Account = to
	var there bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM job WHERE account = ? AND kind = ? AND key = ?)", to, op.Kind, op.place(n).name).Scan(&there)
	if err != nil || there {
		return err
	}
	sealed, err := s.sealJob(ctx, tx, n, op)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE job SET account = ?, key = ?, line = ?, names = ?, reason = ?, body = ? WHERE seq = ?",
		to, op.place(n).name, n.line(to, op.Line), sealed.names, sealed.reason, sealed.body, seq)
	return err
}

// formerHolder is who claimed a record under the account's former name; ok is false if
// nobody did.
func (s *Store) formerHolder(ctx context.Context, tx *sql.Tx, account, kind string, id int64) (former, holder string, ok bool, err error) {
	former, known := s.former[account]
	if !known {
		return "", "", false, nil
	}
	err = tx.QueryRowContext(ctx, "SELECT holder FROM claimed WHERE account = ? AND kind = ? AND id = ?", former, kind, id).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) {
		return former, "", false, nil
	}
	return former, holder, err == nil, err
}
