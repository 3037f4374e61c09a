package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// HookKind is what hooks are kept as.
	HookKind = "hook"
	// HookPrefix begins the secret part of a hook's address, so that scanners know one
	// that leaked.
	HookPrefix = "kmcp_h_"
	// hookRate is how many posts a second a hook takes: all calls of a campaign may end
	// at once, and some platforms send none of them again.
	hookRate = 100
)

// Hook is the address of one platform for one account, as people see it: its secret
// part is shown once.
type Hook struct {
	ID         string // by which it is revoked and found in logs
	Label      string
	Platform   string
	Account    string // the connected account; empty: the server's own
	Signed     bool   // posts have to be signed; else the address is the key
	Created    time.Time
	Used       time.Time // zero: never
	Unreadable bool      // the encryption key that sealed it is not here
}

// Taken is a hook as who checks its posts needs it.
type Taken struct {
	Hook

	Secret string // with which the platform signs; empty: it does not
}

// Principal is who posts to the hook.
func (h Hook) Principal() principal.Principal {
	label := h.Label
	if label == "" {
		label = h.Platform
	}
	return principal.Principal{Kind: principal.Hook, ID: h.ID, Label: label, Account: h.Account, Mode: principal.Write, Rate: hookRate}
}

// hookBody is what is sealed.
type hookBody struct {
	Label    string `json:"label,omitempty"`
	Platform string `json:"platform"`
	Secret   string `json:"secret,omitempty"`
}

// Hooks looks after the hooks of a state. It is safe for concurrent use.
type Hooks struct {
	store     *store.Store
	now       func() time.Time
	connected func(ctx context.Context, account string) (bool, error)
}

// NewHooks looks after the hooks of a state. connected tells whether an account still
// is; its hooks work no longer than that.
func NewHooks(st *store.Store, now func() time.Time, connected func(ctx context.Context, account string) (bool, error)) *Hooks {
	return &Hooks{store: st, now: now, connected: connected}
}

// Create keeps a new hook and returns the secret part of its address, which nobody
// can tell again. ID and Created of h are chosen here.
func (h *Hooks) Create(ctx context.Context, hook Hook, secret string) (part string, made Hook, err error) {
	part = hookPart(rand.Text() + rand.Text())
	t, err := h.ticket(&hook, part, secret)
	if err != nil {
		return "", Hook{}, err
	}
	return part, hook, h.store.PutTicket(ctx, t)
}

// CreateOnce is Create for an order that may come twice: again tells that the hook was
// made before, and its address is the same. Errors are ErrMany, ErrSpent or of the
// store.
func (h *Hooks) CreateOnce(ctx context.Context, hook Hook, secret string, once Once) (part string, again bool, err error) {
	part = hookPart(once.secret(HookKind))
	t, err := h.ticket(&hook, part, secret)
	if err != nil {
		return "", false, err
	}
	if again, err = once.put(ctx, h.store, t); err != nil {
		return "", false, err
	}
	return part, again, nil
}

// hookPart is the secret part of an address, from random letters.
func hookPart(random string) string { return HookPrefix + strings.ToLower(random[:36]) }

// ticket is what is kept of a new hook, whose ID and Created are chosen here.
func (h *Hooks) ticket(hook *Hook, part, secret string) (store.Ticket, error) {
	hook.ID, hook.Created, hook.Signed = "h_"+strings.ToLower(rand.Text()[:10]), h.now(), secret != ""
	raw, err := json.Marshal(hookBody{Label: hook.Label, Platform: hook.Platform, Secret: secret}) //nolint:gosec // G117: the store seals it
	return store.Ticket{
		Kind: HookKind, Name: hookDigest(part), Account: hook.Account, Family: hook.ID, Created: hook.Created, Body: raw,
	}, err
}

// List lists all hooks by their age.
func (h *Hooks) List(ctx context.Context) ([]Hook, error) {
	if !h.store.Exists() {
		return nil, nil
	}
	tickets, err := h.store.Tickets(ctx, HookKind, "")
	if err != nil {
		return nil, err
	}
	out := make([]Hook, 0, len(tickets))
	for _, t := range tickets {
		taken, ok := hookOf(t)
		taken.Unreadable = !ok
		out = append(out, taken.Hook)
	}
	return out, nil
}

// Revoke forgets a hook by its ID: it takes nothing from now on.
func (h *Hooks) Revoke(ctx context.Context, id string) (Hook, error) {
	list, err := h.List(ctx)
	if err != nil {
		return Hook{}, err
	}
	i := slices.IndexFunc(list, func(hook Hook) bool { return hook.ID == id })
	if i < 0 {
		p := problem.Missing("id", "No hook has the id "+id+".").WithNext("kommo-mcp hooks list shows them.")
		for _, hook := range list {
			p = p.WithCandidates(problem.Candidate{Name: hook.ID, Detail: hook.Platform})
		}
		return Hook{}, p
	}
	return list[i], h.store.DropFamily(ctx, id)
}

// Find is the hook with that secret part in its address. ok is false for one that is
// unknown or revoked, is another platform's, or whose account is not connected any
// more: who posts there learns no more than that there is none.
func (h *Hooks) Find(ctx context.Context, platform, part string) (taken Taken, ok bool, err error) {
	if !strings.HasPrefix(part, HookPrefix) || !h.store.Exists() {
		return taken, false, nil
	}
	t, ok, err := h.store.Ticket(ctx, HookKind, hookDigest(part))
	if err != nil || !ok {
		return taken, false, err
	}
	if taken, ok = hookOf(t); !ok {
		return Taken{}, false, errUnreadableHook
	}
	if taken.Platform != platform {
		return Taken{}, false, nil
	}
	if taken.Account != "" {
		if ok, err = h.connected(ctx, taken.Account); err != nil || !ok {
			return Taken{}, false, err
		}
	}
	if h.now().Sub(taken.Used) >= hookUsedEvery {
		_, _, _ = h.store.UseTicket(ctx, HookKind, t.Name) // a disk that does not take it keeps nobody out
	}
	return taken, true, nil
}

// hookUsedEvery is how old the note of a hook's last use may be.
const hookUsedEvery = time.Minute

var errUnreadableHook = problem.New(problem.Unavailable, "What is kept of the hook cannot be read: the encryption key that sealed it is not here.")

func hookOf(t store.Ticket) (taken Taken, ok bool) {
	taken.ID, taken.Account, taken.Created, taken.Used = t.Family, t.Account, t.Created, t.Used
	var b hookBody
	if json.Unmarshal(t.Body, &b) != nil {
		return taken, false
	}
	taken.Label, taken.Platform, taken.Secret, taken.Signed = b.Label, b.Platform, b.Secret, b.Secret != ""
	return taken, true
}

// hookDigest is what is kept of the secret part: looking it up takes no time that
// depends on it.
func hookDigest(part string) string {
	sum := sha256.Sum256([]byte(part))
	return hex.EncodeToString(sum[:])
}
