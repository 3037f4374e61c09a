package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/tenant"
)

// shared is what the clients of all accounts of this process share: connections and
// limits, and nothing that an account said.
type shared struct {
	options   []kommo.Option
	transport *http.Transport
	lanes     *store.Lanes // nil in the demo
	commons   *commons
	auth      *auth.Service // one, since it holds pairs that the disk would not take yet
	clock     kommo.Clock
}

// opened is one account that is worked in.
type opened struct {
	client  *kommo.Client
	service *crm.Service
	close   func()
}

// share prepares it.
func (p *product) share(ctx context.Context, clock kommo.Clock) {
	transport := kommo.NewTransport(http.ProxyFromEnvironment)
	s := shared{clock: clock, transport: transport, commons: newCommons(p.state, clock), options: []kommo.Option{
		kommo.WithClock(clock), kommo.WithMaxRetries(p.cfg.MaxRetries), kommo.WithUserAgent("kommo-mcp/" + version()),
	}}
	p.closers = append(p.closers, transport.CloseIdleConnections)
	if p.cfg.BaseURL != nil {
		s.options = append(s.options, kommo.WithBaseURL(p.cfg.BaseURL))
	}
	if p.cfg.RatePerHost > 0 {
		s.options = append(s.options, kommo.WithHostLimiter(kommo.NewGate(p.cfg.RatePerHost, clock)))
	}
	if !p.cfg.Demo {
		s.lanes = store.NewLanes(p.cfg.StateDir, clock.Now)
		p.closers = append(p.closers, func() { _ = s.lanes.Close() })
		s.auth = p.accounts(ctx)
	}
	p.shared = s
}

// origin is where an account is and whose tokens open it.
type origin struct {
	account kommo.Account
	name    string // in the state
	granted bool   // its tokens are those of a grant, not the one that is set
	user    int64
	tokens  func(moved func(kommo.Account)) oauth2.TokenSource
	log     *slog.Logger
}

// open makes the service of an account. Nothing is asked of Kommo.
func (p *product) open(ctx context.Context, from origin) opened {
	both, release := p.shared.commons.of(from.name)
	opts := slices.Concat(p.shared.options, []kommo.Option{
		kommo.WithLogger(from.log), kommo.WithContextUser(from.user), kommo.WithAccountLimiter(both.gate), kommo.WithTransport(p.counted(from.name)),
	})
	if p.shared.lanes != nil {
		opts = append(opts, kommo.WithCommonRate(commonRate{context.WithoutCancel(ctx), p.shared.lanes, from.name}))
	}
	var client *kommo.Client
	client = kommo.New(from.account, from.tokens(func(to kommo.Account) { client.Move(to) }), opts...)
	names := directory.New(client, directory.WithClock(p.shared.clock), directory.WithLogger(from.log))
	service := crm.New(client, names, p.shared.clock, append(p.noteCalls(), crm.WithShared(both.jobs), crm.WithCallWait(p.cfg.CallWait),
		crm.WithVia(from.via(), p.deputy(from.name)), crm.WithRetention(p.cfg.HookKept, p.cfg.RecordKept), crm.WithLogger(from.log), crm.WithWake(p.wake))...)
	return opened{client: client, service: service, close: sync.OnceFunc(func() { names.Close(); release() })}
}

// wake has a look taken at the calls that wait.
func (p *product) wake() {
	if p.tenants != nil {
		p.tenants.Wake()
	}
}

// openTenants prepares the services of the accounts that requests may be for.
func (p *product) openTenants() {
	c := tenant.Config{
		Open: p.openTenant, Check: p.checkAccount, Now: time.Now, After: p.shared.clock.After, Logger: p.log,
	}
	if p.grant != nil {
		c.Own, c.CheckOwn = p.grant.Account, p.checkOwn
	}
	if p.cfg.Mode != "read" && !p.cfg.Demo {
		c.Waiting = p.waiting
	}
	p.tenants = tenant.New(c)
	p.closers = append(p.closers, p.tenants.Close)
	p.provider = p.tenants.Provide
}

// openTenant makes the service of a connected account, or of the server's own.
func (p *product) openTenant(ctx context.Context, n tenant.Name) (tenant.Opened, error) {
	switch {
	case n.Account == "" && p.own == nil:
		return tenant.Opened{}, p.ownMissing
	case n == tenant.Name{}:
		return tenant.Opened{Service: p.service}, nil // closed with the product
	}
	from := origin{user: n.User}
	if n.Account == "" {
		from = *p.own
		from.user = n.User
	} else {
		c, ok, err := auth.Look(ctx, p.state, n.Account)
		if err != nil || !ok {
			return tenant.Opened{}, p.notConnected(n.Account, err)
		}
		if from, err = p.grantOrigin(c); err != nil {
			return tenant.Opened{}, err
		}
		from.user = n.User
	}
	o := p.open(ctx, from)
	return tenant.Opened{Service: o.service, Close: o.close}, nil
}

// grantOrigin is a connected account, by the tokens of its grant.
func (p *product) grantOrigin(c auth.Connected) (origin, error) {
	account, err := kommo.ParseAccount(c.Host)
	if err != nil {
		return origin{}, err
	}
	return origin{
		account: account, name: c.Account, granted: true, log: p.log.With(slog.String("account", c.Account)),
		tokens: func(moved func(kommo.Account)) oauth2.TokenSource { return p.shared.auth.Source(c.Account, moved) },
	}, nil
}

// checkOwn refuses the server's own account once its grant was removed: what is known of
// it would be told otherwise for as long as that is kept. One that has ended is worked
// in until its last access token ends.
func (p *product) checkOwn(ctx context.Context) error {
	_, ok, err := auth.Look(ctx, p.state, p.grant.Account)
	if err != nil || ok {
		return nil //nolint:nilerr // who needs the token says why it cannot be read
	}
	return problem.New(problem.NoToken, "The account "+p.grant.Host+" is not connected any more.").WithNext(p.shared.auth.ConnectStep())
}

// checkAccount refuses an account whose connection has ended.
func (p *product) checkAccount(ctx context.Context, account string) error {
	c, ok, err := auth.Look(ctx, p.state, account)
	if err == nil && ok && !c.Ended {
		return nil
	}
	return p.notConnected(account, err)
}

// notConnected says how to connect an account again.
func (p *product) notConnected(account string, err error) error {
	if err != nil {
		return problem.New(problem.Unavailable, "the state of this server cannot be read").WithNext("Try again in a moment.").Wrap(err)
	}
	return problem.New(problem.Unauthorized, "The connection to the Kommo account "+account+" has ended.").
		WithNext(p.shared.auth.ConnectStep() + " Repeating the call does not help.")
}

// waiting are the accounts in which calls wait.
func (p *product) waiting(ctx context.Context) ([]string, error) {
	if !p.state.Exists() {
		return nil, nil
	}
	accounts, err := p.state.Accounts(ctx, crm.CallKind, crm.HookKind)
	if p.own != nil {
		accounts = without(accounts, p.own.name) // has a worker of its own
	}
	return accounts, err
}

func without(list []string, name string) []string {
	var out []string
	for _, one := range list {
		if one != name {
			out = append(out, one)
		}
	}
	return out
}

// serveTenants works in the background for the connected accounts until the returned
// function is called, which waits for what is under way.
func (p *product) serveTenants(ctx context.Context) (stop func()) {
	if p.cfg.Demo {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { p.tenants.Run(ctx) })
	if p.cfg.App.ClientID != "" {
		work.Go(func() { p.shared.auth.Keep(ctx) })
	}
	return func() {
		cancel()
		work.Wait()
	}
}
