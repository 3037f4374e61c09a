package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
)

// hookRow is a hook for programs.
type hookRow struct {
	ID       string `json:"id"`
	Label    string `json:"label,omitempty"`
	Platform string `json:"platform"`
	Account  string `json:"account,omitempty"` // left out: the server's own
	Host     string `json:"host,omitempty"`
	Signing  string `json:"signing"`
	Created  string `json:"created"`
	Used     string `json:"used,omitempty"`
}

func hookRowOf(h access.Hook, hosts map[string]string) hookRow {
	return hookRow{
		ID: h.ID, Label: h.Label, Platform: or(h.Platform, "unknown"), Account: h.Account, Host: hosts[h.Account],
		Signing: signing(h), Created: moment(h.Created), Used: moment(h.Used),
	}
}

type hooksListCmd struct{ listing }

// Run prints a line a hook.
func (c *hooksListCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	list, err := p.hooks().List(ctx)
	if err != nil {
		return err
	}
	hosts := p.hosts(ctx)
	if c.JSON {
		rows := make([]hookRow, 0, len(list))
		for _, h := range list {
			rows = append(rows, hookRowOf(h, hosts))
		}
		return a.printJSON(rows)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.errOut, "There are no hooks: kommo-mcp hooks create makes one.")
		return nil
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tLABEL\tPLATFORM\tACCOUNT\tSIGNING\tCREATED\tLAST USED")
	for _, h := range list {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", h.ID, or(h.Label, "none"), or(h.Platform, "unknown"), hostOf(hosts, h.Account), signing(h),
			h.Created.Format(time.DateOnly), orNever(h.Used))
	}
	return out.Flush()
}

func signing(h access.Hook) string {
	switch {
	case h.Unreadable:
		return "unreadable: its encryption key is not here"
	case h.Signed:
		return "signed"
	default:
		return "unsigned"
	}
}

type hooksRevokeCmd struct {
	ID string `arg:"" name:"hook" help:"From hooks list."`
}

// Run forgets a hook.
func (c *hooksRevokeCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	h, err := p.hooks().Revoke(ctx, c.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "revoked %s (%s, %s)\n", h.ID, or(h.Platform, "unknown"), hostOf(p.hosts(ctx), h.Account))
	return err
}
