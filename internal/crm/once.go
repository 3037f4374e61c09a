package crm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	memoKeep = 24 * time.Hour
	memoSize = 10_000
)

// memo remembers what was done under which key, so that a repeated create
// answers the first result in place of a second record. It holds within one
// process; the tool descriptions say so.
type memo struct {
	clock   kommo.Clock
	mu      sync.Mutex
	entries map[string]*entry
	order   []string // keys, oldest first
}

var errPanicked = errors.New("the first call with this key broke off")

type entry struct {
	digest string
	at     time.Time
	ready  chan struct{} // closed when result and err are set
	result any
	err    error
}

func newMemo(clock kommo.Clock) *memo {
	return &memo{clock: clock, entries: map[string]*entry{}}
}

// once runs a job unless the same job was already run under key, whose result
// it then returns with repeat set. Two callers at the same instant run it once.
// Other input under a used key is refused. A job that failed with nothing
// written may be run again under its key; one whose outcome is unknown may not.
// An empty key runs the job always.
func once[T any](ctx context.Context, m *memo, job, key string, input any, run func(context.Context) (T, error)) (out T, repeat bool, err error) {
	if key == "" {
		out, err = run(ctx)
		return out, false, err
	}
	digest, err := digestOf(input)
	if err != nil {
		return out, false, err
	}
	e, first := m.claim(job+"\x00"+key, digest)
	if e.digest != digest {
		return out, false, problem.New(problem.Conflict,
			fmt.Sprintf("The key %q was already used for other content, %s ago; nothing was written.", key, m.clock.Now().Sub(e.at).Round(time.Second))).
			WithField("idempotency_key").
			WithNext("Use a new key for new content, and the same content to repeat a call.")
	}
	if first {
		settled := false
		defer func() { // after a panic, those who wait must not wait for ever
			if !settled {
				m.settle(job+"\x00"+key, e, nil, errPanicked)
			}
		}()
		out, err = run(ctx)
		m.settle(job+"\x00"+key, e, out, err)
		settled = true
		return out, false, err
	}
	select {
	case <-e.ready:
	case <-ctx.Done():
		return out, false, ctx.Err()
	}
	if e.err != nil {
		return out, false, e.err
	}
	out, _ = e.result.(T)
	return out, true, nil
}

func (m *memo) claim(key, digest string) (e *entry, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prune()
	if e, ok := m.entries[key]; ok {
		return e, false
	}
	e = &entry{digest: digest, at: m.clock.Now(), ready: make(chan struct{})}
	m.entries[key] = e
	m.order = append(m.order, key)
	return e, true
}

func (m *memo) settle(key string, e *entry, result any, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.result, e.err = result, err
	close(e.ready)
	if err != nil && !problem.HasCode(err, problem.OutcomeUnknown) && m.entries[key] == e {
		delete(m.entries, key)
	}
}

// prune drops what is too old or too much. Keys whose entry is gone already
// are passed over.
func (m *memo) prune() {
	limit := m.clock.Now().Add(-memoKeep)
	for len(m.order) > 0 {
		e, ok := m.entries[m.order[0]]
		if ok && e.at.After(limit) && len(m.order) < memoSize {
			return
		}
		delete(m.entries, m.order[0])
		m.order = m.order[1:]
	}
}

func digestOf(input any) (string, error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return "", fmt.Errorf("digest of the input: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
