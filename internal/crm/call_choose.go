package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

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
	complete    bool // stage, fields and tags were set when the card was made
	warnings    []string
	lookedUp    bool
}

// caller is a contact or company that has the number.
type caller struct {
	card

	name        string
	responsible int64
	leadIDs     []int64
	active      []kommo.Lead
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

// findCallers looks for contacts, then for companies, with the number. manner
// says how surely it is theirs. A number that agrees in its last ten digits only
// counts if no card has the very number: Kommo itself compares no more (Kommo
// API facts: calls).
func (s *Service) findCallers(ctx context.Context, p *callPlan) (out []caller, manner string, err error) {
	found, err := s.findPeople(ctx, p.Phone, "")
	if err != nil {
		return nil, "", err
	}
	for _, m := range found.Matches {
		out = append(out, contactCaller(m.Contact))
	}
	if len(out) > 0 {
		return out, "has this number", nil
	}
	exact, similar, err := s.findCompaniesByPhone(ctx, p)
	if err != nil || len(exact) > 0 {
		return exact, "has this number", err
	}
	for _, c := range found.Similar {
		out = append(out, contactCaller(c))
	}
	return append(out, similar...), "has a number with the same last digits", nil
}

func contactCaller(c kommo.Contact) caller {
	return caller{
		card: card{kind: KindContact, entity: kommo.Contacts, id: c.ID}, name: c.Name,
		responsible: c.ResponsibleID, leadIDs: linkedIDs(c.Embedded.Leads),
	}
}

// findCompaniesByPhone is findPeople for companies; it costs a request only if
// no contact has the number.
func (s *Service) findCompaniesByPhone(ctx context.Context, p *callPlan) (exact, similar []caller, err error) {
	region, err := s.region(ctx, p.Phone)
	if err != nil {
		return nil, nil, err
	}
	for _, query := range phone.Search(p.Phone, region) {
		page, err := s.api.Companies.List(ctx, kommo.CardListFilter{
			CardFilter:  kommo.CardFilter{Query: query, With: []string{"leads"}},
			ListOptions: kommo.ListOptions{Limit: peoplePage},
		})
		if err != nil {
			return nil, nil, err
		}
		for _, c := range page.Items {
			one := caller{
				card: card{kind: KindCompany, entity: kommo.Companies, id: c.ID}, name: c.Name,
				responsible: c.ResponsibleID, leadIDs: linkedIDs(c.Embedded.Leads),
			}
			switch phoneStrength(c.Fields, p.Phone, region) {
			case phone.Exact:
				exact = append(exact, one)
			case phone.Same:
				similar = append(similar, one)
			}
		}
		if len(exact) > 0 {
			break
		}
	}
	return exact, similar, nil
}

// mostLeads is how many leads of a caller are looked at, the newest first: their
// ids travel in one address.
const mostLeads = 100

// readActive reads the leads of all callers in one request and keeps the active
// ones: neither won nor lost, and not in the bin, from which nothing is listed.
func (s *Service) readActive(ctx context.Context, callers []caller) error {
	var ids []int64
	for _, c := range callers {
		ids = append(ids, c.leadIDs...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	ids = ids[:min(len(ids), mostLeads)]
	leads, err := s.callerLeads(ctx, ids)
	if err != nil {
		return err
	}
	for i := range callers {
		for _, l := range leads {
			if slices.Contains(callers[i].leadIDs, l.ID) && !l.Closed() && !l.Deleted {
				callers[i].active = append(callers[i].active, l)
			}
		}
	}
	return nil
}

// callerLeads reads leads in one request. Where the account ignores filters, which
// shows in rows nobody asked for, they are read one by one (Kommo API facts:
// leads, gating).
func (s *Service) callerLeads(ctx context.Context, ids []int64) ([]kommo.Lead, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	page, err := s.api.Leads.List(ctx, kommo.LeadFilter{
		CardFilter: kommo.CardFilter{IDs: ids}, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage},
	})
	if err != nil {
		return nil, err
	}
	asked := func(l kommo.Lead) bool { return slices.Contains(ids, l.ID) }
	if !slices.ContainsFunc(page.Items, func(l kommo.Lead) bool { return !asked(l) }) {
		return page.Items, nil
	}
	return s.leadsOneByOne(ctx, ids)
}

// leadsOneByOne reads at most ten leads, the first of ids.
func (s *Service) leadsOneByOne(ctx context.Context, ids []int64) ([]kommo.Lead, error) {
	const most = 10
	ids = ids[:min(len(ids), most)]
	out := make([]kommo.Lead, len(ids))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, id := range ids {
		group.Go(func() (err error) {
			if out[i], err = s.api.Leads.Get(groupCtx, id); kommo.HasCode(err, kommo.CodeNotFound) {
				out[i], err = kommo.Lead{Deleted: true}, nil // in the bin
			}
			return err
		})
	}
	err := group.Wait()
	return out, err
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
		return s.undecided(ctx, callerNames(busy)+" "+manner+", with "+fmt.Sprint(len(leads))+" active leads.", leads)
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

// callerNames lists who has the number: "Rosa Delgado and Luis Delgado".
func callerNames(callers []caller) string {
	const most = 3
	var list []string
	for _, c := range callers[:min(len(callers), most)] {
		list = append(list, c.name)
	}
	if more := len(callers) - most; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, " and ")
}
