package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	// bulkLook is kept free at the end of a call to read back a batch whose
	// answer was lost; bulkLeast is what a further batch must have before that.
	bulkLook  = 4 * time.Second
	bulkLeast = 4 * time.Second
	// bulkTries bounds the requests of one call that look for the leads Kommo
	// refuses in a batch: one bad lead fails all of its batch.
	bulkTries = 20
)

// BulkProgress is told how many leads of all are done with.
type BulkProgress func(done, total int, message string)

// RunBulk carries a plan out in batches of 50, as far as the time of the call
// reaches. What is left comes back as a plan. It fails only if nothing was
// written; otherwise the report says why it stopped.
func (s *Service) RunBulk(ctx context.Context, plan *BulkPlan, report BulkProgress) (BulkResult, *BulkPlan, error) {
	if err := s.checkPlan(plan); err != nil {
		return BulkResult{}, nil, err
	}
	r := bulkRun{s: s, act: plan.act, tries: bulkTries, bulkReport: plan.unheard}
	rest := plan.entries
	var stop error
	for n := 0; len(rest) > 0 && stop == nil && (n == 0 || timeForBatch(ctx)); n++ {
		batch := rest[:min(kommo.ChunkSize, len(rest))]
		if stop = r.batch(ctx, batch); errors.Is(stop, errNotSent) {
			break
		}
		rest = rest[len(batch):]
		if stop == nil && r.refusal != nil && len(r.changed) == 0 && len(r.failed) >= kommo.ChunkSize {
			stop = stopped{cause: r.refusal} // a whole batch was refused: the next ones would be, too
		}
		report(plan.total-len(rest), plan.total, fmt.Sprintf("%d of %d leads", plan.total-len(rest), plan.total))
	}
	return r.finish(ctx, *plan, rest, stop)
}

// finish answers a run with what is left to do. After a call that was cancelled the
// plan also keeps the report, which nobody heard.
func (r *bulkRun) finish(ctx context.Context, left BulkPlan, rest []bulkEntry, stop error) (BulkResult, *BulkPlan, error) {
	if stop != nil && r.empty() {
		return BulkResult{}, nil, errors.Unwrap(stop)
	}
	out := r.result(len(rest), stop)
	cancelled := errors.Is(ctx.Err(), context.Canceled)
	if len(rest) == 0 && !cancelled {
		return out, nil, nil
	}
	left.entries, left.unheard = rest, bulkReport{}
	if cancelled {
		left.unheard = r.bulkReport // its changes are on record
	}
	return out, &left, nil
}

func timeForBatch(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > bulkLook+bulkLeast
}

// errNotSent marks a batch of which nothing was written.
var errNotSent = errors.New("the batch was not carried out")

// stopped ends a run. notSent tells that the batch may be sent again.
type stopped struct {
	cause   error
	notSent bool
}

func (e stopped) Error() string        { return said(e.cause) }
func (e stopped) Unwrap() error        { return e.cause }
func (e stopped) Is(target error) bool { return target == errNotSent && e.notSent }

// bulkRun is one call's part of a job.
type bulkRun struct {
	s     *Service
	act   bulkAct
	tries int

	bulkReport

	refusal error // the last 400 or 403
	changes []BulkRecord
}

// bulkReport is what became of each lead.
type bulkReport struct {
	changed []int64
	failed  []BulkFailure
	unknown []int64
}

func (r bulkReport) empty() bool { return len(r.changed)+len(r.failed)+len(r.unknown) == 0 }

// batch sends a batch and notes what became of each lead. The error ends the
// job.
func (r *bulkRun) batch(ctx context.Context, batch []bulkEntry) error {
	sent := r.s.clock.Now()
	made, err := r.send(ctx, batch)
	e, ok := errors.AsType[*kommo.Error](err)
	switch {
	case err == nil:
		r.changed = append(r.changed, idsOfBatch(batch)...)
		for _, b := range batch {
			r.note(b, "")
		}
		for _, id := range made {
			r.changes = append(r.changes, BulkRecord{Kind: KindNote, ID: id, How: "created"})
		}
		return nil
	case ok && e.MayHaveArrived():
		return r.readBack(ctx, batch, sent, err)
	case ok && (e.Code == kommo.CodeInvalid || e.Code == kommo.CodeForbidden):
		return r.without(ctx, batch, e)
	default:
		return stopped{cause: err, notSent: true}
	}
}

// send leaves time to read the batch back.
func (r *bulkRun) send(ctx context.Context, batch []bulkEntry) (made []int64, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-bulkLook))
		defer cancel()
	}
	return r.act.send(ctx, batch)
}

// readBack settles a batch whose answer was lost: the records are read and
// compared before anything is said about them.
func (r *bulkRun) readBack(ctx context.Context, batch []bulkEntry, sent time.Time, cause error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		ctx = context.WithoutCancel(ctx) // a look is short, and what was written must be known when the job goes on
	}
	held, _, err := look(ctx, func(ctx context.Context) (map[int64]bool, bool, error) {
		held, err := r.act.check(ctx, batch, sent)
		return held, true, err
	})
	for _, entry := range batch {
		switch {
		case held[entry.id]:
			r.changed = append(r.changed, entry.id)
			r.note(entry, "")
		case err != nil || r.act.once:
			r.unknown = append(r.unknown, entry.id)
			r.note(entry, "unknown")
		default:
			r.note(entry, "failed")
			r.failed = append(r.failed, BulkFailure{entry.id, "Kommo gave no usable answer, and the lead is as it was."})
		}
	}
	if err != nil {
		return stopped{cause: cause}
	}
	return nil
}

// without takes the leads that Kommo complained about out of a batch and sends
// the others: a 400 or 403 wrote nothing. Where the complaint names none the
// batch is halved.
func (r *bulkRun) without(ctx context.Context, batch []bulkEntry, e *kommo.Error) error {
	r.refusal = e
	r.s.names.InvalidateFor(e) // the next preview resolves names anew
	bad := complained(batch, e)
	good := slices.DeleteFunc(slices.Clone(batch), func(b bulkEntry) bool { _, is := bad[b.id]; return is })
	r.tries--
	switch {
	case len(bad) == 0 && len(batch) > 1 && r.tries > 0:
		half := len(batch) / 2
		if err := r.batch(ctx, batch[:half]); err != nil {
			return r.rest(batch[half:], err)
		}
		return r.batch(ctx, batch[half:])
	case len(bad) == 0, r.tries <= 0:
		good = nil
	}
	for _, b := range batch {
		if reason, is := bad[b.id]; is || good == nil {
			if reason == "" {
				reason = e.Message
			}
			r.failed = append(r.failed, BulkFailure{b.id, reason})
			r.note(b, "failed")
		}
	}
	if len(good) == 0 {
		return nil
	}
	if err := r.batch(ctx, good); err != nil {
		return r.rest(good, err)
	}
	return nil
}

// rest notes leads of a batch that were not come to when it had to stop in the
// middle; part of the batch is done, so that it does not count as not sent.
func (r *bulkRun) rest(left []bulkEntry, err error) error {
	for _, b := range left {
		if !r.mentions(b.id) {
			r.failed = append(r.failed, BulkFailure{b.id, "It was not come to: " + said(errors.Unwrap(err)) + "."})
			r.note(b, "failed")
		}
	}
	return stopped{cause: errors.Unwrap(err)}
}

// note keeps for the audit log what became of a lead.
func (r *bulkRun) note(b bulkEntry, how string) {
	r.changes = append(r.changes, BulkRecord{Kind: KindLead, ID: b.id, How: how, Before: b.before, After: b.after})
}

func (r *bulkRun) mentions(id int64) bool {
	return slices.Contains(r.changed, id) || slices.Contains(r.unknown, id) ||
		slices.ContainsFunc(r.failed, func(f BulkFailure) bool { return f.ID == id })
}

// complained reads which leads of a batch a refusal names: by the position in
// the request, which Kommo uses where no request_id was sent, or by their id
// (Kommo API facts: errors).
func complained(batch []bulkEntry, e *kommo.Error) map[int64]string {
	bad := map[int64]string{}
	for _, f := range e.Fields {
		id := int64(0)
		if at, err := strconv.Atoi(f.Item); err == nil && at >= 0 && at < len(batch) {
			id = batch[at].id
		} else if named, err := strconv.ParseInt(f.Code, 10, 64); err == nil && slices.ContainsFunc(batch, func(b bulkEntry) bool { return b.id == named }) {
			id = named
		}
		if id != 0 && bad[id] == "" {
			bad[id] = "Kommo refused it: " + f.String()
		}
	}
	return bad
}

func (r *bulkRun) result(left int, stop error) BulkResult {
	out := BulkResult{
		Status: BulkDone, What: r.act.verb + " " + r.act.what, Count: len(r.changed), Remaining: left,
		Changed: r.changed, Failed: r.failed, Unknown: r.unknown, Warnings: r.act.warnings, Changes: r.changes,
	}
	if left > 0 {
		out.Status = BulkStopped
	}
	switch {
	case stop != nil:
		out.Next = "It ended early: " + said(errors.Unwrap(stop)) + "."
	case left > 0:
		out.Next = "The time of one call was used up."
	}
	if len(r.unknown) > 0 {
		out.Warnings = append(slices.Clone(out.Warnings), unknownText(r.act.once))
	}
	return out
}

func unknownText(once bool) string {
	text := "Kommo's answer was lost for the leads in unknown"
	if once {
		return text + ", and they were read back without finding it. It may still appear: look before you repeat it."
	}
	return text + ", and they could not be read back. Look at them; repeating the change does no harm."
}
