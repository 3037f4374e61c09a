package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

func newLanes(t *testing.T) (*Lanes, *testclock.Clock) {
	t.Helper()
	clock := newClock()
	l := NewLanes(filepath.Join(t.TempDir(), "state"), clock.Now)
	t.Cleanup(func() { _ = l.Close() })
	return l, clock
}

func takeLane(t *testing.T, l *Lanes, account string, count int, want time.Duration) int {
	t.Helper()
	n, wait, err := l.Take(t.Context(), account, count)
	if err != nil || wait != want {
		t.Fatalf("wait %v, %v; want %v", wait, err, want)
	}
	return n
}

func TestLanes(t *testing.T) {
	l, clock := newLanes(t)
	const interval = time.Second
	seen := map[int]bool{}
	for range 3 {
		n := takeLane(t, l, "a", 3, 0)
		if seen[n] {
			t.Errorf("lane %d twice", n)
		}
		seen[n] = true
		must(t, l.Settle(t.Context(), "a", n, clock.Now().Add(interval)))
		clock.Advance(100 * time.Millisecond)
	}
	takeLane(t, l, "a", 3, 700*time.Millisecond)
	takeLane(t, l, "b", 3, 0) // another account
	clock.Advance(700 * time.Millisecond)
	n := takeLane(t, l, "a", 3, 0)
	takeLane(t, l, "a", 3, 100*time.Millisecond)
	must(t, l.Settle(t.Context(), "a", n, clock.Now())) // it was not used
	if again := takeLane(t, l, "a", 3, 0); again != n {
		t.Errorf("lane %d, not %d that was given back", again, n)
	}
}

func TestLaneOfOneWhoNeverSettles(t *testing.T) {
	l, clock := newLanes(t)
	takeLane(t, l, "a", 1, 0)
	takeLane(t, l, "a", 1, laneLease)
	clock.Advance(laneLease)
	takeLane(t, l, "a", 1, 0)
}

func TestPauseStopsAll(t *testing.T) {
	l, clock := newLanes(t)
	must(t, l.Pause(t.Context(), "a", clock.Now().Add(3*time.Second)))
	must(t, l.Pause(t.Context(), "a", clock.Now().Add(time.Second))) // a shorter one does not end it
	takeLane(t, l, "a", 7, 3*time.Second)
	takeLane(t, l, "b", 7, 0)
	clock.Advance(3 * time.Second)
	takeLane(t, l, "a", 7, 0)
}
