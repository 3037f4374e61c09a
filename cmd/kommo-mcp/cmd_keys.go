package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make an access key for programs that come over HTTP; it is shown once."`
	List   keysListCmd   `cmd:"" default:"withargs" help:"List the access keys."`
	Revoke keysRevokeCmd `cmd:"" help:"Forget an access key: it works no longer."`
}

type keysCreateCmd struct {
	Account  string  `help:"Connected account, as accounts list shows it; the server's own if left out." placeholder:"NAME"`
	Mode     string  `help:"read, write or full (also deletes); never more than the server's own." default:"write" enum:"read,write,full"`
	Toolsets string  `help:"Comma-separated toolsets; all that the server offers if left out." placeholder:"NAMES"`
	Rate     float64 `help:"Requests a second; the server's usual rate if left out." placeholder:"NUMBER"`
	Expires  string  `help:"After how long it ends, for example 90d or 12h; never if left out." placeholder:"TIME"`
	User     int64   `help:"Number of the Kommo user whose rights it has; those of whoever connected the account if left out." placeholder:"ID"`
	Label    string  `help:"What to call it." placeholder:"TEXT"`
}

// Run prints the key and nothing else on standard output, so that it can be piped.
func (c *keysCreateCmd) Run(ctx context.Context, a *app) error {
	key, err := c.key(time.Now())
	if err != nil {
		return usageError{err}
	}
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	host := ""
	if key.Account, host, err = p.accountOfKey(ctx, c.Account); err != nil {
		return err
	}
	secret, key, err := p.keys().Create(ctx, key)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out, secret)
	fmt.Fprintf(a.errOut, "Access key %s for %s was made: mode %s, %s. It is shown this once; send it as Authorization: Bearer <key> to /keys/mcp.\n",
		key.ID, host, key.Mode, ends(key.Expires))
	return nil
}

// key is what is asked for, checked.
func (c *keysCreateCmd) key(now time.Time) (access.Key, error) {
	key := access.Key{Label: strings.TrimSpace(c.Label), Mode: principal.Mode(c.Mode), Toolsets: splitList(strings.ToLower(c.Toolsets)), Rate: c.Rate, User: c.User}
	var errs []error
	if _, err := registry.Select(tools.All(nil), registry.Choice{Toolsets: key.Toolsets, Mode: registry.ModeFull}); err != nil {
		errs = append(errs, fmt.Errorf("--toolsets: %w", err))
	}
	if !(c.Rate >= 0 && c.Rate <= mostPerKey) { // NaN too
		errs = append(errs, fmt.Errorf("--rate is %v: use a number of requests a second up to %d", c.Rate, mostPerKey))
	}
	if c.User < 0 {
		errs = append(errs, errors.New("--user is no number of a Kommo user"))
	}
	if len(key.Label) > 100 || strings.ContainsFunc(key.Label, func(r rune) bool { return r < ' ' }) {
		errs = append(errs, errors.New("--label is longer than 100 bytes, or holds more than one line"))
	}
	if c.Expires != "" {
		life, err := lifetime(c.Expires)
		if err != nil {
			errs = append(errs, err)
		}
		key.Expires = now.Add(life)
	}
	return key, errors.Join(errs...)
}

// lifetime reads days, or what Go calls a duration.
func lifetime(text string) (time.Duration, error) {
	life, err := time.ParseDuration(text)
	if digits, inDays := strings.CutSuffix(text, "d"); inDays {
		var n int
		n, err = strconv.Atoi(digits)
		life = days(min(n, maxDays))
	}
	if err != nil || life <= 0 || life > days(maxDays) {
		return 0, fmt.Errorf("--expires is %q: use for example 90d or 12h", text)
	}
	return life, nil
}

// accountOfKey is the account that a key is for, and what it is called. A key is
// bound to a connected account by its number, so that another default does not move
// it.
func (p *product) accountOfKey(ctx context.Context, name string) (account, host string, err error) {
	if name == "" && p.cfg.Token != "" {
		return "", p.accountName(), nil
	}
	if name == "" {
		name = p.cfg.Account.Host
	}
	found, err := auth.Find(ctx, p.state, name)
	return found.Account, found.Host, err
}

func ends(at time.Time) string {
	if at.IsZero() {
		return "without an end"
	}
	return "until " + at.Format(time.RFC3339)
}

type keysListCmd struct{}

// Run prints a line a key, never a secret.
func (c *keysListCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	list, err := p.keys().List(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(a.errOut, "There is no access key: make one with kommo-mcp keys create.")
		return nil
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tLABEL\tACCOUNT\tMODE\tTOOLSETS\tCREATED\tLAST USED\tEXPIRES\tSTATE")
	for _, k := range list {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, orNone(k.Label), orOwn(k.Account), k.Mode, orAll(k.Toolsets),
			k.Created.Format(time.DateOnly), orNever(k.Used, time.DateTime), orNever(k.Expires, time.DateOnly), keyState(k, time.Now()))
	}
	return out.Flush()
}

func orOwn(account string) string {
	if account == "" {
		return "own"
	}
	return account
}

func orAll(toolsets []string) string {
	if len(toolsets) == 0 {
		return "all"
	}
	return strings.Join(toolsets, ",")
}

func orNever(at time.Time, layout string) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format(layout)
}

func keyState(k access.Key, now time.Time) string {
	switch {
	case k.Unreadable:
		return "unreadable: its encryption key is not here"
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return "expired"
	default:
		return "active"
	}
}

type keysRevokeCmd struct {
	ID string `arg:"" help:"As keys list shows it."`
}

// Run forgets a key.
func (c *keysRevokeCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	key, err := p.keys().Revoke(ctx, c.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "revoked %s (%s)\n", key.ID, orNone(key.Label))
	return err
}

// keyWarning is how long before its end a key is announced.
const keyWarning = 14 * 24 * time.Hour

// keys tells about the access keys: how many, and those that end.
func (r *checkup) keys(ctx context.Context, p *product) {
	if p.cfg.Demo || !p.state.Exists() {
		return
	}
	list, err := p.keys().List(ctx)
	if err != nil {
		return // the line about the state says it
	}
	now, good := time.Now(), 0
	for _, k := range list {
		name := k.ID + " (" + orNone(k.Label) + ")"
		switch left := k.Expires.Sub(now); {
		case k.Unreadable:
			r.warn("keys", name+": cannot be read, since its encryption key is not here; requests with it are refused")
			continue
		case k.Expires.IsZero():
		case left <= 0:
			r.warn("keys", name+": expired on "+k.Expires.Format(time.DateOnly)+"; kommo-mcp keys revoke "+k.ID+" clears it away")
			continue
		case left < keyWarning:
			r.warn("keys", name+": expires "+inDays(left)+"; make a new one with kommo-mcp keys create")
		}
		good++
	}
	if good > 0 {
		r.ok("keys", fmt.Sprintf("%d access keys work", good))
	}
}
