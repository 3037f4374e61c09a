package access_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

type rig struct {
	clock *testclock.Clock
	gone  map[string]bool
	fails error
	st    *store.Store
	keys  *access.Keys
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{clock: testclock.At(time.Unix(1_795_168_800, 0)), gone: map[string]bool{}}
	r.st = store.New(t.TempDir(), r.clock.Now)
	t.Cleanup(func() { _ = r.st.Close() })
	r.keys = r.again()
	return r
}

// again is another process over the same state.
func (r *rig) again() *access.Keys {
	return access.New(r.st, r.clock.Now, func(_ context.Context, account string) (bool, error) {
		return !r.gone[account], r.fails
	})
}

func (r *rig) create(t *testing.T, key access.Key) (string, access.Key) {
	t.Helper()
	secret, made, err := r.keys.Create(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return secret, made
}

func (r *rig) admits(t *testing.T, secret string) bool {
	t.Helper()
	_, ok, err := r.keys.Principal(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestAKeyIsWhatItWasMadeFor(t *testing.T) {
	r := newRig(t)
	secret, made := r.create(t, access.Key{
		Label: "Voice agent", Account: "31000001", User: 7, Mode: principal.Write, Toolsets: []string{"default", "bulk"}, Rate: 2.5,
	})
	p, ok, err := r.again().Principal(t.Context(), secret)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := principal.Principal{
		Kind: principal.Key, ID: made.ID, Label: "Voice agent", Account: "31000001", User: 7,
		Mode: principal.Write, Toolsets: []string{"default", "bulk"}, Rate: 2.5,
	}
	if len(p.Toolsets) != 2 || p.Toolsets[1] != "bulk" {
		t.Errorf("toolsets %v", p.Toolsets)
	}
	p.Toolsets, want.Toolsets = nil, nil
	if !equal(p, want) {
		t.Errorf("got %+v\nwant %+v", p, want)
	}
	if !strings.HasPrefix(secret, "kmcp_") || len(secret) < 45 || strings.Contains(secret, made.ID) {
		t.Errorf("secret of %d characters, id %s", len(secret), made.ID)
	}
	other, _ := r.create(t, access.Key{Mode: principal.Read})
	if other == secret {
		t.Error("two keys are equal")
	}
}

func equal(a, b principal.Principal) bool {
	return a.Kind == b.Kind && a.ID == b.ID && a.Label == b.Label && a.Account == b.Account && a.User == b.User && a.Mode == b.Mode && a.Rate == b.Rate
}

func TestOthersAreRefused(t *testing.T) {
	r := newRig(t)
	secret, _ := r.create(t, access.Key{Mode: principal.Read})
	for _, wrong := range []string{"", "kmcp_", secret[:len(secret)-1], secret + "A", strings.ToLower(secret), " " + secret, secret[5:], "kmcp_at_" + secret[5:]} {
		if r.admits(t, wrong) {
			t.Errorf("%q is admitted", wrong)
		}
	}
	if !r.admits(t, secret) {
		t.Error("the right one is refused")
	}
}

func TestAKeyStopsAtOnce(t *testing.T) {
	r := newRig(t)
	expiring, _ := r.create(t, access.Key{Mode: principal.Read, Expires: r.clock.Now().Add(time.Hour)})
	revoked, made := r.create(t, access.Key{Mode: principal.Read})
	bound, _ := r.create(t, access.Key{Mode: principal.Read, Account: "5"})
	for _, secret := range []string{expiring, revoked, bound} {
		if !r.admits(t, secret) {
			t.Fatal("a good key is refused")
		}
	}
	r.clock.Advance(time.Hour)
	if r.admits(t, expiring) {
		t.Error("an expired key is admitted")
	}
	if _, err := r.again().Revoke(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if r.admits(t, revoked) {
		t.Error("a revoked key is admitted")
	}
	r.gone["5"] = true
	if r.admits(t, bound) {
		t.Error("a key of an account that is gone is admitted")
	}
	if _, err := r.keys.Revoke(t.Context(), "k_none"); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("revoking none: %v", err)
	}
}

func TestDoubtAdmitsNobody(t *testing.T) {
	r := newRig(t)
	secret, _ := r.create(t, access.Key{Mode: principal.Read, Account: "5"})
	r.fails = errors.New("the disk is gone")
	if _, ok, err := r.keys.Principal(t.Context(), secret); ok || !errors.Is(err, r.fails) {
		t.Errorf("with a broken look-up of the account: %v %v", ok, err)
	}
	if err := r.st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := r.keys.Principal(t.Context(), secret); ok || err == nil {
		t.Errorf("with a closed state: %v %v", ok, err)
	}
	if _, err := r.keys.Any(t.Context()); err == nil {
		t.Error("a closed state says that there is no key")
	}
}

func TestListNeverTellsASecret(t *testing.T) {
	r := newRig(t)
	if list, err := r.keys.List(t.Context()); err != nil || len(list) != 0 || r.st.Exists() {
		t.Fatalf("nothing kept: %v %v, state made: %v", list, err, r.st.Exists())
	}
	if some, err := r.keys.Any(t.Context()); some || err != nil {
		t.Fatal(some, err)
	}
	secret, _ := r.create(t, access.Key{Label: "one", Mode: principal.Full})
	list, err := r.keys.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Label != "one" || list[0].Mode != principal.Full || !list[0].Used.IsZero() {
		t.Fatalf("%+v %v", list, err)
	}
	if some, err := r.keys.Any(t.Context()); !some || err != nil {
		t.Error(some, err)
	}
	files, err := filepath.Glob(filepath.Join(r.st.Dir(), "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil || strings.Contains(string(raw), secret[len("kmcp_"):]) {
			t.Errorf("%s: holds the secret, or %v", filepath.Base(file), err)
		}
	}
}

// TestLastUseIsNotedNowAndThen: it is as old as a minute at most, and no request in
// between writes.
func TestLastUseIsNotedNowAndThen(t *testing.T) {
	r := newRig(t)
	secret, _ := r.create(t, access.Key{Mode: principal.Read})
	first := r.clock.Now()
	used := func() time.Time {
		list, err := r.keys.List(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].Used
	}
	for range 5 {
		if !r.admits(t, secret) {
			t.Fatal("refused")
		}
		r.clock.Advance(11 * time.Second)
	}
	if got := used(); !got.Equal(first) {
		t.Errorf("used %v, want %v", got, first)
	}
	r.clock.Advance(5 * time.Second) // 60 s after the first use
	if _, ok, err := r.again().Principal(t.Context(), secret); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := used(); !got.Equal(r.clock.Now()) {
		t.Errorf("after a minute: used %v, want %v", got, r.clock.Now())
	}
}
