package store

import (
	"context"
	"database/sql"
)

// TicketChange reads and changes tickets within one transaction.
type TicketChange struct {
	s   *Store
	ctx context.Context //nolint:containedctx // of the transaction, with which it ends
	tx  *sql.Tx
}

// ChangeTickets runs do in one transaction: all of its changes are kept or, if it
// fails, none, and nobody sees or changes the tickets in between. The disk has them
// when it returns: what was used up or revoked stays so after a power failure.
func (s *Store) ChangeTickets(ctx context.Context, do func(TicketChange) error) error {
	return s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error { return do(TicketChange{s, ctx, tx}) })
}

// Get reads a ticket that has not expired.
func (c TicketChange) Get(kind, name string) (t Ticket, ok bool, err error) {
	return c.s.liveTicket(c.tx.QueryRowContext(c.ctx, "SELECT "+ticketColumns+" FROM ticket WHERE kind = ? AND name = ?", kind, name))
}

// Put is PutTicket.
func (c TicketChange) Put(t Ticket) error {
	if t.Created.IsZero() {
		t.Created = c.s.now()
	}
	box, err := c.s.seal(c.ctx, c.tx, t.bound(), t.Body)
	if err != nil {
		return err
	}
	if box == nil {
		box = []byte{}
	}
	_, err = c.tx.ExecContext(c.ctx, "INSERT OR REPLACE INTO ticket ("+ticketColumns+") VALUES (?,?,?,?,?,?,?,?)",
		t.Kind, t.Name, t.Account, t.Family, millis(t.Created), millis(t.Used), millis(t.Expires), box)
	return err
}

// Use notes that a ticket is used now.
func (c TicketChange) Use(kind, name string) error {
	_, err := c.tx.ExecContext(c.ctx, "UPDATE ticket SET used = ? WHERE kind = ? AND name = ?", c.s.now().UnixMilli(), kind, name)
	return err
}

// Drop forgets a ticket.
func (c TicketChange) Drop(kind, name string) error {
	_, err := c.tx.ExecContext(c.ctx, "DELETE FROM ticket WHERE kind = ? AND name = ?", kind, name)
	return err
}

// DropFamily forgets all tickets of a family, whatever their kind. Those without one
// are no family.
func (c TicketChange) DropFamily(family string) error {
	if family == "" {
		return nil
	}
	_, err := c.tx.ExecContext(c.ctx, "DELETE FROM ticket WHERE family = ?", family)
	return err
}
