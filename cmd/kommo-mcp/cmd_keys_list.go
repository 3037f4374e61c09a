package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
)

// keyRow is an access key for programs.
type keyRow struct {
	ID       string   `json:"id"`
	Label    string   `json:"label,omitempty"`
	Account  string   `json:"account,omitempty"` // left out: the server's own
	Host     string   `json:"host,omitempty"`
	User     int64    `json:"user,omitempty"`
	Mode     string   `json:"mode"`
	Toolsets []string `json:"toolsets,omitempty"`
	Rate     float64  `json:"rate,omitempty"`
	Created  string   `json:"created"`
	Used     string   `json:"used,omitempty"`
	Expires  string   `json:"expires,omitempty"`
	State    string   `json:"state"`
}

func keyRowOf(k access.Key, hosts map[string]string) keyRow {
	return keyRow{
		ID: k.ID, Label: k.Label, Account: k.Account, Host: hosts[k.Account], User: k.User, Mode: string(k.Mode), Toolsets: k.Toolsets, Rate: k.Rate,
		Created: moment(k.Created), Used: moment(k.Used), Expires: moment(k.Expires), State: keyState(k, time.Now()),
	}
}

type keysListCmd struct{ listing }

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
	hosts := p.hosts(ctx)
	if c.JSON {
		rows := make([]keyRow, 0, len(list))
		for _, k := range list {
			rows = append(rows, keyRowOf(k, hosts))
		}
		return a.printJSON(rows)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.errOut, "There is no access key: make one with kommo-mcp keys create.")
		return nil
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tLABEL\tACCOUNT\tUSER\tMODE\tTOOLSETS\tRATE\tCREATED\tLAST USED\tEXPIRES\tSTATE")
	for _, k := range list {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, or(k.Label, "none"), hostOf(hosts, k.Account), or(k.User, "none"), k.Mode, or(strings.Join(k.Toolsets, ","), "all"),
			or(k.Rate, "usual"), k.Created.Format(time.DateOnly), orNever(k.Used), orNever(k.Expires), keyState(k, time.Now()))
	}
	return out.Flush()
}

func ends(at time.Time) string {
	if at.IsZero() {
		return "without an end"
	}
	return "until " + at.Format(time.RFC3339)
}

// keyActive is the state of a key that works.
const keyActive = "active"

func keyState(k access.Key, now time.Time) string {
	switch {
	case k.Unreadable:
		return "unreadable: its encryption key is not here"
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return "expired"
	default:
		return keyActive
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
	_, err = fmt.Fprintf(a.out, "revoked %s (%s)\n", key.ID, or(key.Label, "none"))
	return err
}
