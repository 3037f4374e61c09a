package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// names writes what rows are looked up by. Where the state is sealed that is a keyed
// digest: the number of a caller or the id of a call, which could be guessed from a
// plain digest, tells nobody anything without the key. The key is a random one of its
// own, kept sealed in the state, so that it outlives a change of the encryption key.
type names struct{ key []byte } // nil: names are kept as they are

const (
	indexSetting = "index_key"
	indexBound   = "index key"
	indexKeySize = 32
	digestSize   = 16 // bytes of a name's digest: nobody finds two names with the same
)

// of is the name as it is kept. place says what it is a name of, so that the same
// text in two places does not look the same.
func (n names) of(place, name string) string {
	if n.key == nil || name == "" {
		return name
	}
	mac := hmac.New(sha256.New, n.key)
	_, _ = mac.Write([]byte(place + "\x00" + name)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:digestSize])
}

func (n names) job(account, kind, key string) string { return n.of("key "+account+" "+kind, key) }
func (n names) line(account, line string) string     { return n.of("line "+account, line) }
func (n names) memory(account, name string) string   { return n.of("memory "+account, name) }
func (n names) holder(account, by string) string     { return n.of("claim "+account, by) }

// opNames is what a job's row keeps sealed of its names, for people to read.
type opNames struct {
	Key  string `json:"key"`
	Line string `json:"line,omitempty"`
}

var errNoSealer = errors.New("the state is encrypted and no key was given")

// names is how names are kept, for a reader outside of a transaction.
func (s *Store) names(ctx context.Context) (n names, err error) {
	if s.sealer == nil && s.dir == "" {
		return names{}, nil
	}
	db, err := s.open()
	if err != nil {
		return names{}, err
	}
	box, err := setting(context.WithoutCancel(ctx), db, indexSetting)
	if err != nil {
		return names{}, err
	}
	if box != "" || s.sealer == nil {
		return s.openIndex(box)
	}
	err = s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, err = s.namesIn(ctx, tx)
		return err
	})
	return n, err
}

// named is the file, and how names are kept in it.
func (s *Store) named(ctx context.Context) (*sql.DB, names, error) {
	db, err := s.open()
	if err != nil {
		return nil, names{}, err
	}
	n, err := s.names(ctx)
	return db, n, err
}

// namesIn is how names are kept, for who writes in a transaction. The first to ask of
// a sealed state makes the key, and writes anew what was named before there was one.
func (s *Store) namesIn(ctx context.Context, tx *sql.Tx) (names, error) {
	if s.sealer == nil && s.dir == "" {
		return names{}, nil
	}
	box, err := setting(ctx, tx, indexSetting)
	if err != nil {
		return names{}, err
	}
	if box != "" || s.sealer == nil {
		return s.openIndex(box)
	}
	n := names{key: make([]byte, indexKeySize)}
	_, _ = rand.Read(n.key) // never fails since Go 1.24
	sealed, err := s.seal(ctx, tx, indexBound, n.key)
	if err != nil {
		return names{}, err
	}
	if err := set(ctx, tx, indexSetting, base64.StdEncoding.EncodeToString(sealed)); err != nil {
		return names{}, err
	}
	return n, s.renameAll(ctx, tx, n)
}

// openIndex opens the sealed key of names; an empty box is a state whose names are
// kept as they are.
func (s *Store) openIndex(box string) (names, error) {
	if box == "" {
		return names{}, nil
	}
	if s.sealer == nil {
		return names{}, errNoSealer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index.box == box {
		return s.index.names, nil
	}
	raw, err := base64.StdEncoding.DecodeString(box)
	if err != nil {
		return names{}, errors.New("the key of names in the state is damaged")
	}
	key, err := s.unseal(indexBound, raw)
	if err != nil {
		return names{}, err
	}
	s.index.box, s.index.names = box, names{key}
	return s.index.names, nil
}

// openedIndex spares opening the key of names each time.
type openedIndex struct {
	box   string // as it is kept: changes with the encryption key
	names names
}

func setting(ctx context.Context, db querier, name string) (value string, err error) {
	err = db.QueryRowContext(ctx, "SELECT value FROM setting WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// sealNames is what a job's row keeps for people to read.
func (s *Store) sealNames(ctx context.Context, tx *sql.Tx, n names, op Op) ([]byte, error) {
	if n.key == nil {
		return []byte{}, nil
	}
	raw, err := json.Marshal(opNames{op.Key, op.Line})
	if err != nil {
		return nil, err
	}
	return s.seal(ctx, tx, op.place(n).part("names"), raw)
}

// sealReason seals a sentence that may quote the caller; none stays none.
func (s *Store) sealReason(ctx context.Context, tx *sql.Tx, n names, op Op) ([]byte, error) {
	if op.Reason == "" || n.key == nil {
		return []byte(op.Reason), nil
	}
	return s.seal(ctx, tx, op.place(n).part("reason"), []byte(op.Reason))
}

// place is the row of a job, to which what is sealed in it is bound.
type place struct{ account, kind, name string }

func (op Op) place(n names) place {
	return place{op.Account, op.Kind, n.job(op.Account, op.Kind, op.Key)}
}

func (p place) bound() string             { return "op " + p.account + " " + p.kind + " " + p.name }
func (p place) part(column string) string { return p.bound() + " " + column }

// sealedJob is what of a job is kept sealed.
type sealedJob struct{ body, names, reason []byte }

func (s *Store) sealJob(ctx context.Context, tx *sql.Tx, n names, op Op) (out sealedJob, err error) {
	if out.body, err = s.seal(ctx, tx, op.place(n).bound(), op.content()); err != nil {
		return out, err
	}
	if out.names, err = s.sealNames(ctx, tx, n, op); err != nil {
		return out, err
	}
	out.reason, err = s.sealReason(ctx, tx, n, op)
	return out, err
}
