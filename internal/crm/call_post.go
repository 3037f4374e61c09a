package crm

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// post does a step that creates something. That it will be sent is kept before it
// is sent. A step of which nobody knows whether it was carried out is looked up
// first, and sent again only if the look-up that finds nothing comes long enough
// after the sending.
func post[T any](ctx context.Context, s *Service, run *callRun, name string, w write[T]) (out T, lookedUp bool, err error) {
	if prior := run.step(name); prior.doubtful() {
		found, ok, err := look(ctx, w.find)
		if ok || err != nil {
			return found, ok, err
		}
		if again := prior.Sent.Add(thirdLook); s.clock.Now().Before(again) {
			return out, false, &postponed{at: again, reason: "Kommo took the request for " + w.what + " but its answer was lost; it is looked up again before it is sent again"}
		}
	}
	if err := run.sending(ctx, name, s); err != nil {
		return out, false, err
	}
	out, lookedUp, err = settle(ctx, s.clock, w)
	if err != nil && !problem.HasCode(err, problem.OutcomeUnknown) {
		run.refused(name)
	}
	return out, lookedUp, err
}

func (r *callRun) step(name string) *callStep {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rec.Steps[name]
}

// sending keeps on disk that a step is about to be sent. If that fails, or the
// job was taken up by somebody else meanwhile, it must not be.
func (r *callRun) sending(ctx context.Context, name string, s *Service) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	step := callStep{Sent: s.clock.Now(), First: s.clock.Now()}
	if prior := r.rec.Steps[name]; prior.doubtful() {
		step.First = prior.First
	}
	r.rec.Steps[name] = &step
	body, err := json.Marshal(r.rec)
	if err != nil {
		return stateFailed(err)
	}
	return r.hold.save(ctx, body)
}

// refused notes that a step was certainly not carried out.
func (r *callRun) refused(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.rec.Steps, name)
}

// finish notes what a step has done, and keeps also what else of the record came
// with it.
func (r *callRun) finish(name string, step callStep, also func(*callRecord)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	step.Done = true
	r.rec.Steps[name] = &step
	if also != nil {
		also(r.rec)
	}
}

// name of a step that a call may have several times, each with other content.
func contentStep(name string, content any) string {
	raw, err := json.Marshal(content)
	if err != nil {
		raw = fmt.Appendf(nil, "%v", content)
	}
	return name + " " + shortHash(string(raw))
}
