package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// slowBody says that it was read to its end but for what release lets through.
type slowBody struct {
	left    int
	reading func()
	release <-chan struct{}
}

func (b *slowBody) Read(p []byte) (int, error) {
	n := min(len(p), b.left)
	if b.left -= n; n > 0 {
		return n, nil
	}
	b.reading()
	<-b.release
	return 0, io.EOF
}

// TestStrangersFillNoMemory: the bodies that platforms sign are read before anybody
// knows who sends them; those of one address, and of all, are bounded, and give their
// room back.
func TestStrangersFillNoMemory(t *testing.T) {
	h, _, _ := handled(t, Web{Secrets: map[string]string{"vapi": "made-up"}})
	post := func(peer string, body io.Reader, length int64) int {
		r := httptest.NewRequest(http.MethodPost, CallsEndpoint+"/vapi", body)
		r.RemoteAddr, r.ContentLength = peer, length
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == http.StatusTooManyRequests || w.Code == http.StatusServiceUnavailable {
			if s, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || s < 1 {
				t.Errorf("%d without when to come again", w.Code)
			}
		}
		return w.Code
	}
	release := make(chan struct{})
	var reading, all sync.WaitGroup
	for addr := range bodiesOfAll / bodiesOfOne {
		for range bodiesOfOne / hooks.MaxBody {
			reading.Add(1)
			all.Go(func() {
				if status := post("192.0.2."+strconv.Itoa(addr)+":9", &slowBody{hooks.MaxBody, sync.OnceFunc(reading.Done), release}, -1); status != http.StatusUnauthorized {
					t.Errorf("a body that fits: %d", status)
				}
			})
		}
		if addr == 0 {
			reading.Wait()
			if status := post("192.0.2.0:8", strings.NewReader("{}"), 2); status != http.StatusTooManyRequests {
				t.Errorf("more of the same address: %d", status)
			}
			if status := post("192.0.2.9:8", strings.NewReader("{}"), 2); status != http.StatusUnauthorized {
				t.Errorf("another address: %d", status)
			}
		}
	}
	reading.Wait()
	if status := post("192.0.2.9:8", strings.NewReader("{}"), 2); status != http.StatusServiceUnavailable {
		t.Errorf("more of anybody: %d", status)
	}
	res := get(t, h, healthEndpoint, "192.0.2.9:8")
	if res.Code != http.StatusOK {
		t.Errorf("others: %d", res.Code)
	}
	close(release)
	all.Wait()
	if status := post("192.0.2.0:8", strings.NewReader("{}"), 2); status != http.StatusUnauthorized {
		t.Errorf("afterwards: %d", status)
	}
}

// unreadable fails the test when it is read.
type unreadable struct{ *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.Error("the body was read")
	return 0, io.EOF
}

// TestNothingIsReadOfWhatIsRefusedAnyway: bodies that say they are too large, are
// compressed, or come without the key they need.
func TestNothingIsReadOfWhatIsRefusedAnyway(t *testing.T) {
	h, _, _ := handled(t, Web{AccessKey: "made-up"})
	for name, c := range map[string]struct {
		path, key, coding string
		length            int64
		status            int
	}{
		"too large":                 {KeysEndpoint, "made-up", "", maxBody + 1, http.StatusRequestEntityTooLarge},
		"compressed":                {KeysEndpoint, "made-up", "gzip", 9, http.StatusUnsupportedMediaType},
		"no key":                    {KeysEndpoint, "", "", 9, http.StatusUnauthorized},
		"a platform without secret": {CallsEndpoint + "/vapi", "", "", 9, http.StatusUnauthorized},
		"a platform too large":      {CallsEndpoint + "/vapi", "made-up", "", hooks.MaxBody + 1, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, c.path, unreadable{t})
			r.ContentLength, r.Host = c.length, "localhost"
			r.Header.Set("Content-Type", "application/json")
			if c.key != "" {
				r.Header.Set("Authorization", "Bearer "+c.key)
			}
			if c.coding != "" {
				r.Header.Set("Content-Encoding", c.coding)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// TestRoomIsGivenBack, and that of those who are known is not that of strangers.
func TestRoomIsGivenBack(t *testing.T) {
	b := &bodies{}
	r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	known, name := b.of(r, principal.Principal{Kind: principal.Key, ID: "a"})
	strangers, address := b.of(r, principal.Principal{})
	if known == strangers || name == address {
		t.Fatal("they share their room")
	}
	if known.take(name, bodiesOfOne) != nil || known.take(name, 1) == nil || known.take("b", bodiesOfOne) != nil {
		t.Error("one has not the room that is one's")
	}
	known.give(name, bodiesOfOne)
	known.give("b", bodiesOfOne)
	if known.all != 0 || len(known.by) != 0 {
		t.Errorf("%d bytes of %d are held", known.all, len(known.by))
	}
}
