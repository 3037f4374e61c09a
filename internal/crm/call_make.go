package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// makeCard makes a card for a caller whom nobody knows, as told.
func (s *Service) makeCard(ctx context.Context, run *callRun) (callCard, error) {
	switch run.plan.UnknownCaller {
	case UnknownContactOnly:
		return s.makeContact(ctx, run)
	case UnknownIncomingLead:
		return s.makeIncoming(ctx, run)
	default:
		return withNames(ctx, s, func(ctx context.Context) (callCard, error) { return s.makeLead(ctx, run) })
	}
}

// made notes the card that was made, and that it has what the call asked for.
func (r *callRun) made(c callCard) callCard {
	written := r.change.parts()
	r.finish(stepCard, callStep{Written: written, Created: c.created, LookedUp: c.lookedUp}, func(rec *callRecord) {
		rec.Applied.add(r.change)
	})
	r.change = leadChange{}
	return c
}

// add notes a change as done.
func (a *applied) add(c leadChange) {
	a.Fields = append(a.Fields, c.fields...)
	a.Tags = append(a.Tags, c.tags...)
	a.Stage = a.Stage || c.stage != nil
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
	source, err := s.callSource(ctx, p)
	if err != nil {
		return callCard{}, err
	}
	w := kommo.ComplexLead{
		Name: p.leadName(), PipelineID: start.ID, Fields: change.write.Fields, AddTags: change.write.AddTags,
		Embedded: kommo.ComplexParts{Contacts: []kommo.ContactWrite{p.callerContact()}, Source: source},
	}
	if change.stage != nil {
		w.StatusID, w.PipelineID = change.stage.ID, change.stage.PipelineID
	}
	merged := false
	made, lookedUp, err := post(ctx, s, run, stepCard, write[madeCard]{
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
	out.lookedUp = lookedUp
	if merged {
		out.warnings = append(out.warnings, "Kommo's duplicate control merged the new lead into an existing one.")
	}
	return run.made(out), nil
}

// callSource is the source of a new lead by its name. Kommo shows an integration
// its own sources only, and only to administrators; without the source the lead
// is worth making all the same.
func (s *Service) callSource(ctx context.Context, p *callPlan) (*kommo.ComplexSource, error) {
	name := strings.TrimSpace(p.Source)
	if name == "" {
		return nil, nil
	}
	all, err := s.api.Sources.List(ctx, "")
	if away(err) {
		return nil, err
	}
	for _, have := range all {
		if directory.SameName(have.Name, name) {
			return &kommo.ComplexSource{ExternalID: have.ExternalID, Type: "widget"}, nil
		}
	}
	p.skipped = append(p.skipped, fmt.Sprintf("source: this integration has no source %q that the token may see", short(name, longName)))
	return nil, nil
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

func (s *Service) makeContact(ctx context.Context, run *callRun) (callCard, error) {
	p := run.plan
	made, lookedUp, err := post(ctx, s, run, stepCard, write[madeCard]{
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
	return run.made(out), nil
}

// makeIncoming makes an incoming lead, which a person accepts or declines. Its
// stage is Kommo's until then.
func (s *Service) makeIncoming(ctx context.Context, run *callRun) (callCard, error) {
	p := run.plan
	start, err := s.startPipeline(ctx, p)
	if err != nil {
		return callCard{}, err
	}
	w := s.incomingCall(run, start.ID)
	made, lookedUp, err := post(ctx, s, run, stepCard, write[madeCard]{
		what: "an incoming lead for " + p.line(),
		send: func(ctx context.Context) (madeCard, error) {
			list, err := s.api.Unsorted.CreateSIP(ctx, []kommo.UnsortedWrite[kommo.SIPMetadata]{w})
			if err != nil {
				return madeCard{}, err
			}
			return madeCard{list[0].LeadID(), list[0].ContactID()}, nil
		},
		find: func(ctx context.Context) (madeCard, bool, error) {
			u, ok, err := s.findIncoming(ctx, p.uniq)
			return madeCard{u.LeadID(), u.ContactID()}, ok, err
		},
	})
	if err != nil {
		return callCard{}, err
	}
	out := s.newCard(p, made, "an incoming lead was made (unknown_caller: incoming_lead).")
	out.lookedUp = lookedUp
	if run.change.stage != nil {
		run.change.stage, run.rec.Applied.Stage = nil, true
		p.skipped = append(p.skipped, "stage: an incoming lead gets one when somebody accepts it")
	}
	return run.made(out), nil
}

// incomingCall is the incoming lead of a call. Kommo is told not to write a call
// entry of its own: the call's note with the same uniq follows.
func (s *Service) incomingCall(run *callRun, pipeline int64) kommo.UnsortedWrite[kommo.SIPMetadata] {
	p := run.plan
	return kommo.UnsortedWrite[kommo.SIPMetadata]{
		SourceUID: p.uniq, SourceName: cmp.Or(p.Source, callSource), PipelineID: pipeline,
		Metadata: kommo.SIPMetadata{
			Phone: p.line(), Responsible: p.AgentName, Duration: p.DurationSeconds, Link: p.recording,
			ServiceCode: callSource, CalledAt: p.createdAt(), Unique: p.uniq, From: p.line(),
		},
		Embedded: kommo.UnsortedCards{
			Leads:    []kommo.LeadWrite{{Name: p.leadName(), Fields: run.change.write.Fields, AddTags: run.change.write.AddTags}},
			Contacts: []kommo.ContactWrite{p.callerContact()},
		},
	}
}
