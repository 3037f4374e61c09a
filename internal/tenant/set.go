// Package tenant keeps the accounts that a server works in apart: each connected
// account has a service of its own, with its own client, limiter, caches and journal,
// made when it is first called and closed when nobody has called for long.
package tenant

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	// idleTime is how long a service stays that nobody calls.
	idleTime = 30 * time.Minute
	// grace is how long one stays that was taken out of service: longer than any
	// request that may still use it.
	grace = 2 * time.Minute
)

// Name says whose service one is: within an account, people whose rights differ see
// different things, so that they share no cache either.
type Name struct {
	Account string // Kommo's number; empty: the server's own account
	User    int64  // 0: whoever gave the grant
}

// Opened is a service and what it takes to end it.
type Opened struct {
	Service *crm.Service
	Close   func()
}

// Config is what a Set needs.
type Config struct {
	// Open makes the service of a name. It asks nothing of Kommo.
	Open func(ctx context.Context, n Name) (Opened, error)
	// Check says whether a connected account may be worked in now; the error, a
	// problem with the code no_token or unauthorized, says how to connect it again.
	Check func(ctx context.Context, account string) error
	// Own is the number of the server's own account where it is a connected one.
	Own string
	// CheckOwn says whether that is connected still; nil where it cannot be otherwise.
	CheckOwn func(ctx context.Context) error
	// Waiting are the accounts in which calls wait; nil: this process delivers none.
	Waiting func(ctx context.Context) ([]string, error)

	Now    func() time.Time
	After  func(time.Duration) <-chan time.Time
	Logger *slog.Logger
}

// Set is all services of a process. It is safe for concurrent use.
type Set struct {
	c     Config
	nudge chan struct{}

	mu      sync.Mutex
	all     map[Name]*entry
	retired []*entry // closed when grace is over
	workers map[string]*worker
}

// entry is one service. What is below ready may be read after it is closed.
type entry struct {
	used  time.Time // under the Set's mu
	ready chan struct{}
	got   Opened
	err   error
}

// New makes an empty set.
func New(c Config) *Set {
	return &Set{c: c, nudge: make(chan struct{}, 1), all: map[Name]*entry{}, workers: map[string]*worker{}}
}

// Provide is the service of the principal of a context: a crm.Provider. It never
// answers another account's.
func (s *Set) Provide(ctx context.Context) (*crm.Service, error) {
	p := principal.From(ctx)
	return s.Of(ctx, p.Account, p.User)
}

// Of is the service of an account, as one of its users unless 0. An empty account is
// the server's own.
func (s *Set) Of(ctx context.Context, account string, user int64) (*crm.Service, error) {
	if err := s.check(ctx, account); err != nil {
		return nil, err
	}
	return s.get(ctx, s.name(account, user))
}

// check refuses accounts that are not connected, and takes their services away.
func (s *Set) check(ctx context.Context, account string) error {
	if account == "" {
		if s.c.CheckOwn == nil {
			return nil
		}
		return s.c.CheckOwn(ctx)
	}
	err := s.c.Check(ctx, account)
	if problem.HasCode(err, problem.NoToken, problem.Unauthorized) {
		s.retire(account)
	}
	return err
}

func (s *Set) name(account string, user int64) Name {
	if account == s.c.Own {
		account = ""
	}
	return Name{Account: account, User: user}
}

// get is the service of a name, made by whoever comes first.
func (s *Set) get(ctx context.Context, n Name) (*crm.Service, error) {
	s.mu.Lock()
	e, there := s.all[n]
	if !there {
		e = &entry{ready: make(chan struct{})}
		s.all[n] = e
	}
	e.used = s.c.Now()
	s.mu.Unlock()
	if !there {
		s.open(ctx, n, e)
	}
	select {
	case <-e.ready:
		return e.got.Service, e.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// open makes a service. One that cannot be made is tried anew at the next call.
func (s *Set) open(ctx context.Context, n Name, e *entry) {
	defer close(e.ready)
	e.err = problem.New(problem.Internal, "the account could not be opened") // should Open panic
	defer func() {
		if e.err == nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.all[n] == e {
			delete(s.all, n)
		}
	}()
	e.got, e.err = s.c.Open(context.WithoutCancel(ctx), n)
}

// retire takes the services of an account away. Calls under way finish.
func (s *Set) retire(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, e := range s.all {
		if n.Account == account && account != "" {
			delete(s.all, n)
			e.used = s.c.Now()
			s.retired = append(s.retired, e)
		}
	}
	if w, ok := s.workers[account]; ok {
		w.cancel()
	}
}

// sweep closes what nobody has called for long and what was retired.
func (s *Set) sweep() {
	now := s.c.Now()
	var old, keep []*entry
	s.mu.Lock()
	for n, e := range s.all {
		if _, works := s.workers[n.Account]; n.Account != "" && !works && now.Sub(e.used) >= idleTime {
			delete(s.all, n)
			old = append(old, e)
		}
	}
	for _, e := range s.retired {
		if now.Sub(e.used) >= grace {
			old = append(old, e)
		} else {
			keep = append(keep, e)
		}
	}
	s.retired = keep
	s.mu.Unlock()
	for _, e := range old {
		e.close()
	}
}

func (e *entry) close() {
	<-e.ready
	if e.err == nil && e.got.Close != nil {
		e.got.Close()
	}
}

// Len is how many services are open.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all) + len(s.retired)
}

// Close closes all services, when no call uses one any more.
func (s *Set) Close() {
	s.mu.Lock()
	rest := s.retired
	for n, e := range s.all {
		delete(s.all, n)
		rest = append(rest, e)
	}
	s.retired = nil
	s.mu.Unlock()
	for _, e := range rest {
		e.close()
	}
}
