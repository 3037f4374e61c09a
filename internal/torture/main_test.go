package torture

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

// size of a torture run: the defaults are the small one of go test ./...
type size struct {
	calls, accounts, kills, rate int
	seed                         int64
	every                        time.Duration // between two kills
}

// TestMain makes the test binary the server, too, that gets killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 7 && os.Args[1] == childArg {
		if err := serveChild(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 6 && os.Args[1] == rateArg {
		if err := askOften(os.Args[2:], os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		return
	}
	flag.Int("calls", 100, "calls of the torture")
	flag.Int("accounts", 5, "accounts of the torture")
	flag.Int("rate", 50, "requests a second that each account allows")
	flag.Int("kills", 4, "kills of the torture")
	flag.Int64("seed", 0, "seed of the torture; 0: another one each time")
	flag.Duration("every", 0, "time between two kills; 0: in the middle, both processes at once, and time leaps on")
	flag.Int("outage", 500, "calls of the outage")
	flag.Parse()
	os.Exit(m.Run())
}

func setting[T any](t *testing.T, name string) T {
	t.Helper()
	getter, ok := flag.Lookup(name).Value.(flag.Getter)
	if !ok {
		t.Fatalf("no flag %s", name)
	}
	v, _ := getter.Get().(T)
	return v
}

func sizeOf(t *testing.T) size {
	t.Helper()
	z := size{setting[int](t, "calls"), setting[int](t, "accounts"), setting[int](t, "kills"), setting[int](t, "rate"), setting[int64](t, "seed"), setting[time.Duration](t, "every")}
	if z.seed == 0 {
		z.seed = time.Now().UnixNano()
	}
	return z
}
