package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

func newClock() *testclock.Clock { return testclock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) }

// eachStore runs a test with the store on disk and the one in memory.
func eachStore(t *testing.T, run func(*testing.T, *Store, *testclock.Clock)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T, func() time.Time) *Store{
		"disk":   func(t *testing.T, now func() time.Time) *Store { return New(filepath.Join(t.TempDir(), "state"), now) },
		"memory": func(_ *testing.T, now func() time.Time) *Store { return NewMemory(now) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			s := open(t, clock.Now)
			run(t, s, clock)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func mustBegin(t *testing.T, s *Store, op Op, want Begun) Op {
	t.Helper()
	got, begun, err := s.Begin(t.Context(), op)
	if err != nil || begun != want {
		t.Fatalf("begin %s: %v, %v; want %v", op.Key, begun, err, want)
	}
	return got
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func job(key, line string) Op {
	return Op{Account: "a", Kind: "call", Key: key, Line: line, Body: []byte(key)}
}

// wait settles a job so that it is to be tried again.
func wait(t *testing.T, s *Store, op Op, next time.Time) {
	t.Helper()
	op.State, op.NextTry, op.Reason = Waiting, next, "away"
	op.Tries++
	must(t, s.Settle(t.Context(), op))
}

func TestBegin(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		first := mustBegin(t, s, job("k", "l"), Fresh)
		if first.Seq == 0 || first.State != Running || !first.Created.Equal(clock.Now()) {
			t.Errorf("fresh: %+v", first)
		}
		other := job("k", "other")
		other.Body = []byte("other")
		if got := mustBegin(t, s, other, Busy); string(got.Body) != "k" || got.Line != "l" {
			t.Errorf("busy answers %q of line %q", got.Body, got.Line)
		}
		for _, differs := range []Op{{Account: "b", Kind: "call", Key: "k"}, {Account: "a", Kind: "task", Key: "k"}, {Account: "a", Kind: "call", Key: "K"}} {
			mustBegin(t, s, differs, Fresh)
		}
		clock.Advance(Lease - time.Millisecond)
		mustBegin(t, s, other, Busy)
		clock.Advance(time.Millisecond)
		second := mustBegin(t, s, other, Resumed)
		if second.Seq != first.Seq || string(second.Body) != "k" || !second.Created.Equal(first.Created) {
			t.Errorf("resumed: %+v", second)
		}
		second.State = Done
		must(t, s.Settle(t.Context(), second))
		again := mustBegin(t, s, other, Again)
		mustBegin(t, s, other, Busy)
		must(t, s.Drop(t.Context(), again))
		if anew := mustBegin(t, s, other, Fresh); string(anew.Body) != "other" || anew.Seq == first.Seq {
			t.Errorf("after the drop: %+v", anew)
		}
	})
}

// TestLostHold: whoever lost the job to another can change nothing of it.
func TestLostHold(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		stale := mustBegin(t, s, job("k", ""), Fresh)
		clock.Advance(Lease)
		holder := mustBegin(t, s, job("k", ""), Resumed)
		stale.State = Done
		for name, act := range map[string]func(context.Context, Op) error{"save": s.Save, "settle": s.Settle, "drop": s.Drop} {
			if err := act(t.Context(), stale); !errors.Is(err, ErrLost) {
				t.Errorf("%s of one who lost it: %v", name, err)
			}
		}
		holder.Body = []byte("later")
		must(t, s.Save(t.Context(), holder))
		holder.State = Waiting
		must(t, s.Settle(t.Context(), holder))
		if err := s.Save(t.Context(), holder); !errors.Is(err, ErrLost) {
			t.Errorf("save after settle: %v", err)
		}
		if got, ok, err := s.BySeq(t.Context(), "a", "call", holder.Seq); err != nil || !ok || string(got.Body) != "later" {
			t.Errorf("%+v %v %v", got, ok, err)
		}
	})
}

// TestSaveRenewsTheLease: a job that gives signs of life stays its holder's, even
// if the lease had run out and nobody noticed.
func TestSaveRenewsTheLease(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		op := mustBegin(t, s, job("k", ""), Fresh)
		for range 3 {
			clock.Advance(Lease - time.Second)
			must(t, s.Save(t.Context(), op))
			mustBegin(t, s, op, Busy)
		}
		clock.Advance(Lease + time.Second)
		must(t, s.Save(t.Context(), op))
		mustBegin(t, s, op, Busy)
	})
}

func TestTakeKeepsTheOrderOfALine(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		for _, j := range []Op{job("a1", "a"), job("a2", "a"), job("b1", "b"), job("free", "")} {
			next := clock.Now()
			if j.Key == "b1" {
				next = next.Add(time.Minute)
			}
			wait(t, s, mustBegin(t, s, j, Fresh), next)
		}
		take := func(want string) Op {
			t.Helper()
			op, ok, err := s.Take(t.Context(), "a", "call")
			if err != nil || ok != (want != "") || op.Key != want {
				t.Fatalf("took %q %v %v, want %q", op.Key, ok, err, want)
			}
			return op
		}
		a1 := take("a1")
		take("free")
		take("") // a2 is behind a1, b1 waits
		a1.State = Dead
		must(t, s.Settle(t.Context(), a1)) // a dead one lets the others pass
		take("a2")
		clock.Advance(time.Minute) // b1 is due; the holders of a2 and free are gone
		for _, want := range []string{"a2", "b1", "free", ""} {
			take(want)
		}
	})
}

func TestAhead(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		first := mustBegin(t, s, job("1", "l"), Fresh)
		second := mustBegin(t, s, job("2", "l"), Fresh)
		third := mustBegin(t, s, job("3", "l"), Fresh)
		alone := mustBegin(t, s, job("4", ""), Fresh)
		ahead := func(op Op, running, waiting int) {
			t.Helper()
			b, err := s.Ahead(t.Context(), op)
			r, w := b.Running, b.Waiting
			if err != nil || r != running || w != waiting {
				t.Errorf("ahead of %s: %d running, %d waiting, %v; want %d and %d", op.Key, r, w, err, running, waiting)
			}
		}
		ahead(first, 0, 0)
		ahead(third, 2, 0)
		ahead(alone, 0, 0)
		wait(t, s, first, clock.Now())
		ahead(third, 1, 1)
		clock.Advance(Lease) // the holder of the second is gone: it waits as well
		ahead(third, 0, 2)
		second = mustBegin(t, s, second, Resumed)
		second.State = Done
		must(t, s.Settle(t.Context(), second))
		ahead(third, 0, 1)
	})
}

func TestLists(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		ctx := t.Context()
		if at, err := s.NextDue(ctx, "a", "call"); err != nil || !at.IsZero() {
			t.Errorf("an empty queue is due at %v, %v", at, err)
		}
		due := clock.Now().Add(time.Minute)
		wait(t, s, mustBegin(t, s, job("waiting", "l"), Fresh), due)
		mustBegin(t, s, job("running", "l"), Fresh)
		for key, state := range map[string]State{"done": Done, "dead": Dead} {
			op := mustBegin(t, s, job(key, "l"), Fresh)
			op.State, op.Reason = state, "since "+key
			must(t, s.Settle(ctx, op))
		}
		counts, err := s.Counts(ctx, "a", "call")
		if err != nil || fmt.Sprint(counts) != "map[dead:1 done:1 running:1 waiting:1]" {
			t.Errorf("counts %v, %v", counts, err)
		}
		list, err := s.List(ctx, "a", "call", 10, Waiting, Dead)
		if err != nil || len(list) != 2 || list[0].Key != "waiting" || list[1].Reason != "since dead" || list[0].Tries != 1 || !list[0].NextTry.Equal(due) {
			t.Errorf("list %+v, %v", list, err)
		}
		if list, err := s.List(ctx, "a", "call", 1, Waiting, Dead); err != nil || len(list) != 1 {
			t.Errorf("limit: %d, %v", len(list), err)
		}
		if at, err := s.NextDue(ctx, "a", "call"); err != nil || !at.Equal(clock.Now().Add(Lease)) {
			t.Errorf("the lease of the running one ends first: %v, %v", at, err)
		}
		if _, ok, err := s.BySeq(ctx, "b", "call", list[0].Seq); ok || err != nil {
			t.Errorf("another account's job: %v, %v", ok, err)
		}
		must(t, s.Erase(ctx, "a", "l"))
		if counts, err := s.Counts(ctx, "a", "call"); err != nil || len(counts) != 0 {
			t.Errorf("after erasing: %v, %v", counts, err)
		}
	})
}

func TestMemory(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, clock *testclock.Clock) {
		recall := func(account, name, want string) {
			t.Helper()
			got, ok, err := s.Recall(t.Context(), account, name)
			if err != nil || ok != (want != "") || string(got) != want {
				t.Errorf("%s %s: %q %v %v, want %q", account, name, got, ok, err, want)
			}
		}
		recall("a", "n", "")
		must(t, s.Remember(t.Context(), "a", "n", []byte("first")))
		must(t, s.Remember(t.Context(), "a", "n", []byte("second")))
		recall("a", "n", "second")
		recall("b", "n", "")
		clock.Advance(time.Hour)
		must(t, s.PurgeOthers(t.Context(), "hook", clock.Now()))
		recall("a", "n", "")
	})
}

// TestQueueDoesNotReadWhatIsDone: months of finished jobs must not slow down the
// search for the next one.
func TestQueueDoesNotReadWhatIsDone(t *testing.T) {
	s := NewMemory(time.Now)
	defer s.Close()
	db, err := s.open()
	must(t, err)
	for name, query := range map[string]string{
		"job_open":  "SELECT " + opColumns + " FROM job WHERE " + due + " ORDER BY seq LIMIT 1",
		"job_state": "SELECT state, COUNT(*) FROM job WHERE account = ?1 AND kind = ?2 AND ?3 > 0 GROUP BY state",
	} {
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, "a", "call", 1)
		must(t, err)
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var detail string
			must(t, rows.Scan(&id, &parent, &unused, &detail))
			plan += detail + "\n"
		}
		must(t, errors.Join(rows.Err(), rows.Close()))
		if !strings.Contains(plan, name) || strings.Contains(plan, "autoindex") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("the index %s is not used:\n%s", name, plan)
		}
	}
}

// TestWritesGoOnWithoutTheCaller: who gives up must not leave half a change.
func TestWritesGoOnWithoutTheCaller(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, _ *testclock.Clock) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		op, begun, err := s.Begin(ctx, job("k", ""))
		if err != nil || begun != Fresh {
			t.Fatal(begun, err)
		}
		op.State = Done
		must(t, s.Settle(ctx, op))
		if _, err := s.Counts(ctx, "a", "call"); err != nil {
			t.Error(err)
		}
	})
}
