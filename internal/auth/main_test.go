package auth

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be one of several processes, and fails the
// package if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerArg {
		os.Exit(work(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}
