package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const canary = "canary-refresh-token-44d1"

func fixedKey(t *testing.T) seal.Key {
	t.Helper()
	key, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sealed(t *testing.T, dir string, sources ...seal.Source) *store.Store {
	t.Helper()
	st := store.New(dir, time.Now, store.WithSealer(seal.NewRing(sources...)))
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func put(t *testing.T, st *store.Store, account string) store.Grant {
	t.Helper()
	g, err := st.PutGrant(t.Context(), store.Grant{Account: account, Kind: "kommo", Host: account + ".kommo.com", ClientID: "c1", Secret: []byte(canary + account)})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func opens(t *testing.T, st *store.Store, account string) error {
	t.Helper()
	g, ok, err := st.Grant(t.Context(), account, "kommo")
	if err == nil && (!ok || string(g.Secret) != canary+account) {
		t.Errorf("grant of %s reads %q, %t", account, g.Secret, ok)
	}
	return err
}

// onDisk searches all files of the directory, the log that SQLite writes ahead too.
func onDisk(t *testing.T, dir, what string) bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(what)) {
			return true
		}
	}
	return false
}

func TestGrantsAreSealedAndKeysChange(t *testing.T) {
	dir := t.TempDir()
	st := sealed(t, dir, seal.Files(dir))
	put(t, st, "1")
	put(t, st, "2")
	other := sealed(t, dir, seal.Files(dir)) // another process
	if err := errors.Join(opens(t, st, "1"), opens(t, other, "2")); err != nil {
		t.Fatal(err)
	}
	if onDisk(t, dir, canary) {
		t.Error("the secret lies open on the disk")
	}
	if _, err := seal.Files(dir).New(); err != nil { // of a change that was broken off
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "encryption-notes.key.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := st.Reseal(t.Context(), false)
	if err != nil || out.Count != 2 || out.From == out.To || out.Lost != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	put(t, other, "3") // it knows the former key only, and finds the new one
	if err := errors.Join(opens(t, other, "1"), opens(t, st, "2"), opens(t, st, "3")); err != nil {
		t.Error(err)
	}
	if id, err := st.SealedWith(t.Context()); id != out.To || err != nil {
		t.Errorf("sealed with %s, %v", id, err)
	}
	if keys, err := filepath.Glob(filepath.Join(dir, "*.key")); err != nil || len(keys) != 1 || !strings.Contains(keys[0], out.To) {
		t.Errorf("keys that are left: %v, %v", keys, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "encryption-notes.key.txt")); err != nil {
		t.Errorf("a file that is no key: %v", err)
	}
}

// TestAWrongKeyLosesNothing: it neither reads nor writes; the right one finds all.
func TestAWrongKeyLosesNothing(t *testing.T) {
	dir := t.TempDir()
	right, wrong := fixedKey(t), fixedKey(t)
	put(t, sealed(t, dir, seal.Fixed("test", right)), "1")
	st := sealed(t, dir, seal.Fixed("test", wrong))
	if err := opens(t, st, "1"); !errors.Is(err, seal.ErrNoKey) || !strings.Contains(err.Error(), right.ID) {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := st.PutGrant(t.Context(), store.Grant{Account: "1", Kind: "kommo", Secret: []byte("x")}); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("written with a wrong key: %v", err)
	}
	if _, err := st.Reseal(t.Context(), false); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("changed with a wrong key: %v", err)
	}
	if list, err := st.Grants(t.Context(), "kommo"); err != nil || len(list) != 1 {
		t.Errorf("a list needs no key: %v, %v", list, err)
	}
	if err := opens(t, sealed(t, dir, seal.Fixed("test", right)), "1"); err != nil {
		t.Error(err)
	}
	both := sealed(t, dir, seal.Fixed("test", wrong, right))
	put(t, both, "2") // before the change the former key goes on sealing: others may know only that
	if err := opens(t, sealed(t, dir, seal.Fixed("test", right)), "2"); err != nil {
		t.Error(err)
	}
	if out, err := both.Reseal(t.Context(), false); err != nil || out.To != wrong.ID || out.Count != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	if err := opens(t, st, "1"); err != nil {
		t.Error(err)
	}
	if out, err := both.Reseal(t.Context(), false); err != nil || out.To != out.From {
		t.Errorf("nothing to change: %+v, %v", out, err)
	}
}

// TestLostKey: without its key a state can be given up on purpose, and only so.
func TestLostKey(t *testing.T) {
	dir := t.TempDir()
	put(t, sealed(t, dir, seal.Fixed("test", fixedKey(t))), "1")
	st := sealed(t, dir, seal.Fixed("test", fixedKey(t)))
	if out, err := st.Reseal(t.Context(), true); err != nil || out.Lost != 1 || out.Count != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	put(t, st, "1")
	if err := opens(t, st, "1"); err != nil {
		t.Error(err)
	}
}

// TestGrantsKnowTheirVersion: a renewal that comes after a new consent is dropped,
// one that comes after its end was noted undoes it.
func TestGrantsKnowTheirVersion(t *testing.T) {
	dir := t.TempDir()
	st := sealed(t, dir, seal.Files(dir))
	g := put(t, st, "1")
	ended := g
	ended.State, ended.Reason = store.GrantEnded, "revoked"
	if ok, err := st.NoteGrant(t.Context(), ended); !ok || err != nil {
		t.Fatal(ok, err)
	}
	renewed, ok, err := st.RenewGrant(t.Context(), g)
	if got, _, gerr := st.Grant(t.Context(), "1", "kommo"); !ok || err != nil || gerr != nil || got.State != store.GrantActive || got.Version != g.Version+1 || renewed.Version != got.Version {
		t.Errorf("%+v, %t, %v, %v", got, ok, err, gerr)
	}
	if ok, err := st.NoteGrant(t.Context(), ended); ok || err != nil {
		t.Error("an end of a former secret was noted")
	}
	put(t, st, "1")
	if _, ok, err := st.RenewGrant(t.Context(), renewed); ok || err != nil {
		t.Error("a renewal overwrote a new consent")
	}
}

func TestConsentsAreAnsweredOnce(t *testing.T) {
	st := store.NewMemory(time.Now)
	defer st.Close()
	if err := st.PutConsent(t.Context(), "a", "me", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if bound, ok, err := st.TakeConsent(t.Context(), "a"); bound != "me" || !ok || err != nil {
		t.Error(bound, ok, err)
	}
	if _, ok, err := st.TakeConsent(t.Context(), "a"); ok || err != nil {
		t.Error("answered twice")
	}
}
