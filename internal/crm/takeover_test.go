package crm_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestHolderThatComesBack: a process stands still for longer than its lease, say on
// a laptop that slept, and another finishes its call. When it goes on it must not
// send what the other has sent.
func TestHolderThatComesBack(t *testing.T) {
	r := newCallRig(t)
	st := store.New(filepath.Join(t.TempDir(), "state"), r.clock.Now)
	defer st.Close()
	slow := crm.New(r.api, r.jobs.Directory(), r.clock, crm.WithStore(st))
	other := crm.New(r.api, r.jobs.Directory(), r.clock, crm.WithStore(st))
	t.Cleanup(slow.Close)
	t.Cleanup(other.Close)
	lead := r.lead(almeidaLead).ID
	r.forget()
	seen := make(chan struct{})
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: 1500 * time.Millisecond, PathPrefix: "/contacts", Match: func(*http.Request) bool {
		close(seen)
		return true
	}})
	ended := make(chan error)
	go func() {
		_, err := slow.LogCall(t.Context(), fullCall())
		ended <- err
	}()
	<-seen // the slow one looks for the caller
	r.clock.After(store.Lease + time.Second)
	other.DeliverDue(t.Context())
	callEqual(t, "after the takeover: calls", len(r.callNotes(kommo.Leads, lead, "c-1")), 1)
	if err := <-ended; err == nil {
		t.Error("the slow one did not notice that its call was taken up")
	}
	r.wholeOnce("after all", lead)
	if list, err := other.Pending(t.Context(), 5); err != nil || len(list.Items) > 0 {
		t.Errorf("left: %s, %v", mustJSON(t, list), err)
	}
	again, err := other.LogCall(t.Context(), fullCall())
	if err != nil || again.Status != crm.CallRepeat {
		t.Errorf("the repeat: %s, %v", again.Status, err)
	}
}
