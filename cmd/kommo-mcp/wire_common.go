package main

import (
	"context"
	"sync"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// commons are what all who work in an account have in common, by whosever rights:
// the access token that is set, its grant, users whose keys are bound to them. Each
// lasts as long as somebody uses it.
type commons struct {
	state *store.Store
	clock kommo.Clock

	mu  sync.Mutex
	all map[string]*together
}

// together is that of one account.
type together struct {
	jobs  *crm.Shared
	gate  *kommo.Gate // Kommo counts the requests of all of them together
	users int
}

func newCommons(state *store.Store, clock kommo.Clock) *commons {
	return &commons{state: state, clock: clock, all: map[string]*together{}}
}

// of is that of an account, by its name in the state. release says that it is not
// used any more.
func (c *commons) of(name string) (one *together, release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, ok := c.all[name]
	if !ok {
		one = &together{jobs: crm.NewShared(name, c.state, c.clock.Now), gate: kommo.NewGate(kommo.AccountRate, c.clock)}
		c.all[name] = one
	}
	one.users++
	return one, sync.OnceFunc(func() { c.release(name, one) })
}

func (c *commons) release(name string, one *together) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(c.all, name)
		one.jobs.Close()
	}
}

// via is by whose rights the clients of an origin act.
func (o origin) via() crm.Via {
	if o.granted {
		return crm.Via{By: crm.ViaGrant, User: o.user}
	}
	return crm.Via{By: crm.ViaToken, User: o.user}
}

// deputy finds who acts by other rights in an account. What was accepted by a token
// that is not set any more is written by the grant.
func (p *product) deputy(name string) crm.Deputy {
	return func(ctx context.Context, v crm.Via) (*crm.Service, error) {
		ctx = context.WithoutCancel(ctx) // a service outlives the call that needed it first
		if p.own != nil && p.own.name == name && p.own.granted == (v.By == crm.ViaGrant) {
			return p.tenants.Of(ctx, "", v.User)
		}
		if v.By == crm.ViaToken && p.cfg.Token != "" {
			return nil, problem.New(problem.NoToken, "the access token that is set is not of this account")
		}
		return p.tenants.Of(ctx, name, v.User)
	}
}
