package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

const (
	// otherProcess makes the test binary a process of its own: a task and the state
	// directory.
	otherProcess = "store-child"

	sharedKeys = 40
	rounds     = 60 // of each of four goroutines of a process
	lineJobs   = 30 // of each of five lines
)

// work is what the other processes do.
func work(task, dir string) error {
	ctx := context.Background()
	s := New(dir, time.Now)
	switch task {
	case "contend":
		return contend(ctx, s, dir)
	case "hold": // until it is killed
		for i := range 5 {
			if _, _, err := s.Begin(ctx, job("held"+strconv.Itoa(i), "l")); err != nil {
				return err
			}
		}
		lanes := NewLanes(dir, time.Now)
		for range 7 {
			if _, wait, err := lanes.Take(ctx, "a", 7); wait > 0 || err != nil {
				return fmt.Errorf("no lane: %v, %w", wait, err)
			}
		}
		if ok, err := s.Hold(ctx, "worker", "killed", time.Minute); !ok || err != nil {
			return fmt.Errorf("no lease: %w", err)
		}
		fmt.Println("ready")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	default: // write until it is killed
		for i := 0; ; i++ {
			if i == 3 {
				fmt.Println("ready")
			}
			op, _, err := s.Begin(ctx, Op{Account: "a", Kind: "call", Key: Owner(), Line: "l", Body: bytes.Repeat([]byte("x"), 3000)})
			if err == nil {
				op.State = Done
				err = s.Settle(ctx, op)
			}
			if err != nil {
				return err
			}
		}
	}
}

// contend does everything at once, and checks with files that only one can make
// that nobody else holds what it holds.
func contend(ctx context.Context, s *Store, dir string) error {
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for range rounds {
				err := errors.Join(oneKey(ctx, s, dir), oneTake(ctx, s, dir), oneClaim(ctx, s, dir), oneLease(ctx, s, dir))
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, s.Close())...)
}

// alone fails if another holds the same.
func alone(dir, what string, do func() error) error {
	path := filepath.Join(dir, "alone "+what)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("held by two: %w", err)
	}
	return errors.Join(f.Close(), do(), os.Remove(path))
}

func oneKey(ctx context.Context, s *Store, dir string) error {
	key := "key" + strconv.Itoa(rand.IntN(sharedKeys))
	op, begun, err := s.Begin(ctx, job(key, ""))
	if err != nil || begun == Busy {
		return err
	}
	err = alone(dir, key, func() error {
		n, _ := strconv.Atoi(string(op.Body)) // fresh: 0
		op.Body = []byte(strconv.Itoa(n + 1))
		return s.Save(ctx, op)
	})
	op.State = Done
	return errors.Join(err, s.Settle(ctx, op))
}

func oneTake(ctx context.Context, s *Store, dir string) error {
	op, ok, err := s.Take(ctx, "a", "queued")
	if err != nil || !ok {
		return err
	}
	err = alone(dir, op.Line, func() error { return note(dir, op.Line, op.Seq) })
	op.State = Done
	if rand.IntN(4) == 0 { // another try
		op.State, op.NextTry = Waiting, time.Now()
	}
	return errors.Join(err, s.Settle(ctx, op))
}

func note(dir, file string, n int64) error {
	f, err := os.OpenFile(filepath.Join(dir, "order "+file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, n)
	return errors.Join(err, f.Close())
}

func oneClaim(ctx context.Context, s *Store, dir string) error {
	id := rand.Int64N(500)
	ok, err := s.Claim(ctx, "a", "note", id, Owner())
	if err != nil || !ok {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("claimed %d", id)), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("claimed by two: %w", err)
	}
	return f.Close()
}

func oneLease(ctx context.Context, s *Store, dir string) error {
	owner := Owner()
	ok, err := s.Hold(ctx, "card", owner, time.Minute)
	if err != nil || !ok {
		return err
	}
	return errors.Join(alone(dir, "card", func() error { return nil }), s.Leave(ctx, "card", owner))
}

// process is another process; it ends when its input does, or is killed.
type process struct {
	*exec.Cmd

	out    *bufio.Scanner
	errors *bytes.Buffer
}

func start(t *testing.T, task, dir string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], otherProcess, task, dir)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	p := &process{cmd, bufio.NewScanner(out), &bytes.Buffer{}}
	cmd.Stderr = p.errors
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close() })
	return p
}

func (p *process) killWhenReady(t *testing.T, after time.Duration) {
	t.Helper()
	if !p.out.Scan() || p.out.Text() != "ready" {
		t.Fatalf("the other process says %q, %s", p.out.Text(), p.errors)
	}
	<-time.After(after)
	must(t, p.Process.Kill())
	_ = p.Wait() // killed
}

// TestFourProcesses: no job, line, claim or lease is held by two at a time, and
// none of thousands of operations fails because the file is in use.
func TestFourProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	must(t, os.MkdirAll(dir, 0o700))
	s := New(dir, time.Now)
	for i := range lineJobs {
		for line := range 5 {
			op, _, err := s.Begin(t.Context(), Op{Account: "a", Kind: "queued", Key: fmt.Sprintf("%d of %d", i, line), Line: fmt.Sprintf("line%d", line)})
			must(t, err)
			op.State = Waiting
			must(t, s.Settle(t.Context(), op))
		}
	}
	must(t, s.Close())
	var all []*process
	for range 4 {
		all = append(all, start(t, "contend", dir))
	}
	for _, p := range all {
		if err := p.Wait(); err != nil {
			t.Errorf("%v: %s", err, p.errors)
		}
	}
	integrity(t, filepath.Join(dir, FileName))
	for line := range 5 {
		checkOrder(t, filepath.Join(dir, fmt.Sprintf("order line%d", line)))
	}
	s = New(dir, time.Now)
	defer s.Close()
	if counts, err := s.Counts(t.Context(), "a", "call"); err != nil || counts[Done] == 0 || counts[Running] > 0 {
		t.Errorf("%v, %v", counts, err)
	}
}

func checkOrder(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	must(t, err)
	last, n := 0, 0
	for text := range strings.FieldsSeq(string(raw)) {
		seq, err := strconv.Atoi(text)
		must(t, err)
		if seq < last {
			t.Errorf("%s: %d after %d", filepath.Base(path), seq, last)
		}
		last, n = seq, n+1
	}
	if n < lineJobs/2 {
		t.Errorf("%s: only %d were taken", filepath.Base(path), n)
	}
}

// TestKilledHolder: what a killed process held is free when its lease ends, not
// before.
func TestKilledHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	start(t, "hold", dir).killWhenReady(t, 0)
	clock := testclock.At(time.Now())
	s, lanes := New(dir, clock.Now), NewLanes(dir, clock.Now)
	defer s.Close()
	defer lanes.Close()
	take := func() (int, time.Duration) {
		t.Helper()
		n, wait, err := lanes.Take(t.Context(), "a", 7)
		must(t, err)
		return n, wait
	}
	if _, wait := take(); wait <= 0 || wait > laneLease {
		t.Errorf("the lanes of the killed one: wait %v", wait)
	}
	clock.Advance(laneLease)
	for range 7 {
		if _, wait := take(); wait > 0 {
			t.Errorf("the lanes are not free after %v: wait %v", laneLease, wait)
		}
	}
	mustBegin(t, s, job("held0", "l"), Busy)
	if ok, err := s.Hold(t.Context(), "worker", "other", time.Minute); ok || err != nil {
		t.Errorf("the lease of the killed one: %v, %v", ok, err)
	}
	clock.Advance(Lease)
	for i := range 5 {
		op, ok, err := s.Take(t.Context(), "a", "call")
		if err != nil || !ok || op.Key != "held"+strconv.Itoa(i) {
			t.Fatalf("%d: took %q, %v, %v", i, op.Key, ok, err)
		}
		op.State = Done
		must(t, s.Settle(t.Context(), op))
	}
	clock.Advance(time.Minute)
	if ok, err := s.Hold(t.Context(), "worker", "other", time.Minute); !ok || err != nil {
		t.Errorf("the lease does not end: %v, %v", ok, err)
	}
	integrity(t, filepath.Join(dir, FileName))
	integrity(t, filepath.Join(dir, lanesFile))
}

// TestKilledInTheMiddle: a kill at any moment leaves the file whole, and what was
// settled stays.
func TestKilledInTheMiddle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	done := 0
	for i := range 6 {
		start(t, "write", dir).killWhenReady(t, time.Duration(20+15*i)*time.Millisecond)
		s := New(dir, time.Now)
		counts, err := s.Counts(t.Context(), "a", "call")
		must(t, err)
		if counts[Done] < done || counts[Running] > i+1 {
			t.Errorf("after kill %d: %v, before %d", i, counts, done)
		}
		done = counts[Done]
		must(t, s.Close())
		integrity(t, filepath.Join(dir, FileName))
	}
	if done == 0 {
		t.Error("nothing was settled between the kills")
	}
}

func integrity(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", fileURI(path))
	must(t, err)
	defer db.Close()
	var said string
	must(t, db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&said))
	if said != "ok" {
		t.Errorf("integrity_check of %s: %s", filepath.Base(path), said)
	}
}
