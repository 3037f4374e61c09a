package crm_test

import (
	"context"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestDeliveriesAreTold: once each, with who brought the call, and not while it waits.
func TestDeliveriesAreTold(t *testing.T) {
	r := newCallRig(t)
	st := store.NewMemory(r.clock.Now)
	t.Cleanup(func() { _ = st.Close() })
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	var told []crm.Delivered
	type whoKey struct{}
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(st),
		crm.WithActor(func(ctx context.Context) string { who, _ := ctx.Value(whoKey{}).(string); return who }),
		crm.WithDelivered(func(_ context.Context, d crm.Delivered) { told = append(told, d) }))
	t.Cleanup(r.jobs.Close)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	_, err := r.jobs.KeepHook(context.WithValue(t.Context(), whoKey{}, "hook h1"), crm.HookDelivery{
		Platform: "vapi", Method: "POST", URL: hookURL + "vapi", Body: hookBody(t, "vapi_inbound.json"),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.jobs.DeliverDue(t.Context())
	callEqual(t, "told while Kommo is away", len(told), 0)
	r.box.ClearFaults()
	if _, _, err := r.jobs.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 {
		t.Fatalf("told %d times", len(told))
	}
	d := told[0]
	if d.By != "hook h1" || d.Account != r.api.Host() || d.PendingID == 0 || d.Answer.Status != crm.CallLogged || d.Call.CallID != "c1" || d.Err != nil {
		t.Errorf("%+v", d)
	}
}
