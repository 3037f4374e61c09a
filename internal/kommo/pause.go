package kommo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	limitPause    = time.Second      // first pause after a 429 that names none
	limitPauseMax = time.Minute      //
	blockPause    = 30 * time.Second // first pause after a block; its length is not documented
	blockPauseMax = 10 * time.Minute //
	namedPauseMax = time.Hour        // a longer retry_after is taken for a mistake
)

// pause is a stop of the whole account after Kommo refused a request for the
// number of requests.
type pause struct {
	code    Code // CodeRateLimited or CodeBlocked
	until   time.Time
	since   time.Time // when it was last begun or prolonged
	strikes int       // refusals in a row
}

// slowDown pauses the account because the request of s was refused, and says
// for how long. named is the wait Kommo asked for, 0 if none.
func (g *Gate) slowDown(s *slot, code Code, named time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	p := &g.pause
	// Requests under way together are refused together: that counts once.
	if p.strikes == 0 || s.granted.After(p.since) {
		p.strikes++
		p.since = now
	}
	until := now.Add(g.pauseLength(code, named))
	if until.After(p.until) {
		p.until, p.code = until, code
	}
	for _, queue := range g.queues {
		for _, w := range queue {
			w.nudge() // those who lack the time for it leave now
		}
	}
	return p.until.Sub(now)
}

func (g *Gate) pauseLength(code Code, named time.Duration) time.Duration {
	if named > 0 {
		return min(named, namedPauseMax)
	}
	first, most := limitPause, limitPauseMax
	if code == CodeBlocked {
		first, most = blockPause, blockPauseMax
	}
	grown := min(first<<min(g.pause.strikes-1, 10), most)
	return grown + time.Duration(g.jitter()*float64(grown)/4)
}

// recovered forgets earlier refusals after an answer to a request that was let
// through since.
func (g *Gate) recovered(s *slot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.granted.After(g.pause.since) {
		g.pause.strikes = 0
	}
}

// paused reports whether requests are stopped now.
func (g *Gate) paused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pause.until.After(g.clock.Now())
}

// refusal is the error of a caller that cannot wait. The gate is locked.
func (g *Gate) refusal(ctx context.Context, wait time.Duration) error {
	e := &Error{Code: CodeRateLimited, RetryAfter: wait, Err: context.Cause(ctx)}
	seconds := wait.Round(100 * time.Millisecond).Seconds()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Code, e.Message = CodeCanceled, "the call was cancelled while it waited for its turn; nothing was sent"
	case !g.pause.until.After(g.clock.Now()):
		e.Message = fmt.Sprintf("Kommo allows %d requests a second and others are ahead: "+
			"the wait of %.1f s is longer than this call may take; nothing was sent", g.most, seconds)
	case g.pause.code == CodeBlocked:
		e.Code = CodeBlocked
		e.Message = fmt.Sprintf("Kommo blocks requests from here for now; the next try is in %.1f s; nothing was sent", seconds)
	default:
		e.Message = fmt.Sprintf("Kommo refused further requests for now; the next try is in %.1f s; nothing was sent", seconds)
	}
	return e
}
