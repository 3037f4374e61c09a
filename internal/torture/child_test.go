package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// childArg makes the test binary a server: URL of the sandbox, state directory,
// file of the tokens, how far its clock is ahead, rate of the accounts.
const childArg = "torture-child"

// attempt is how long a request may take in this test; hanging ones end so.
const attempt = 700 * time.Millisecond

// order is a line that the driver sends to a server, answer the line it gets.
type order struct {
	ID   int64
	Host string
	Call *crm.Call // nil: how much waits?
}

type answer struct {
	ID            int64
	Status        string
	Waiting, Dead int
	Reason        string
	Err           string
}

// aheadClock is the machine's clock, put forward: so much time has passed while
// no process ran.
type aheadClock struct {
	kommo.SystemClock

	ahead time.Duration
}

func (c aheadClock) Now() time.Time { return time.Now().Add(c.ahead) }

// child is a server of all accounts.
type child struct {
	services map[string]*crm.Service

	mu  sync.Mutex
	out *json.Encoder
}

// serveChild serves until the input ends, as it does when the parent is gone.
func serveChild(args []string, in io.Reader, out io.Writer) error {
	ahead, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Clean(args[2]))
	if err != nil {
		return err
	}
	tokens := map[string]string{}
	if err := json.Unmarshal(raw, &tokens); err != nil {
		return err
	}
	clock := aheadClock{ahead: ahead}
	st, lanes := store.New(args[1], clock.Now), store.NewLanes(args[1], time.Now)
	ctx, stop := context.WithCancel(context.Background())
	c := &child{services: map[string]*crm.Service{}, out: json.NewEncoder(out)}
	var workers sync.WaitGroup
	transport := kommo.NewTransport(nil)
	for host, token := range tokens {
		api, err := newClient(args[0], host, token, kommo.WithTransport(transport), kommo.WithRate(rate),
			kommo.WithCommonRate(sharedRate{ctx, lanes, host}))
		if err != nil {
			stop()
			return err
		}
		service := crm.New(api, directory.New(api), clock, crm.WithStore(st))
		c.services[host] = service
		workers.Go(func() { service.RunOutbox(ctx) })
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			stop()
			return err
		}
		workers.Go(func() { c.reply(c.do(ctx, o)) })
	}
	stop()
	workers.Wait()
	return st.Close()
}

func (c *child) do(ctx context.Context, o order) answer {
	service := c.services[o.Host]
	if o.Call == nil {
		list, err := service.Pending(ctx, 3)
		a := answer{ID: o.ID, Waiting: list.Waiting, Dead: list.Dead, Err: text(err)}
		for _, p := range list.Items {
			a.Reason += fmt.Sprintf("%d %s %s: %s; ", p.ID, p.State, p.CallID, p.Reason)
		}
		return a
	}
	out, err := service.LogCall(ctx, *o.Call)
	return answer{ID: o.ID, Status: out.Status, Reason: out.Reason + out.Why, Err: text(err)}
}

func (c *child) reply(a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.out.Encode(a) // without a reader the process ends anyway
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// sharedRate is the rate that the processes share.
type sharedRate struct {
	ctx   context.Context
	lanes *store.Lanes
	host  string
}

func (r sharedRate) Take(ctx context.Context, count int) (int, time.Duration, error) {
	return r.lanes.Take(ctx, r.host, count)
}

func (r sharedRate) Settle(lane int, free time.Time) { _ = r.lanes.Settle(r.ctx, r.host, lane, free) }

func (r sharedRate) Pause(until time.Time) { _ = r.lanes.Pause(r.ctx, r.host, until) }

func newClient(url, host, token string, opts ...kommo.Option) (*kommo.Client, error) {
	base, err := kommo.ParseBase(url)
	if err != nil {
		return nil, err
	}
	account, err := kommo.ParseAccount(host)
	if err != nil {
		return nil, err
	}
	opts = append([]kommo.Option{kommo.WithBaseURL(base), kommo.WithAttemptTimeout(attempt), kommo.WithUserAgent(strings.ToLower(childArg))}, opts...)
	return kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}), opts...), nil
}
