package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
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
	Phone               string         `json:"phone,omitempty"` // any spelling; numbers without a country code are read in the account's country
	Summary             string         `json:"summary,omitempty"`
	Direction           string         `json:"direction,omitempty"` // inbound (also when empty), outbound
	StartedAt           string         `json:"started_at,omitempty"`
	DurationSeconds     int64          `json:"duration_seconds,omitempty"`
	Outcome             string         `json:"outcome,omitempty"` // conversation, left_message, no_answer, not_available, busy, wrong_number, call_back_later; empty: unknown
	CallID              string         `json:"call_id,omitempty"` // the platform's id: the key for repeats
	RecordingURL        string         `json:"recording_url,omitempty"`
	Transcript          string         `json:"transcript,omitempty"`
	ActionItems         []string       `json:"action_items,omitempty"`
	Sentiment           string         `json:"sentiment,omitempty"`
	AgentName           string         `json:"agent_name,omitempty"`
	LeadID              int64          `json:"lead_id,omitempty"`
	Fields              map[string]any `json:"fields,omitempty"` // of the lead
	Tags                []string       `json:"tags,omitempty"`
	Stage               string         `json:"stage,omitempty"`
	Pipeline            string         `json:"pipeline,omitempty"`
	Source              string         `json:"source,omitempty"` // name of the source of a lead that is made
	FollowUpText        string         `json:"follow_up_text,omitempty"`
	FollowUpDue         string         `json:"follow_up_due,omitempty"`         // empty: the end of tomorrow
	FollowUpResponsible string         `json:"follow_up_responsible,omitempty"` // empty: the card's user
	UnknownCaller       string         `json:"unknown_caller,omitempty"`        // empty: create_lead
	SeveralLeads        string         `json:"several_leads,omitempty"`         // empty: most_recently_active

	// NoteOnly marks a report that may come without a summary, as platforms send
	// them when the call has just ended; what is known is noted.
	NoteOnly bool `json:"note_only,omitempty"`
}

// sameWithin is how long two calls without an id and without a start count as one
// and the same if their words agree: two calls of a day may well both read "No
// answer".
const sameWithin = time.Hour

// LogCall writes a finished call on the right card: the call itself, its summary
// and transcript as notes, a follow-up task, and stage, fields and tags of the
// lead.
//
// The call is a note of type call_in or call_out on a card chosen here. POST
// /calls is not used: it chooses by itself and drops unknown numbers (Kommo API
// facts: calls). Known caller: one search by phone, one read of the caller's
// leads, then all writes at once.
//
// The call is kept on disk before anything is sent, under its id or a digest of
// number, start and summary. Each is logged once, whatever happens in between: a
// repeat answers what was answered first, or merges what it brings anew; what
// Kommo cannot take now waits and is delivered later (status queued); a step
// whose answer was lost is looked up before it is sent again. Writing that has
// begun is finished even if ctx is canceled meanwhile.
func (s *Service) LogCall(ctx context.Context, c Call) (CallResult, error) {
	if err := checkCall(c); err != nil {
		return CallResult{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.callWait)
	defer cancel()
	h, err := s.acceptCall(ctx, c)
	if twin, ok := errors.AsType[*busy](err); ok {
		return s.behindTwin(ctx, twin, c)
	}
	if err != nil {
		return CallResult{}, err
	}
	defer h.done()
	rec, err := readRecord(h.Body)
	if err != nil {
		return CallResult{}, errors.Join(err, h.settle(ctx, store.Dead, h.Body))
	}
	run := &callRun{hold: h, rec: rec, interactive: true}
	defer s.callParts(ctx, c)
	if h.begun != store.Fresh {
		answer, over, err := s.again(ctx, run, c)
		if over || err != nil {
			return answer, err
		}
	}
	out, err := s.attempt(ctx, run)
	s.outbox.foundAway.Store(run.away != nil)
	return out, err
}

// acceptCall keeps the call on disk, or finds the one that was kept under its key.
func (s *Service) acceptCall(ctx context.Context, c Call) (*hold, error) {
	key := c.key()
	for {
		rec := callRecord{Call: c, Accepted: s.clock.Now(), Uniq: c.uniq(key), By: s.actor(ctx), Via: s.acceptedVia(ctx)}
		body, err := json.Marshal(rec)
		if err != nil {
			return nil, fmt.Errorf("keep the call: %w", err)
		}
		h, err := s.journal.begin(ctx, store.Op{Kind: CallKind, Key: key, Line: c.line(), Body: body})
		if err != nil {
			return nil, err
		}
		old := h.begun == store.Again && strings.TrimSpace(c.CallID+c.StartedAt) == "" && s.clock.Now().Sub(h.Created) > sameWithin
		if !old {
			return h, nil
		}
		if err := h.settle(ctx, store.Done, h.Body); err != nil {
			return nil, err
		}
		key += "+"
	}
}

// checkCall refuses what needs no knowledge of the account.
func checkCall(c Call) error {
	if strings.TrimSpace(c.Phone) == "" && c.LeadID == 0 {
		return problem.Invalid("phone", "phone is missing").WithNext("Give the customer's phone number, or lead_id.")
	}
	if !c.NoteOnly {
		if err := needText("summary", c.Summary); err != nil {
			return err
		}
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

// keys are the turns of a call: of its caller, who may have to be made.
func (c Call) keys() []string {
	if c.LeadID != 0 {
		return nil
	}
	return personKeys(c.Phone, "")
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
