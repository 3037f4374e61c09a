package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Ticket is something that we gave out, or keep about somebody who comes back with
// it: an access key, a client of the authorization server, a code, a token, a hook.
// What is secret about it is kept as a digest, which is its Name.
type Ticket struct {
	Kind    string
	Name    string // unique within its kind; of a secret its digest, never the secret
	Account string // the connected account it belongs to; empty: none
	Family  string // what goes together: revoked in one go
	Created time.Time
	Used    time.Time // first use of what is good once, last use of the rest; zero: never
	Expires time.Time // zero: never
	Body    []byte    // the caller's; sealed on the disk
}

// ticketsSchema keeps rowids: Reseal goes by them.
const ticketsSchema = `
CREATE TABLE IF NOT EXISTS ticket (
	kind TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, family TEXT NOT NULL,
	created INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL,
	PRIMARY KEY (kind, name)
);
CREATE INDEX IF NOT EXISTS ticket_account ON ticket (account, kind);
CREATE INDEX IF NOT EXISTS ticket_family ON ticket (family);
CREATE INDEX IF NOT EXISTS ticket_expires ON ticket (expires) WHERE expires > 0;
`

const ticketColumns = "kind, name, account, family, created, used, expires, body"

// bound ties a sealed body to its ticket and account.
func (t Ticket) bound() string { return "ticket " + t.Kind + " " + t.Name + " " + t.Account }

// PutTicket keeps a ticket, in place of one of the same kind and name. It sets
// Created unless it is set.
func (s *Store) PutTicket(ctx context.Context, t Ticket) error {
	return s.ChangeTickets(ctx, func(c TicketChange) error { return c.Put(t) })
}

// Ticket reads a ticket that has not expired.
func (s *Store) Ticket(ctx context.Context, kind, name string) (t Ticket, ok bool, err error) {
	db, err := s.open()
	if err != nil {
		return t, false, err
	}
	return s.liveTicket(db.QueryRowContext(context.WithoutCancel(ctx),
		"SELECT "+ticketColumns+" FROM ticket WHERE kind = ? AND name = ?", kind, name))
}

// UseTicket notes that a ticket that has not expired is used now and answers it as
// it was before: of several who use it at once, one alone sees Used as zero.
func (s *Store) UseTicket(ctx context.Context, kind, name string) (t Ticket, ok bool, err error) {
	err = s.ChangeTickets(ctx, func(c TicketChange) error {
		t, ok, err = c.Get(kind, name)
		if err != nil || !ok {
			return err
		}
		return c.Use(kind, name)
	})
	return t, ok && err == nil, err
}

// TakeTicket reads a ticket that has not expired and forgets it: of several who
// take it at once, one alone gets it.
func (s *Store) TakeTicket(ctx context.Context, kind, name string) (t Ticket, ok bool, err error) {
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		t, ok, err = s.liveTicket(tx.QueryRowContext(ctx, "DELETE FROM ticket WHERE kind = ? AND name = ? RETURNING "+ticketColumns, kind, name))
		return err
	})
	return t, ok && err == nil, err
}

// liveTicket reads one row; one that has expired is as good as none.
func (s *Store) liveTicket(row scanner) (t Ticket, ok bool, err error) {
	if err := scanTicket(row, &t); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return Ticket{}, false, err
	}
	if !t.Expires.IsZero() && !s.now().Before(t.Expires) {
		return Ticket{}, false, nil
	}
	t.Body, err = s.unseal(t.bound(), t.Body)
	return t, err == nil, err
}

// Tickets lists the tickets of a kind by their age, expired ones too: all, or those
// of one account. A body that cannot be opened is left out.
func (s *Store) Tickets(ctx context.Context, kind, account string) ([]Ticket, error) {
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(context.WithoutCancel(ctx),
		"SELECT "+ticketColumns+" FROM ticket WHERE kind = ?1 AND (account = ?2 OR ?2 = '') ORDER BY created, name", kind, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Ticket
	for rows.Next() {
		var t Ticket
		if err := scanTicket(rows, &t); err != nil {
			return nil, err
		}
		if t.Body, err = s.unseal(t.bound(), t.Body); err != nil {
			t.Body = nil
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// CountTickets counts those of a kind that have not expired.
func (s *Store) CountTickets(ctx context.Context, kind string) (n int, err error) {
	db, err := s.open()
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(context.WithoutCancel(ctx),
		"SELECT count(*) FROM ticket WHERE kind = ? AND (expires = 0 OR expires > ?)", kind, s.now().UnixMilli()).Scan(&n)
	return n, err
}

// DropUnused forgets the oldest tickets of a kind that were never used, so many at
// most, and answers how many those were.
func (s *Store) DropUnused(ctx context.Context, kind string, most int) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx,
			"DELETE FROM ticket WHERE kind = ?1 AND name IN (SELECT name FROM ticket WHERE kind = ?1 AND used = 0 ORDER BY created, name LIMIT ?2)", kind, most)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// DropTicket forgets a ticket.
func (s *Store) DropTicket(ctx context.Context, kind, name string) (ok bool, err error) {
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ok, err = changed(tx.ExecContext(ctx, "DELETE FROM ticket WHERE kind = ? AND name = ?", kind, name))
		return err
	})
	return ok, err
}

// DropFamily forgets all tickets of a family, whatever their kind.
func (s *Store) DropFamily(ctx context.Context, family string) error {
	return s.ChangeTickets(ctx, func(c TicketChange) error { return c.DropFamily(family) })
}

// PruneTickets forgets what has expired by then, and answers how many those were.
func (s *Store) PruneTickets(ctx context.Context, then time.Time) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM ticket WHERE expires > 0 AND expires <= ?", then.UnixMilli())
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

func scanTicket(row scanner, t *Ticket) error {
	var created, used, expires int64
	err := row.Scan(&t.Kind, &t.Name, &t.Account, &t.Family, &created, &used, &expires, &t.Body)
	t.Created, t.Used, t.Expires = fromMillis(created), fromMillis(used), fromMillis(expires)
	return err
}
