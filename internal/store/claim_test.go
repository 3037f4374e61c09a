package store

import (
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

func TestClaim(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, _ *testclock.Clock) {
		for i, c := range []struct {
			account, kind string
			id            int64
			by            string
			want          bool
		}{
			{"a", "note", 1, "x", true},
			{"a", "note", 1, "y", false},
			{"a", "note", 1, "x", true},
			{"a", "task", 1, "y", true},
			{"b", "note", 1, "y", true},
			{"a", "note", 2, "y", true},
		} {
			if ok, err := s.Claim(t.Context(), c.account, c.kind, c.id, c.by); err != nil || ok != c.want {
				t.Errorf("%d: %v, %v", i, ok, err)
			}
		}
	})
}

func TestHold(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		hold := func(owner string, want bool) {
			t.Helper()
			if ok, err := s.Hold(t.Context(), "n", owner, time.Minute); err != nil || ok != want {
				t.Errorf("%s: %v, %v", owner, ok, err)
			}
		}
		hold("x", true)
		hold("y", false)
		clock.Advance(30 * time.Second)
		hold("x", true) // renewed
		clock.Advance(59 * time.Second)
		hold("y", false)
		clock.Advance(time.Second)
		hold("y", true)
		must(t, s.Leave(t.Context(), "n", "x")) // not its own
		hold("x", false)
		must(t, s.Leave(t.Context(), "n", "y"))
		hold("x", true)
		if a, b := Owner(), Owner(); a == b {
			t.Error("two owners have one name")
		}
	})
}
