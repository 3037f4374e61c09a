package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

func TestTicketsAreKeptUntilTheyExpire(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := store.NewMemory(func() time.Time { return now })
	t.Cleanup(func() { _ = s.Close() })
	in := store.Ticket{Kind: "code", Name: "d1", Account: "5", Family: "f", Expires: now.Add(time.Minute), Body: []byte(`{"a":1}`)}
	if err := s.PutTicket(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	got, ok, err := s.Ticket(t.Context(), "code", "d1")
	if err != nil || !ok || string(got.Body) != `{"a":1}` || got.Account != "5" || got.Family != "f" || !got.Created.Equal(now) {
		t.Fatalf("it came back as %+v, %v, %v", got, ok, err)
	}
	if _, ok, _ := s.Ticket(t.Context(), "token", "d1"); ok {
		t.Error("another kind has it too")
	}
	now = now.Add(time.Minute)
	if _, ok, _ := s.Ticket(t.Context(), "code", "d1"); ok {
		t.Error("it is read at its end")
	}
	if _, ok, _ := s.UseTicket(t.Context(), "code", "d1"); ok {
		t.Error("it is used at its end")
	}
	if n, err := s.CountTickets(t.Context(), "code"); n != 0 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
	if n, err := s.PruneTickets(t.Context(), now); n != 1 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
}

func TestATicketIsTakenAndFirstUsedOnce(t *testing.T) {
	s := store.NewMemory(time.Now)
	t.Cleanup(func() { _ = s.Close() })
	for _, name := range []string{"take", "use"} {
		if err := s.PutTicket(t.Context(), store.Ticket{Kind: "code", Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	var taken, first atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, ok, err := s.TakeTicket(t.Context(), "code", "take"); ok && err == nil {
				taken.Add(1)
			}
			if was, ok, err := s.UseTicket(t.Context(), "code", "use"); ok && err == nil && was.Used.IsZero() {
				first.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != 1 || first.Load() != 1 {
		t.Errorf("taken %d times, first used %d times", taken.Load(), first.Load())
	}
}

func TestAFamilyGoesInOneGo(t *testing.T) {
	s := store.NewMemory(time.Now)
	t.Cleanup(func() { _ = s.Close() })
	for _, in := range []store.Ticket{
		{Kind: "token", Name: "a", Account: "5", Family: "f"},
		{Kind: "refresh", Name: "b", Account: "5", Family: "f"},
		{Kind: "token", Name: "c", Account: "6", Family: "g"},
	} {
		if err := s.PutTicket(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutTicket(t.Context(), store.Ticket{Kind: "client", Name: "alone"}); err != nil {
		t.Fatal(err)
	}
	for _, family := range []string{"f", ""} {
		if err := s.DropFamily(t.Context(), family); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := s.Ticket(t.Context(), "client", "alone"); !ok || err != nil {
		t.Errorf("one without a family went with one: %v, %v", ok, err)
	}
	left, err := s.Tickets(t.Context(), "token", "")
	if err != nil || len(left) != 1 || left[0].Name != "c" {
		t.Errorf("left %+v, %v", left, err)
	}
	if others, err := s.Tickets(t.Context(), "token", "5"); err != nil || len(others) != 0 {
		t.Errorf("of the account %+v, %v", others, err)
	}
	if ok, err := s.DropTicket(t.Context(), "token", "c"); !ok || err != nil {
		t.Errorf("dropped %v, %v", ok, err)
	}
}

func TestChangesOfTicketsAreKeptTogetherOrNotAtAll(t *testing.T) {
	s := store.NewMemory(time.Now)
	t.Cleanup(func() { _ = s.Close() })
	failed := errors.New("no")
	err := s.ChangeTickets(t.Context(), func(c store.TicketChange) error {
		if err := c.Put(store.Ticket{Kind: "token", Name: "a", Family: "f", Body: []byte("1")}); err != nil {
			return err
		}
		if got, ok, err := c.Get("token", "a"); !ok || err != nil || string(got.Body) != "1" {
			t.Errorf("within the change it reads %+v, %v, %v", got, ok, err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if _, ok, _ := s.Ticket(t.Context(), "token", "a"); ok {
		t.Error("a change that failed was kept")
	}
	// Each reads, then counts on: without turns some would count from the same number.
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := s.ChangeTickets(t.Context(), func(c store.TicketChange) error {
				was, _, err := c.Get("count", "n")
				if err != nil {
					return err
				}
				return c.Put(store.Ticket{Kind: "count", Name: "n", Body: append(was.Body, 'x')})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, _, err := s.Ticket(t.Context(), "count", "n"); err != nil || string(got.Body) != "xxxxxxxx" {
		t.Errorf("counted %q, %v", got.Body, err)
	}
}
