package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// GrantState is whether a grant is of use.
type GrantState string

// The states of a grant.
const (
	GrantActive GrantState = "active"
	GrantEnded  GrantState = "ended" // Kommo refused it for good: Reason says why
)

// Grant is what an account's owner allowed us: one a kind and account.
type Grant struct {
	Account   string // Kommo's own number of the account, which survives a change of its address
	Kind      string
	Host      string // "acme.kommo.com"
	ClientID  string // the integration it was given to
	State     GrantState
	Reason    string
	Version   int64     // grows with each new secret
	Tried     time.Time // a renewal was sent then and its outcome is not known; zero: none is open
	Connected time.Time // the consent
	Renewed   time.Time // the last new secret
	Expires   time.Time // of what the secret gives access with
	Secret    []byte    // the caller's; sealed on the disk
}

// grantsSchema keeps rowids: Reseal goes by them.
const grantsSchema = `
CREATE TABLE IF NOT EXISTS grants (
	account TEXT NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL, client TEXT NOT NULL,
	state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 1, tried INTEGER NOT NULL DEFAULT 0,
	connected INTEGER NOT NULL, renewed INTEGER NOT NULL, expires INTEGER NOT NULL, secret BLOB NOT NULL,
	PRIMARY KEY (account, kind)
);
CREATE TABLE IF NOT EXISTS consent (state TEXT PRIMARY KEY, bound TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`

const grantColumns = "account, kind, host, client, state, reason, version, tried, connected, renewed, expires, secret"

// bound ties a sealed secret to its account and kind: a row that somebody copied
// to another account does not open.
func (g Grant) bound() string { return "grant " + g.Kind + " " + g.Account }

// PutGrant keeps what a new consent gave, in place of what the account had.
func (s *Store) PutGrant(ctx context.Context, g Grant) (Grant, error) {
	err := s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		box, err := s.seal(ctx, tx, g.bound(), g.Secret)
		if err != nil {
			return err
		}
		g.State, g.Reason, g.Tried = GrantActive, "", time.Time{}
		g.Connected, g.Renewed = s.now(), s.now()
		return tx.QueryRowContext(ctx, `INSERT INTO grants (account, kind, host, client, state, connected, renewed, expires, secret) VALUES (?,?,?,?,?,?,?,?,?)
			ON CONFLICT DO UPDATE SET host = excluded.host, client = excluded.client, state = excluded.state, reason = '', tried = 0, version = version + 1,
				connected = excluded.connected, renewed = excluded.renewed, expires = excluded.expires, secret = excluded.secret
			RETURNING version`,
			g.Account, g.Kind, g.Host, g.ClientID, g.State, millis(g.Connected), millis(g.Renewed), millis(g.Expires), box).Scan(&g.Version)
	})
	return g, err
}

// RenewGrant keeps a new secret, with Host and Expires, unless another came since
// the caller read Version: then ok is false. It is durable when it returns, and
// undoes an end that was noted of the former secret meanwhile.
func (s *Store) RenewGrant(ctx context.Context, g Grant) (out Grant, ok bool, err error) {
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		box, err := s.seal(ctx, tx, g.bound(), g.Secret)
		if err != nil {
			return err
		}
		g.State, g.Reason, g.Tried, g.Renewed = GrantActive, "", time.Time{}, s.now()
		ok, err = changed(tx.ExecContext(ctx, `UPDATE grants SET host = ?, state = ?, reason = '', tried = 0, version = version + 1, renewed = ?, expires = ?, secret = ?
			WHERE account = ? AND kind = ? AND version = ?`, g.Host, g.State, millis(g.Renewed), millis(g.Expires), box, g.Account, g.Kind, g.Version))
		return err
	})
	if ok {
		g.Version++
	}
	return g, ok, err
}

// NoteGrant keeps Host, State, Reason and Tried of a grant whose secret is still
// the one of Version; otherwise ok is false.
func (s *Store) NoteGrant(ctx context.Context, g Grant) (ok bool, err error) {
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ok, err = changed(tx.ExecContext(ctx, "UPDATE grants SET host = ?, state = ?, reason = ?, tried = ? WHERE account = ? AND kind = ? AND version = ?",
			g.Host, g.State, g.Reason, millis(g.Tried), g.Account, g.Kind, g.Version))
		return err
	})
	return ok, err
}

// MoveGrant keeps another Host of a grant whose secret is still the one of Version.
func (s *Store) MoveGrant(ctx context.Context, g Grant, host string) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE grants SET host = ? WHERE account = ? AND kind = ? AND version = ?", host, g.Account, g.Kind, g.Version)
		return err
	})
}

func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Grant reads one grant with its secret.
func (s *Store) Grant(ctx context.Context, account, kind string) (g Grant, ok bool, err error) {
	db, err := s.open()
	if err != nil {
		return g, false, err
	}
	row := db.QueryRowContext(context.WithoutCancel(ctx), "SELECT "+grantColumns+" FROM grants WHERE account = ? AND kind = ?", account, kind)
	if err := scanGrant(row, &g); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return g, false, err
	}
	g.Secret, err = s.unseal(g.bound(), g.Secret)
	return g, err == nil, err
}

// Grants reads all grants of a kind, in the order of their accounts, without
// their secrets: that needs no key.
func (s *Store) Grants(ctx context.Context, kind string) ([]Grant, error) {
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(context.WithoutCancel(ctx), "SELECT "+grantColumns+" FROM grants WHERE kind = ? ORDER BY host, account", kind)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Grant
	for rows.Next() {
		var g Grant
		if err := scanGrant(rows, &g); err != nil {
			return nil, err
		}
		g.Secret = nil
		out = append(out, g)
	}
	return out, rows.Err()
}

func scanGrant(row scanner, g *Grant) error {
	var tried, connected, renewed, expires int64
	err := row.Scan(&g.Account, &g.Kind, &g.Host, &g.ClientID, &g.State, &g.Reason, &g.Version, &tried, &connected, &renewed, &expires, &g.Secret)
	g.Tried, g.Connected, g.Renewed, g.Expires = fromMillis(tried), fromMillis(connected), fromMillis(renewed), fromMillis(expires)
	return err
}

// DropGrant forgets a grant, and with it all that was given out for its account. If
// it was the default, there is none any more.
func (s *Store) DropGrant(ctx context.Context, account, kind string) (ok bool, err error) {
	return s.dropGrant(ctx, account, "account = ? AND kind = ?", account, kind)
}

// DropGrantAs is DropGrant of a grant that is still the one that was read: not of
// one that a new consent or a renewal has put in its place.
func (s *Store) DropGrantAs(ctx context.Context, g Grant) (ok bool, err error) {
	return s.dropGrant(ctx, g.Account, "account = ? AND kind = ? AND version = ? AND connected = ?", g.Account, g.Kind, g.Version, millis(g.Connected))
}

func (s *Store) dropGrant(ctx context.Context, account, where string, args ...any) (ok bool, err error) {
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ok, err = dropGrantIn(ctx, tx, account, where, args...)
		return err
	})
	return ok && err == nil, err
}

func dropGrantIn(ctx context.Context, tx *sql.Tx, account, where string, args ...any) (ok bool, err error) {
	ok, err = changed(tx.ExecContext(ctx, "DELETE FROM grants WHERE "+where, args...))
	if err != nil || !ok || account == "" {
		return ok, err
	}
	if _, err = tx.ExecContext(ctx, "DELETE FROM ticket WHERE account = ?", account); err != nil {
		return ok, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM setting WHERE name = 'default_account' AND value = ?", account)
	return ok, err
}

// DropGrantOnce is DropGrant for a reason that is good once an account: first is false,
// and nothing is forgotten, if it was given before.
func (s *Store) DropGrantOnce(ctx context.Context, account, kind, reason string) (first bool, err error) {
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		first, err = changed(tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?,'') ON CONFLICT DO NOTHING", reason+" "+account))
		if err == nil && first {
			_, err = dropGrantIn(ctx, tx, account, "account = ? AND kind = ?", account, kind)
		}
		return err
	})
	return first && err == nil, err
}

// DefaultAccount is the account that is used when none is named; empty: none.
func (s *Store) DefaultAccount(ctx context.Context) (account string, err error) {
	db, err := s.open()
	if err != nil {
		return "", err
	}
	err = db.QueryRowContext(context.WithoutCancel(ctx), "SELECT value FROM setting WHERE name = 'default_account'").Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return account, err
}

// SetDefaultAccount chooses the account that is used when none is named.
func (s *Store) SetDefaultAccount(ctx context.Context, account string) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return set(ctx, tx, "default_account", account) })
}

// PutConsent remembers until when the answer to a question for consent may come.
// state and bound are digests: the database alone must not let anybody answer.
func (s *Store) PutConsent(ctx context.Context, state, bound string, until time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM consent WHERE until < ?", s.now().UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO consent (state, bound, until) VALUES (?,?,?)", state, bound, until.UnixMilli())
		return err
	})
}

// TakeConsent forgets a question and tells what it was bound to; ok is false if
// it was never asked, was answered before, or is too old.
func (s *Store) TakeConsent(ctx context.Context, state string) (bound string, ok bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var until int64
		err := tx.QueryRowContext(ctx, "DELETE FROM consent WHERE state = ? RETURNING bound, until", state).Scan(&bound, &until)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil && s.now().UnixMilli() < until
		return err
	})
	return bound, ok, err
}
