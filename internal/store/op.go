package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Running State = "running" // somebody works on it, as long as its lease lasts
	Waiting State = "waiting" // to be tried again at NextTry
	Done    State = "done"
	Dead    State = "dead" // refused for good: Reason says why
)

// Lease is how long a job stays its holder's without a sign of life. It is longer
// than any call may take; a job whose holder was killed is taken up after it.
const Lease = 25 * time.Second

// Op is one job, known by its account, kind and key.
type Op struct {
	Seq     int64 // order of acceptance
	Account string
	Kind    string
	Key     string
	Line    string // jobs of one line are done one after the other; empty: none
	State   State
	Tries   int
	NextTry time.Time
	Reason  string // why it waits or is dead
	Created time.Time
	Updated time.Time
	Body    []byte // the caller's; JSON

	owner string // who holds it; Save and Settle check it
}

// Begun says what Begin found.
type Begun int

// The findings of Begin.
const (
	Fresh   Begun = iota + 1 // it was not there; the caller holds it now
	Resumed                  // it was begun before and nobody works on it; the caller holds it now
	Again                    // it was done before; the caller holds it now
	Busy                     // somebody else holds it
)

// ErrLost tells a holder that its lease ran out and another took the job up.
var ErrLost = errors.New("the job was taken up by somebody else")

const opColumns = "seq, account, kind, key, line, names, state, tries, next, reason, created, updated, body, owner"

// Begin claims the job named by account, kind and key for the caller, who ends
// the hold with Settle or Drop. Where the job exists already, Body and Line of
// the stored one are answered.
func (s *Store) Begin(ctx context.Context, op Op) (Op, Begun, error) {
	var (
		out   Op
		begun Begun
	)
	err := s.writeDurably(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		n, err := s.namesIn(ctx, tx)
		if err != nil {
			return err
		}
		old, leased, err := s.opByKey(ctx, tx, op.place(n), now)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			out, begun = op, Fresh
			return s.insert(ctx, tx, n, &out, now)
		case err != nil:
			return err
		case old.State == Running && leased:
			out, begun = old, Busy
			return nil
		}
		out, begun = old, Resumed
		if old.State == Done {
			begun = Again
		}
		return s.hold(ctx, tx, &out, now)
	})
	return out, begun, err
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, n names, op *Op, now time.Time) error {
	op.State, op.owner, op.Created, op.Updated = Running, rand.Text(), now, now
	body, err := s.seal(ctx, tx, op.place(n).bound(), op.content())
	if err != nil {
		return err
	}
	sealedNames, err := s.sealNames(ctx, tx, n, *op)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, "INSERT INTO job (account, kind, key, line, names, state, owner, lease, created, updated, body) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
		op.Account, op.Kind, op.place(n).name, n.line(op.Account, op.Line), sealedNames, Running, op.owner, now.Add(Lease).UnixMilli(), now.UnixMilli(), now.UnixMilli(), body)
	if err != nil {
		return err
	}
	op.Seq, err = res.LastInsertId()
	return err
}

// hold gives the job to the caller; its former holder, if one still lives, loses it.
func (s *Store) hold(ctx context.Context, tx *sql.Tx, op *Op, now time.Time) error {
	op.State, op.owner = Running, rand.Text()
	_, err := tx.ExecContext(ctx, "UPDATE job SET state = ?, owner = ?, lease = ? WHERE seq = ?", Running, op.owner, now.Add(Lease).UnixMilli(), op.Seq)
	return err
}

// content is the body as the table takes it: empty, but never missing.
func (op Op) content() []byte {
	if op.Body == nil {
		return []byte{}
	}
	return op.Body
}

// Save keeps Body and Line of a job that the caller holds and renews the lease. The
// disk has them when it returns: they may say what will be sent next.
func (s *Store) Save(ctx context.Context, op Op) error {
	now := s.now()
	return s.keep(ctx, s.writeDurably, op, "updated = ?, lease = ?", now.UnixMilli(), now.Add(Lease).UnixMilli())
}

// Settle ends the hold with the State, Body, NextTry, Tries and Reason of op. That a
// job is done may be lost with the machine: it is found done when it is taken up
// again. That it waits may not: whoever brought it counts on it.
func (s *Store) Settle(ctx context.Context, op Op) error {
	write := s.writeDurably
	if op.State == Done {
		write = s.write
	}
	return s.keep(ctx, write, op, "state = ?, tries = ?, next = ?, updated = ?, owner = '', lease = 0",
		op.State, op.Tries, millis(op.NextTry), s.now().UnixMilli())
}

// Drop forgets a job that the caller holds: nothing was done under its key.
func (s *Store) Drop(ctx context.Context, op Op) error {
	return s.mine(ctx, "DELETE FROM job WHERE seq = ? AND owner = ?", op.Seq, op.owner)
}

func (s *Store) mine(ctx context.Context, query string, args ...any) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return ours(ctx, tx, query, args...) })
}

// keep writes what is sealed of a job that the caller holds, its line, and what set
// says beside it.
func (s *Store) keep(ctx context.Context, write func(context.Context, func(context.Context, *sql.Tx) error) error, op Op, set string, args ...any) error {
	return write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, err := s.namesIn(ctx, tx)
		if err != nil {
			return err
		}
		sealed, err := s.sealJob(ctx, tx, n, op)
		if err != nil {
			return err
		}
		return ours(ctx, tx, "UPDATE job SET body = ?, names = ?, line = ?, reason = ?, "+set+" WHERE seq = ? AND owner = ?",
			append(append([]any{sealed.body, sealed.names, n.line(op.Account, op.Line), sealed.reason}, args...), op.Seq, op.owner)...)
	})
}

func ours(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrLost, err)
	}
	return nil
}

func (s *Store) opByKey(ctx context.Context, tx *sql.Tx, at place, now time.Time) (op Op, leased bool, err error) {
	var lease int64
	row := tx.QueryRowContext(ctx, "SELECT lease, "+opColumns+" FROM job WHERE account = ? AND kind = ? AND key = ?", at.account, at.kind, at.name)
	err = s.scanOp(row, &op, &lease)
	return op, lease > now.UnixMilli(), err
}

type scanner interface{ Scan(dest ...any) error }

func (s *Store) scanOp(row scanner, op *Op, before ...any) error {
	var next, created, updated int64
	var sealedNames, reason []byte
	err := row.Scan(append(before, &op.Seq, &op.Account, &op.Kind, &op.Key, &op.Line, &sealedNames, &op.State, &op.Tries, &next, &reason,
		&created, &updated, &op.Body, &op.owner)...)
	op.NextTry, op.Created, op.Updated = fromMillis(next), fromMillis(created), fromMillis(updated)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read a job: %w", err)
	}
	if err == nil {
		err = s.openOp(op, sealedNames, reason)
	}
	return err
}

// openOp opens what is sealed of a job that was read as it is kept.
func (s *Store) openOp(op *Op, sealedNames, reason []byte) (err error) {
	at := op.place(names{})
	if op.Body, err = s.unseal(at.bound(), op.Body); err != nil {
		return err
	}
	if reason, err = s.unseal(at.part("reason"), reason); err != nil {
		return err
	}
	op.Reason = string(reason)
	if len(sealedNames) == 0 {
		return nil
	}
	raw, err := s.unseal(at.part("names"), sealedNames)
	if err != nil {
		return err
	}
	var clear opNames
	if err := json.Unmarshal(raw, &clear); err != nil {
		return fmt.Errorf("the names of a job: %w", err)
	}
	op.Key, op.Line = clear.Key, clear.Line
	return nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
