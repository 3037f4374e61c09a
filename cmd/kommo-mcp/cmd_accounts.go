package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

type accountCmd struct {
	List    accountListCmd    `cmd:"" default:"withargs" help:"List the connected accounts."`
	Show    accountShowCmd    `cmd:"" help:"Tell more about one of them."`
	Default accountDefaultCmd `cmd:"" help:"Choose the account that is used when KOMMO_SUBDOMAIN names none."`
	Remove  accountRemoveCmd  `cmd:"" help:"Forget one of them, with its tokens and all that was given out for it."`
	Rotate  accountRotateCmd  `cmd:"" name:"rotate-key" help:"Encrypt everything that is kept with a new key."`
}

// wireAccounts prepares the state and no account: what the commands for accounts
// need.
func (a *app) wireAccounts() (*product, error) {
	cfg, err := a.config(Flags{})
	if err != nil {
		return nil, usageError{err}
	}
	p := &product{cfg: cfg, log: a.logger()}
	p.openState(kommo.SystemClock{})
	return p, nil
}

// withAccount runs do with the account that a person named.
func (a *app) withAccount(ctx context.Context, name string, do func(*product, auth.Connected) error) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	c, err := auth.Find(ctx, p.state, name)
	if err != nil {
		return err
	}
	return do(p, c)
}

// accountRow is an account for programs.
type accountRow struct {
	Host        string `json:"host"`
	Account     string `json:"account"`
	State       string `json:"state"`
	Reason      string `json:"reason,omitempty"`
	Default     bool   `json:"default"`
	Integration string `json:"integration"`
	Connected   string `json:"connected"`
	Renewed     string `json:"renewed"`
	AccessUntil string `json:"access_until"`
	Lapses      string `json:"lapses_unused"`
	Key         string `json:"sealed_with,omitempty"`
}

func rowOf(c auth.Connected) accountRow {
	return accountRow{
		Host: c.Host, Account: c.Account, State: standing(c), Reason: c.Reason, Default: c.Default, Integration: c.ClientID,
		Connected: moment(c.Connected), Renewed: moment(c.Renewed), AccessUntil: moment(c.Expires), Lapses: moment(c.Lapses),
	}
}

type accountListCmd struct{ listing }

// Run prints a line an account; * marks the default.
func (c *accountListCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	rows := []accountRow{}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	if p.state.Exists() {
		list, err := auth.List(ctx, p.state)
		if err != nil {
			return err
		}
		for _, c := range list {
			rows = append(rows, rowOf(c))
			mark := " "
			if c.Default {
				mark = "*"
			}
			fmt.Fprintf(out, "%s %s\t%s\t%s\tconnected %s\n", mark, c.Host, c.Account, standing(c), c.Connected.Format(time.DateOnly))
		}
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.errOut, "No account is connected: run kommo-mcp login.")
	}
	return out.Flush()
}

// standing says in words whether a connection works.
func standing(c auth.Connected) string {
	switch {
	case c.Ended:
		return "ended: connect again"
	case time.Now().After(c.Lapses):
		return "lapsed: connect again"
	case c.Unsettled:
		return "last renewal unanswered"
	default:
		return standingActive
	}
}

// standingActive is the state of a connection that works.
const standingActive = "active"

type accountName struct {
	Name string `arg:"" name:"account" help:"Subdomain, host or number, as accounts list shows them."`
}

type accountShowCmd struct {
	accountName
	listing
}

// Run prints what is known of an account, without secrets.
func (show *accountShowCmd) Run(ctx context.Context, a *app) error {
	return a.withAccount(ctx, show.Name, func(p *product, c auth.Connected) error {
		key, err := p.state.SealedWith(ctx)
		if err != nil {
			return err
		}
		row := rowOf(c)
		row.Key = key
		if show.JSON {
			return a.printJSON(row)
		}
		goes, err := p.goesWith(ctx, c.Account)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		for _, line := range [][2]string{
			{"host", row.Host},
			{"account", row.Account},
			{"integration", row.Integration},
			{"state", row.State},
			{"reason", row.Reason},
			{"default", strconv.FormatBool(row.Default)},
			{"connected", row.Connected},
			{"renewed", row.Renewed},
			{"access until", row.AccessUntil},
			{"lapses unused", c.Lapses.Format(time.DateOnly)},
			{"given out", or(goes.given(), "none")},
			{"calls waiting", strconv.Itoa(goes.calls)},
			{"sealed with", p.sealedWith(key)},
		} {
			if line[1] != "" {
				fmt.Fprintf(out, "%s\t%s\n", line[0], line[1])
			}
		}
		return out.Flush()
	})
}

// sealedWith says which key opens what is kept, and where it lies.
func (p *product) sealedWith(key string) string {
	where := p.ring.Where(key)
	switch {
	case key == "":
		return "nothing yet"
	case where == "":
		return "key " + key + ", which is not here"
	}
	return "key " + key + " of " + where
}

type accountDefaultCmd struct{ accountName }

// Run chooses the default.
func (c *accountDefaultCmd) Run(ctx context.Context, a *app) error {
	return a.withAccount(ctx, c.Name, func(p *product, c auth.Connected) error {
		if err := auth.SetDefault(ctx, p.state, c); err != nil {
			return err
		}
		if state := standing(c); state != standingActive {
			fmt.Fprintf(a.errOut, "Its connection: %s.\n", state)
		}
		_, err := fmt.Fprintf(a.out, "%s is the default\n", c.Host)
		return err
	})
}

type accountRotateCmd struct {
	Discard bool `name:"discard-unreadable" help:"Delete what no key opens, for when the key is lost: those accounts have to be connected again, and waiting calls are lost."`
}

// Run changes the encryption key.
func (c *accountRotateCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	done, err := p.state.Reseal(ctx, c.Discard)
	switch {
	case err != nil:
		return fmt.Errorf("nothing was changed: %w", err)
	case done.From == done.To:
		return errors.New("everything is sealed with the key that is set: set the new one as KOMMO_MCP_ENCRYPTION_KEY and this one as KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS, then run this again")
	}
	fmt.Fprintf(a.out, "%d sealed anew with key %s of %s\n", done.Count, done.To, p.ring.Where(done.To))
	if done.Lost > 0 {
		fmt.Fprintf(a.out, "%d could not be read and were deleted\n", done.Lost)
	}
	return nil
}
