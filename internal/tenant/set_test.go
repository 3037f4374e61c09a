package tenant

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a set whose services do nothing.
type rig struct {
	set *Set

	mu      sync.Mutex
	now     time.Time
	opened  map[Name]int
	closed  map[Name]int
	gone    map[string]bool
	fails   error
	waiting []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: time.Unix(1_795_168_800, 0), opened: map[Name]int{}, closed: map[Name]int{}, gone: map[string]bool{}}
	r.set = New(Config{
		Open: r.open, Check: r.check, Own: "1", After: time.After, Logger: slog.New(slog.DiscardHandler),
		Now:     func() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.now },
		Waiting: func(context.Context) ([]string, error) { r.mu.Lock(); defer r.mu.Unlock(); return r.waiting, nil },
	})
	t.Cleanup(r.set.Close)
	return r
}

func (r *rig) open(_ context.Context, n Name) (Opened, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened[n]++
	if r.fails != nil {
		return Opened{}, r.fails
	}
	api := kommo.New(kommo.Account{}, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "none"}))
	s := crm.New(api, directory.New(api), kommo.SystemClock{}, crm.WithName(n.Account))
	return Opened{s, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.closed[n]++
		s.Close()
	}}, nil
}

func (r *rig) check(_ context.Context, account string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone[account] {
		return problem.New(problem.Unauthorized, "gone")
	}
	return nil
}

func (r *rig) change(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
}

func (r *rig) counts(n Name) (opened, closed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened[n], r.closed[n]
}

func (r *rig) get(t *testing.T, account string, user int64) *crm.Service {
	t.Helper()
	s, err := r.set.Provide(principal.With(t.Context(), principal.Principal{Kind: principal.Key, Account: account, User: user}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEachHasOneService: however many come at once; another account, and another
// user of the same account, has another one; the own account is the same by number.
func TestEachHasOneService(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { r.get(t, "5", 0) })
	}
	all.Wait()
	if n, _ := r.counts(Name{"5", 0}); n != 1 {
		t.Errorf("opened %d times", n)
	}
	five := r.get(t, "5", 0)
	if five == r.get(t, "6", 0) || five == r.get(t, "5", 7) || five == r.get(t, "", 0) {
		t.Error("two principals share a service")
	}
	if r.get(t, "", 0) != r.get(t, "1", 0) {
		t.Error("the own account has two services")
	}
}

func TestFailureIsTriedAgain(t *testing.T) {
	r := newRig(t)
	r.fails = errors.New("the disk is gone")
	if _, err := r.set.Provide(principal.With(t.Context(), principal.Principal{Account: "5"})); !errors.Is(err, r.fails) {
		t.Errorf("got %v", err)
	}
	r.change(func() { r.fails = nil })
	r.get(t, "5", 0)
}

// TestIdleServicesAreClosed: after half an hour, and not the own one.
func TestIdleServicesAreClosed(t *testing.T) {
	r := newRig(t)
	r.get(t, "5", 0)
	r.get(t, "", 0)
	r.change(func() { r.now = r.now.Add(idleTime - time.Second) })
	r.get(t, "6", 0)
	r.set.sweep()
	if _, closed := r.counts(Name{"5", 0}); closed != 0 {
		t.Error("closed too early")
	}
	r.change(func() { r.now = r.now.Add(time.Second) })
	r.set.sweep()
	_, five := r.counts(Name{"5", 0})
	_, six := r.counts(Name{"6", 0})
	_, own := r.counts(Name{})
	if five != 1 || six != 0 || own != 0 || r.set.Len() != 2 {
		t.Errorf("closed %d, %d, own %d; %d are left", five, six, own, r.set.Len())
	}
}

// TestGoneAccountsAreTakenAway: the next call is refused, calls under way may finish,
// and after a new consent there is a new service.
func TestGoneAccountsAreTakenAway(t *testing.T) {
	r := newRig(t)
	before := r.get(t, "5", 0)
	r.change(func() { r.gone["5"] = true })
	_, err := r.set.Provide(principal.With(t.Context(), principal.Principal{Account: "5"}))
	if !problem.HasCode(err, problem.Unauthorized) {
		t.Errorf("got %v", err)
	}
	r.set.sweep()
	if _, closed := r.counts(Name{"5", 0}); closed != 0 {
		t.Error("closed under calls")
	}
	r.change(func() { r.now = r.now.Add(grace) })
	r.set.sweep()
	if _, closed := r.counts(Name{"5", 0}); closed != 1 {
		t.Error("not closed")
	}
	r.change(func() { r.gone["5"] = false })
	if r.get(t, "5", 0) == before {
		t.Error("the former service is back")
	}
}

// TestWorkersComeAndGoWithTheWork: one an account where calls wait, none for accounts
// that are gone or the server's own, and none for long where nothing waits. A service
// with a worker is not idle.
func TestWorkersComeAndGoWithTheWork(t *testing.T) {
	r := newRig(t)
	r.waiting, r.gone["6"] = []string{"5", "6", "1"}, true
	working := func() int { r.set.mu.Lock(); defer r.set.mu.Unlock(); return len(r.set.workers) }
	r.set.round(t.Context())
	r.set.round(t.Context())
	if n, _ := r.counts(Name{"5", 0}); n != 1 || working() != 1 {
		t.Fatalf("opened %d, %d workers", n, working())
	}
	r.change(func() { r.now = r.now.Add(2 * idleTime) })
	r.set.round(t.Context())
	if _, closed := r.counts(Name{"5", 0}); closed != 0 {
		t.Error("closed while it works")
	}
	r.set.mu.Lock()
	w := r.set.workers["5"]
	r.set.mu.Unlock()
	r.change(func() { r.waiting = nil })
	for range restAfter {
		r.set.round(t.Context())
	}
	<-w.done
	if working() != 0 {
		t.Errorf("%d workers are left", working())
	}
	r.change(func() { r.waiting = []string{"5"} })
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); r.set.Run(ctx) }()
	for working() == 0 {
		r.set.Wake()
	}
	cancel()
	<-ran
	if working() != 0 {
		t.Error("Run left a worker")
	}
}
