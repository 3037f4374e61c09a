package throttle_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
	"github.com/kommo-mcp/kommo-mcp/internal/throttle"
)

// TestOneTakesNothingFromTheOthers: who is over the own share is held back, others go
// on, and all together have a bound too, also with more names than are told apart.
func TestOneTakesNothingFromTheOthers(t *testing.T) {
	clock := testclock.At(time.Unix(1_795_000_000, 0))
	th := throttle.New(clock.Now, 1, 30, 1, 10)
	count := func(times int, name func(int) string) (n int) {
		for i := range times {
			if th.Allow(name(i)) {
				n++
			}
		}
		return n
	}
	if n := count(1000, func(int) string { return "a" }); n != 10 {
		t.Errorf("one may %d times", n)
	}
	if n := count(100, func(int) string { return "b" }); n != 10 {
		t.Errorf("another may %d times", n)
	}
	if n := count(20_000, strconv.Itoa); n != 10 {
		t.Errorf("what is left for all others: %d", n)
	}
	clock.Advance(5 * time.Second)
	if n := count(100, func(int) string { return "a" }); n != 5 {
		t.Errorf("five seconds later: %d", n)
	}
}

func TestSender(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "::ffff:192.0.2.1": "::ffff:192.0.2.1", "fe80::1%eth0": "fe80::/64", "": "", "x": "x",
	} {
		if got := throttle.Sender(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
