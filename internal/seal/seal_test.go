package seal

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

func TestKeysReadInAllSpellings(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte(key.raw)
	for _, text := range []string{
		key.text(), key.text() + "\n", hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		base64.RawStdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	} {
		if got, err := ParseKey(text); err != nil || got != key {
			t.Errorf("%v", err)
		}
	}
	for _, bad := range []string{"", "secret", "c2hvcnQ=", strings.Repeat("A", 44), strings.Repeat("é", 32)} {
		if _, err := ParseKey(bad); err == nil || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if all := fmt.Sprintf("%v %+v %#v %s", key, key, key, key); strings.Contains(all, key.raw) || !strings.Contains(all, key.ID) {
		t.Errorf("a key prints as %q", all)
	}
}

// TestSealedDataIsBound to its place and key, and no bit of it may change.
func TestSealedDataIsBound(t *testing.T) {
	r := NewRing(Files(t.TempDir()))
	id, err := r.New()
	if err != nil {
		t.Fatal(err)
	}
	box, err := r.Seal(id, []byte("here"), []byte("text"))
	if err != nil || strings.Contains(string(box), "text") {
		t.Fatal(err)
	}
	if plain, err := r.Open(id, []byte("here"), box); err != nil || string(plain) != "text" {
		t.Errorf("%q, %v", plain, err)
	}
	if _, err := r.Open(id, []byte("there"), box); err == nil {
		t.Error("opened in another place")
	}
	for i := range box {
		box[i] ^= 1
		if _, err := r.Open(id, []byte("here"), box); err == nil {
			t.Fatalf("opened with byte %d changed", i)
		}
		box[i] ^= 1
	}
	if _, err := r.Open("0000000000000000", []byte("here"), box); !errors.Is(err, ErrNoKey) {
		t.Errorf("another key: %v", err)
	}
}

func TestKeyFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "later")
	id, err := NewRing(Files(dir)).New()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Stat(filepath.Join(dir, "encryption-"+id+".key"))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", file, err)
	}
	if d, err := os.Stat(dir); err != nil || d.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", d, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "encryption-"+id+".key"), []byte(strings.Repeat("A", 43)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Files(dir).Get(id); err == nil {
		t.Error("a file with another key was taken")
	}
}

// TestKeyring: keys go there; without one they go to a file.
func TestKeyring(t *testing.T) {
	dir := t.TempDir()
	keyring.MockInit()
	r := NewRing(Keyring(dir), Files(dir))
	id, err := r.New()
	if err != nil || !strings.Contains(r.Where(id), "keyring") {
		t.Fatalf("kept in %q, %v", r.Where(id), err)
	}
	if _, err := Keyring("another directory").Get(id); !errors.Is(err, ErrNoKey) {
		t.Errorf("another directory has the key: %v", err)
	}
	if _, err := NewRing(Keyring(dir), Files(dir)).Seal(id, nil, nil); err != nil {
		t.Error(err)
	}
	if err := errors.Join(r.Drop(id), r.Drop(id)); err != nil || r.Where(id) != "" {
		t.Errorf("dropped and still in %q, %v", r.Where(id), err)
	}
	keyring.MockInitWithError(errors.New("no bus"))
	if id, err = r.New(); err != nil || !strings.Contains(r.Where(id), "key file") {
		t.Errorf("without a keyring kept in %q, %v", r.Where(id), err)
	}
	if _, err := NewRing(Keyring(dir), Files(dir)).Open(id, nil, make([]byte, 40)); !errors.Is(err, errDamaged) {
		t.Errorf("the key is not found beside a broken keyring: %v", err)
	}
}

// TestWhyAKeyIsMissed: what could not be asked is named, and a key that is made
// elsewhere is told of, with the reason; not where no keyring was meant to be.
func TestWhyAKeyIsMissed(t *testing.T) {
	dir := t.TempDir()
	keyring.MockInitWithError(errors.New("locked"))
	r, told := NewRing(Keyring(dir), Files(dir)), ""
	r.OnSecondBest(func(text string) { told += text })
	id, err := r.New()
	if err != nil || !strings.Contains(told, "encryption-"+id+".key") || !strings.Contains(told, "the keyring of the operating system: locked") {
		t.Errorf("%q, %v", told, err)
	}
	if _, err := r.Open("0123456789abcdef", nil, nil); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), "key 0123456789abcdef; the keyring of the operating system: locked") {
		t.Error(err)
	}
	r, told = NewRing(NoKeyring("not asked here"), Files(dir)), ""
	r.OnSecondBest(func(text string) { told += text })
	if id, err := r.New(); err != nil || told != "" || !strings.Contains(r.Where(id), "key file") {
		t.Errorf("%q, %v", told, err)
	}
	if where, err := r.Find("0123456789abcdef"); where != "" || !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), "keyring of the operating system: not asked here") {
		t.Errorf("%q, %v", where, err)
	}
}

func TestASilentKeyringIsNotWaitedFor(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	if _, err := bounded(time.Millisecond, func() (string, error) { <-stop; return "", nil }); !errors.Is(err, errKeyringSilent) {
		t.Error(err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("x")
	f.Add(strings.Repeat("ab", 32))
	f.Fuzz(func(t *testing.T, s string) {
		key, err := ParseKey(s)
		if err == nil && len(key.raw) != keySize {
			t.Fatalf("a key of %d bytes", len(key.raw))
		}
	})
}
