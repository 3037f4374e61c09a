package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/zalando/go-keyring"
)

// fixed are keys of the settings.
type fixed struct {
	where string
	keys  []Key
}

// Fixed are keys that the settings name: the first seals, all open. They cannot
// be dropped from here.
func Fixed(where string, keys ...Key) Source { return fixed{where, keys} }

func (f fixed) Get(id string) (Key, error) {
	for _, k := range f.keys {
		if k.ID == id {
			return k, nil
		}
	}
	return Key{}, ErrNoKey
}

func (f fixed) New() (Key, error) {
	if len(f.keys) == 0 {
		return Key{}, ErrNoKey
	}
	return f.keys[0], nil
}

func (f fixed) Drop(string) error { return nil }
func (f fixed) Where() string     { return f.where }

// files are keys in a directory, a file each.
type files struct{ dir string }

// Files are random keys in a directory, which is made (0700) with the first of
// them (0600).
func Files(dir string) Source { return files{dir} }

func (f files) path(id string) string { return filepath.Join(f.dir, "encryption-"+id+".key") }

func (f files) Get(id string) (Key, error) {
	raw, err := os.ReadFile(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, ErrNoKey
	}
	if err != nil {
		return Key{}, err
	}
	key, err := ParseKey(string(raw))
	if err != nil || key.ID != id {
		return Key{}, fmt.Errorf("%s does not hold the key that it is named after", f.path(id))
	}
	return key, nil
}

func (f files) New() (Key, error) {
	key, err := NewKey()
	if err != nil {
		return Key{}, err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return Key{}, err
	}
	file, err := os.OpenFile(f.path(key.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, err
	}
	_, err = file.WriteString(key.text() + "\n")
	// What it encrypts must not outlive it: the disk has it before anything does.
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		f.syncDir()
	}
	return key, err
}

// syncDir has the disk keep the names of new files too, where it has to be asked for
// that; on systems that refuse it, it has not.
func (f files) syncDir() {
	dir, err := os.Open(f.dir)
	if err != nil {
		return
	}
	_ = dir.Sync() // see above
	_ = dir.Close()
}

func (f files) Drop(id string) error {
	err := os.Remove(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// keyFile is how files of keys are called.
var keyFile = regexp.MustCompile(`^encryption-([0-9a-f]{16})\.key$`)

// keep drops all but one.
func (f files) keep(id string) error {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if name := keyFile.FindStringSubmatch(e.Name()); name != nil && name[1] != id {
			errs = append(errs, f.Drop(name[1]))
		}
	}
	return errors.Join(errs...)
}

func (f files) Where() string { return "a key file in " + f.dir }

// placeOf is where one key lies: of a key file its name too, so that it can be backed
// up and kept apart.
func placeOf(s Source, id string) string {
	if f, ok := s.(files); ok {
		return f.Where() + ", " + filepath.Base(f.path(id))
	}
	return s.Where()
}

// ring is the operating system's keyring.
type ring struct {
	place string
	wait  time.Duration

	mu     sync.Mutex
	silent time.Time // when it did not answer last: those who need it now need not wait each
}

// silence is how long a keyring that did not answer is left alone.
const silence = time.Minute

const keyringService = "kommo-mcp"

// keyringWait bounds one question to the keyring: a locked one may show a window
// that nobody answers.
const keyringWait = 5 * time.Second

var errKeyringSilent = errors.New("the keyring did not answer in time; is it locked?")

// Keyring are random keys in the keyring of the operating system. place tells
// state directories apart, since each has keys of its own.
func Keyring(place string) Source { return &ring{place: place, wait: keyringWait} }

func (r *ring) user(id string) string { return r.place + " " + id }

func (r *ring) Get(id string) (Key, error) {
	text, err := r.ask(func() (string, error) { return keyring.Get(keyringService, r.user(id)) })
	if errors.Is(err, keyring.ErrNotFound) || errors.Is(err, keyring.ErrUnsupportedPlatform) {
		return Key{}, ErrNoKey
	}
	if err != nil {
		return Key{}, err
	}
	key, err := ParseKey(text)
	if err != nil || key.ID != id {
		return Key{}, errors.New("the keyring holds something else under the key's name")
	}
	return key, nil
}

func (r *ring) New() (Key, error) {
	key, err := NewKey()
	if err != nil {
		return Key{}, err
	}
	_, err = r.ask(func() (string, error) { return "", keyring.Set(keyringService, r.user(key.ID), key.text()) })
	if err != nil {
		return Key{}, err
	}
	return r.Get(key.ID) // a keyring that forgets is none
}

func (r *ring) Drop(id string) error {
	_, err := r.ask(func() (string, error) { return "", keyring.Delete(keyringService, r.user(id)) })
	if errors.Is(err, keyring.ErrNotFound) || errors.Is(err, keyring.ErrUnsupportedPlatform) {
		return nil
	}
	return err
}

func (r *ring) Where() string { return keyringName }

const keyringName = "the keyring of the operating system"

// absent is a keyring that cannot be asked.
type absent struct{ why error }

// NoKeyring stands where a keyring would, and says why there is none: a key that is
// missed may lie there. New keys are made elsewhere without a word.
func NoKeyring(why string) Source { return absent{errors.New(why)} }

func (a absent) Get(string) (Key, error) { return Key{}, a.why }
func (a absent) New() (Key, error)       { return Key{}, ErrNoKey }
func (a absent) Drop(string) error       { return nil }
func (a absent) Where() string           { return keyringName }

// ask is bounded, unless the keyring was silent just now.
func (r *ring) ask(what func() (string, error)) (string, error) {
	r.mu.Lock()
	since := time.Since(r.silent)
	r.mu.Unlock()
	if since < silence {
		return "", errKeyringSilent
	}
	text, err := bounded(r.wait, what)
	if errors.Is(err, errKeyringSilent) {
		r.mu.Lock()
		r.silent = time.Now()
		r.mu.Unlock()
	}
	return text, err
}

// bounded waits for ask no longer than d. What comes later is thrown away.
func bounded(d time.Duration, ask func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := ask()
		done <- result{text, err}
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.text, r.err
	case <-timer.C:
		return "", errKeyringSilent
	}
}
