package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
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

	mu   sync.Mutex
	open map[string]cipher.AEAD
}

// NewRing is a ring of sources. New keys come from the first that can make one;
// all are searched for the key of sealed data.
func NewRing(sources ...Source) *Ring {
	return &Ring{sources: sources, open: map[string]cipher.AEAD{}}
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
			return key.ID, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", s.Where(), err))
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

// Where says where the key of a name lies, or, without a name, where the next is
// made; empty if it is nowhere.
func (r *Ring) Where(id string) string {
	for _, s := range r.sources {
		if id == "" {
			return s.Where()
		}
		if _, err := s.Get(id); err == nil {
			return placeOf(s, id)
		}
	}
	return ""
}

func (r *Ring) key(id string) (cipher.AEAD, error) {
	r.mu.Lock()
	aead := r.open[id]
	r.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	var errs []error
	for _, s := range r.sources {
		key, err := s.Get(id)
		if err == nil {
			return r.keep(key)
		}
		if !errors.Is(err, ErrNoKey) {
			errs = append(errs, fmt.Errorf("%s: %w", s.Where(), err))
		}
	}
	errs = append([]error{fmt.Errorf("%w: what is kept was encrypted with key %s", ErrNoKey, id)}, errs...)
	return nil, errors.Join(errs...)
}

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
