package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Once is an order for something that is made once, however often the order comes: a
// form that is sent by two clicks, or again by a reload, must not leave a second key
// that nobody knows.
type Once struct {
	Seed string // from which the secret follows: itself a secret, of nobody but who orders, and another for each order
	Most int    // so many the account may have before no more are made
}

var (
	// ErrMany says that an account has as many keys or hooks as it may have.
	ErrMany = errors.New("the account has as many as it may have")
	// ErrSpent says that what an order made was revoked since: its secret must not come
	// alive again.
	ErrSpent = errors.New("what was made by this order was revoked since")
)

// onceLife is how long it is known of an order that it was carried out: longer than
// the form it comes from is good for.
const onceLife = 24 * time.Hour

// secret is what follows from the seed, in the letters of crypto/rand.Text: nobody
// learns the seed from it.
func (o Once) secret(of string) string {
	mac := hmac.New(sha256.New, []byte(o.Seed))
	mac.Write([]byte(of))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
}

// put keeps a ticket unless the order was carried out before.
func (o Once) put(ctx context.Context, st *store.Store, t store.Ticket) (again bool, err error) {
	list, err := st.Tickets(ctx, t.Kind, t.Account)
	if err != nil {
		return false, err
	}
	// Without family and account, so that it stays when what was made is revoked.
	order := store.Ticket{Kind: "once-" + t.Kind, Name: t.Name, Created: t.Created, Expires: t.Created.Add(onceLife)}
	err = st.ChangeTickets(ctx, func(c store.TicketChange) error {
		if _, again, err = c.Get(order.Kind, order.Name); err != nil {
			return err
		}
		if again {
			_, ok, err := c.Get(t.Kind, t.Name)
			if err == nil && !ok {
				err = ErrSpent
			}
			return err
		}
		if len(list) >= o.Most {
			return ErrMany
		}
		if err := c.Put(order); err != nil {
			return err
		}
		return c.Put(t)
	})
	return again, err
}
