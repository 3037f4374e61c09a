package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestAnAccountGetsItsNumber: what an earlier version kept under the address of an
// account is found under its number, once sealed as ever; what is there under both
// names stays, and other accounts are not touched.
func TestAnAccountGetsItsNumber(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "state"), fixedKey(t)
	now := time.Now()
	clock := func() time.Time { return now }
	open := func(opts ...store.Option) *store.Store {
		st := store.New(dir, clock, append(opts, store.WithSealer(seal.NewRing(seal.Fixed("test", key))))...)
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	old := open()
	keep := func(st *store.Store, account, key, body string, state store.State) {
		t.Helper()
		op, _, err := st.Begin(t.Context(), store.Op{Account: account, Kind: "call", Key: key, Body: []byte(body)})
		if err == nil && state != store.Running {
			op.State, op.NextTry = state, now
			err = st.Settle(t.Context(), op)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	keep(old, "demo.kommo.com", "waits", "one", store.Waiting)
	keep(old, "demo.kommo.com", "done", "two", store.Done)
	keep(old, "demo.kommo.com", "both", "three", store.Done)
	keep(old, "demo.kommo.com", "held", "four", store.Running)
	keep(old, "31000001", "both", "five", store.Done)
	keep(old, "twin.kommo.com", "waits", "six", store.Waiting)
	if ok, err := old.Claim(t.Context(), "demo.kommo.com", "lead", 5, "somebody"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := old.Remember(t.Context(), "demo.kommo.com", "phone 5", []byte("card")); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}

	body := func(st *store.Store, account, key string) string {
		t.Helper()
		op, err := st.ByKey(t.Context(), account, "call", key)
		if err != nil {
			t.Fatal(err)
		}
		return string(op.Body)
	}
	st := open(store.WithFormer("demo.kommo.com", "31000001"))
	for _, want := range [][3]string{
		{"31000001", "waits", "one"},
		{"31000001", "done", "two"},
		{"31000001", "both", "five"},
		{"31000001", "held", ""},
		{"demo.kommo.com", "held", "four"},
		{"demo.kommo.com", "both", "three"},
		{"demo.kommo.com", "waits", ""},
		{"twin.kommo.com", "waits", "six"},
	} {
		if got := body(st, want[0], want[1]); got != want[2] {
			t.Errorf("%s %s: %q, not %q", want[0], want[1], got, want[2])
		}
	}
	if ok, err := st.Claim(t.Context(), "31000001", "lead", 5, "another"); ok || err != nil {
		t.Errorf("the claim is lost: %v %v", ok, err)
	}
	if ok, err := st.Claim(t.Context(), "31000001", "lead", 5, "somebody"); !ok || err != nil {
		t.Errorf("the claim is another's: %v %v", ok, err)
	}
	if value, _, err := st.Recall(t.Context(), "31000001", "phone 5"); string(value) != "card" {
		t.Errorf("the memory is lost: %q %v", value, err)
	}
	if err := st.Forget(t.Context(), "31000001", "phone 5"); err != nil {
		t.Error(err)
	}
	if value, ok, err := st.Recall(t.Context(), "31000001", "phone 5"); ok || err != nil {
		t.Errorf("not forgotten: %q %v", value, err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(store.Lease + time.Second)
	if got := body(open(store.WithFormer("demo.kommo.com", "31000001")), "31000001", "held"); got != "four" {
		t.Errorf("what was held stays behind: %q", got)
	}
}
