package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// server is a process that serves all accounts.
type server struct {
	cmd  *exec.Cmd
	in   *json.Encoder
	gone chan struct{}
	stop func() error // ends it gently

	mu    sync.Mutex
	next  int64
	waits map[int64]chan answer
}

func (r *torture) start(n int) {
	ahead := time.Duration(r.ahead.Load())
	cmd := exec.CommandContext(context.WithoutCancel(r.Context()), os.Args[0], childArg, r.url, r.dir, r.tokens, ahead.String(), strconv.Itoa(r.size.rate))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		r.Error(err)
		return
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.Error(err)
		return
	}
	s := &server{cmd: cmd, in: json.NewEncoder(in), gone: make(chan struct{}), stop: in.Close, waits: map[int64]chan answer{}}
	go func() {
		defer close(s.gone)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var a answer
			if json.Unmarshal(lines.Bytes(), &a) == nil {
				s.deliver(a)
			}
		}
		_ = cmd.Wait() // killed, mostly
	}()
	r.Cleanup(func() { r.kill(s) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.servers[n] = s
}

func (s *server) deliver(a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait := s.waits[a.ID]; wait != nil {
		wait <- a
		delete(s.waits, a.ID)
	}
}

// ask sends an order; ok is false if the server was killed before it answered.
func (s *server) ask(o order) (a answer, ok bool) {
	wait := make(chan answer, 1)
	s.mu.Lock()
	s.next++
	o.ID = s.next
	s.waits[o.ID] = wait
	err := s.in.Encode(o)
	s.mu.Unlock()
	if err != nil {
		return a, false
	}
	select {
	case a = <-wait:
		return a, true
	case <-s.gone:
	}
	select {
	case a = <-wait:
		return a, true
	default:
		return a, false
	}
}

func (r *torture) kill(s *server) {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.gone
}

// killAtRandom kills one server at a time while calls are delivered, and starts it
// again. Without a pace both are killed at once, and a minute passes that nobody
// waits for: what they held is free again then.
func (r *torture) killAtRandom(over <-chan struct{}) {
	for n := range r.size.kills {
		every := r.size.every
		if every == 0 {
			every = 700 * time.Millisecond
		}
		r.mu.Lock()
		wait := every/2 + time.Duration(r.dice.Int64N(int64(every)))
		victims := []int{r.dice.IntN(2)}
		r.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-over:
		}
		if r.size.every == 0 {
			victims = []int{n % 2, 1 - n%2}
		}
		r.bury(victims)
	}
}

func (r *torture) bury(victims []int) {
	for _, v := range victims {
		r.kill(r.server(v))
		r.count("kills")
	}
	if r.size.every == 0 {
		r.ahead.Add(int64(61 * time.Second))
	}
	for _, v := range victims {
		r.start(v)
	}
}
