package acceptance

import (
	"flag"
	"runtime/debug"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets more tests run at once than there are processors: two of them mostly wait,
// for requests that hang and for Kommo's rate, and held the places of all others.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil { // a -parallel on the command line comes later and wins
		panic(err)
	}
	debug.SetGCPercent(400) // accounts come and go with each test: collecting them took a quarter of the time
	goleak.VerifyTestMain(m)
}
