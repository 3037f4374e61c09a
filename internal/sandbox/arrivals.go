package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Arrival is the record of one request as the server saw it.
type Arrival struct {
	At     time.Time // monotonic
	Host   string
	Method string
	Path   string
	Query  string // raw
	Header http.Header
	Body   []byte
	Status int // 0 when no status was sent (reset, hang)
	// Limited tells that the rate limit refused it.
	Limited bool
}

// The record keeps the newest arrivals only, so that a sandbox left running does
// not grow without end.
const (
	maxArrivals   = 20_000
	maxViolations = 1_000
)

type recorder struct {
	mu         sync.Mutex
	arrivals   []*Arrival
	violations []string
}

func (r *recorder) add(a *Arrival) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.arrivals) >= maxArrivals {
		r.arrivals = slices.Delete(r.arrivals, 0, maxArrivals/2)
	}
	r.arrivals = append(r.arrivals, a)
}

func (r *recorder) done(a *Arrival, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.Status = status
}

func (r *recorder) violate(a *Arrival, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.violations) >= maxViolations {
		r.violations = slices.Delete(r.violations, 0, maxViolations/2)
	}
	r.violations = append(r.violations, a.Method+" "+a.Path+": "+fmt.Sprintf(format, args...))
}

// Arrivals returns a copy of the record of requests in order of arrival, at most
// the newest 20,000.
func (s *Sandbox) Arrivals() []Arrival {
	s.rec.mu.Lock()
	defer s.rec.mu.Unlock()
	out := make([]Arrival, len(s.rec.arrivals))
	for i, a := range s.rec.arrivals {
		out[i] = *a
	}
	return out
}

// Violations lists what requests got wrong although Kommo's lax reads answered
// them: unknown query keys, with and order values, limits above the maximum,
// unknown routes, write bodies without a JSON content type. A client's tests
// assert that it is empty.
func (s *Sandbox) Violations() []string {
	s.rec.mu.Lock()
	defer s.rec.mu.Unlock()
	return slices.Clone(s.rec.violations)
}

// ForgetArrivals empties the record of arrivals and violations.
func (s *Sandbox) ForgetArrivals() {
	s.rec.mu.Lock()
	defer s.rec.mu.Unlock()
	s.rec.arrivals, s.rec.violations = nil, nil
}

// audit notes where the request leaves the documented contract of its route.
func (s *Sandbox) audit(a *Arrival, rt *route, c *call) {
	known := append(slices.Clone(rt.Query), "page", "limit")
	for _, p := range c.q {
		name := p.name()
		switch {
		case name == "with":
			for v := range strings.SplitSeq(p.value, ",") {
				if !slices.Contains(rt.With, v) {
					s.rec.violate(a, "unknown with=%s", v)
				}
			}
		case p.path[0] == "order":
			if len(p.path) != 2 || !slices.Contains(rt.Order, p.path[1]) || p.value != "asc" && p.value != "desc" {
				s.rec.violate(a, "unknown order %s=%s", name, p.value)
			}
		case !slices.Contains(known, name):
			s.rec.violate(a, "unknown query key %s", name)
		}
	}
	if positive(c.q.get("limit"), 1) > 250 {
		s.rec.violate(a, "limit %s is above 250", c.q.get("limit"))
	}
	if len(a.Body) > 0 && !rt.Root && !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		s.rec.violate(a, "content type %q with a body", a.Header.Get("Content-Type"))
	}
}
