package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
)

// Sealer encrypts what must not lie open on the disk. Keys have names; the store
// keeps the name of the one in use, so that all processes use the same and
// another key is recognized.
type Sealer interface {
	// New names a key for what is sealed from now on, kept durably before it returns.
	New() (id string, err error)
	Seal(id string, bound, plain []byte) ([]byte, error)
	Open(id string, bound, sealed []byte) ([]byte, error)
	// Drop forgets a key that nothing is sealed with.
	Drop(id string) error
	// Keep forgets all other keys that it finds beside the state.
	Keep(id string) error
}

// WithSealer encrypts grants and the bodies of jobs. Without it they are kept as
// they are, which is for memory alone; bodies kept so are still read.
func WithSealer(sealer Sealer) Option {
	return func(s *Store) { s.sealer = sealer }
}

// Option changes how New builds the store.
type Option func(*Store)

const (
	// sealMark begins sealed data. Plain data is JSON and never begins so.
	sealMark  = 1
	keyIDSize = 16
)

// SealedWith names the key in use; empty if nothing was sealed yet.
func (s *Store) SealedWith(ctx context.Context) (id string, err error) {
	db, err := s.open()
	if err != nil {
		return "", err
	}
	return sealedWith(context.WithoutCancel(ctx), db)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func sealedWith(ctx context.Context, db querier) (id string, err error) {
	return setting(ctx, db, "sealed_with")
}

// seal encrypts plain under the key in use, within the transaction that writes
// it: the key cannot change in between. The first to seal chooses the key.
func (s *Store) seal(ctx context.Context, tx *sql.Tx, bound string, plain []byte) ([]byte, error) {
	if s.sealer == nil {
		return plain, nil
	}
	id, err := sealedWith(ctx, tx)
	if err != nil {
		return nil, err
	}
	if id == "" {
		if id, err = s.sealer.New(); err == nil {
			err = useKey(ctx, tx, id)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.sealWith(id, bound, plain)
}

func useKey(ctx context.Context, tx *sql.Tx, id string) error {
	if len(id) != keyIDSize {
		return fmt.Errorf("the name of a key has %d characters, not %d", len(id), keyIDSize)
	}
	return set(ctx, tx, "sealed_with", id)
}

func (s *Store) sealWith(id, bound string, plain []byte) ([]byte, error) {
	box, err := s.sealer.Seal(id, []byte(bound), plain)
	if err != nil {
		return nil, err
	}
	return append(append([]byte{sealMark}, id...), box...), nil
}

// unseal decrypts what seal made. Data from before there was a sealer is plain.
func (s *Store) unseal(bound string, data []byte) ([]byte, error) {
	if len(data) == 0 || data[0] != sealMark {
		return data, nil
	}
	if s.sealer == nil || len(data) < 1+keyIDSize {
		return nil, errNoSealer
	}
	id, box := data[1:1+keyIDSize], data[1+keyIDSize:]
	return s.sealer.Open(string(id), []byte(bound), box)
}

// CanSeal tells whether what comes now can be kept sealed: the state can be written,
// and the key in use is here. Whoever is about to fetch something that is given once
// asks first. Where nothing was sealed yet, the key is made with that.
func (s *Store) CanSeal(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := s.seal(ctx, tx, "probe", []byte("{}"))
		return err
	})
}

// set keeps one value under a name.
func set(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?,?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)
	return err
}

// Resealed says what Reseal did.
type Resealed struct {
	From, To string // names of the keys; equal if there was nothing to do
	Count    int    // grants, jobs and what was given out that are sealed anew
	Lost     int    // those that no key opened and that were deleted
}

// Reseal changes the key: everything sealed is opened and sealed with a new one,
// in one transaction, and the old key is forgotten. What cannot be opened stops
// it and nothing is changed, unless discard is set: then that is deleted.
func (s *Store) Reseal(ctx context.Context, discard bool) (Resealed, error) {
	var out Resealed
	if s.sealer == nil {
		return out, errors.New("this state is not encrypted")
	}
	err := s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		out = Resealed{}
		if out.From, err = sealedWith(ctx, tx); err != nil {
			return err
		}
		if out.To, err = s.sealer.New(); err != nil || out.To == out.From {
			return err
		}
		for _, table := range sealedTables {
			if err := s.resealTable(ctx, tx, table, discard, &out); err != nil {
				return err
			}
		}
		if err := s.resealIndex(ctx, tx, out.To, discard); err != nil {
			return err
		}
		if err := useKey(ctx, tx, out.To); err != nil {
			return err
		}
		_, err = s.namesIn(ctx, tx) // of an older state, which had none
		return err
	})
	switch {
	case out.To == out.From:
		return out, err
	case err != nil: // nothing is sealed with the new key
		return out, errors.Join(err, s.sealer.Drop(out.To))
	}
	return out, errors.Join(s.emptyLog(ctx), s.sealer.Drop(out.From), s.keepKey(ctx, out.To))
}

// keepKey forgets what changes of the key have left that were broken off. New keys are
// made within transactions that write, so that in one there is none of somebody else
// that is about to be used.
func (s *Store) keepKey(ctx context.Context, id string) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if used, err := sealedWith(ctx, tx); err != nil || used != id {
			return err // it was changed again
		}
		return s.sealer.Keep(id)
	})
}

// emptyLog takes what the former key opens out of the log as well. While another
// process reads, that is left to whoever writes next.
func (s *Store) emptyLog(ctx context.Context) error {
	db, err := s.open()
	if err == nil && s.dir != "" {
		_, err = emptyLog(context.WithoutCancel(ctx), db)
	}
	return err
}

// resealIndex seals the key of names anew. Without it nothing is found any more: if it
// is given up, so is what was named by it.
func (s *Store) resealIndex(ctx context.Context, tx *sql.Tx, to string, discard bool) error {
	box, err := setting(ctx, tx, indexSetting)
	if err != nil || box == "" {
		return err
	}
	n, err := s.openIndex(box)
	if err != nil && discard {
		_, err = tx.ExecContext(ctx, "DELETE FROM setting WHERE name = '"+indexSetting+"'; DELETE FROM job; DELETE FROM claimed; DELETE FROM remembered")
		return err
	}
	if err != nil {
		return err
	}
	sealed, err := s.sealWith(to, indexBound, n.key)
	if err != nil {
		return err
	}
	return set(ctx, tx, indexSetting, base64.StdEncoding.EncodeToString(sealed))
}

// sealedTable is a column with sealed values, and the three columns from which
// what a row's value is bound to follows.
type sealedTable struct {
	name, column, names string
	bound               func(a, b, c string) string
	part                bool // of a row that is counted by another column
}

var sealedTables = [...]sealedTable{
	{"grants", "secret", "account, kind, ''", func(a, b, _ string) string { return Grant{Account: a, Kind: b}.bound() }, false},
	{"ticket", "body", "kind, name, account", func(a, b, c string) string { return Ticket{Kind: a, Name: b, Account: c}.bound() }, false},
	{"job", "body", "account, kind, key", func(a, b, c string) string { return place{a, b, c}.bound() }, false},
	{"job", "names", "account, kind, key", func(a, b, c string) string { return place{a, b, c}.part("names") }, true},
	{"job", "reason", "account, kind, key", func(a, b, c string) string { return place{a, b, c}.part("reason") }, true},
}

func (s *Store) resealTable(ctx context.Context, tx *sql.Tx, t sealedTable, discard bool, out *Resealed) error {
	rows, err := readSealed(ctx, tx, t)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if len(row.data) == 0 { // no reason; a name that is not sealed
			continue
		}
		plain, err := s.unseal(row.bound, row.data)
		if err != nil {
			if !discard {
				return fmt.Errorf("a value of the table %s: %w", t.name, err)
			}
			out.Lost++
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.name+" WHERE rowid = ?", row.id); err != nil { //nolint:gosec // names of this file
				return err
			}
			continue
		}
		box, err := s.sealWith(out.To, row.bound, plain)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE "+t.name+" SET "+t.column+" = ? WHERE rowid = ?", box, row.id); err != nil { //nolint:gosec // names of this file
			return err
		}
		if !t.part {
			out.Count++
		}
	}
	return nil
}

type sealedRow struct {
	id    int64
	bound string
	data  []byte
}

func readSealed(ctx context.Context, tx *sql.Tx, t sealedTable) ([]sealedRow, error) {
	rows, err := tx.QueryContext(ctx, "SELECT rowid, "+t.names+", "+t.column+" FROM "+t.name) //nolint:gosec // names of this file
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sealedRow
	for rows.Next() {
		var row sealedRow
		var a, b, c string
		if err := rows.Scan(&row.id, &a, &b, &c, &row.data); err != nil {
			return nil, err
		}
		row.bound, row.data = t.bound(a, b, c), bytes.Clone(row.data)
		out = append(out, row)
	}
	return out, rows.Err()
}
