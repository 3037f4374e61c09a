package authserver

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeySet    = 64 << 10 // bytes
	maxKeys      = 20
	keysRetry    = time.Minute // that new keys are not asked for again
	keysFresh    = 10 * time.Minute
	keysStale    = 24 * time.Hour // that the last good ones serve when their host fails: keys are taken back for a reason
	maxKeySets   = 200
	keysNotFresh = "the keys of the client's document cannot be read now"
)

// keySet is what the address of a client's keys said.
type keySet struct {
	keys  []jose.JSONWebKey
	asked time.Time
	good  time.Time
}

// keys are those with which a client signs. newer asks for them anew, unless that was
// done a moment ago. Anybody may register an address of keys, so whoever shows a
// signature has these asked for at the rate of strangers.
func (d *documents) keys(ctx context.Context, c client, newer bool, from string) ([]jose.JSONWebKey, error) {
	switch {
	case len(c.Keys) > 0:
		return parseKeys(c.Keys), nil
	case c.KeysAt == "":
		return nil, nil
	}
	u, ok := documentURL(c.KeysAt)
	if !ok {
		return nil, nil
	}
	set, known := d.knownKeys(c.KeysAt)
	age := d.now().Sub(set.asked)
	if known && (age < keysRetry || !newer && set.good.Equal(set.asked) && age < keysFresh) {
		return set.keys, keysError(set)
	}
	if c.Host == "" && !d.fetches.Allow(from) {
		return nil, &refusedClient{http.StatusTooManyRequests, keysNotFresh, "Try again in a minute."}
	}
	v, err, _ := d.flight.Do("keys "+c.KeysAt, func() (any, error) {
		return d.refreshKeys(context.WithoutCancel(ctx), u), nil
	})
	if err != nil {
		return nil, err
	}
	set, _ = v.(keySet)
	return set.keys, keysError(set)
}

func keysError(set keySet) error {
	if set.good.IsZero() {
		return &refusedClient{http.StatusBadGateway, keysNotFresh, "Try again."}
	}
	return nil
}

func (d *documents) knownKeys(at string) (keySet, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	set, ok := d.sets[at]
	return set, ok
}

// refreshKeys fetches keys, or falls back on the last good ones for a while.
func (d *documents) refreshKeys(ctx context.Context, u *url.URL) keySet {
	last, _ := d.knownKeys(u.String())
	set := keySet{asked: d.now()}
	if raw, _, why := d.get(ctx, u, maxKeySet); why == "" {
		set.keys, set.good = parseKeys(raw), set.asked
	} else if !last.good.IsZero() && set.asked.Sub(last.good) < keysStale {
		set.keys, set.good = last.keys, last.good
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.sets) >= maxKeySets {
		clear(d.sets) // they are asked for again
	}
	d.sets[u.String()] = set
	return set
}

// parseKeys reads the keys of a set that are of use; what is not, is left out.
func parseKeys(raw []byte) []jose.JSONWebKey {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(raw, &set) != nil {
		return nil
	}
	var out []jose.JSONWebKey
	for _, each := range set.Keys {
		var k jose.JSONWebKey
		if len(out) < maxKeys && json.Unmarshal(each, &k) == nil && usable(k) {
			out = append(out, k)
		}
	}
	return out
}
