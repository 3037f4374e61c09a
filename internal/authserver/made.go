package authserver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// madePrefix begins the ids of clients that were made by hand; those that register
	// themselves get ids in capitals.
	madePrefix = "c_"
	// nameless is what a client is called that does not say its name.
	nameless = "An app without a name"
)

// Client is a client as whoever runs the server sees it: no secret is in it.
type Client struct {
	ID         string
	Name       string   // shown to people who are asked for access
	Redirects  []string // where answers may go
	Secret     bool     // it has one and has to show it
	Signs      bool     // it has a key and has to sign; with neither it is public
	Registered bool     // it registered itself; else it was made by hand
	Created    time.Time
	Used       time.Time // when it was last given something; zero: never
	Expires    time.Time // when it is forgotten unless it is used; zero: never, as those made by hand
	Unreadable bool      // the encryption key that sealed it is not here
}

// Change is what is to be different of a client; what is left empty stays.
type Change struct {
	Name      string
	Redirects []string
	NewSecret bool // in place of the one that it has
}

// Clients looks after the clients of a state: those made by hand, for hosts that want
// an id and a secret typed in, and those that registered themselves. It is safe for
// concurrent use.
type Clients struct {
	store *store.Store
	now   func() time.Time
}

// NewClients looks after the clients of a state.
func NewClients(st *store.Store, now func() time.Time) *Clients { return &Clients{st, now} }

// CheckRedirects says what is wrong with redirect URIs of a client; "" if nothing.
func CheckRedirects(list []string) (why string) {
	for _, each := range list {
		if knownRedirects([]string{each}) == nil {
			return fmt.Sprintf("%q is not to be taken: use %s", each, redirectRules)
		}
	}
	if knownRedirects(list) == nil {
		return "use " + redirectCount + " of " + redirectRules
	}
	return ""
}

// Add keeps a new client and returns its secret, which nobody can tell again; a public
// one has none. ID and Created are chosen here.
func (c *Clients) Add(ctx context.Context, made Client) (secret string, _ Client, err error) {
	if why := CheckRedirects(made.Redirects); why != "" {
		return "", Client{}, problem.Invalid("redirect", why)
	}
	kept := client{ID: madePrefix + strings.ToLower(rand.Text()[:16]), Name: cleanName(made.Name, nameless), Redirects: made.Redirects, Made: true}
	if made.Secret {
		secret, kept.Digest = newSecret()
	}
	t := store.Ticket{Kind: kindMade, Name: kept.ID, Created: c.now()}
	if t.Body, err = json.Marshal(kept); err != nil {
		return "", Client{}, err
	}
	return secret, clientOf(t), c.store.PutTicket(ctx, t)
}

// newSecret is a client's secret, and what is kept of it.
func newSecret() (secret, kept string) {
	secret = secretPrefix + rand.Text() + rand.Text()
	return secret, digest(secret)
}

// Update changes a client that was made by hand. secret is its new one, where one was
// asked for: the former is good no longer, and a public client has one from now on.
func (c *Clients) Update(ctx context.Context, id string, to Change) (secret string, now Client, err error) {
	if why := CheckRedirects(to.Redirects); why != "" && len(to.Redirects) > 0 {
		return "", Client{}, problem.Invalid("redirect", why)
	}
	err = c.store.ChangeTickets(ctx, func(change store.TicketChange) error {
		t, ok, err := change.Get(kindMade, id)
		if err != nil {
			return err
		}
		var kept client
		if !ok || json.Unmarshal(t.Body, &kept) != nil {
			return errNoClient
		}
		if to.Name != "" {
			kept.Name = cleanName(to.Name, nameless)
		}
		if len(to.Redirects) > 0 {
			kept.Redirects = to.Redirects
		}
		if to.NewSecret {
			secret, kept.Digest = newSecret()
		}
		if t.Body, err = json.Marshal(kept); err != nil {
			return err
		}
		now = clientOf(t)
		return change.Put(t)
	})
	switch {
	case errors.Is(err, errNoClient):
		return "", Client{}, c.missing(ctx, id)
	case err != nil:
		return "", Client{}, err
	}
	return secret, now, nil
}

// List lists the clients that were made by hand by their age, and with all those that
// registered themselves and have not been forgotten.
func (c *Clients) List(ctx context.Context, all bool) ([]Client, error) {
	if !c.store.Exists() {
		return nil, nil
	}
	tickets, err := c.store.Tickets(ctx, kindMade, "")
	if err == nil && all {
		var more []store.Ticket
		more, err = c.store.Tickets(ctx, kindClient, "")
		tickets = append(tickets, more...)
	}
	var out []Client
	for _, t := range tickets {
		if t.Expires.IsZero() || c.now().Before(t.Expires) {
			out = append(out, clientOf(t))
		}
	}
	return out, err
}

// CountRegistered counts the clients that registered themselves.
func (c *Clients) CountRegistered(ctx context.Context) (int, error) {
	if !c.store.Exists() {
		return 0, nil
	}
	return c.store.CountTickets(ctx, kindClient)
}

func clientOf(t store.Ticket) Client {
	out := Client{ID: t.Name, Registered: t.Kind == kindClient, Created: t.Created, Used: t.Used, Expires: t.Expires}
	var kept client
	if out.Unreadable = json.Unmarshal(t.Body, &kept) != nil; !out.Unreadable {
		out.Name, out.Redirects, out.Secret, out.Signs = kept.Name, kept.Redirects, kept.Digest != "", kept.Keyed
	}
	return out
}

// Remove forgets a client, made by hand or registered, and ends all that it was given;
// ended is how many sign-ins those were.
func (c *Clients) Remove(ctx context.Context, id string) (gone Client, ended int, err error) {
	list, err := c.List(ctx, true)
	if err != nil {
		return Client{}, 0, err
	}
	i := slices.IndexFunc(list, func(each Client) bool { return each.ID == id })
	if i < 0 {
		return Client{}, 0, c.missing(ctx, id)
	}
	// The client first: from then on it is given nothing, so that what is looked for
	// after it is all there is.
	kind := kindMade
	if list[i].Registered {
		kind = kindClient
	}
	if _, err := c.store.DropTicket(ctx, kind, id); err != nil {
		return Client{}, 0, err
	}
	ended, err = c.end(ctx, id)
	return list[i], ended, err
}

// end ends all that a client was given, and answers how many sign-ins those were.
func (c *Clients) end(ctx context.Context, id string) (int, error) {
	families, signedIn := map[string]bool{}, map[string]bool{}
	for _, kind := range []string{kindCode, kindAccess, kindRefresh} {
		tickets, err := c.store.Tickets(ctx, kind, "")
		if err != nil {
			return 0, err
		}
		for _, t := range tickets {
			if g, ok := read(t); ok && g.Client == id {
				families[t.Family] = true
				if kind != kindCode {
					signedIn[t.Family] = true
				}
			}
		}
	}
	return len(signedIn), c.store.ChangeTickets(ctx, func(change store.TicketChange) error {
		for family := range families {
			if err := change.DropFamily(family); err != nil {
				return err
			}
		}
		return nil
	})
}

// errNoClient stops a change for a client that there is not, or not any more.
var errNoClient = errors.New("no such client")

// missing says which clients there are.
func (c *Clients) missing(ctx context.Context, id string) error {
	p := problem.Missing("id", "No client has the id "+id+".").WithNext("kommo-mcp clients list --all shows them.")
	list, err := c.List(ctx, false)
	if err != nil {
		return err
	}
	for _, each := range list {
		p = p.WithCandidates(problem.Candidate{Name: each.ID, Detail: each.Name})
	}
	return p
}
