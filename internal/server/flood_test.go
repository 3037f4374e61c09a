package server_test

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// TestAFloodLeavesAnotherKeyAlone: 200 clients with one key send as fast as they can,
// over connections of their own; what the key may ask for is served and the rest
// refused, and no call with another key is.
func TestAFloodLeavesAnotherKeyAlone(t *testing.T) {
	const clients, calls, perSecond = 200, 60, 25
	a := openAdmission(t, func(w *server.Web) { w.Edge.Limits = server.Limits{Rate: perSecond} })
	a.keys.all = map[string]principal.Principal{
		"kmcp_flood": {Kind: principal.Key, ID: "flood", Mode: principal.Full},
		"kmcp_calm":  {Kind: principal.Key, ID: "calm", Mode: principal.Full, Rate: 1000},
	}
	call := func(key string) int {
		status, _, _ := a.ask(t, server.KeysEndpoint, "Bearer "+key, "tools/call", `"name":"get_who","arguments":{}`)
		return status
	}
	var stop atomic.Bool
	var served, refused atomic.Int64
	var flood sync.WaitGroup
	began := time.Now()
	for range clients {
		flood.Go(func() {
			for !stop.Load() {
				if call("kmcp_flood") == http.StatusOK {
					served.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	for end := time.Now().Add(20 * time.Second); refused.Load() < clients; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing of the flood is refused")
		}
	}
	var took []time.Duration
	for range calls {
		at := time.Now()
		if status := call("kmcp_calm"); status != http.StatusOK {
			t.Errorf("a call of the other key: %d", status)
		}
		took = append(took, time.Since(at))
	}
	stop.Store(true)
	flood.Wait()
	lasted := time.Since(began)
	if most := int64(perSecond*(lasted.Seconds()+4)) + 1; served.Load() > most {
		t.Errorf("the flood was served %d times in %v, at most %d are due", served.Load(), lasted, most)
	}
	slices.Sort(took)
	t.Logf("in %v: flood served %d, refused %d; the other key %d of %d, median %v, slowest %v", lasted, served.Load(), refused.Load(), len(took), calls, took[len(took)/2], took[len(took)-1])
}
