package crm

import (
	"context"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// journal keeps what was begun under which key, so that a repeat finds it: in
// this process, after a restart and from another process.
type journal struct {
	account string
	main    *store.Store
	spare   *store.Store // in memory, where main cannot be written

	mu   sync.Mutex
	held map[string]chan struct{} // jobs that this process works on; closed when they are let go
}

func newJournal(account string, main, spare *store.Store) *journal {
	return &journal{account: account, main: main, spare: spare, held: map[string]chan struct{}{}}
}

// store is the state directory's, or the spare one with a warning: then a
// repeat is recognized in this process only.
func (j *journal) store() (*store.Store, string) {
	err := j.main.Check()
	if err == nil {
		return j.main, ""
	}
	return j.spare, "This is not recorded on disk (" + err.Error() + "), so that a repeat is recognized only while this server runs. " +
		"Set KOMMO_MCP_STATE_DIR to a directory that can be written."
}

// exists tells whether anything was ever kept, without touching the disk if not.
func (j *journal) exists() bool { return j.main.Exists() || j.spare.Exists() }

// busyPoll is how often another process is asked whether it is done. It lives in
// real time, whatever clock this process was given.
const busyPoll = 50 * time.Millisecond

// hold is a job that this caller works on.
type hold struct {
	store.Op

	st      *store.Store
	begun   store.Begun
	former  store.State // of a job of the outbox, before it was held
	warning string
	done    func() // lets other callers of this process go on
}

// busy is the failure to begin a job that somebody else works on.
type busy struct {
	op    store.Op // as it was kept last; zero where that cannot be read
	cause error
}

func (b *busy) Error() string { return "another works on it: " + b.cause.Error() }
func (b *busy) Unwrap() error { return b.cause }

// begin claims a job, waiting while somebody else works on it; if that takes too
// long the error is a *busy. The caller ends the hold with settle or drop.
func (j *journal) begin(ctx context.Context, op store.Op) (*hold, error) {
	op.Account = j.account
	st, warning := j.store()
	done, err := j.wait(ctx, op.Kind+"\x00"+op.Key)
	if err != nil {
		kept, _ := st.ByKey(ctx, op.Account, op.Kind, op.Key) // without it the caller has to come again
		return nil, &busy{op: kept, cause: err}
	}
	for {
		got, begun, err := st.Begin(ctx, op)
		if err != nil {
			done()
			return nil, stateFailed(err)
		}
		if begun != store.Busy {
			return &hold{Op: got, st: st, begun: begun, warning: warning, done: done}, nil
		}
		if !waitReal(ctx, busyPoll) {
			done()
			return nil, &busy{op: got, cause: ctx.Err()}
		}
	}
}

// adopt is the hold of a job that was taken from the queue.
func (j *journal) adopt(ctx context.Context, st *store.Store, op store.Op) (*hold, error) {
	done, err := j.wait(ctx, op.Kind+"\x00"+op.Key)
	if err != nil {
		return nil, err
	}
	return &hold{Op: op, st: st, begun: store.Resumed, done: done}, nil
}

// wait lets one caller of this process at a time have a job.
func (j *journal) wait(ctx context.Context, name string) (done func(), err error) {
	for {
		j.mu.Lock()
		over, taken := j.held[name]
		if !taken {
			over = make(chan struct{})
			j.held[name] = over
		}
		j.mu.Unlock()
		if !taken {
			return sync.OnceFunc(func() { j.letGo(name, over) }), nil
		}
		select {
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (j *journal) letGo(name string, over chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.held, name)
	close(over)
}

// save keeps how far the job got. An error means that another took it up, or that
// the disk failed: in both cases nothing may be sent.
func (h *hold) save(ctx context.Context, body []byte) error {
	h.Body = body
	if err := h.st.Save(ctx, h.Op); err != nil {
		return stateFailed(err)
	}
	return nil
}

// settle ends the hold with what is in Op.
func (h *hold) settle(ctx context.Context, state store.State, body []byte) error {
	defer h.done()
	h.State, h.Body = state, body
	if err := h.st.Settle(ctx, h.Op); err != nil {
		return stateFailed(err)
	}
	return nil
}

// drop ends the hold of a job of which nothing was done.
func (h *hold) drop(ctx context.Context) {
	defer h.done()
	_ = h.st.Drop(ctx, h.Op) // it ends with its lease all the same
}

func stateFailed(err error) error {
	return problem.New(problem.Unavailable, "the state of this server cannot be kept: "+err.Error()).
		WithNext("See that the state directory (KOMMO_MCP_STATE_DIR) has room and can be written, then call again.").Wrap(err)
}

// waitReal waits in real time, and reports whether ctx lived that long.
func waitReal(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
