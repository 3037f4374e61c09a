package kommo

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// stamps records moments.
type stamps struct {
	mu sync.Mutex
	at []time.Time
}

func (s *stamps) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
}

func (s *stamps) sorted() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Clone(s.at)
	slices.SortFunc(at, time.Time.Compare)
	return at
}

// stampedConn records when requests are written to the wire.
type stampedConn struct {
	net.Conn
	written *stamps
}

func (c stampedConn) Write(b []byte) (int, error) {
	c.written.add()
	return c.Conn.Write(b)
}

// 50 goroutines on a real connection and real time: what leaves this machine
// keeps the promise with the 50 ms that transit may take from it, and what the
// server saw keeps it as well.
func TestRollingSecondOnTheWire(t *testing.T) {
	const requests = 4 * AccountRate
	var written, arrived stamps
	transport := NewTransport(nil)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return stampedConn{conn, &written}, err
	}
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.add()
		answer(200, "application/json", `{}`)(w, r)
	}), WithTransport(transport), WithClock(SystemClock{}))

	work := make(chan struct{}, requests)
	for range requests {
		work <- struct{}{}
	}
	close(work)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range work {
				if _, err := c.Do(t.Context(), Request{Path: "/leads"}, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()

	sent, seen := written.sorted(), arrived.sorted()
	if len(sent) != requests || len(seen) != requests {
		t.Fatalf("%d writes and %d arrivals, want %d", len(sent), len(seen), requests)
	}
	if got := busiest(sent, 1050*time.Millisecond); got > AccountRate {
		t.Errorf("%d requests written within 1.05 s", got)
	}
	// The promise presumes transit times that differ by at most 50 ms; a
	// machine that is too busy to run the server's goroutine breaks that.
	slowest := time.Duration(0)
	for i := range sent {
		slowest = max(slowest, seen[i].Sub(sent[i]))
	}
	got := busiest(seen, time.Second)
	if got > AccountRate && slowest <= 50*time.Millisecond {
		t.Errorf("%d arrivals within a second", got)
	}
	// How much of the limit is used is a promise as well: TestGateRollingSecond holds it
	// in synthetic time, since a busy machine wakes these goroutines late.
	rate := float64(requests-AccountRate) / seen[requests-1].Sub(seen[0]).Seconds()
	t.Logf("at most %d arrivals in a rolling second, sustained %.2f a second, slowest transit %v", got, rate, slowest)
}
