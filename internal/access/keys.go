package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Kind is what keys are kept as.
const Kind = "key"

// Prefix begins every secret of ours, so that scanners know one that leaked.
const Prefix = "kmcp_"

// usedEvery is how old the note of a key's last use may be: one write a minute is
// enough, one for each request too many.
const usedEvery = time.Minute

// Key is one access key as people see it: no secret is in it.
type Key struct {
	ID         string // by which it is revoked and found in logs
	Label      string
	Account    string // the connected account; empty: the server's own
	User       int64  // of Kommo, whose rights it has; 0: whoever gave the grant
	Mode       principal.Mode
	Toolsets   []string // empty: all that the server offers
	Rate       float64  // requests a second; 0: the usual one
	Created    time.Time
	Used       time.Time // within a minute; zero: never
	Expires    time.Time // zero: never
	Unreadable bool      // the encryption key that sealed it is not here
}

// body is what is sealed.
type body struct {
	Label    string         `json:"label,omitempty"`
	User     int64          `json:"user,omitempty"`
	Mode     principal.Mode `json:"mode"`
	Toolsets []string       `json:"toolsets,omitempty"`
	Rate     float64        `json:"rate,omitempty"`
}

// Keys looks after the access keys of a state. It is safe for concurrent use.
type Keys struct {
	store     *store.Store
	now       func() time.Time
	connected func(ctx context.Context, account string) (bool, error)

	mu    sync.Mutex
	noted map[string]time.Time // last uses that this process has written, by digest
}

// New looks after the keys of a state. connected tells whether an account still is;
// its keys work no longer than that.
func New(st *store.Store, now func() time.Time, connected func(ctx context.Context, account string) (bool, error)) *Keys {
	return &Keys{store: st, now: now, connected: connected, noted: map[string]time.Time{}}
}

// Create keeps a new key and returns its secret, which nobody can tell again. ID and
// Created of k are chosen here.
func (k *Keys) Create(ctx context.Context, key Key) (secret string, made Key, err error) {
	secret = Prefix + rand.Text() + rand.Text()
	t, err := k.ticket(&key, secret)
	if err != nil {
		return "", Key{}, err
	}
	return secret, key, k.store.PutTicket(ctx, t)
}

// CreateOnce is Create for an order that may come twice: again tells that the key was
// made before, and its secret is the same. Errors are ErrMany, ErrSpent or of the store.
func (k *Keys) CreateOnce(ctx context.Context, key Key, once Once) (secret string, again bool, err error) {
	secret = Prefix + once.secret(Kind)
	t, err := k.ticket(&key, secret)
	if err != nil {
		return "", false, err
	}
	if again, err = once.put(ctx, k.store, t); err != nil {
		return "", false, err
	}
	return secret, again, nil
}

// ticket is what is kept of a new key, whose ID and Created are chosen here.
func (k *Keys) ticket(key *Key, secret string) (store.Ticket, error) {
	key.ID, key.Created = "k_"+strings.ToLower(rand.Text()[:10]), k.now()
	raw, err := json.Marshal(body{Label: key.Label, User: key.User, Mode: key.Mode, Toolsets: key.Toolsets, Rate: key.Rate})
	return store.Ticket{
		Kind: Kind, Name: digest(secret), Account: key.Account, Family: key.ID, Created: key.Created, Expires: key.Expires, Body: raw,
	}, err
}

// List lists all keys by their age, expired ones too.
func (k *Keys) List(ctx context.Context) ([]Key, error) {
	if !k.store.Exists() {
		return nil, nil
	}
	tickets, err := k.store.Tickets(ctx, Kind, "")
	if err != nil {
		return nil, err
	}
	out := make([]Key, 0, len(tickets))
	for _, t := range tickets {
		key, err := keyOf(t)
		key.Unreadable = err != nil
		out = append(out, key)
	}
	return out, nil
}

// Revoke forgets a key by its ID: it works no longer from now on.
func (k *Keys) Revoke(ctx context.Context, id string) (Key, error) {
	list, err := k.List(ctx)
	if err != nil {
		return Key{}, err
	}
	i := slices.IndexFunc(list, func(key Key) bool { return key.ID == id })
	if i < 0 {
		p := problem.Missing("id", "No access key has the id "+id+".").WithNext("kommo-mcp keys list shows them.")
		for _, key := range list {
			p = p.WithCandidates(problem.Candidate{Name: key.ID, Detail: key.Label})
		}
		return Key{}, p
	}
	return list[i], k.store.DropFamily(ctx, id)
}

// Any tells whether there is a key that has not expired, without making a state
// where there is none.
func (k *Keys) Any(ctx context.Context) (bool, error) {
	if !k.store.Exists() {
		return false, nil
	}
	n, err := k.store.CountTickets(ctx, Kind)
	return n > 0, err
}

// Principal tells whose a secret is. Nothing is remembered from one request to the
// next, so that a key that was revoked or has expired stops at once; so does one
// whose account is not connected any more.
func (k *Keys) Principal(ctx context.Context, secret string) (p principal.Principal, ok bool, err error) {
	if !strings.HasPrefix(secret, Prefix) || !k.store.Exists() {
		return p, false, nil
	}
	name := digest(secret)
	t, ok, err := k.store.Ticket(ctx, Kind, name)
	if err != nil || !ok {
		return p, false, err
	}
	key, err := keyOf(t)
	if err != nil {
		return p, false, err
	}
	if key.Account != "" {
		if ok, err = k.connected(ctx, key.Account); err != nil || !ok {
			return p, false, err
		}
	}
	k.note(ctx, t)
	return principal.Principal{
		Kind: principal.Key, ID: key.ID, Label: key.Label, Account: key.Account, User: key.User,
		Mode: key.Mode, Toolsets: key.Toolsets, Rate: key.Rate,
	}, true, nil
}

// note keeps that a key is used, now and then. A disk that does not take it keeps
// nobody out.
func (k *Keys) note(ctx context.Context, t store.Ticket) {
	now := k.now()
	k.mu.Lock()
	last := k.noted[t.Name]
	if t.Used.After(last) {
		last = t.Used
	}
	due := now.Sub(last) >= usedEvery
	if due {
		k.noted[t.Name] = now
	}
	k.mu.Unlock()
	if due {
		_, _, _ = k.store.UseTicket(ctx, Kind, t.Name)
	}
}

var errUnreadable = errors.New("what is kept of the access key cannot be read")

func keyOf(t store.Ticket) (Key, error) {
	key := Key{ID: t.Family, Account: t.Account, Created: t.Created, Used: t.Used, Expires: t.Expires}
	var b body
	if json.Unmarshal(t.Body, &b) != nil {
		return key, errUnreadable
	}
	key.Label, key.User, key.Mode, key.Toolsets, key.Rate = b.Label, b.User, cmp.Or(b.Mode, principal.Read), b.Toolsets, b.Rate
	return key, nil
}

// digest is what is kept of a secret: looking it up takes no time that depends on
// the secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
