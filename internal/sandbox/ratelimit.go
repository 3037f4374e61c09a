package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// limiter refuses requests above rate in any rolling second, per account, as the
// server sees them (Kommo API facts: limits). Refused requests do not fill the
// window; they count towards the block.
type limiter struct {
	mu       sync.Mutex
	rate     int // 0 = off
	blockAt  int // 429s within a minute after which everything is 403; 0 = never
	accounts map[string]*window
}

type window struct {
	passed  []time.Time
	refused []time.Time
	count   int
	blocked bool
}

type verdict uint8

const (
	pass verdict = iota
	limited
	blocked
)

// admit judges one arrival. nth is the number of refusals so far, for alternating
// the body.
func (l *limiter) admit(host string, at time.Time) (v verdict, nth int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		return pass, 0
	}
	w := l.accounts[host]
	if w == nil {
		w = &window{}
		l.accounts[host] = w
	}
	if w.blocked {
		return blocked, w.count
	}
	w.passed = since(w.passed, at.Add(-time.Second))
	if len(w.passed) < l.rate {
		w.passed = append(w.passed, at)
		return pass, 0
	}
	w.count++
	w.refused = append(since(w.refused, at.Add(-time.Minute)), at)
	w.blocked = l.blockAt > 0 && len(w.refused) >= l.blockAt
	return limited, w.count
}

// since drops the times at or before the limit.
func since(times []time.Time, limit time.Time) []time.Time {
	i := 0
	for i < len(times) && !times[i].After(limit) {
		i++
	}
	return times[i:]
}

const (
	page429 = "<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center><h1>429 Too Many Requests</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	page403 = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)

// tooMany is the 429: JSON first, then HTML, in turn.
func tooMany(nth int) answer {
	if nth%2 == 0 {
		return html(http.StatusTooManyRequests, page429)
	}
	p := newProblem(http.StatusTooManyRequests, "You have sent too many requests in a given amount of time")
	p.RetryAfter = 1
	return answer{status: http.StatusTooManyRequests, problem: true, body: p}
}
