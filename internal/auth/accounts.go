package auth

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Connected is one account as people see it: no secret is in it.
type Connected struct {
	Account   string // Kommo's number
	Host      string
	ClientID  string
	Ended     bool
	Reason    string // why it has ended
	Unsettled bool   // the outcome of the last renewal is not known
	Default   bool
	Connected time.Time
	Renewed   time.Time
	Expires   time.Time // of the access token
	Lapses    time.Time // of the refresh token, unless it is used before
}

// refreshLife is how long a refresh token is good that nobody uses.
const refreshLife = 90 * 24 * time.Hour

// List lists the connected accounts of a state. It needs no key and no
// integration.
func List(ctx context.Context, st *store.Store) ([]Connected, error) {
	grants, err := st.Grants(ctx, kind)
	if err != nil {
		return nil, err
	}
	chosen, err := st.DefaultAccount(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Connected, 0, len(grants))
	for _, g := range grants {
		out = append(out, Connected{
			Account: g.Account, Host: g.Host, ClientID: g.ClientID, Ended: g.State == store.GrantEnded, Reason: g.Reason,
			Unsettled: !g.Tried.IsZero(), Default: g.Account == chosen,
			Connected: g.Connected, Renewed: g.Renewed, Expires: g.Expires, Lapses: g.Renewed.Add(refreshLife),
		})
	}
	return out, nil
}

// Find is the account that a person means: by number, host or subdomain. Empty
// means the default.
func Find(ctx context.Context, st *store.Store, name string) (Connected, error) {
	list, err := List(ctx, st)
	if err != nil {
		return Connected{}, err
	}
	name = strings.ToLower(strings.TrimSpace(name))
	i := slices.IndexFunc(list, func(c Connected) bool { return (name == "" && c.Default) || name == c.Account })
	if acct, err := kommo.ParseAccount(name); i < 0 && name != "" && err == nil {
		i = slices.IndexFunc(list, func(c Connected) bool { return c.Host == acct.Host })
	}
	if i >= 0 {
		return list[i], nil
	}
	what := "No connected account is called " + name + "."
	switch {
	case len(list) == 0:
		what = "No account is connected."
	case name == "":
		what = "No default account is chosen."
	}
	p := problem.Missing("account", what).WithNext("Run kommo-mcp login to connect one, or kommo-mcp accounts list to see those that are.")
	for _, c := range list {
		p = p.WithCandidates(problem.Candidate{Name: c.Host})
	}
	return Connected{}, p
}

// Active tells whether Kommo still honours the grant of an account, as far as we
// know: whoever was given access to it works no longer than that.
func Active(ctx context.Context, st *store.Store, account string) (bool, error) {
	g, ok, err := st.Grant(ctx, account, kind)
	return ok && g.State == store.GrantActive, err
}

// Remove forgets a connected account, and with it all that was given out for it:
// access keys, tokens, hooks. Kommo is not told: an integration has no way to give a
// grant back, the account's owner takes it away.
func Remove(ctx context.Context, st *store.Store, c Connected) error {
	_, err := st.DropGrant(ctx, c.Account, kind)
	return err
}

// SetDefault chooses the account that is used when none is named.
func SetDefault(ctx context.Context, st *store.Store, c Connected) error {
	return st.SetDefaultAccount(ctx, c.Account)
}
