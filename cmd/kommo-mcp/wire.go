package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"
	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/metrics"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/tenant"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// product is everything wired together for one run.
type product struct {
	cfg      Config
	provider crm.Provider
	client   *kommo.Client // nil without a token
	service  *crm.Service  // nil without a token
	state    *store.Store
	ring     *seal.Ring      // opens what state keeps; nil in the demo
	grant    *auth.Connected // whose tokens client uses; nil: those of the settings

	authorization *authserver.Server // nil: there is none
	connection    *connect.Site      // where people connect accounts; nil: nowhere

	shared     shared
	own        *origin // the server's own account; nil: there is none
	ownMissing error   // why
	tenants    *tenant.Set

	tools   []registry.Tool
	log     *slog.Logger
	audit   *audit.Log   // nil: writes are not put on record
	metrics *metrics.Set // nil: nothing is counted
	closers []func()
}

func (p *product) close() {
	for _, end := range slices.Backward(p.closers) {
		end()
	}
}

// wire reads the settings and builds the product. Nothing is requested here:
// a client may list the tools without a network.
func (a *app) wire(ctx context.Context, f Flags) (*product, error) {
	cfg, err := a.config(f)
	if err != nil {
		return nil, usageError{err}
	}
	p := &product{cfg: cfg, log: a.logger()}
	if cfg.Demo {
		if err := p.startDemo(ctx); err != nil {
			return nil, err
		}
	}
	p.openAudit(ctx)
	if f.Served {
		p.openMetrics(ctx)
	}
	p.connect(ctx)
	all := tools.All(p.provider, tools.WithMode(registry.Mode(p.cfg.Mode)))
	p.tools, err = registry.Select(all, registry.Choice{
		Toolsets: p.cfg.Toolsets, Tools: p.cfg.Tools, Exclude: p.cfg.Exclude, Mode: registry.Mode(p.cfg.Mode),
	})
	if err != nil {
		return nil, usageError{err}
	}
	p.tools = registry.Configure(p.tools, registry.Options{Logger: p.log, Audit: p.audit, Principal: caller, Observe: p.observe()})
	return p, nil
}

// startDemo serves the embedded sandbox on a free loopback port and points the
// settings at it. It outlives the signal that ends ctx, until close: the calls
// in flight are still answered.
func (p *product) startDemo(ctx context.Context) error {
	s := sandbox.New()
	srv, err := sandbox.Listen(context.WithoutCancel(ctx), "127.0.0.1:0", s)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	p.closers = append(p.closers, srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	p.cfg.BaseURL = base
	p.cfg.Account, err = kommo.ParseAccount(sandbox.DefaultHost)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	p.cfg.Token = s.Token(sandbox.DefaultHost)
	return nil
}

// connect opens the server's own account, where there is one.
func (p *product) connect(ctx context.Context) {
	clock := kommo.SystemClock{}
	p.openState(clock)
	p.share(ctx, clock)
	p.own, p.ownMissing = p.ownAccount(ctx)
	if p.own != nil {
		o := p.open(ctx, *p.own)
		p.client, p.service = o.client, o.service
		p.closers = append(p.closers, o.close)
	}
	p.openTenants()
}

// ownAccount is the one of the access token that is set, else a connected account,
// the one that KOMMO_SUBDOMAIN names or the default.
func (p *product) ownAccount(ctx context.Context) (*origin, error) {
	if p.cfg.Token != "" {
		p.warnOfEnd(ctx)
		fixed := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: p.cfg.Token})
		return &origin{
			account: p.cfg.Account, name: p.accountName(), log: p.log.With(slog.String("account", p.accountName())),
			tokens: func(func(kommo.Account)) oauth2.TokenSource { return fixed },
		}, nil
	}
	if p.cfg.Demo || !p.state.Exists() {
		return nil, noToken()
	}
	found, err := auth.Find(ctx, p.state, p.cfg.Account.Host)
	if _, missing := errors.AsType[*problem.Problem](err); err != nil && !missing {
		return nil, problem.New(problem.Unavailable, "No access token is set, and the connected accounts cannot be read: "+err.Error()+".").
			WithNext("Run kommo-mcp doctor: it says what is wrong with the state directory (KOMMO_MCP_STATE_DIR).").Wrap(err)
	}
	if err != nil {
		return nil, noToken().Wrap(err)
	}
	from, err := p.grantOrigin(found)
	if err != nil {
		return nil, err
	}
	p.cfg.Account, p.grant = from.account, &found
	return &from, nil
}

// warnOfEnd announces the end of a long-lived token, since a new one takes an
// administrator.
func (p *product) warnOfEnd(ctx context.Context) {
	c, err := auth.ReadClaims(p.cfg.Token)
	if err != nil || c.Expires.IsZero() {
		return
	}
	switch left := time.Until(c.Expires); {
	case left <= 0:
		p.log.WarnContext(ctx, "the access token has expired: make a new one", slog.String("on", c.Expires.Format(time.DateOnly)))
	case left <= tokenWarning:
		p.log.WarnContext(ctx, "the access token ends soon: make a new one", slog.String("on", c.Expires.Format(time.DateOnly)))
	}
}

// accounts is the service that connects accounts.
func (p *product) accounts(ctx context.Context, more ...auth.Option) *auth.Service {
	opts := []auth.Option{
		auth.WithLogger(p.log), auth.WithUserAgent("kommo-mcp/" + version()),
		auth.WithTransport(kommo.NewTransport(http.ProxyFromEnvironment)),
	}
	if p.cfg.BaseURL != nil && p.cfg.BaseURL.Scheme == "http" { // loopback: stands for every Kommo host
		opts = append(opts, auth.WithBaseURL(p.cfg.BaseURL))
	}
	opts = append(append(opts, p.connectStep()...), more...)
	return auth.New(ctx, p.state, p.cfg.App, opts...)
}

// accountName tells the server's own account apart from others in the shared state:
// by Kommo's number, under which a connected account is kept as well. So it is the
// same account, with one journal and one limit, whoever works in it. A token that
// does not say its account leaves its address. So does a loopback base for an account
// without a name: that is a Kommo made for tests, which is another at each start
// although it numbers its accounts alike.
func (p *product) accountName() string {
	switch claims, err := auth.ReadClaims(p.cfg.Token); {
	case p.own != nil:
		return p.own.name
	case err == nil && claims.AccountID > 0 && p.cfg.Account.Host != "":
		return auth.AccountName(claims.AccountID, p.cfg.Account.Zone)
	}
	return p.address()
}

// address is where the server's own account is.
func (p *product) address() string {
	if p.cfg.Account.Host == "" && p.cfg.BaseURL != nil {
		return p.cfg.BaseURL.Host
	}
	return p.cfg.Account.Host
}

func (p *product) server() (*mcpserver.MCPServer, error) {
	set, err := resources.New(p.provider)
	if err != nil {
		return nil, fmt.Errorf("resources: %w", err)
	}
	return server.New(server.Parts{Version: version(), Tools: p.tools, Resources: set, Logger: p.log}), nil
}

// web is what the HTTP surface needs. Calls are logged over plain HTTP where the
// tool for them is offered over MCP.
func (p *product) web() server.Web {
	w := server.Web{
		AccessKey: p.cfg.AccessKey, PublicURL: p.cfg.PublicURL, Secrets: p.cfg.HookSecrets,
		Provider: p.provider, Version: version(), Logger: p.log, Edge: p.cfg.Edge,
	}
	w.Edge.Ready, w.Tools = p.state.Ping, p.tools
	if !p.cfg.Demo {
		keys := p.keys()
		w.Keys, w.AnyKey = keys, keys.Any
	}
	if tool, err := registry.Find(p.tools, server.LogCallTool); err == nil {
		w.LogCall = &tool
	}
	p.authorize(&w)
	p.takeHooks(&w)
	return w
}

// caller tells apart whose confirmations are whose.
func caller(ctx context.Context) string {
	p := principal.From(ctx)
	return fmt.Sprintf("%s %q %q %d", p.Kind, p.ID, p.Account, p.User)
}

func noToken() *problem.Problem {
	return problem.New(problem.NoToken, "No Kommo access token is set and no account is connected, so nothing can be read or written.").
		WithNext("Set KOMMO_SUBDOMAIN (for example acme) and KOMMO_ACCESS_TOKEN (a long-lived token of a private integration: Kommo > Settings > Integrations > your integration > Keys and scopes) and restart the server. Or connect an account with kommo-mcp login. To try without an account start it with --demo.")
}

// httpTimeout bounds the checks of the doctor.
const httpTimeout = 15 * time.Second
