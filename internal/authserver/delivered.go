package authserver

import (
	"net/http"
	"sync"
	"time"
)

// deliveries remembers which refresh tokens' answers went out, and in which order
// that and the coming of requests were. Who shows a token again after its answer went
// out is found out; who came before, or whose answer met a closed connection, cannot
// have known the successor and gets the same one. The zero value is ready. It is kept
// in memory: after a restart, and at another process, nothing went out, and what
// is left is retryTime.
type deliveries struct {
	mu   sync.Mutex
	now  uint64 // counts what happens
	sent map[string]delivery
}

type delivery struct {
	order uint64
	at    time.Time
}

// arrival is the moment of a request, by the count.
func (d *deliveries) arrival() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now++
	return d.now
}

// note notes that the answer to a token is about to go out, at a time. It forgets
// those that no longer matter.
func (d *deliveries) note(name string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for other, sent := range d.sent {
		if at.Sub(sent.at) >= retryTime {
			delete(d.sent, other)
		}
	}
	if d.sent == nil {
		d.sent = map[string]delivery{}
	}
	d.now++
	d.sent[name] = delivery{d.now, at}
}

// lost takes the note back: the answer met a closed connection.
func (d *deliveries) lost(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sent, name)
}

// before tells whether the answer to a token went out before a request arrived.
func (d *deliveries) before(name string, arrived uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	sent, ok := d.sent[name]
	return ok && sent.order < arrived
}

// deliver sends a pair. That it went out is noted first, so that no client can be
// faster than the note.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, p pair) {
	if p.spent != "" {
		s.deliveries.note(p.spent, s.cfg.Now())
	}
	writeJSON(w, http.StatusOK, p)
	if err := http.NewResponseController(w).Flush(); err != nil || r.Context().Err() != nil {
		s.deliveries.lost(p.spent)
	}
}
