package crm

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// makeCard makes a card for a caller whom nobody knows, as told.
func (s *Service) makeCard(ctx context.Context, run *callRun) (callCard, error) {
	p := run.plan
	switch p.UnknownCaller {
	case UnknownContactOnly:
		return s.makeContact(ctx, p)
	case UnknownIncomingLead:
		return s.makeIncoming(ctx, run)
	default:
		return withNames(ctx, s, func(ctx context.Context) (callCard, error) { return s.makeLead(ctx, run) })
	}
}

// callerContact is the contact of an unknown caller: it is named by the number,
// the only thing known.
func (p *callPlan) callerContact() kommo.ContactWrite {
	return kommo.ContactWrite{Name: p.line(), Fields: []kommo.FieldValueWrite{{
		FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{{Value: p.line(), EnumCode: "WORK"}},
	}}}
}

func (p *callPlan) leadName() string {
	if p.outbound() {
		return "Call to " + p.line()
	}
	return "Call from " + p.line()
}

// madeCard is what was made: a contact, and a lead unless 0.
type madeCard struct{ lead, contact int64 }

// makeLead makes a lead with its contact in one request, at the stage and with
// the fields and tags that the call asks for.
func (s *Service) makeLead(ctx context.Context, run *callRun) (callCard, error) {
	p := run.plan
	start, err := s.startPipeline(ctx, p)
	if err != nil {
		return callCard{}, err
	}
	change, err := s.planChange(ctx, p, run.card)
	if err != nil {
		return callCard{}, err
	}
	run.change = change
	w := kommo.ComplexLead{
		Name: p.leadName(), PipelineID: start.ID, Fields: change.write.Fields, AddTags: change.write.AddTags,
		Embedded: kommo.ComplexParts{Contacts: []kommo.ContactWrite{p.callerContact()}},
	}
	if change.stage != nil {
		w.StatusID, w.PipelineID = change.stage.ID, change.stage.PipelineID
	}
	merged := false
	made, lookedUp, err := settle(ctx, s.clock, write[madeCard]{
		what: "a lead with a contact for " + p.line(),
		send: func(ctx context.Context) (madeCard, error) {
			list, err := s.api.Leads.CreateComplex(ctx, []kommo.ComplexLead{w})
			if err != nil {
				return madeCard{}, err
			}
			merged = list[0].Merged
			return madeCard{list[0].ID, idOf(list[0].ContactID)}, nil
		},
		find: func(ctx context.Context) (madeCard, bool, error) { return s.madeFor(ctx, p, true) },
	})
	if err != nil {
		return callCard{}, err
	}
	out := s.newCard(p, made, "a new lead with a contact was made (unknown_caller: create_lead).")
	out.complete, out.lookedUp = true, lookedUp
	if merged {
		out.warnings = append(out.warnings, "Kommo's duplicate control merged the new lead into an existing one.")
	}
	return out, nil
}

// madeFor looks whether a contact with the caller's number is there by now.
func (s *Service) madeFor(ctx context.Context, p *callPlan, withLead bool) (madeCard, bool, error) {
	found, err := s.findPeople(ctx, p.Phone, "")
	for _, m := range found.Matches {
		leads := linkedIDs(m.Embedded.Leads)
		switch {
		case withLead && len(leads) > 0:
			return madeCard{slices.Max(leads), m.ID}, true, nil
		case !withLead:
			return madeCard{contact: m.ID}, true, nil
		}
	}
	return madeCard{}, false, err
}

// newCard describes what was made; the main card is the lead, else the contact.
func (s *Service) newCard(p *callPlan, made madeCard, why string) callCard {
	out := callCard{
		card: card{kind: KindContact, entity: kommo.Contacts, id: made.contact}, name: p.line(),
		why: "Nobody has the number " + p.line() + ": " + why,
	}
	if made.lead != 0 {
		out.card, out.name = card{kind: KindLead, entity: kommo.Leads, id: made.lead}, p.leadName()
		out.created = append(out.created, s.record(KindLead, made.lead, p.leadName()))
	}
	if made.contact != 0 {
		out.created = append(out.created, s.record(KindContact, made.contact, p.line()))
	}
	return out
}

func (s *Service) makeContact(ctx context.Context, p *callPlan) (callCard, error) {
	made, lookedUp, err := settle(ctx, s.clock, write[madeCard]{
		what: "a contact for " + p.line(),
		send: func(ctx context.Context) (madeCard, error) {
			list, err := s.api.Contacts.Create(ctx, []kommo.ContactWrite{p.callerContact()})
			if err != nil {
				return madeCard{}, err
			}
			return madeCard{contact: list[0].ID}, nil
		},
		find: func(ctx context.Context) (madeCard, bool, error) { return s.madeFor(ctx, p, false) },
	})
	if err != nil {
		return callCard{}, err
	}
	out := s.newCard(p, made, "a contact was made (unknown_caller: contact_only).")
	out.lookedUp = lookedUp
	return out, nil
}

// incomingCall is an incoming lead made of a call (Kommo API facts: incoming
// leads). Kommo is told not to write a call entry of its own: the call's note
// with the same uniq follows.
type incomingCall struct {
	SourceUID  string           `json:"source_uid"`
	SourceName string           `json:"source_name"`
	PipelineID int64            `json:"pipeline_id"`
	Metadata   incomingMetadata `json:"metadata"`
	Embedded   incomingCards    `json:"_embedded"`
}

type incomingMetadata struct {
	Phone       string     `json:"phone"`
	Responsible string     `json:"call_responsible,omitzero"`
	Duration    int64      `json:"duration"`
	Link        string     `json:"link,omitzero"`
	ServiceCode string     `json:"service_code"`
	CalledAt    kommo.Unix `json:"called_at,omitzero"`
	Uniq        string     `json:"uniq"`
	From        string     `json:"from"`
	EventNeeded bool       `json:"is_call_event_needed"`
}

type incomingCards struct {
	Leads    []kommo.LeadWrite    `json:"leads"`
	Contacts []kommo.ContactWrite `json:"contacts"`
}

// incomingRow is an incoming lead as Kommo answers it.
type incomingRow struct {
	SourceUID string `json:"source_uid"`
	Embedded  struct {
		Leads    []kommo.Linked `json:"leads"`
		Contacts []kommo.Linked `json:"contacts"`
	} `json:"_embedded"`
}

func (r incomingRow) cards() (made madeCard, ok bool) {
	if len(r.Embedded.Leads) == 0 {
		return made, false
	}
	made.lead = r.Embedded.Leads[0].ID
	if len(r.Embedded.Contacts) > 0 {
		made.contact = r.Embedded.Contacts[0].ID
	}
	return made, true
}

type incomingList struct {
	Embedded struct {
		Unsorted []incomingRow `json:"unsorted"`
	} `json:"_embedded"`
}

// makeIncoming makes an incoming lead, which a person accepts or declines. Its
// stage is Kommo's until then.
func (s *Service) makeIncoming(ctx context.Context, run *callRun) (callCard, error) {
	p := run.plan
	start, err := s.startPipeline(ctx, p)
	if err != nil {
		return callCard{}, err
	}
	body := []incomingCall{{
		SourceUID: p.uniq, SourceName: callSource, PipelineID: start.ID,
		Metadata: incomingMetadata{
			Phone: p.line(), Responsible: p.AgentName, Duration: p.DurationSeconds, Link: p.recording,
			ServiceCode: callSource, CalledAt: p.createdAt(), Uniq: p.uniq, From: p.line(),
		},
		Embedded: incomingCards{
			Leads:    []kommo.LeadWrite{{Name: p.leadName(), Fields: run.change.write.Fields, AddTags: run.change.write.AddTags}},
			Contacts: []kommo.ContactWrite{p.callerContact()},
		},
	}}
	made, lookedUp, err := settle(ctx, s.clock, write[madeCard]{
		what: "an incoming lead for " + p.line(),
		send: func(ctx context.Context) (madeCard, error) { return s.sendIncoming(ctx, body) },
		find: func(ctx context.Context) (madeCard, bool, error) { return s.findIncoming(ctx, p.uniq) },
	})
	if err != nil {
		return callCard{}, err
	}
	out := s.newCard(p, made, "an incoming lead was made (unknown_caller: incoming_lead).")
	out.complete, out.lookedUp = true, lookedUp
	if run.change.stage != nil {
		run.change.stage = nil
		p.skipped = append(p.skipped, "stage: an incoming lead gets one when somebody accepts it")
	}
	return out, nil
}

func (s *Service) sendIncoming(ctx context.Context, body []incomingCall) (madeCard, error) {
	var reply incomingList
	_, err := s.api.Do(ctx, kommo.Request{Op: "incoming.create", Method: http.MethodPost, Path: "/leads/unsorted/sip", Body: body}, &reply)
	if err != nil {
		return madeCard{}, err
	}
	if len(reply.Embedded.Unsorted) > 0 {
		if made, ok := reply.Embedded.Unsorted[0].cards(); ok {
			return made, nil
		}
	}
	return madeCard{}, &kommo.Error{Code: kommo.CodeUnknownOutcome, Op: "incoming.create", Message: "the answer does not name what was made"}
}

// findIncoming looks for the incoming lead among the newest; the list knows no
// order but that (Kommo API facts: incoming leads).
func (s *Service) findIncoming(ctx context.Context, uniq string) (madeCard, bool, error) {
	var list incomingList
	_, err := s.api.Do(ctx, kommo.Request{Op: "incoming.list", Path: "/leads/unsorted", Query: url.Values{"limit": {"50"}}}, &list)
	for _, row := range list.Embedded.Unsorted {
		if row.SourceUID == uniq {
			made, ok := row.cards()
			return made, ok, err
		}
	}
	return madeCard{}, false, err
}
