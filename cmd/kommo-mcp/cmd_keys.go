package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/tenant"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make an access key for programs that come over HTTP; it is shown once."`
	List   keysListCmd   `cmd:"" default:"withargs" help:"List the access keys."`
	Revoke keysRevokeCmd `cmd:"" help:"Forget an access key: it works no longer."`
}

type keysCreateCmd struct {
	listing

	Account  *string `help:"Connected account, as accounts list shows it; the server's own if left out." placeholder:"NAME"`
	Mode     string  `help:"read, write (the default) or full (also deletes); never more than the server's own." default:"write" placeholder:"MODE"`
	Toolsets *string `help:"Comma-separated toolsets; all that the server offers if left out." placeholder:"NAMES"`
	Rate     float64 `help:"Requests a second; the server's usual rate if left out." placeholder:"NUMBER"`
	Expires  *string `help:"When it ends: after 90d or 12h, or on 2027-01-31; never if left out." placeholder:"TIME"`
	User     *string `help:"Name or number of the Kommo user whose rights it has; those of whoever connected the account if left out." placeholder:"NAME"`
	Label    string  `help:"What to call it." placeholder:"TEXT"`
}

// Help is shown below the flags.
func (keysCreateCmd) Help() string {
	return "The key alone goes to standard output. It is kept as a digest and cannot be shown again; a lost one is replaced by a new one. It works at /keys/mcp and /v1/calls of kommo-mcp http, until it is revoked or expires, or until its account is disconnected. " +
		"Example: kommo-mcp keys create --account acme --mode read --toolsets default,events --expires 90d --label n8n"
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
	if key.Account, host, err = p.accountOfKey(ctx, orEmpty(c.Account)); err != nil {
		return err
	}
	if key.User, err = a.keyUser(ctx, key.Account, orEmpty(c.User)); err != nil {
		return err
	}
	secret, key, err := p.keys().Create(ctx, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "Access key %s for %s was made: mode %s, %s. It is shown this once; send it as Authorization: Bearer <key> to %s/keys/mcp.\n",
		key.ID, host, key.Mode, ends(key.Expires), p.publicBase())
	if most := principal.Mode(p.cfg.Mode); !most.Allows(key.Mode) {
		fmt.Fprintf(a.errOut, "It does no more than the server: a server with KOMMO_MCP_MODE=%s makes it %s.\n", most, most)
	}
	if c.JSON {
		return a.printJSON(struct {
			Key string `json:"key"`
			keyRow
		}{secret, keyRowOf(key, p.hosts(ctx))})
	}
	_, err = fmt.Fprintln(a.out, secret)
	return err
}

// keyUser is the number of the user whose rights a key has, 0 for nobody's. Kommo is
// asked, since a key with the number of nobody would work nowhere.
func (a *app) keyUser(ctx context.Context, account, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	p, err := a.wire(ctx, Flags{})
	if err != nil {
		return 0, err
	}
	defer p.close()
	of, err := p.openTenant(ctx, tenant.Name{Account: account})
	if err != nil {
		return 0, err
	}
	if of.Close != nil {
		defer of.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	user, err := of.Service.Directory().User(ctx, name)
	if err != nil {
		why := registry.Explain(ctx, err)
		why.Field, why.Next = "user", "Give --user the name or number of a user of the account, or leave it out."
		return 0, why
	}
	return user.ID, nil
}

// key is what is asked for, checked.
func (c *keysCreateCmd) key(now time.Time) (access.Key, error) {
	key := access.Key{Label: strings.TrimSpace(c.Label), Mode: principal.Mode(strings.ToLower(c.Mode)), Rate: c.Rate}
	var errs []error
	errs = append(errs, notEmpty("--account", c.Account), notEmpty("--user", c.User))
	if c.Toolsets != nil {
		if key.Toolsets = splitList(strings.ToLower(*c.Toolsets)); len(key.Toolsets) == 0 {
			errs = append(errs, errors.New("--toolsets names none: leave it out for all that the server offers"))
		}
	}
	if !slices.Contains([]principal.Mode{principal.Read, principal.Write, principal.Full}, key.Mode) {
		errs = append(errs, fmt.Errorf("--mode is %q: use read, write or full", c.Mode))
	}
	if _, err := registry.Select(tools.All(nil), registry.Choice{Toolsets: key.Toolsets, Mode: registry.ModeFull}); err != nil {
		errs = append(errs, fmt.Errorf("--toolsets: %w", err))
	}
	if !(c.Rate >= 0 && c.Rate <= mostPerKey) { // NaN too
		errs = append(errs, fmt.Errorf("--rate is %v: use a number of requests a second up to %d", c.Rate, mostPerKey))
	}
	if err := checkLabel(key.Label); err != nil {
		errs = append(errs, err)
	}
	if c.Expires != nil {
		at, err := endsAt(*c.Expires, now)
		if err != nil {
			errs = append(errs, err)
		}
		key.Expires = at
	}
	return key, errors.Join(errs...)
}

// notEmpty refuses what is given and empty, as a variable of a script may be: it must
// not open another account, do more or last longer than was meant.
func notEmpty(flag string, value *string) error {
	if value == nil || strings.TrimSpace(*value) != "" {
		return nil
	}
	return errors.New(flag + " is empty: give it a value, or leave it out")
}

func orEmpty(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

// checkLabel refuses labels that would break a list apart.
func checkLabel(label string) error {
	if len(label) > 100 || strings.ContainsFunc(label, unicode.IsControl) {
		return errors.New("--label is longer than 100 bytes, or holds more than one line")
	}
	return nil
}

// endsAt reads a day, whose end is meant, days, or what Go calls a duration.
func endsAt(text string, now time.Time) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		at := day.AddDate(0, 0, 1)
		if !at.After(now) || at.Sub(now) > days(maxDays) {
			return at, fmt.Errorf("--expires is %s: that day is over, or more than ten years away", text)
		}
		return at, nil
	}
	life, err := time.ParseDuration(text)
	if digits, inDays := strings.CutSuffix(text, "d"); inDays {
		var n int
		n, err = strconv.Atoi(digits)
		life = days(min(n, maxDays+1)) // more does not fit
	}
	if err != nil || life <= 0 || life > days(maxDays) {
		return now, fmt.Errorf("--expires is %q: use for example 90d, 12h or a day as 2027-01-31, at most ten years", text)
	}
	return now.Add(life), nil
}

// accountOfKey is the account that a key is for, and what it is called. A key is
// bound to a connected account by its number, so that another default does not move
// it.
func (p *product) accountOfKey(ctx context.Context, name string) (account, host string, err error) {
	if name == "" && p.cfg.Token != "" {
		return "", p.address(), nil
	}
	if name == "" {
		name = p.cfg.Account.Host
	}
	found, err := auth.Find(ctx, p.state, name)
	return found.Account, found.Host, err
}
