package crm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// turns makes jobs wait for each other that look for the same person or company
// and make it if it is not there: at the same moment neither would find it, and
// each would make one. It holds within one process.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // closed when the turn is over
}

// take waits until nobody has one of the keys and takes them all, always in the
// same order, so that no two jobs wait for each other.
func (t *turns) take(ctx context.Context, keys ...string) (release func(), err error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	for i, key := range keys {
		if err := t.one(ctx, key); err != nil {
			t.leave(keys[:i])
			return nil, err
		}
	}
	return sync.OnceFunc(func() { t.leave(keys) }), nil
}

func (t *turns) one(ctx context.Context, key string) error {
	for {
		t.mu.Lock()
		over, taken := t.busy[key]
		if !taken {
			if t.busy == nil {
				t.busy = map[string]chan struct{}{}
			}
			t.busy[key] = make(chan struct{})
		}
		t.mu.Unlock()
		if !taken {
			return nil
		}
		select {
		case <-over:
		case <-ctx.Done():
			return waitedInVain(ctx.Err())
		}
	}
}

func (t *turns) leave(keys []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		close(t.busy[key])
		delete(t.busy, key)
	}
}

func waitedInVain(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return problem.New(problem.Timeout, "Other calls about the same person or company took all the time of this one; nothing was written.").
		WithNext("Call again with the same arguments.").Wrap(err)
}

// personKeys are the turns of whom a phone and an e-mail may belong to; the last
// digits stand for a phone in all its spellings.
func personKeys(tel, email string) []string {
	var keys []string
	if n := phone.Parse(tel, ""); n.Last10 != "" {
		keys = append(keys, "phone "+n.Last10)
	} else if n.Digits != "" {
		keys = append(keys, "phone "+n.Digits)
	}
	if email = foldEmail(email); email != "" {
		keys = append(keys, "email "+email)
	}
	return keys
}

// keys are the turns of a lead to be made: of its contact and company, where they
// are looked for.
func (n NewLead) keys() []string {
	keys := personKeys(n.ContactPhone, n.ContactEmail)
	if name := strings.TrimSpace(n.CompanyName); name != "" {
		keys = append(keys, "company "+directory.Fold(name))
	}
	return keys
}
