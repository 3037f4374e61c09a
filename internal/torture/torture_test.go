package torture

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// torture is the driver: what platforms, the network and a careless operator do.
type torture struct {
	*testing.T

	size     size
	box      *sandbox.Sandbox
	url      string
	dir      string
	tokens   string
	ahead    atomic.Int64 // how far time has leapt
	accounts []*account

	mu      sync.Mutex
	dice    *rand.Rand
	servers [2]*server
	figures map[string]int
}

// TestCallsUnderTorture: every call that was accepted is on one card, once, with
// its one task and one move, and nothing else is.
func TestCallsUnderTorture(t *testing.T) {
	r := newTorture(t)
	calls := planCalls(r.dice, r.accounts, r.size.calls)
	begun := time.Now()
	r.start(0)
	r.start(1)
	over := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() { r.killAtRandom(over) })
	r.deliverAll(calls)
	close(over)
	killer.Wait()
	delivered := time.Since(begun)
	r.drain()
	faults := r.figures["faults"]
	r.box.ClearFaults()
	for _, a := range r.accounts {
		checkAccount(t, a)
	}
	for _, v := range r.box.Violations() {
		t.Errorf("a request leaves Kommo's contract: %s", v)
	}
	t.Logf("torture: %d calls, %d deliveries (%d without an answer, %d failed), %d kills, %d requests of which %d went wrong (%.0f%%), %.0f s, then %.0f s to drain; answers: %v",
		len(calls), r.figures["deliveries"], r.figures["unanswered"], r.figures["failed"], r.figures["kills"], r.figures["requests"], faults,
		100*float64(faults)/float64(r.figures["requests"]), delivered.Seconds(), (time.Since(begun) - delivered).Seconds(), r.states())
}

func newTorture(t *testing.T) *torture {
	r := &torture{T: t, size: sizeOf(t), dir: filepath.Join(t.TempDir(), "state"), figures: map[string]int{}}
	t.Logf("seed %d", r.size.seed)
	r.dice = rand.New(rand.NewPCG(uint64(r.size.seed), 1))
	opts := []sandbox.Option{sandbox.WithRate(r.size.rate), sandbox.WithClock(func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) })}
	for i := range r.size.accounts {
		opts = append(opts, sandbox.WithAccount(host(i), sandbox.Blank()))
	}
	r.box = sandbox.New(opts...)
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", r.box)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	r.url = srv.URL
	r.prepare()
	r.box.ForgetArrivals()
	r.injectFaults()
	return r
}

func host(i int) string { return fmt.Sprintf("torture%d.kommo.com", i) }

// prepare makes the people of all accounts and writes the tokens down.
func (r *torture) prepare() {
	tokens := map[string]string{}
	transport := kommo.NewTransport(nil)
	r.Cleanup(transport.CloseIdleConnections)
	var wg sync.WaitGroup
	for i := range r.size.accounts {
		a := &account{host: host(i), token: r.box.Token(host(i)), began: time.Now()}
		tokens[a.host] = a.token
		api, err := newClient(r.url, a.host, a.token, kommo.WithTransport(transport), kommo.WithRate(r.size.rate), kommo.WithAttemptTimeout(20*time.Second))
		if err != nil {
			r.Fatal(err)
		}
		a.api = api
		r.accounts = append(r.accounts, a)
		dice := rand.New(rand.NewPCG(uint64(r.size.seed), uint64(i+2)))
		wg.Go(func() {
			if err := a.known(r.Context(), dice, 6); err != nil {
				r.Error(err)
			}
			a.unknown(dice, 8)
		})
	}
	wg.Wait()
	raw, err := json.Marshal(tokens)
	if err != nil || r.Failed() {
		r.Fatal("the accounts cannot be prepared", err)
	}
	r.tokens = filepath.Join(r.TempDir(), "tokens.json")
	if err := os.WriteFile(r.tokens, raw, 0o600); err != nil {
		r.Fatal(err)
	}
}

// injectFaults makes one request of five go wrong, in all the ways there are.
func (r *torture) injectFaults() {
	kinds := []sandbox.Fault{
		{Kind: sandbox.FaultStatus, Status: http.StatusTooManyRequests},
		{Kind: sandbox.FaultLostAnswer, Status: http.StatusGatewayTimeout},
		{Kind: sandbox.FaultStatus, Status: http.StatusGatewayTimeout},
		{Kind: sandbox.FaultReset},
		{Kind: sandbox.FaultReset, ApplyFirst: true},
		{Kind: sandbox.FaultHang},
		{Kind: sandbox.FaultHang, ApplyFirst: true},
	}
	const share = 0.2
	each := share / float64(len(kinds))
	dice := rand.New(rand.NewPCG(uint64(r.size.seed), 1<<32))
	for i, f := range kinds {
		p := each / (1 - float64(i)*each) // of those that the former ones let pass
		f.Times = -1
		f.Match = func(*http.Request) bool { // one at a time
			if i == 0 {
				r.count("requests")
			}
			hit := dice.Float64() < p
			if hit {
				r.count("faults")
			}
			return hit
		}
		r.box.Inject(f)
	}
}

func (r *torture) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.figures[what]++
}

func (r *torture) states() map[string]int {
	out := maps.Clone(r.figures)
	for _, name := range []string{"deliveries", "unanswered", "failed", "kills", "requests", "faults"} {
		delete(out, name)
	}
	return out
}

func (r *torture) server(n int) *server {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.servers[n]
}

// deliverAll delivers the calls as platforms do: several at a time, some twice, and
// again what got no answer.
func (r *torture) deliverAll(calls []*planned) {
	queue := make(chan *planned)
	var wg sync.WaitGroup
	for range 3 * r.size.accounts {
		wg.Go(func() {
			for p := range queue {
				r.deliverCall(p)
			}
		})
	}
	for _, p := range calls {
		queue <- p
	}
	close(queue)
	wg.Wait()
}

func (r *torture) deliverCall(p *planned) {
	first := r.throw(2)
	if !p.twice {
		p.accepted = r.deliverUntilTaken(p, p.Call, first)
		return
	}
	if !p.together {
		p.accepted = r.deliverUntilTaken(p, p.Call, first) && r.deliverUntilTaken(p, p.again(), r.throw(2))
		return
	}
	var wg sync.WaitGroup
	var taken [2]bool
	wg.Go(func() { taken[0] = r.deliverUntilTaken(p, p.Call, first) })
	wg.Go(func() { taken[1] = r.deliverUntilTaken(p, p.again(), 1-first) })
	wg.Wait()
	p.accepted = taken[0] && taken[1]
}

func (r *torture) throw(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dice.IntN(n)
}

// deliverUntilTaken repeats a delivery until a server has taken the call.
func (r *torture) deliverUntilTaken(p *planned, c crm.Call, n int) bool {
	for try := range 60 {
		r.count("deliveries")
		a, ok := r.server(n).ask(order{Host: p.caller.account.host, Call: &c})
		switch {
		case !ok:
			r.count("unanswered")
			<-time.After(100 * time.Millisecond)
		case a.Err != "":
			r.count("failed")
			r.count("failed: " + a.Err[:min(len(a.Err), 70)])
			r.said(p, a.Err)
			<-time.After(time.Duration(try+1) * 100 * time.Millisecond)
		case a.Status == crm.CallLogged, a.Status == crm.CallQueued, a.Status == crm.CallMerged, a.Status == crm.CallRepeat:
			r.count(a.Status)
			return true
		default:
			r.said(p, a.Status+" "+a.Reason)
			return false
		}
		n = 1 - n
	}
	return false
}

func (r *torture) said(p *planned, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.lastSaid = text
}

// drain waits until nothing is left in the outbox.
func (r *torture) drain() {
	left := ""
	if r.size.every == 0 {
		r.box.ClearFaults() // time is short
	}
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); {
		waiting, dead := 0, 0
		left = ""
		for i, a := range r.accounts {
			if got, ok := r.server(i % 2).ask(order{Host: a.host}); ok {
				waiting, dead = waiting+got.Waiting, dead+got.Dead
				if got.Waiting+got.Dead > 0 || got.Err != "" {
					left += "\n" + a.host + " " + strconv.Itoa(got.Waiting) + ": " + got.Reason + got.Err
				}
			}
		}
		if dead > 0 {
			r.Errorf("%d calls were refused for good: %s", dead, left)
			return
		}
		if waiting == 0 && left == "" {
			return
		}
		if r.size.every == 0 { // the rest of an hour is not waited for
			<-time.After(time.Second)
			r.leap()
			continue
		}
		<-time.After(time.Second)
	}
	r.Errorf("the outbox does not drain: %s", left)
}

// leap ends both servers and starts them again two minutes later.
func (r *torture) leap() {
	for n := range r.servers {
		r.kill(r.server(n))
	}
	r.ahead.Add(int64(2 * time.Minute))
	for n := range r.servers {
		r.start(n)
	}
}
