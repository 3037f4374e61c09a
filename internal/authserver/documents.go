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
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/throttle"
)

const (
	fetchTimeout  = 5 * time.Second
	documentFresh = 10 * time.Minute // that a document is not asked for again, unless its host says otherwise
	documentLeast = time.Minute
	documentMost  = time.Hour
	documentRetry = 10 * time.Second    // after one that could not be had
	documentStale = 30 * 24 * time.Hour // that the last good one serves when its host fails
	maxDocuments  = 500
)

// documents knows the clients that are described by a document of their own. What
// was good once serves for a while when its host is down: a vendor's outage must not
// lock out everybody.
type documents struct {
	http    *http.Client
	within  time.Duration // that a fetch is over
	store   *store.Store
	now     func() time.Time
	agent   string
	fetches *throttle.Throttle
	flight  singleflight.Group

	mu    sync.Mutex
	known map[string]known
	sets  map[string]keySet // of keys, by their address
}

// known is what one fetch came to.
type known struct {
	client client
	err    error // of the last fetch, where there is no client to serve
	asked  time.Time
	good   time.Time     // when the client was read
	fresh  time.Duration // that it need not be asked for again
}

func newDocuments(cfg Config, fetches *throttle.Throttle) *documents {
	return &documents{
		http: &http.Client{
			Transport:     cfg.Documents,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		within: fetchTimeout, store: cfg.Store, now: cfg.Now, agent: "kommo-mcp/" + cfg.Version, fetches: fetches,
		known: map[string]known{}, sets: map[string]keySet{},
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
	return k, ok && (age < documentRetry || k.good.Equal(k.asked) && age < k.fresh)
}

// refresh fetches a document, or falls back on the last good one. Documents that
// were good once are asked for whoever else is busy; strangers share a rate.
func (d *documents) refresh(ctx context.Context, id, from string, u *url.URL) (client, error) {
	last, at, good := d.lastGood(ctx, id)
	if !good && !d.fetches.Allow(from) {
		return client{}, &refusedClient{http.StatusTooManyRequests, "Too many unknown apps ask for access at once.", "Try again in a minute."}
	}
	c, fresh, err := d.fetch(ctx, id, u)
	k := known{client: c, err: err, asked: d.now(), fresh: fresh}
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

// fetch reads a document once. fresh is how long it need not be read again.
func (d *documents) fetch(ctx context.Context, id string, u *url.URL) (c client, fresh time.Duration, err error) {
	raw, header, why := d.get(ctx, u, maxDocument)
	if why != "" {
		return client{}, 0, &refusedClient{
			http.StatusBadGateway, fmt.Sprintf("The app's description at %s could not be read: %s.", u.Hostname(), why),
			"Try again in a few minutes; if it stays, tell whoever makes the app.",
		}
	}
	if c, why = parseDocument(id, u.Hostname(), raw); why != "" {
		return client{}, 0, badClient(fmt.Sprintf("The app's description at %s is not to be taken: %s.", u.Hostname(), why), "Tell whoever makes the app.")
	}
	return c, freshness(header), nil
}

// get reads JSON from a stranger's host: a byte more than most where it is longer.
// why says in words for everybody what failed. It does not tell hosts that we do not
// go to from those that do not answer: who asks would learn which names there are in
// our network.
func (d *documents) get(ctx context.Context, u *url.URL, most int64) (raw []byte, header http.Header, why string) {
	ctx, cancel := context.WithTimeout(ctx, d.within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, nil, "its address is strange"
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", d.agent)
	res, err := d.http.Do(req)
	if err != nil {
		return nil, nil, "its host does not answer on the public internet"
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Sprintf("its host answers %d", res.StatusCode)
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, nil, "its host answers something else than JSON"
	}
	raw, err = io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil || ctx.Err() != nil { // a host that hears us leave may end its answer as if it were whole
		return nil, nil, "its host breaks off"
	}
	return raw, res.Header, ""
}

// freshness is how long a document may be kept, as its host says (RFC 9111), within
// bounds: not so short that each visitor costs a request, nor so long that what a
// host takes back lives on.
func freshness(h http.Header) time.Duration {
	fresh, said := documentFresh, false
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch name {
		case "no-store", "no-cache":
			return documentLeast
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32)
			if err != nil || said {
				return documentLeast
			}
			fresh, said = time.Duration(seconds)*time.Second, true
		}
	}
	if age, err := strconv.ParseInt(h.Get("Age"), 10, 32); err == nil && said && age > 0 {
		fresh -= time.Duration(age) * time.Second
	}
	return min(max(fresh, documentLeast), documentMost)
}
