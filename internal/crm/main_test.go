package crm_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects less often: each test has an account of its own, and collecting
// them took a quarter of the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
