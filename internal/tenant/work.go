package tenant

import (
	"context"
	"slices"
	"time"
)

const (
	// roundEvery is how often a look is taken at where calls wait.
	roundEvery = 5 * time.Second
	// restAfter is how many rounds without a waiting call end a worker.
	restAfter = 12
)

// worker delivers the waiting calls of one account.
type worker struct {
	cancel context.CancelFunc
	done   chan struct{}
	rested int // rounds without work
}

// Wake has a look taken at once at where calls wait.
func (s *Set) Wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// Run delivers the calls that wait in connected accounts, as long as some do, and
// closes services that nobody calls, until ctx ends. At most one worker an account
// works at a time, over all processes: the services see to that. The server's own
// account is not its business.
func (s *Set) Run(ctx context.Context) {
	defer s.rest()
	for ctx.Err() == nil {
		s.round(ctx)
		select {
		case <-ctx.Done():
		case <-s.nudge:
		case <-s.c.After(roundEvery):
		}
	}
}

// round starts workers where calls wait, and ends those that have nothing to do.
func (s *Set) round(ctx context.Context) {
	defer s.sweep()
	if s.c.Waiting == nil {
		return
	}
	waiting, err := s.c.Waiting(ctx)
	if err != nil {
		s.c.Logger.WarnContext(ctx, "where calls wait cannot be read", "error", err)
		return
	}
	for _, account := range waiting {
		s.work(ctx, account)
	}
	s.letRest(waiting)
}

// work starts the worker of an account unless one runs.
func (s *Set) work(ctx context.Context, account string) {
	if account == "" || account == s.c.Own || s.check(ctx, account) != nil {
		return // what waits for an account that is gone waits until it is connected again
	}
	s.mu.Lock()
	_, works := s.workers[account]
	s.mu.Unlock()
	if works {
		return
	}
	service, err := s.get(ctx, Name{Account: account})
	if err != nil {
		s.c.Logger.WarnContext(ctx, "calls wait for an account that cannot be opened", "account", account, "error", err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{cancel: cancel, done: make(chan struct{})}
	s.mu.Lock()
	s.workers[account] = w
	s.mu.Unlock()
	go func() {
		defer s.ended(account, w)
		service.RunOutbox(ctx)
	}()
}

func (s *Set) ended(account string, w *worker) {
	w.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.workers, account)
	if e, ok := s.all[Name{Account: account}]; ok {
		e.used = s.c.Now()
	}
	close(w.done)
}

// letRest ends the workers of accounts in which nothing has waited for a while.
func (s *Set) letRest(waiting []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for account, w := range s.workers {
		if slices.Contains(waiting, account) {
			w.rested = 0
			continue
		}
		if w.rested++; w.rested >= restAfter {
			w.cancel()
		}
	}
}

// rest waits for the deliveries under way.
func (s *Set) rest() {
	s.mu.Lock()
	var last []*worker
	for _, w := range s.workers {
		w.cancel()
		last = append(last, w)
	}
	s.mu.Unlock()
	for _, w := range last {
		<-w.done
	}
}
