package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	fetchTimeout  = 5 * time.Second
	documentFresh = 10 * time.Minute    // that a document is not asked for again
	documentRetry = 10 * time.Second    // after one that could not be had
	documentStale = 30 * 24 * time.Hour // that the last good one serves when its host fails
	maxDocuments  = 500
)

// documents knows the clients that are described by a document of their own. What
// was good once serves for a while when its host is down: a vendor's outage must not
// lock out everybody.
type documents struct {
	http    *http.Client
	store   *store.Store
	now     func() time.Time
	agent   string
	fetches *throttle
	flight  singleflight.Group

	mu    sync.Mutex
	known map[string]known
}

// known is what one fetch came to.
type known struct {
	client client
	err    error // of the last fetch, where there is no client to serve
	asked  time.Time
	good   time.Time // when the client was read
}

func newDocuments(cfg Config, fetches *throttle) *documents {
	return &documents{
		http: &http.Client{
			Transport: cfg.Documents, Timeout: fetchTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		store: cfg.Store, now: cfg.Now, agent: "kommo-mcp/" + cfg.Version, fetches: fetches, known: map[string]known{},
	}
}

// client is who a document's address stands for; from is the address of whoever
// names it. Errors are *refusedClient.
func (d *documents) client(ctx context.Context, id, from string) (client, error) {
	u, ok := documentURL(id)
	if !ok {
		return client{}, badClient("The client_id is no address of a client's document: https, a host name, a path, and nothing else.", "Tell whoever makes the app.")
	}
	if k, ok := d.remembered(id); ok {
		return k.client, k.err
	}
	// One fetch an address, however many ask; it goes on when one of them leaves.
	v, err, _ := d.flight.Do(id, func() (any, error) {
		return d.refresh(context.WithoutCancel(ctx), id, from, u)
	})
	if err != nil {
		return client{}, err
	}
	c, _ := v.(client)
	return c, nil
}

func (d *documents) remembered(id string) (known, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, ok := d.known[id]
	age := d.now().Sub(k.asked)
	return k, ok && (age < documentRetry || k.good.Equal(k.asked) && age < documentFresh)
}

// refresh fetches a document, or falls back on the last good one. Documents that
// were good once are asked for whoever else is busy; strangers share a rate.
func (d *documents) refresh(ctx context.Context, id, from string, u *url.URL) (client, error) {
	last, at, good := d.lastGood(ctx, id)
	if !good && !d.fetches.allow(from) {
		return client{}, &refusedClient{http.StatusTooManyRequests, "Too many unknown apps ask for access at once.", "Try again in a minute."}
	}
	c, err := d.fetch(ctx, id, u)
	k := known{client: c, err: err, asked: d.now()}
	switch {
	case err == nil:
		k.good = k.asked
	case good && failed(err):
		k.client, k.err, k.good = last, nil, at
	}
	d.remember(id, k)
	return k.client, k.err
}

// failed tells a host that could not be asked from one whose answer is no good: that
// one takes the client back.
func failed(err error) bool {
	r, ok := errors.AsType[*refusedClient](err)
	return !ok || r.status == http.StatusBadGateway
}

// lastGood is what the document said when it could be read, here or, before a
// restart, when somebody gave this client access.
func (d *documents) lastGood(ctx context.Context, id string) (client, time.Time, bool) {
	d.mu.Lock()
	k, ok := d.known[id]
	d.mu.Unlock()
	if ok && k.err == nil && d.now().Sub(k.good) < documentStale {
		return k.client, k.good, true
	}
	t, ok, err := d.store.Ticket(ctx, kindDocument, id)
	if err != nil || !ok {
		return client{}, time.Time{}, false
	}
	c := client{ID: id}
	if json.Unmarshal(t.Body, &c) != nil {
		return client{}, time.Time{}, false
	}
	return c, t.Created, true
}

// remember keeps what a fetch came to. Where there are too many, the oldest goes.
func (d *documents) remember(id string, k known) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[id] = k
	if len(d.known) <= maxDocuments {
		return
	}
	oldest := id
	for other, o := range d.known {
		if o.asked.Before(d.known[oldest].asked) {
			oldest = other
		}
	}
	delete(d.known, oldest)
}

// keep writes down what the document of a client said to which access was given.
func (d *documents) keep(c store.TicketChange, who client) error {
	body, err := json.Marshal(who)
	if err != nil {
		return err
	}
	now := d.now()
	return c.Put(store.Ticket{Kind: kindDocument, Name: who.ID, Created: now, Expires: now.Add(documentStale), Body: body})
}

// fetch reads a document once.
func (d *documents) fetch(ctx context.Context, id string, u *url.URL) (client, error) {
	unreachable := func(why string) error {
		return &refusedClient{
			http.StatusBadGateway, fmt.Sprintf("The app's description at %s could not be read: %s.", u.Hostname(), why),
			"Try again in a few minutes; if it stays, tell whoever makes the app.",
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return client{}, unreachable("its address is strange")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", d.agent)
	res, err := d.http.Do(req)
	if err != nil {
		if errors.Is(err, errNotPublic) {
			return client{}, unreachable("its host is not on the public internet")
		}
		return client{}, unreachable("its host does not answer")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return client{}, unreachable(fmt.Sprintf("its host answers %d", res.StatusCode))
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return client{}, unreachable("its host answers something else than JSON")
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil {
		return client{}, unreachable("its host breaks off")
	}
	c, why := parseDocument(id, u.Hostname(), raw)
	if why != "" {
		return client{}, badClient(fmt.Sprintf("The app's description at %s is not to be taken: %s.", u.Hostname(), why), "Tell whoever makes the app.")
	}
	return c, nil
}
