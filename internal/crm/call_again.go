package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// again handles a call that was begun before under its key. over tells that
// nothing is left to do.
func (s *Service) again(ctx context.Context, run *callRun, c Call) (answer CallResult, over bool, err error) {
	h, rec := run.hold, run.rec
	if otherLine(rec.Call, c) {
		return CallResult{}, true, errors.Join(otherCall(c, h, rec), h.settle(ctx, formerState(h.begun), h.Body))
	}
	former := rec.Call
	merged, news := former.merge(c)
	run.ignored = rec.ignored(c)
	switch {
	case h.begun == store.Again && !news && rec.Answer != nil:
		answer = *rec.Answer
		answer.Status, answer.Skipped = CallRepeat, slices.Concat(answer.Skipped, run.ignored)
		return answer, true, h.settle(ctx, store.Done, h.Body)
	case h.begun == store.Again:
		run.former = &former
	case !rec.wroteAnything():
		merged, run.ignored = former.replaced(c), nil
		h.Line = merged.line()
		if c.LeadID != 0 {
			rec.Card = nil
		}
	}
	if rec.differs(c) {
		rec.Via = s.acceptedVia(ctx) // who brings more must be allowed all of it
	}
	rec.Call = merged
	body, err := json.Marshal(rec)
	if err != nil {
		return CallResult{}, true, err
	}
	return CallResult{}, false, h.save(ctx, body)
}

// otherLine tells whether a call is about another number than the one that was
// seen first under its call_id.
func otherLine(first, c Call) bool {
	a, b := phone.Parse(first.Phone, "").Last10, phone.Parse(c.Phone, "").Last10
	return a != "" && b != "" && a != b
}

func otherCall(c Call, h *hold, rec *callRecord) error {
	first := fmt.Sprintf("which waits to be written (pending_id %d)", h.Seq)
	if rec.Answer != nil && rec.Answer.ID != 0 {
		first = fmt.Sprintf("logged as note %d on %s", rec.Answer.ID, rec.Answer.URL)
	}
	return problem.New(problem.Conflict, fmt.Sprintf("the call_id %q belongs to a call with another number, %s; nothing was written now", c.CallID, first)).
		WithField("call_id").WithNext("Give each call its own call_id.")
}

// replaced is a call of which nothing is written yet after a later delivery: that
// one may correct what was refused, and the first fills what it lacks.
func (c Call) replaced(later Call) Call {
	out, _ := later.merge(c)
	out.LeadID = cmp.Or(later.LeadID, c.LeadID)
	out.Direction = cmp.Or(later.Direction, c.Direction)
	out.Pipeline = cmp.Or(later.Pipeline, c.Pipeline)
	out.Source = cmp.Or(later.Source, c.Source)
	out.UnknownCaller = cmp.Or(later.UnknownCaller, c.UnknownCaller)
	out.SeveralLeads = cmp.Or(later.SeveralLeads, c.SeveralLeads)
	return out
}

// ignored says what a later delivery of a call asks for that an earlier one has
// settled: neither is done twice, and nobody should believe that it was.
func (r *callRecord) ignored(later Call) []string {
	var out []string
	first := r.Call
	settled := func(argument, have, asked, tool string) {
		have, asked = strings.TrimSpace(have), strings.TrimSpace(asked)
		if have != "" && asked != "" && !strings.EqualFold(have, asked) {
			out = append(out, fmt.Sprintf("%s: an earlier delivery of this call had %q; use %s", argument, short(have, longName), tool))
		}
	}
	settled("stage", first.Stage, later.Stage, "move_lead_stage")
	settled("follow_up_text", first.FollowUpText, later.FollowUpText, "create_task")
	settled("outcome", first.Outcome, later.Outcome, "add_note")
	for _, name := range slices.Sorted(maps.Keys(first.Fields)) {
		if asked, again := later.Fields[name]; again {
			settled("fields."+name, fmt.Sprint(first.Fields[name]), fmt.Sprint(asked), "update_lead")
		}
	}
	if r.Card != nil && later.LeadID != 0 && (r.Card.Kind != KindLead || r.Card.ID != later.LeadID) {
		out = append(out, fmt.Sprintf("lead_id: the call is on %s %d already", r.Card.Kind, r.Card.ID))
	}
	return out
}
