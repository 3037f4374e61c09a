package store

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

func TestCensusCountsWhatIsNotDone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		begin := func(account, kind, key string, state State) {
			op := mustBegin(t, s, Op{Account: account, Kind: kind, Key: key}, Fresh)
			if op.State = state; state != Running {
				op.NextTry = clock.Now().Add(time.Minute)
				must(t, s.Settle(t.Context(), op))
			}
		}
		begin("a", "call", "1", Waiting)
		begin("a", "hook", "1", Waiting)
		begin("a", "call", "2", Dead)
		begin("a", "call", "3", Done)
		begin("a", "habit", "1", Waiting)
		begin("b", "call", "1", Running)
		begin("c", "call", "1", Done)
		got, err := s.Census(t.Context(), "call", "hook")
		must(t, err)
		want := map[string]map[State]int{"a": {Waiting: 2, Dead: 1}, "b": {Running: 1}}
		if !maps.EqualFunc(got, want, func(x, y map[State]int) bool { return reflect.DeepEqual(x, y) }) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
