package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestHooks: one address of one platform for one account, good until it is revoked or
// its account is not connected any more.
func TestHooks(t *testing.T) {
	dir, connected := t.TempDir(), true
	st := store.New(dir, time.Now)
	t.Cleanup(func() { _ = st.Close() })
	hooks := access.NewHooks(st, time.Now, func(context.Context, string) (bool, error) { return connected, nil })
	if list, err := hooks.List(t.Context()); err != nil || len(list) > 0 || st.Exists() {
		t.Fatalf("a state is made to look for hooks: %v %v", list, err)
	}
	part, made, err := hooks.Create(t.Context(), access.Hook{Platform: "vapi", Account: "12345", Label: "front desk"}, "their secret")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(part, access.HookPrefix) || len(part) < len(access.HookPrefix)+30 || strings.Contains(made.ID, part) {
		t.Errorf("part %q, id %q", part, made.ID)
	}
	find := func(platform, part string) bool {
		t.Helper()
		taken, ok, err := hooks.Find(t.Context(), platform, part)
		if err != nil {
			t.Fatal(err)
		}
		if !ok && taken != (access.Taken{}) {
			t.Errorf("something is told of a hook that there is not: %+v", taken)
		}
		return ok
	}
	taken, ok, err := hooks.Find(t.Context(), "vapi", part)
	if err != nil || !ok || taken.Secret != "their secret" || !taken.Signed {
		t.Fatalf("%+v %v %v", taken, ok, err)
	}
	p := taken.Principal()
	if p.Kind != principal.Hook || p.ID != made.ID || p.Account != "12345" || p.Label != "front desk" || p.Mode != principal.Write {
		t.Errorf("%+v", p)
	}
	for _, other := range [][2]string{{"retell", part}, {"vapi", part[:len(part)-1]}, {"vapi", ""}, {"vapi", made.ID}, {"vapi", strings.ToUpper(part)}, {"", part}} {
		if find(other[0], other[1]) {
			t.Errorf("%v is taken", other)
		}
	}
	connected = false
	if find("vapi", part) {
		t.Error("taken for an account that is not connected any more")
	}
	connected = true
	list, err := hooks.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Used.IsZero() || list[0].Platform != "vapi" || !list[0].Signed {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := hooks.Revoke(t.Context(), "h_none"); err == nil || !strings.Contains(err.Error(), "h_none") {
		t.Errorf("%v", err)
	}
	if _, err := hooks.Revoke(t.Context(), made.ID); err != nil || find("vapi", part) {
		t.Errorf("after it was revoked: %v", err)
	}
}

// TestHookIsNotToldWhenItCannotBe: not knowing is not the same as there being none.
func TestHookIsNotToldWhenItCannotBe(t *testing.T) {
	st := store.NewMemory(time.Now)
	t.Cleanup(func() { _ = st.Close() })
	hooks := access.NewHooks(st, time.Now, func(context.Context, string) (bool, error) { return false, errors.New("the disk is gone") })
	part, _, err := hooks.Create(t.Context(), access.Hook{Platform: "vapi", Account: "1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := hooks.Find(t.Context(), "vapi", part); ok || err == nil {
		t.Errorf("%v %v", ok, err)
	}
}
