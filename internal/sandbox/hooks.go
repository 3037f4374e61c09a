package sandbox

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// hookJob is one delivery.
type hookJob struct {
	method           string // empty: POST
	url, ctype, body string
	header           map[string]string
	timeout          time.Duration // 0: that of webhooks
	done             func(ok bool)
}

// hookQueue keeps deliveries in the order of the changes they tell of.
type hookQueue struct {
	mu   sync.Mutex
	jobs []hookJob
	wake chan struct{}

	unsent func(event, destination string) // told of what is for other machines; may be nil
}

// DeliverHooks sends account webhooks and channel hooks from now on until ctx ends,
// one after another, to loopback destinations only. Each is sent once: Kommo's
// later attempts (after 5 minutes and more) are left out. unsent, if not nil, is
// told of each webhook that is for another machine: the event and the destination.
func (s *Sandbox) DeliverHooks(ctx context.Context, client *http.Client, unsent func(event, destination string)) {
	q := &hookQueue{wake: make(chan struct{}, 1), unsent: unsent}
	for _, a := range s.accounts {
		a.mu.Lock()
		a.tables["hook-queue"] = q
		a.mu.Unlock()
	}
	go q.run(ctx, client)
}

// hooks is the account's queue, nil while nothing is delivered.
func (a *account) hooks() *hookQueue {
	q, _ := a.tables["hook-queue"].(*hookQueue)
	return q
}

func (q *hookQueue) add(j hookJob) {
	q.mu.Lock()
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (q *hookQueue) run(ctx context.Context, client *http.Client) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
		for ctx.Err() == nil {
			q.mu.Lock()
			if len(q.jobs) == 0 {
				q.mu.Unlock()
				break
			}
			j := q.jobs[0]
			q.jobs = q.jobs[1:]
			q.mu.Unlock()
			good := j.send(ctx, client)
			if j.done != nil {
				j.done(good)
			}
		}
	}
}

// hookTimeout is how long Kommo waits for the answer to a webhook.
const hookTimeout = 2 * time.Second

func (j *hookJob) send(ctx context.Context, client *http.Client) bool {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(j.timeout, hookTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, cmp.Or(j.method, http.MethodPost), j.url, strings.NewReader(j.body))
	if err != nil {
		return false
	}
	if j.ctype != "" {
		req.Header.Set("Content-Type", j.ctype)
	}
	for k, v := range j.header {
		req.Header.Set(k, v)
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // nobody reads the answer
	_ = res.Body.Close()
	return res.StatusCode < http.StatusMultipleChoices
}

// isLoopback tells whether the destination is on this machine.
func isLoopback(destination string) bool {
	u, err := url.Parse(destination)
	return err == nil && loopbackName(u.Hostname())
}

// withHooks lets every write announce the events it logged. Handlers that choose
// their account themselves do so themselves.
func withHooks(groups [][]route) [][]route {
	for _, g := range groups {
		for i := range g {
			if g[i].Method != http.MethodGet && !g[i].NoLock {
				do := g[i].Do
				g[i].Do = func(c *call) answer { return c.announcing(do) }
			}
		}
	}
	return groups
}

// announcing runs the handler and queues webhooks for what it logged; the account
// is locked.
func (c *call) announcing(do handler) answer {
	if c.a == nil || c.a.hooks() == nil {
		return do(c)
	}
	before := len(c.a.events)
	ans := do(c)
	c.announce(c.a.events[before:])
	return ans
}

// maxBadHooks is after how many failures in a row the subscription is switched off.
const maxBadHooks = 100

// announce queues a delivery for every subscription to each of the events.
func (c *call) announce(events []*event) {
	added := map[hookSubject]bool{}
	for _, e := range events {
		for _, h := range c.hooksOf(e) {
			key := hookSubject{e.EntityType, e.EntityID, h.code}
			verb, noun, _ := strings.Cut(h.code, "_")
			// One update a record and write, none beside its creation.
			if verb == "update" && (added[key] || added[hookSubject{e.EntityType, e.EntityID, "add_" + noun}]) {
				continue
			}
			added[key] = true
			c.queueHook(h)
		}
	}
}

type hookSubject struct {
	entity string
	id     int64
	code   string
}

func (c *call) queueHook(h hook) {
	a := c.a
	for _, w := range webhooks(a).all() {
		if w.Disabled || !w.wants(h.code) {
			continue
		}
		if !isLoopback(w.Destination) {
			if tell := a.hooks().unsent; tell != nil {
				tell(h.code, w.Destination)
			}
			continue
		}
		a.hooks().add(hookJob{
			url: w.Destination, ctype: "application/x-www-form-urlencoded", body: h.body.encode(),
			header: map[string]string{"User-Agent": "amoCRM-WebHook-client/1.0"},
			done: func(good bool) {
				a.mu.Lock()
				defer a.mu.Unlock()
				w.Bad++
				if good {
					w.Bad = 0
				}
				w.Disabled = w.Disabled || w.Bad > maxBadHooks
			},
		})
	}
}
