package auth

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// TestIdleGrantsAreKept: a grant that nobody uses for a year is renewed before Kommo
// forgets it, seldom, and another integration's is left alone.
func TestIdleGrantsAreKept(t *testing.T) {
	g := newRig(t)
	grant := g.connected(host)
	before := g.exchanges()
	const days = 365
	for range days {
		g.clock.Advance(24 * time.Hour)
		g.keepRound(t.Context())
	}
	if n := g.exchanges() - before; n < days/8 || n > days/7+1 {
		t.Errorf("renewed %d times in a year", n)
	}
	if _, err := g.Source(grant.Account, nil).Token(); err != nil {
		t.Errorf("after a year: %v", err)
	}
	g.clock.Advance(30 * 24 * time.Hour)
	before = g.exchanges()
	other := g.another()
	other.ep.app.ClientID = "c2"
	other.keepRound(t.Context())
	if n := g.exchanges() - before; n != 0 {
		t.Errorf("another integration's grant was renewed %d times", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Keep(ctx) // ends
}

// TestALostAnswerDoesNotEndTheKeeping: what failed is tried at the next look.
func TestALostAnswerDoesNotEndTheKeeping(t *testing.T) {
	g := newRig(t)
	grant := g.connected(host)
	g.clock.Advance(8 * 24 * time.Hour)
	good := g.ep.transport
	g.ep.transport = dead{}
	g.keepRound(t.Context())
	g.ep.transport = good
	g.clock.Advance(keepEvery)
	g.keepRound(t.Context())
	c, ok, err := Look(t.Context(), g.store, grant.Account)
	if err != nil || !ok || c.Ended {
		t.Fatal(c, ok, err)
	}
	list, err := List(t.Context(), g.store)
	if err != nil || len(list) != 1 || g.clock.Now().Sub(list[0].Renewed) > time.Minute {
		t.Errorf("%+v %v", list, err)
	}
}

// dead is a network that is down.
type dead struct{}

func (dead) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
