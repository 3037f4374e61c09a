package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
)

// ErrNoKey is what errors.Is finds when no source has the key of a name.
var ErrNoKey = errors.New("the key is not here")

// errDamaged is told of data that its own key does not open.
var errDamaged = errors.New("sealed data is damaged, or was moved from another place")

// Source is a place where keys are kept.
type Source interface {
	// Get is the key of a name; ErrNoKey if the source has none of that name.
	Get(id string) (Key, error)
	// New is a key for what is sealed from now on, kept durably before it returns.
	New() (Key, error)
	// Drop forgets a key; a name that is not there is no error.
	Drop(id string) error
	// Where says in words where the keys lie.
	Where() string
}

// Ring seals and opens with the keys of its sources. It asks for nothing before
// it is used, and is safe for concurrent use.
type Ring struct {
	sources []Source
	note    func(text string)

	mu   sync.Mutex
	open map[string]cipher.AEAD
}

// OnSecondBest has told, in a sentence, that a new key was made elsewhere than in the
// first source, and why. Set it before the ring is used.
func (r *Ring) OnSecondBest(tell func(text string)) { r.note = tell }

// NewRing is a ring of sources. New keys come from the first that can make one;
// all are searched for the key of sealed data.
func NewRing(sources ...Source) *Ring {
	return &Ring{sources: sources, note: func(string) {}, open: map[string]cipher.AEAD{}}
}

// New names a key for what is sealed from now on.
func (r *Ring) New() (id string, err error) {
	var errs []error
	for _, s := range r.sources {
		key, err := s.New()
		if err == nil {
			_, err = r.keep(key)
		}
		if err == nil {
			if len(errs) > 0 {
				r.note("the encryption key was made in " + placeOf(s, key.ID) + ", since there is no use of " + errors.Join(errs...).Error())
			}
			return key.ID, nil
		}
		if !errors.Is(err, ErrNoKey) {
			errs = append(errs, fmt.Errorf("%s: %w", s.Where(), err))
		}
	}
	return "", fmt.Errorf("no encryption key can be made: %w", errors.Join(errs...))
}

// Seal encrypts plain under the key of a name, bound to a place.
func (r *Ring) Seal(id string, bound, plain []byte) ([]byte, error) {
	aead, err := r.key(id)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, bound), nil //nolint:gosec // it draws a random nonce itself and puts it first
}

// Open decrypts what Seal made under the same name and for the same place.
func (r *Ring) Open(id string, bound, sealed []byte) ([]byte, error) {
	aead, err := r.key(id)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, bound)
	if err != nil {
		return nil, errDamaged
	}
	return plain, nil
}

// Drop forgets a key wherever it lies.
func (r *Ring) Drop(id string) error {
	r.mu.Lock()
	delete(r.open, id)
	r.mu.Unlock()
	var errs []error
	for _, s := range r.sources {
		errs = append(errs, s.Drop(id))
	}
	return errors.Join(errs...)
}

// Keep forgets all key files but that of a name: changes of the key that were broken off
// leave some. Nothing may be sealed with them any more.
func (r *Ring) Keep(id string) error {
	r.mu.Lock()
	maps.DeleteFunc(r.open, func(other string, _ cipher.AEAD) bool { return other != id })
	r.mu.Unlock()
	var errs []error
	for _, s := range r.sources {
		if f, ok := s.(files); ok {
			errs = append(errs, f.keep(id))
		}
	}
	return errors.Join(errs...)
}

// Where says where the key of a name lies; empty if it is nowhere.
func (r *Ring) Where(id string) string {
	where, _ := r.Find(id) // empty then
	return where
}

// Find is Where, with the reason why the key is nowhere.
func (r *Ring) Find(id string) (where string, err error) {
	missing := &missingKey{id: id}
	for _, s := range r.sources {
		_, err := s.Get(id)
		if err == nil {
			return placeOf(s, id), nil
		}
		missing.add(s, err)
	}
	return "", missing
}

func (r *Ring) key(id string) (cipher.AEAD, error) {
	r.mu.Lock()
	aead := r.open[id]
	r.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	missing := &missingKey{id: id}
	for _, s := range r.sources {
		key, err := s.Get(id)
		if err == nil {
			return r.keep(key)
		}
		missing.add(s, err)
	}
	return nil, missing
}

// missingKey is the key of a name that no source has, with those that could not be
// asked.
type missingKey struct {
	id  string
	why []error
}

func (m *missingKey) add(s Source, err error) {
	if !errors.Is(err, ErrNoKey) {
		m.why = append(m.why, fmt.Errorf("%s: %w", s.Where(), err))
	}
}

func (m *missingKey) Error() string {
	text := []string{ErrNoKey.Error() + ": what is kept was encrypted with key " + m.id}
	for _, err := range m.why {
		text = append(text, err.Error())
	}
	return strings.Join(text, "; ")
}

// Is finds ErrNoKey.
func (m *missingKey) Is(target error) bool { return target == ErrNoKey }

func (r *Ring) keep(key Key) (cipher.AEAD, error) {
	aead, err := key.aead()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[key.ID] = aead
	return aead, nil
}
