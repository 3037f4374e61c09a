package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// callCard is the card a call goes on. ID 0 stands for one that is to be made,
// since nobody has the number.
type callCard struct {
	card

	name        string
	responsible int64
	lead        kommo.Lead // of kind lead
	why         string
	created     []Record
	found       []Record
	warnings    []string
	lookedUp    bool
}

// chooseCard finds the card of a call without writing anything: the lead named,
// else the active lead of whoever has the number.
func (s *Service) chooseCard(ctx context.Context, p *callPlan) (callCard, error) {
	if p.LeadID != 0 {
		lead, err := s.leadToChange(ctx, p.LeadID)
		if err != nil {
			return callCard{}, err
		}
		return s.onLead(lead, "lead_id was given."), nil
	}
	if why := unusableNumber(p.number); why != "" {
		return callCard{}, refusedCall(why + " Nothing was written; give lead_id to log the call.")
	}
	callers, manner, err := s.findCallers(ctx, p)
	if err != nil {
		return callCard{}, err
	}
	if len(callers) == 0 {
		if card, ok, err := s.formerCard(ctx, p); ok || err != nil {
			return card, err
		}
		return s.nobody(p)
	}
	if err := s.readActive(ctx, callers); err != nil {
		return callCard{}, err
	}
	return s.chooseAmong(ctx, p, callers, manner)
}

// onLead is the card of a lead.
func (s *Service) onLead(lead kommo.Lead, why string) callCard {
	return callCard{
		card: card{kind: KindLead, entity: kommo.Leads, id: lead.ID, argument: "lead_id"},
		name: lead.Name, responsible: lead.ResponsibleID, lead: lead, why: why,
		found: []Record{s.record(KindLead, lead.ID, lead.Name)},
	}
}

// unusableNumber says why nobody can be found by the number; empty if one can.
func unusableNumber(n phone.Number) string {
	switch {
	case n.Withheld:
		return "The caller's number is withheld."
	case n.Short:
		return "The number is a short or emergency number, which is nobody's."
	case len(n.Digits) < 7:
		return "phone holds no telephone number."
	default:
		return ""
	}
}

// nobody is the answer if no card has the number: one is to be made, or not.
func (s *Service) nobody(p *callPlan) (callCard, error) {
	const notWritten = " Nothing was written; give lead_id to log the call."
	switch {
	case p.UnknownCaller == UnknownReject:
		return callCard{}, refusedCall("No contact or company has this number, and unknown_caller is reject." + notWritten)
	case !p.number.Valid:
		return callCard{}, refusedCall("No contact or company has this number, and it is not a valid one, so no contact was made of it. " +
			"Give it with + and the country code." + notWritten)
	default:
		return callCard{}, nil
	}
}

// chooseAmong applies the rules to the callers and their active leads.
func (s *Service) chooseAmong(ctx context.Context, p *callPlan, callers []caller, manner string) (callCard, error) {
	var busy []caller
	var leads []kommo.Lead
	for _, c := range callers {
		if len(c.active) > 0 {
			busy = append(busy, c)
		}
		for _, l := range c.active {
			if !slices.ContainsFunc(leads, func(k kommo.Lead) bool { return k.ID == l.ID }) {
				leads = append(leads, l)
			}
		}
	}
	switch {
	case len(leads) == 0 && len(callers) > 1:
		return callCard{}, undecidedCall(callerNames(callers)+" share this number and none has an active lead. Give the lead_id of one of them.", s.callerCandidates(callers))
	case len(leads) == 0:
		c := callers[0]
		return callCard{
			card: c.card, name: c.name, responsible: c.responsible, found: []Record{s.record(c.kind, c.id, c.name)},
			why: c.name + " " + manner + " and no active lead, so the call is on the " + c.kind + "'s card.",
		}, nil
	case len(leads) == 1:
		return s.leadOf(busy, leads[0], manner+" and one active lead."), nil
	case len(busy) > 1 && p.SeveralLeads == "" || p.SeveralLeads == LeadsAsk:
		return s.undecided(ctx, callerNames(busy)+" "+manner+fmt.Sprintf(", with %d active leads.", len(leads)), leads)
	default:
		return s.byRule(ctx, p, busy, leads, manner)
	}
}

// leadOf is the card of one of the callers' leads.
func (s *Service) leadOf(busy []caller, lead kommo.Lead, why string) callCard {
	out := s.onLead(lead, "")
	for _, c := range busy {
		if slices.ContainsFunc(c.active, func(l kommo.Lead) bool { return l.ID == lead.ID }) {
			out.found = append(out.found, s.record(c.kind, c.id, c.name))
		}
	}
	out.why = callerNames(busy) + " " + why
	return out
}

// byRule chooses one of several active leads.
func (s *Service) byRule(ctx context.Context, p *callPlan, busy []caller, leads []kommo.Lead, manner string) (callCard, error) {
	count := fmt.Sprintf("%s and %d active leads; ", manner, len(leads))
	byActivity := func(a, b kommo.Lead) int {
		return cmp.Or(cmp.Compare(a.UpdatedAt, b.UpdatedAt), cmp.Compare(a.ID, b.ID))
	}
	switch p.SeveralLeads {
	case LeadsNewest:
		newest := slices.MaxFunc(leads, func(a, b kommo.Lead) int {
			return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		return s.leadOf(busy, newest, count+"this is the newest."), nil
	case LeadsInPipeline:
		inside := slices.DeleteFunc(slices.Clone(leads), func(l kommo.Lead) bool { return l.PipelineID != p.pipeline.ID })
		switch len(inside) {
		case 0:
			return s.undecided(ctx, callerNames(busy)+" "+count+"none is in the pipeline "+p.pipeline.Name+".", leads)
		case 1:
			return s.leadOf(busy, inside[0], count+"this one is in the pipeline "+p.pipeline.Name+"."), nil
		}
		return s.leadOf(busy, slices.MaxFunc(inside, byActivity),
			count+fmt.Sprintf("of the %d in the pipeline %s this one was active most recently.", len(inside), p.pipeline.Name)), nil
	default:
		return s.leadOf(busy, slices.MaxFunc(leads, byActivity), count+"this one was active most recently."), nil
	}
}

func (s *Service) undecided(ctx context.Context, why string, leads []kommo.Lead) (callCard, error) {
	return callCard{}, undecidedCall(why+" Nothing was written: call again with the lead_id of the right one.", s.leadCandidates(ctx, leads))
}

// leadCandidates lists leads for a choice, the most recently active first.
func (s *Service) leadCandidates(ctx context.Context, leads []kommo.Lead) []CallCandidate {
	snapshot, _ := s.names.Snapshot(ctx, "pipelines") // without it the names are ids
	leads = slices.Clone(leads)
	slices.SortFunc(leads, func(a, b kommo.Lead) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
	var out []CallCandidate
	for _, l := range leads {
		out = append(out, CallCandidate{Kind: KindLead, ID: l.ID, Name: short(l.Name, longName), Detail: fmt.Sprintf("%s / %s, updated %s",
			snapshot.PipelineName(l.PipelineID), snapshot.StageName(l.PipelineID, l.StatusID),
			when.Format(l.UpdatedAt.Time(), snapshot.Account.Location()))})
	}
	return out
}

func (s *Service) callerCandidates(callers []caller) []CallCandidate {
	var out []CallCandidate
	for _, c := range callers {
		out = append(out, CallCandidate{Kind: c.kind, ID: c.id, Name: short(c.name, longName), Detail: s.cardURL(c.kind, c.id)})
	}
	return out
}
