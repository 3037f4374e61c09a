package crm

import (
	"strings"
	"sync"
)

// callRuns are the calls of which a part is written, by call_id.
type callRuns struct {
	mu    sync.Mutex
	runs  map[string]*callRun
	order []string
}

// take hands out the run of a call, which nobody else gets until it is kept
// again.
func (r *callRuns) take(callID string) (*callRun, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run, ok := r.runs[strings.TrimSpace(callID)]
	delete(r.runs, strings.TrimSpace(callID))
	return run, ok
}

func (r *callRuns) keep(callID string, run *callRun) {
	const most = 1000
	if callID = strings.TrimSpace(callID); callID == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs == nil {
		r.runs = map[string]*callRun{}
	}
	r.runs[callID] = run
	if r.order = append(r.order, callID); len(r.order) > most {
		delete(r.runs, r.order[0])
		r.order = r.order[1:]
	}
}
