package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

type accountRemoveCmd struct {
	accountName

	Calls bool `help:"Erase its calls too that wait for Kommo or were refused. Else they are kept, in case the account is connected again."`
}

// Help is shown below the flags.
func (accountRemoveCmd) Help() string {
	return "Its access keys, hooks and sign-ins of clients stop working at once and do not come back with a new consent. " +
		"Kommo is not told: there the integration is uninstalled under Settings > Integrations, which removes the account here by itself where the integration has a hook for its end."
}

// Run forgets an account, and says what went with it.
func (remove *accountRemoveCmd) Run(ctx context.Context, a *app) error {
	return a.withAccount(ctx, remove.Name, func(p *product, c auth.Connected) error {
		goes, err := p.goesWith(ctx, c.Account)
		if err != nil {
			return err
		}
		if err := auth.Remove(ctx, p.state, c); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "forgot %s\n", c.Host)
		if given := goes.given(); given != "" {
			fmt.Fprintf(a.errOut, "With it: %s. They work no longer.\n", given)
		}
		switch {
		case goes.calls > 0 && remove.Calls:
			if err := p.state.EraseAll(ctx, c.Account); err != nil {
				return err
			}
			fmt.Fprintf(a.errOut, "%s erased.\n", plural(goes.calls, "call was", "calls were"))
		case goes.calls > 0:
			fmt.Fprintf(a.errOut, "%s kept: written when the account is connected again, erased after %d days otherwise.\n",
				plural(goes.calls, "call is", "calls are"), int(p.cfg.RecordKept/days(1)))
		}
		if c.Default {
			fmt.Fprintln(a.errOut, "It was the default account: kommo-mcp accounts default chooses another.")
		}
		fmt.Fprintln(a.errOut, "To take the access away in Kommo too, uninstall the integration there (Settings > Integrations).")
		return nil
	})
}

// belongings is what an account has here beside its grant.
type belongings struct{ keys, hooks, signIns, calls int }

// given is what was given out, in words; empty: nothing.
func (b belongings) given() string {
	var out []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{b.keys, "access key", "access keys"}, {b.hooks, "hook", "hooks"}, {b.signIns, "sign-in of a client", "sign-ins of clients"}} {
		if part.n > 0 {
			out = append(out, plural(part.n, part.one, part.many))
		}
	}
	return strings.Join(out, ", ")
}

// goesWith counts what an account has here.
func (p *product) goesWith(ctx context.Context, account string) (b belongings, err error) {
	keys, err := p.keys().List(ctx)
	if err != nil {
		return b, err
	}
	for _, k := range keys {
		if k.Account == account && keyState(k, time.Now()) == keyActive {
			b.keys++
		}
	}
	hooks, err := p.state.Tickets(ctx, access.HookKind, account)
	if err != nil {
		return b, err
	}
	b.hooks = len(hooks)
	if b.signIns, err = authserver.SignIns(ctx, p.state, account, time.Now()); err != nil {
		return b, err
	}
	waiting, dead, err := p.callsOf(ctx, account)
	b.calls = waiting + dead
	return b, err
}

// callsOf counts the calls of an account that wait, and those that were refused for
// good.
func (p *product) callsOf(ctx context.Context, account string) (waiting, dead int, err error) {
	for _, kind := range []string{crm.CallKind, crm.HookKind} {
		n, err := p.state.Counts(ctx, account, kind)
		if err != nil {
			return 0, 0, err
		}
		waiting += n[store.Waiting] + n[store.Running]
		dead += n[store.Dead]
	}
	return waiting, dead, nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
