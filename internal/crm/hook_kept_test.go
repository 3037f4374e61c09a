package crm_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestHookWaitsForKommoAndARestart: accepted while Kommo is away, delivered by the
// next process from the same directory.
func TestHookWaitsForKommoAndARestart(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	dir := t.TempDir()
	first := store.New(dir, r.clock.Now)
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(first))
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.jobs.DeliverDue(t.Context())
	r.keepHook("bland", hookBody(t, "bland_outbound.json")) // kept, and the process ends before anything is done
	r.jobs.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	r.box.ClearFaults()
	second := store.New(dir, r.clock.Now)
	t.Cleanup(func() { _ = second.Close() })
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(second))
	t.Cleanup(r.jobs.Close)
	r.drain()
	r.theCall(lead, "c1")
}

// TestDropErasesWhatPlatformsSent: raw bodies go with their call.
func TestDropErasesWhatPlatformsSent(t *testing.T) {
	r := newCallRig(t)
	st := r.keeping()
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.jobs.DeliverDue(t.Context())
	all := []store.State{store.Running, store.Waiting, store.Done, store.Dead}
	kept, err := st.List(t.Context(), r.api.Host(), crm.HookKind, 10, all...)
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %d kept", err, len(kept))
	}
	var d crm.HookDelivery
	if err := json.Unmarshal(kept[0].Body, &d); err != nil || len(d.Body) == 0 {
		t.Fatal(err, "no raw body")
	}
	list, _ := r.jobs.Pending(t.Context(), 10)
	if _, err := r.jobs.DropPending(t.Context(), list.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	kept, _ = st.List(t.Context(), r.api.Host(), crm.HookKind, 10, all...)
	callEqual(t, "raw bodies left", len(kept), 0)
}

// TestRetention: bodies go after their days, records after theirs, what waits never.
func TestRetention(t *testing.T) {
	r := newCallRig(t)
	st := r.keeping(crm.WithRetention(2*24*time.Hour, 5*24*time.Hour))
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.drain()
	count := func(kind string) int {
		counts, err := st.Counts(t.Context(), r.api.Host(), kind)
		if err != nil {
			t.Fatal(err)
		}
		return counts[store.Done] + counts[store.Dead] + counts[store.Waiting]
	}
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	for _, want := range []struct{ after, hooks, calls int }{{1, 1, 1}, {2, 0, 1}, {3, 0, 0}} {
		r.clock.After(time.Duration(want.after) * 24 * time.Hour)
		r.runOnce()
		callEqual(t, "bodies", count(crm.HookKind), want.hooks)
		callEqual(t, "records", count(crm.CallKind), want.calls)
	}
	r.keepHook("bland", hookBody(t, "bland_outbound.json"))
	r.jobs.DeliverDue(t.Context())
	r.clock.After(100 * 24 * time.Hour)
	r.runOnce()
	callEqual(t, "what waits", count(crm.CallKind), 1)
}

// keeping puts a store in place into which the test can look.
func (r *callRig) keeping(opts ...crm.Option) *store.Store {
	st := store.NewMemory(r.clock.Now)
	names := directory.New(r.api)
	r.jobs = crm.New(r.api, names, r.clock, append(opts, crm.WithStore(st))...)
	r.Cleanup(func() { r.jobs.Close(); names.Close(); _ = st.Close() })
	return st
}

// runOnce starts a worker and ends it.
func (r *callRig) runOnce() {
	r.Helper()
	ctx, stop := context.WithTimeout(r.Context(), 200*time.Millisecond)
	defer stop()
	r.jobs.RunOutbox(ctx)
}
