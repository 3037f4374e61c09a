package acceptance

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets more tests run at once than there are processors: two of them mostly wait,
// for requests that hang and for Kommo's rate, and held the places of all others.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil { // a -parallel on the command line comes later and wins
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
