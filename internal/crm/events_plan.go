package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// robot is the author that stands for whoever is not a user.
const robot = "robot"

// eventTypes are the words for types of events (Kommo API facts: events). Types
// without a word are listed where none is asked for.
var eventTypes = map[string][]string{
	"created":     {"lead_added", "contact_added", "company_added", "customer_added"},
	"deleted":     {"lead_deleted", "contact_deleted", "company_deleted", "lead_restored", "contact_restored", "company_restored", "entity_merged"},
	"stage":       {eventStage},
	"responsible": {eventResponsible},
	"price":       {"sale_field_changed"},
	"name":        {"name_field_changed"},
	"field":       {eventField},
	"tag":         {"entity_tag_added", "entity_tag_deleted"},
	"link": {
		"entity_linked", "entity_unlinked", "lead_linked", "lead_unlinked", "contact_linked", "contact_unlinked",
		"company_linked", "company_unlinked",
	},
	"task": {
		"task_added", "task_completed", "task_result_added", "task_deadline_changed", "task_text_changed", "task_type_changed", "task_deleted",
	},
	"note": {
		"common_note_added", "common_note_deleted", "attachment_note_added", "service_note_added", "geo_note_added",
		"site_visit_note_added", "message_to_cashier_note_added", "targeting_in_note_added", "targeting_out_note_added",
	},
	"call": {"incoming_call", "outgoing_call"},
	"message": {
		"incoming_chat_message", "outgoing_chat_message", "entity_direct_message", "incoming_sms", "outgoing_sms",
		"incoming_mail", "outgoing_mail",
	},
	"talk": {"talk_created", "talk_closed", "conversation_answered", "talk_missed_event"},
	"bot":  {"robot_replied", "intent_identified", "ai_result"},
}

// eventWord is the word for a type of event; the type itself where there is none.
func eventWord(kind string) string {
	switch {
	case strings.HasPrefix(kind, "custom_field"):
		return "field"
	case kind == "":
		return "other"
	}
	for word, kinds := range eventTypes {
		if slices.Contains(kinds, kind) {
			return word
		}
	}
	return kind
}

// eventPlan is a query turned into Kommo's filters and the checks made here: what
// Kommo does not know it ignores.
type eventPlan struct {
	filter  kommo.EventFilter
	words   []string
	authors []int64
	span    when.Range
	stages  []kommo.StagePair
}

func (s *Service) planEvents(ctx context.Context, in EventQuery, names *directory.Snapshot, until int64) (eventPlan, error) {
	p := eventPlan{words: in.Types}
	p.filter.With = []string{"lead_name", "contact_name", "company_name"}
	var err error
	if p.filter.Entity, p.filter.EntityIDs, err = eventRecord(in); err != nil {
		return p, err
	}
	if p.span, err = rangeOf("period", in.Period, names.Account.Location(), s.clock.Now()); err != nil {
		return p, err
	}
	p.filter.CreatedAt = heldRange(p.span, until)
	if p.authors, err = s.authors(ctx, in.Author); err != nil {
		return p, err
	}
	p.filter.CreatedBy = p.authors
	if err := s.planEventStage(ctx, &p, in); err != nil {
		return p, err
	}
	for _, word := range p.words {
		p.filter.Types = append(p.filter.Types, eventTypes[word]...)
	}
	return p, nil
}

// eventRecord is the record asked about; none where no id is given.
func eventRecord(in EventQuery) (entity string, ids []int64, err error) {
	given := map[string]int64{KindLead: in.LeadID, KindContact: in.ContactID, KindCompany: in.CompanyID, KindTask: in.TaskID}
	for _, kind := range []string{KindLead, KindContact, KindCompany, KindTask} {
		if given[kind] == 0 {
			continue
		}
		if entity != "" {
			return "", nil, problem.Invalid(kind+"_id", fmt.Sprintf("The arguments %s_id and %s_id were given together; one record is meant.", entity, kind)).
				WithNext("Give at most one of lead_id, contact_id, company_id and task_id.")
		}
		entity, ids = kind, []int64{given[kind]}
	}
	return entity, ids, nil
}

// heldRange is a range that ends at until at the latest. Both ends are sent: a
// lone end is not documented.
func heldRange(span when.Range, until int64) kommo.Range {
	r := kommoRange(span)
	if r.From == nil {
		r.From = new(int64(1))
	}
	if r.To == nil || *r.To > until {
		r.To = &until
	}
	return r
}

// maxAuthors is how many authors one request takes.
const maxAuthors = 10

// authors resolves users by name; robot is 0.
func (s *Service) authors(ctx context.Context, names []string) ([]int64, error) {
	if len(names) > maxAuthors {
		return nil, problem.Invalid("author", fmt.Sprintf("At most %d authors can be asked for at once.", maxAuthors)).WithNext("Name fewer, or none for everybody.")
	}
	var ids []int64
	for _, name := range names {
		if word := strings.TrimSpace(name); strings.EqualFold(word, robot) || strings.EqualFold(word, "bot") { // the answer's key is bot
			ids = append(ids, 0)
			continue
		}
		u, err := s.names.User(ctx, name)
		if err != nil {
			return nil, directory.ForField(err, "author")
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}

// planEventStage narrows to leads that came into a stage.
func (s *Service) planEventStage(ctx context.Context, p *eventPlan, in EventQuery) error {
	if strings.TrimSpace(in.Stage) == "" {
		if strings.TrimSpace(in.Pipeline) != "" {
			return problem.Invalid("pipeline", "The argument pipeline narrows stage, which was not given.").
				WithNext("Give stage too, such as won, or leave pipeline out.")
		}
		return nil
	}
	if len(p.words) > 0 && !slices.Equal(p.words, []string{"stage"}) {
		return problem.Invalid("types", "With stage only events of the type stage can be listed.").WithNext("Leave types out.")
	}
	var pipelines []int64
	if strings.TrimSpace(in.Pipeline) != "" {
		found, err := s.names.Pipeline(ctx, in.Pipeline)
		if err != nil {
			return err
		}
		pipelines = []int64{found.ID}
	}
	stages, err := s.names.Stages(ctx, []string{in.Stage}, pipelines)
	if err != nil {
		return err
	}
	p.words = []string{"stage"}
	for _, st := range stages {
		p.stages = append(p.stages, kommo.StagePair{PipelineID: st.PipelineID, StatusID: st.ID})
	}
	if len(p.stages) <= maxPairs {
		p.filter.After.Stages = p.stages
	}
	return nil
}

func (p *eventPlan) matches(e kommo.Event) bool {
	return (len(p.filter.EntityIDs) == 0 || e.EntityID == p.filter.EntityIDs[0] && e.EntityType == p.filter.Entity) &&
		(len(p.words) == 0 || slices.Contains(p.words, eventWord(e.Type))) &&
		(len(p.authors) == 0 || slices.Contains(p.authors, e.CreatedBy)) &&
		p.during(e.CreatedAt.Time()) && (len(p.stages) == 0 || p.cameInto(e))
}

func (p *eventPlan) during(at time.Time) bool {
	return p.span.Contains(at) && (p.filter.CreatedAt.To == nil || at.Unix() <= *p.filter.CreatedAt.To)
}

func (p *eventPlan) cameInto(e kommo.Event) bool {
	after := firstValue(e.ValuesAfter()).Stage
	return after != nil && slices.Contains(p.stages, kommo.StagePair{PipelineID: after.PipelineID, StatusID: after.ID})
}
