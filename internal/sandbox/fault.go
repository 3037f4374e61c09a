package sandbox

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// FaultKind is what goes wrong with a request.
type FaultKind uint8

// The kinds of faults.
const (
	// FaultStatus answers Status with Body (default: Kommo's problem body, or an
	// HTML page for 502, 503, 504) without touching the account.
	FaultStatus FaultKind = iota
	// FaultLostAnswer applies the request and then answers Status (such as 504) or,
	// with Status 0, breaks the connection.
	FaultLostAnswer
	// FaultReset breaks the connection, before the request is applied unless
	// ApplyFirst is set.
	FaultReset
	// FaultHang answers nothing until the client leaves.
	FaultHang
	// FaultTruncatedBody applies the request and sends half of the answer.
	FaultTruncatedBody
	// FaultHTMLBody answers 200 (or Status) with an HTML page (or Body).
	FaultHTMLBody
	// FaultDelay only waits Latency, then answers as usual.
	FaultDelay
)

// Fault makes matching requests go wrong. Conditions left empty match everything.
type Fault struct {
	Match      func(*http.Request) bool
	Method     string
	Host       string
	PathPrefix string // with or without /api/v4
	After      int    // matching requests that pass unharmed first
	Times      int    // how many requests it hits; 0 means one, negative without end
	Kind       FaultKind
	Status     int
	Body       string        // JSON when it starts with { or [, else HTML
	ApplyFirst bool          // let the request do its work before it goes wrong
	Latency    time.Duration // wait first, in real time
}

type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject adds a fault. Faults are tried in the order they were added.
func (s *Sandbox) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
}

// ClearFaults removes all faults.
func (s *Sandbox) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// take returns the first fault for the request and uses it up once.
func (fs *faults) take(r *http.Request) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if f.Times == 0 || !f.matches(r) {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		hit := *f
		return &hit
	}
	return nil
}

func (f *Fault) matches(r *http.Request) bool {
	path := r.URL.Path
	if f.PathPrefix != "" && !strings.HasPrefix(path, f.PathPrefix) &&
		!strings.HasPrefix(strings.TrimPrefix(path, apiPrefix), f.PathPrefix) {
		return false
	}
	return (f.Method == "" || f.Method == r.Method) && (f.Host == "" || f.Host == hostname(r.Host)) &&
		(f.Match == nil || f.Match(r))
}

// applies tells whether the request does its work although its answer is lost.
func (f *Fault) applies() bool {
	return f.ApplyFirst || f.Kind == FaultLostAnswer || f.Kind == FaultTruncatedBody || f.Kind == FaultDelay
}

// wait holds the request for the latency; false when the client left meanwhile.
func (f *Fault) wait(r *http.Request) bool {
	if f.Latency <= 0 {
		return true
	}
	t := time.NewTimer(f.Latency)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// finish sends what the fault leaves of the answer and returns the status sent.
func (f *Fault) finish(w http.ResponseWriter, r *http.Request, a answer) int {
	switch f.Kind {
	case FaultHang:
		<-r.Context().Done()
		reset(w)
		return 0
	case FaultReset:
		reset(w)
		return 0
	case FaultLostAnswer:
		if f.Status == 0 {
			reset(w)
			return 0
		}
		a = f.answer(f.Status)
	case FaultStatus:
		a = f.answer(f.Status)
	case FaultHTMLBody:
		status := f.Status
		if status == 0 {
			status = http.StatusOK
		}
		a = html(status, "<!DOCTYPE html><html><head><title>Kommo</title></head><body>Please sign in</body></html>")
		if f.Body != "" {
			a.raw = []byte(f.Body)
		}
	case FaultTruncatedBody, FaultDelay: // the answer itself
	}
	a.send(w, r, f.Kind == FaultTruncatedBody)
	return a.status
}

func (f *Fault) answer(status int) answer {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	switch {
	case strings.HasPrefix(f.Body, "{"), strings.HasPrefix(f.Body, "["):
		return answer{status: status, raw: []byte(f.Body), ctype: "application/problem+json"}
	case f.Body != "":
		return html(status, f.Body)
	case status == http.StatusTooManyRequests:
		return tooMany(1)
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		text := http.StatusText(status)
		return html(status, "<html><head><title>"+text+"</title></head><body><center><h1>"+text+"</h1></center><hr><center>nginx</center></body></html>")
	}
	return problem(status, http.StatusText(status))
}

// reset breaks the connection with a TCP reset where the server allows it.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection to break: net/http aborts the answer
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		_ = tcp.SetLinger(0) // best effort: without it the peer sees EOF
	}
	_ = conn.Close()
}
