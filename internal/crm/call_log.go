package crm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// What to do with a caller whom nobody knows.
const (
	UnknownCreateLead   = "create_lead"
	UnknownIncomingLead = "incoming_lead"
	UnknownContactOnly  = "contact_only"
	UnknownReject       = "reject"
)

// Which of several active leads a call belongs to.
const (
	LeadsMostRecent = "most_recently_active"
	LeadsNewest     = "newest"
	LeadsInPipeline = "in_pipeline"
	LeadsAsk        = "ask"
)

// Call is a finished telephone call to log. Phone or LeadID says whose it was;
// Summary is what was said. Names are the account's own.
type Call struct {
	Phone               string // any spelling; numbers without a country code are read in the account's country
	Summary             string
	Direction           string // inbound (also when empty), outbound
	StartedAt           string
	DurationSeconds     int64
	Outcome             string // conversation, left_message, no_answer, not_available, busy, wrong_number, call_back_later; empty: unknown
	CallID              string // the platform's id: the key for repeats
	RecordingURL        string
	Transcript          string
	ActionItems         []string
	AgentName           string
	LeadID              int64
	Fields              map[string]any // of the lead
	Tags                []string
	Stage               string
	Pipeline            string
	FollowUpText        string
	FollowUpDue         string // empty: the end of tomorrow
	FollowUpResponsible string // empty: the card's user
	UnknownCaller       string // empty: create_lead
	SeveralLeads        string // empty: most_recently_active
}

// LogCall writes a finished call on the right card: the call itself, its summary
// and transcript as notes, a follow-up task, and stage, fields and tags of the
// lead.
//
// The call is a note of type call_in or call_out on a card chosen here. POST
// /calls is not used: it chooses by itself and drops unknown numbers (Kommo API
// facts: calls). Known caller: one search by phone, one read of the caller's
// leads, then all writes at once.
//
// Under one CallID a call is logged once in this process; what a failed try has
// written is remembered, and the next try writes only the rest. Writing that has
// begun is finished even if ctx is canceled meanwhile.
func (s *Service) LogCall(ctx context.Context, c Call) (CallResult, error) {
	if err := checkCall(c); err != nil {
		return CallResult{}, err
	}
	content, err := digestOf(c)
	if err != nil {
		return CallResult{}, err
	}
	var (
		out    CallResult
		repeat bool
	)
	for range 2 {
		out, repeat, err = once(ctx, s.done, "post_call_summary", strings.TrimSpace(c.CallID), nil, func(ctx context.Context) (CallResult, error) {
			return s.logCall(ctx, c, content)
		})
		if ctx.Err() != nil || !gaveUp(err) {
			break // else the delivery that this one waited for was given up by its client
		}
	}
	if no, ok := errors.AsType[*unwritten](err); ok {
		return no.result, nil
	}
	if repeat {
		return repeated(out, c, content)
	}
	return out, err
}

// repeated is the answer to a call that was logged before under its call_id.
func repeated(first CallResult, c Call, content string) (CallResult, error) {
	if otherLine(first.line, c) {
		return CallResult{}, otherCall(c, fmt.Sprintf("logged as note %d on %s", first.ID, first.URL))
	}
	out := first
	out.Status, out.Warnings = CallRepeat, slices.Clone(first.Warnings)
	if first.content != content {
		out.Warnings = append(out.Warnings, "This delivery differs from the first one; what it brought anew was not written. Use add_note or update_lead for it.")
	}
	return out, nil
}

// otherLine tells whether a call is about another number than the one that was
// seen first under its call_id.
func otherLine(first string, c Call) bool {
	line := phone.Parse(c.Phone, "").Last10
	return line != "" && first != "" && line != first
}

func otherCall(c Call, first string) error {
	return problem.New(problem.Conflict, fmt.Sprintf("the call_id %q belongs to a call with another number, %s; nothing was written now", c.CallID, first)).
		WithField("call_id").WithNext("Give each call its own call_id.")
}

// checkCall refuses what needs no knowledge of the account.
func checkCall(c Call) error {
	if strings.TrimSpace(c.Phone) == "" && c.LeadID == 0 {
		return problem.Invalid("phone", "phone is missing").WithNext("Give the customer's phone number, or lead_id.")
	}
	if err := needText("summary", c.Summary); err != nil {
		return err
	}
	if c.DurationSeconds < 0 {
		return problem.Invalid("duration_seconds", "duration_seconds is negative").WithNext("Leave it out if it is not known.")
	}
	for _, w := range c.words() {
		if w.value != "" && !slices.Contains(w.allowed, w.value) {
			return problem.Invalid(w.argument, fmt.Sprintf("%s is %q", w.argument, w.value)).
				WithNext("Use one of " + strings.Join(w.allowed, ", ") + ".")
		}
	}
	if c.SeveralLeads == LeadsInPipeline && strings.TrimSpace(c.Pipeline) == "" {
		return problem.Invalid("pipeline", "several_leads is in_pipeline, but pipeline is missing").WithNext("Name the pipeline, or choose another rule.")
	}
	if strings.TrimSpace(c.FollowUpText) == "" && c.FollowUpDue+c.FollowUpResponsible != "" {
		return problem.Invalid("follow_up_text", "the follow-up has a deadline or a user but no text").WithNext("Say in follow_up_text what is to be done.")
	}
	return nil
}

// word is an argument that takes one of a few words.
type word struct {
	argument, value string
	allowed         []string
}

func (c Call) words() []word {
	return []word{
		{"direction", c.Direction, []string{"inbound", "outbound"}},
		{"outcome", c.Outcome, slices.Sorted(maps.Keys(callStatuses()))},
		{"unknown_caller", c.UnknownCaller, []string{UnknownCreateLead, UnknownIncomingLead, UnknownContactOnly, UnknownReject}},
		{"several_leads", c.SeveralLeads, []string{LeadsMostRecent, LeadsNewest, LeadsInPipeline, LeadsAsk}},
	}
}

// logCall looks first and writes then: whatever is wrong with the names is found
// out before anything is written.
func (s *Service) logCall(ctx context.Context, c Call, content string) (CallResult, error) {
	release, err := s.turns.take(ctx, c.keys()...)
	if err != nil {
		return CallResult{}, err
	}
	defer release()
	run, resumed := s.calls.take(c.CallID)
	if resumed && otherLine(run.line, c) {
		s.calls.keep(c.CallID, run)
		return CallResult{}, otherCall(c, "whose logging was begun")
	}
	if !resumed {
		if run, err = s.beginCall(ctx, c, content); err != nil {
			return CallResult{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return CallResult{}, err
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	if run.card.id == 0 {
		made, err := s.makeCard(ctx, run)
		if err != nil {
			return CallResult{}, err
		}
		run.card = made
	}
	release()
	out, err := s.writeCall(ctx, run)
	if err != nil && run.wroteAnything() {
		s.calls.keep(c.CallID, run)
	}
	out.line, out.content = run.line, run.content
	return out, err
}

// keys are the turns of a call: of its caller, who may have to be made.
func (c Call) keys() []string {
	if c.LeadID != 0 {
		return nil
	}
	return personKeys(c.Phone, "")
}

// beginCall reads the arguments and chooses the card.
func (s *Service) beginCall(ctx context.Context, c Call, content string) (*callRun, error) {
	plan, err := s.planCall(ctx, c)
	if err != nil {
		return nil, err
	}
	run := &callRun{plan: plan, steps: map[string]stepResult{}, line: phone.Parse(c.Phone, "").Last10, content: content}
	if run.card, err = s.chooseCard(ctx, plan); err != nil {
		return nil, err
	}
	run.change, err = s.planChange(ctx, plan, run.card)
	return run, err
}

// finishing is a context under which writing goes on although the client has
// hung up: half a call in Kommo is worse than one that nobody waited for.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if limited {
		return context.WithDeadline(ctx, deadline)
	}
	return context.WithCancel(ctx)
}

// gaveUp tells the failure of a job whose client went away.
func gaveUp(err error) bool {
	return errors.Is(err, context.Canceled) || kommo.HasCode(err, kommo.CodeCanceled)
}
