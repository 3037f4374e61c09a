package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

// clientRow is a client for programs, in the words of RFC 7591 where it has one.
type clientRow struct {
	ID         string   `json:"client_id"`
	Name       string   `json:"client_name,omitempty"`
	Redirects  []string `json:"redirect_uris"`
	Kind       string   `json:"kind"` // confidential or public
	Registered bool     `json:"registered_itself"`
	Created    string   `json:"created"`
	Used       string   `json:"used,omitempty"`
	Expires    string   `json:"forgotten_unless_used,omitempty"`
}

func clientRowOf(c authserver.Client) clientRow {
	return clientRow{
		ID: c.ID, Name: c.Name, Redirects: append([]string{}, c.Redirects...), Kind: clientKind(c), Registered: c.Registered,
		Created: moment(c.Created), Used: moment(c.Used), Expires: moment(c.Expires),
	}
}

func clientKind(c authserver.Client) string {
	switch {
	case c.Unreadable:
		return "unreadable: its encryption key is not here"
	case c.Secret, c.Signs:
		return "confidential"
	default:
		return "public"
	}
}

type clientsListCmd struct {
	listing

	All bool `help:"Those that registered themselves too."`
}

// Run prints a line a client, never a secret.
func (c *clientsListCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	list, err := p.clients().List(ctx, c.All)
	if err != nil {
		return err
	}
	if c.JSON {
		rows := make([]clientRow, 0, len(list))
		for _, each := range list {
			rows = append(rows, clientRowOf(each))
		}
		return a.printJSON(rows)
	}
	if n, err := p.clients().CountRegistered(ctx); err == nil && n > 0 && !c.All {
		fmt.Fprintf(a.errOut, "Clients that registered themselves: %d; --all shows them too.\n", n)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.errOut, "No client was made by hand: kommo-mcp clients add makes one.")
		return nil
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tNAME\tKIND\tMADE\tCREATED\tLAST USED\tREDIRECTS")
	for _, each := range list {
		by := "by hand"
		if each.Registered {
			by = "itself"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", each.ID, or(each.Name, "none"), clientKind(each), by,
			each.Created.Format(time.DateOnly), orNever(each.Used), strings.Join(each.Redirects, " "))
	}
	return out.Flush()
}

type clientsRemoveCmd struct {
	ID string `arg:"" name:"client" help:"As clients list --all shows it."`
}

// Run forgets a client.
func (c *clientsRemoveCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	gone, ended, err := p.clients().Remove(ctx, c.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "removed %s (%s); sign-ins that ended: %d\n", gone.ID, or(gone.Name, "none"), ended)
	return err
}
