package sandbox

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterCountsARollingSecond(t *testing.T) {
	l := &limiter{rate: 7, accounts: map[string]*window{}}
	t0 := time.Unix(1000, 0)
	at := func(ms int) time.Time { return t0.Add(time.Duration(ms) * time.Millisecond) }
	for i := range 7 {
		if v, _ := l.admit("a", at(i*100)); v != pass {
			t.Fatalf("request %d refused", i)
		}
	}
	if v, n := l.admit("a", at(999)); v != limited || n != 1 {
		t.Errorf("eighth within the second: %v %d", v, n)
	}
	if v, _ := l.admit("b", at(999)); v != pass {
		t.Error("accounts share a window")
	}
	if v, _ := l.admit("a", at(1000)); v != pass {
		t.Error("the first has left the window at exactly one second")
	}
	if v, _ := l.admit("a", at(1050)); v != limited {
		t.Error("the second has not left yet")
	}
}

func TestTooManyRequestsAlternateJSONAndHTML(t *testing.T) {
	g := newRig(t, WithRate(1), WithBlockAfter(4))
	g.get("/account").want(200)
	first := g.get("/account").want(429)
	first.eq(map[string]any{
		"title": "Too many requests", "type": "https://httpstatus.es/429", "status": 429, "retry_after": 1,
		"detail": "You have sent too many requests in a given amount of time",
	})
	second := g.get("/account").want(429)
	if ct := second.header.Get("Content-Type"); !strings.HasPrefix(ct, "text/html") || !strings.Contains(string(second.raw), "<html>") {
		t.Errorf("%q %q", ct, second.raw)
	}
	g.get("/account").want(429).eq(429, "status")
	g.get("/account").want(429)
	block := g.get("/account").want(403)
	if !strings.Contains(string(block.raw), "<html>") {
		t.Errorf("block body %q", block.raw)
	}
	if a := g.s.Arrivals(); !a[1].Limited || a[0].Limited || a[5].Status != 403 {
		t.Errorf("arrivals %+v", a)
	}
}

func TestTokenEndpointIsNotLimited(t *testing.T) {
	g := newRig(t, WithRate(1))
	for range 3 {
		g.do("POST", "//oauth2/access_token", `{"client_id":"x"}`).want(400)
	}
}

func TestAPauseFillsTheWindowAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &limiter{rate: 2, accounts: map[string]*window{}}
		passed := 0
		for range 20 {
			if v, _ := l.admit("a", time.Now()); v == pass {
				passed++
			}
			time.Sleep(250 * time.Millisecond) // fake time: nothing waits
		}
		if passed != 10 {
			t.Errorf("%d passed in five seconds, want 10", passed)
		}
	})
}
