package store

import (
	"slices"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

func TestPurgeLeavesWhatIsNotDone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		ctx := t.Context()
		for _, state := range []State{Done, Dead, Waiting} {
			op := mustBegin(t, s, job(string(state), ""), Fresh)
			op.State = state
			must(t, s.Settle(ctx, op))
		}
		if ok, err := s.Claim(ctx, "a", "note", 1, "old"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		clock.Advance(time.Hour)
		op := mustBegin(t, s, job("young", ""), Fresh)
		op.State = Done
		must(t, s.Settle(ctx, op))
		must(t, s.PurgeOthers(ctx, "call", clock.Now()))
		must(t, s.PurgeOthers(ctx, "hook", clock.Now()))
		var keys []string
		list, err := s.List(ctx, "a", "call", 10, Done, Dead, Waiting)
		must(t, err)
		for _, op := range list {
			keys = append(keys, op.Key)
		}
		if !slices.Equal(keys, []string{"dead", "waiting", "young"}) {
			t.Errorf("left: %v", keys)
		}
		if ok, err := s.Claim(ctx, "a", "note", 1, "new"); !ok || err != nil {
			t.Errorf("an old claim holds: %v, %v", ok, err)
		}
		clock.Advance(time.Hour)
		must(t, s.PurgeAll(ctx, "call", clock.Now()))
		if list, err = s.List(ctx, "a", "call", 10, Done, Dead, Waiting); err != nil || len(list) != 1 || list[0].State != Waiting {
			t.Errorf("left of all: %v, %v", list, err)
		}
	})
}

// TestPurgeLeft: what waits of an account that is connected no more goes in time; of
// one that is, and of the server's own, it stays.
func TestPurgeLeft(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		ctx := t.Context()
		_, err := s.PutGrant(ctx, Grant{Account: "5", Kind: "kommo", Host: "acme.kommo.com", ClientID: "c", Secret: []byte("x")})
		must(t, err)
		begin := func(account, key string) {
			op := mustBegin(t, s, Op{Account: account, Kind: "call", Key: key}, Fresh)
			op.State = Waiting
			must(t, s.Settle(ctx, op))
		}
		accounts := []string{"5", "6", "ru-6", "7shop.kommo.com", "localhost:8080"}
		for _, a := range accounts {
			begin(a, "old")
		}
		clock.Advance(time.Hour)
		begin("6", "young")
		must(t, s.PurgeLeft(ctx, clock.Now()))
		for i, want := range []int{1, 1, 0, 1, 1} {
			if n, err := s.Counts(ctx, accounts[i], "call"); err != nil || n[Waiting] != want {
				t.Errorf("%s has %v, want %d: %v", accounts[i], n, want, err)
			}
		}
		must(t, s.EraseAll(ctx, "5"))
		if n, err := s.Counts(ctx, "5", "call"); err != nil || len(n) != 0 {
			t.Errorf("after erasing all: %v %v", n, err)
		}
	})
}
