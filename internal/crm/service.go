// Package crm does the jobs that take several Kommo requests: brief a lead,
// create a lead with its contact, log a call, move a stage, report a pipeline.
// Plain Go in and out: it knows neither MCP nor HTTP.
package crm

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// DefaultCallWait is how long somebody waits for a call to be logged before it is
// kept and delivered later: voice platforms give up after 20 seconds.
const DefaultCallWait = 12 * time.Second

// Service does the jobs in one account. Safe for concurrent use.
type Service struct {
	*Shared

	api    *kommo.Client
	names  *directory.Directory
	clock  kommo.Clock
	log    *slog.Logger
	own    *Shared // to be closed with it; nil: it was given
	via    Via
	deputy Deputy // nil: there are no others

	callWait  time.Duration
	retain    retention
	zone      atomic.Pointer[time.Location]    // the account's, once it is known
	woken     func()                           // tells whoever runs workers that there is work
	who       func(ctx context.Context) string // nil: nobody says
	delivered func(ctx context.Context, d Delivered)
}

// Provider chooses the account of the calling principal. Without a token it
// answers a *problem.Problem with the code no_token that says how to set one.
type Provider func(ctx context.Context) (*Service, error)

// Option changes a Service while New makes it.
type Option func(*settings)

type settings struct {
	name     string
	shared   *Shared
	via      Via
	deputy   Deputy
	wake     func()
	store    *store.Store
	callWait time.Duration
	retain   retention
	log      *slog.Logger

	actor     func(ctx context.Context) string
	delivered func(ctx context.Context, d Delivered)
}

// WithStore keeps what must survive a restart in a store; without it, in memory.
func WithStore(st *store.Store) Option { return func(s *settings) { s.store = st } }

// WithCallWait sets how long a caller waits for a call to be logged before it is
// delivered later.
func WithCallWait(d time.Duration) Option { return func(s *settings) { s.callWait = d } }

// WithRetention sets for how long what platforms have sent, and the records of
// what was done, are kept.
func WithRetention(hooks, records time.Duration) Option {
	return func(s *settings) { s.retain = retention{hooks: hooks, records: records} }
}

// WithLogger sets where the delivery of waiting calls is logged. No text of
// customers is.
func WithLogger(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// WithName tells the account apart from others in the store: Kommo's number, since
// an address may become another account's. Without it, the address.
func WithName(account string) Option { return func(s *settings) { s.name = account } }

// WithShared joins the other services of the account in this process. WithStore and
// WithName say nothing then.
func WithShared(sh *Shared) Option { return func(s *settings) { s.shared = sh } }

// WithWake is told each time something was kept to be delivered later.
func WithWake(wake func()) Option { return func(s *settings) { s.wake = wake } }

// New makes the service of one account.
func New(api *kommo.Client, names *directory.Directory, clock kommo.Clock, opts ...Option) *Service {
	set := settings{name: api.Host(), wake: func() {}, callWait: DefaultCallWait, retain: defaultRetention(), log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&set)
	}
	s := &Service{
		Shared: set.shared, via: set.via, deputy: set.deputy,
		api: api, names: names, clock: clock, log: set.log, callWait: set.callWait, retain: set.retain, woken: set.wake,
		who: set.actor, delivered: set.delivered,
	}
	if s.Shared == nil {
		spare := store.NewMemory(clock.Now)
		s.own = &Shared{journal: newJournal(set.name, cmp.Or(set.store, spare), spare), outbox: newOutbox()}
		s.Shared = s.own
	}
	return s
}

// Close ends what was kept in memory only. The store and the Shared that were given
// are their owners' to close.
func (s *Service) Close() {
	if s.own != nil {
		s.own.Close()
	}
}

// Directory is what the account calls things, for resources and completions.
func (s *Service) Directory() *directory.Directory { return s.names }

// API is the account's client, for resources that pass a record on.
func (s *Service) API() *kommo.Client { return s.api }
