package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestBodiesOfJobsAreSealed: what callers said does not lie open on the disk, in
// no state of a job; what an older version kept plain is still read; a wrong key
// neither repeats a job nor loses it.
func TestBodiesOfJobsAreSealed(t *testing.T) {
	dir, key := t.TempDir(), fixedKey(t)
	plain := store.New(dir, time.Now)
	old := store.Op{Account: "a", Kind: "call", Key: "old", Body: []byte(`{"text":"plain of old"}`)}
	if _, _, err := plain.Begin(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := plain.Close(); err != nil {
		t.Fatal(err)
	}
	st := sealed(t, dir, seal.Fixed("test", key))
	op, begun, err := st.Begin(t.Context(), store.Op{Account: "a", Kind: "call", Key: "new\x00 key", Body: []byte(canary + "1")})
	if err != nil || begun != store.Fresh {
		t.Fatal(begun, err)
	}
	op.Body = []byte(canary + "2")
	if err := st.Save(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	op.Body, op.State = []byte(canary+"3"), store.Waiting
	if err := st.Settle(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	if onDisk(t, dir, canary) {
		t.Error("a text lies open on the disk")
	}
	other := sealed(t, dir, seal.Fixed("test", fixedKey(t)))
	if _, _, err := other.Begin(t.Context(), op); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("begun again with a wrong key: %v", err)
	}
	next := fixedKey(t)
	if out, err := sealed(t, dir, seal.Fixed("test", next, key)).Reseal(t.Context(), false); err != nil || out.Count != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	list, err := sealed(t, dir, seal.Fixed("test", next)).List(t.Context(), "a", "call", 10, store.Running, store.Waiting)
	if err != nil || len(list) != 2 || string(list[0].Body) != string(old.Body) || string(list[1].Body) != canary+"3" {
		t.Errorf("%+v, %v", list, err)
	}
}
