package base

import (
	"cmp"
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type postCallSummaryIn struct {
	Phone               string         `json:"phone,omitempty" jsonschema:"example=+1 202 555 0101" jsonschema_description:"Customer's number, best with +."`
	Summary             string         `json:"summary" jsonschema:"example=Booked a demo for Friday. Wants the price for 8 kW." jsonschema_description:"What was said; first sentence: title."`
	Direction           string         `json:"direction,omitempty" jsonschema:"enum=inbound,enum=outbound" jsonschema_description:"inbound (default) or outbound."`
	StartedAt           string         `json:"started_at,omitempty" jsonschema:"example=2026-12-01T15:00:00Z" jsonschema_description:"When the call began."`
	DurationSeconds     int64          `json:"duration_seconds,omitempty" jsonschema:"example=125" jsonschema_description:"Length in seconds."`
	Outcome             string         `json:"outcome,omitempty" jsonschema:"enum=conversation,enum=left_message,enum=no_answer,enum=not_available,enum=busy,enum=wrong_number,enum=call_back_later" jsonschema_description:"conversation, left_message, no_answer, not_available, busy, wrong_number or call_back_later."`
	CallID              string         `json:"call_id,omitempty" jsonschema_description:"Platform's id; repeats merge."`
	RecordingURL        string         `json:"recording_url,omitempty" jsonschema_description:"Recording link."`
	Transcript          string         `json:"transcript,omitempty" jsonschema_description:"Gets its own note."`
	ActionItems         []string       `json:"action_items,omitempty" jsonschema_description:"Listed in the note."`
	Sentiment           string         `json:"sentiment,omitempty" jsonschema_description:"How the customer felt."`
	AgentName           string         `json:"agent_name,omitempty" jsonschema_description:"Who spoke for us."`
	LeadID              int64          `json:"lead_id,omitempty" jsonschema_description:"Lead id, from search_leads."`
	Fields              map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	Tags                []string       `json:"tags,omitempty" jsonschema_description:"Tag names; new ones are made."`
	Stage               string         `json:"stage,omitempty" jsonschema_description:"Stage name or id, won, lost."`
	Pipeline            string         `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	Source              string         `json:"source,omitempty" jsonschema_description:"Source of a new lead."`
	FollowUpText        string         `json:"follow_up_text,omitempty" jsonschema_description:"What the task says."`
	FollowUpDue         string         `json:"follow_up_due,omitempty" jsonschema_description:"2026-12-01T15:00; default tomorrow."`
	FollowUpResponsible string         `json:"follow_up_responsible,omitempty" jsonschema_description:"User; default the card's."`
	UnknownCaller       string         `json:"unknown_caller,omitempty" jsonschema:"enum=create_lead,enum=incoming_lead,enum=contact_only,enum=reject" jsonschema_description:"create_lead (default), incoming_lead, contact_only or reject."`
	SeveralLeads        string         `json:"several_leads,omitempty" jsonschema:"enum=most_recently_active,enum=newest,enum=in_pipeline,enum=ask" jsonschema_description:"most_recently_active (default), newest, in_pipeline (with pipeline) or ask."`
}

// PostCallSummary is the tool post_call_summary.
func PostCallSummary(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "post_call_summary", Title: "Log a call", Class: registry.Create, Destructive: true, Idempotent: true, PeopleText: true,
		Description: "Logs a finished phone call once: finds the caller by phone (or takes lead_id), chooses the active lead, else the contact's card, " +
			"writes call and summary as notes, then task, stage, fields, tags. No call: add_note. " +
			"status: logged, merged, repeat, queued (Kommo is away: written later by itself), " +
			"needs_choice (nothing written: repeat with lead_id), rejected. See skipped, warnings.",
	}, func(ctx context.Context, in postCallSummaryIn) (crm.CallResult, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.CallResult{}, err
		}
		return s.LogCall(ctx, crm.Call{
			Phone: in.Phone, Summary: in.Summary, Direction: in.Direction, StartedAt: in.StartedAt, DurationSeconds: in.DurationSeconds,
			Outcome: in.Outcome, CallID: cmp.Or(in.CallID, registry.PhoneCallID(ctx)), RecordingURL: in.RecordingURL, Transcript: in.Transcript, ActionItems: in.ActionItems,
			AgentName: in.AgentName, LeadID: in.LeadID, Fields: in.Fields, Tags: in.Tags, Stage: in.Stage, Pipeline: in.Pipeline, Source: in.Source, Sentiment: in.Sentiment,
			FollowUpText: in.FollowUpText, FollowUpDue: in.FollowUpDue, FollowUpResponsible: in.FollowUpResponsible,
			UnknownCaller: in.UnknownCaller, SeveralLeads: in.SeveralLeads,
		})
	})
}
