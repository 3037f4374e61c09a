package crm

import (
	"context"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const briefChanges = 6

// LeadBrief is everything one needs before working on a lead. LeftOut names
// what was not shown, Warnings what could not be read.
type LeadBrief struct {
	ID          int64          `json:"id"`
	URL         string         `json:"url"`
	Name        string         `json:"name"`
	Price       float64        `json:"price"`
	Currency    string         `json:"currency,omitempty"`
	Pipeline    string         `json:"pipeline"`
	Stage       string         `json:"stage"`
	Status      string         `json:"status"` // open, won, lost
	LossReason  string         `json:"loss_reason,omitempty"`
	Responsible string         `json:"responsible"`
	CreatedAt   string         `json:"created_at"`
	UpdatedAt   string         `json:"updated_at"`
	ClosedAt    string         `json:"closed_at,omitempty"`
	Tags        []string       `json:"tags"`
	Fields      map[string]any `json:"fields,omitempty"`
	Contacts    []PersonLine   `json:"contacts"`
	Company     *PersonLine    `json:"company,omitempty"`
	Tasks       []TaskLine     `json:"open_tasks"`
	Notes       []NoteRow      `json:"notes"`
	Changes     []ChangeRow    `json:"changes"`
	LeftOut     []string       `json:"left_out,omitempty"`
	Warnings    []string       `json:"warnings,omitempty"`
}

// PersonLine is a contact or company within a briefing.
type PersonLine struct {
	ID     int64    `json:"id"`
	URL    string   `json:"url"`
	Name   string   `json:"name,omitempty"`
	Main   bool     `json:"main,omitempty"`
	Phones []string `json:"phones,omitempty"`
	Emails []string `json:"emails,omitempty"`
}

// ChangeRow is a change of a lead in words: "stage: Qualified → Negotiation".
type ChangeRow struct {
	At     string `json:"at"`
	By     string `json:"by"`
	Change string `json:"change"`
}

// leadParts is what a briefing is made of, as it was loaded.
type leadParts struct {
	names    *directory.Snapshot
	lead     kommo.Lead
	tasks    kommo.Page[kommo.Task]
	notes    kommo.Page[kommo.Note]
	events   kommo.Page[kommo.Event]
	contacts []kommo.Contact
	company  []kommo.Company
}

// BriefLead reads a lead with its people, tasks, notes and last changes: four
// requests at once, then up to two for the people. Names, types and labels of
// custom fields and of the loss reason come with the lead, so that a cold
// directory costs three requests more and not five.
func (s *Service) BriefLead(ctx context.Context, id int64) (LeadBrief, error) {
	var got leadParts
	p := newParts(ctx)
	p.main(func(ctx context.Context) (err error) {
		got.lead, err = s.api.Leads.Get(ctx, id, "contacts", "loss_reason")
		return err
	})
	p.side("tasks", func(ctx context.Context) (err error) {
		got.tasks, err = s.openTasks(ctx, kommo.Leads, id)
		return err
	})
	p.side("notes", func(ctx context.Context) (err error) {
		got.notes, err = s.lastNotes(ctx, kommo.Leads, id)
		return err
	})
	p.side("changes", func(ctx context.Context) (err error) {
		got.events, err = s.api.Events.List(ctx, kommo.EventFilter{
			Entity: KindLead, EntityIDs: []int64{id}, Types: []string{eventStage, eventResponsible},
			ListOptions: kommo.ListOptions{Limit: briefChanges},
		})
		return err
	})
	s.namesInto(p, &got.names, directory.InPipelines, directory.InUsers)
	warnings, err := p.done()
	if err != nil {
		return LeadBrief{}, notFound("lead_id", "lead", err, "search_leads")
	}
	more, err := s.loadLeadPeople(ctx, &got)
	if err != nil {
		return LeadBrief{}, err
	}
	return s.leadBrief(got, append(warnings, more...)), nil
}

func (s *Service) loadLeadPeople(ctx context.Context, got *leadParts) ([]string, error) {
	embedded := got.lead.Embedded
	// The main contact comes first.
	slices.SortStableFunc(embedded.Contacts, func(a, b kommo.Linked) int {
		return boolToInt(b.Main) - boolToInt(a.Main)
	})
	people := newParts(ctx)
	people.side("contacts", func(ctx context.Context) (err error) {
		ids := linkedIDs(embedded.Contacts)
		got.contacts, err = s.readContacts(ctx, ids[:min(len(ids), briefCards)])
		return err
	})
	people.side("company", func(ctx context.Context) (err error) {
		got.company, err = s.readCompanies(ctx, linkedIDs(embedded.Companies))
		return err
	})
	return people.done()
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// openTasks reads the open tasks of a card, the nearest deadline first.
func (s *Service) openTasks(ctx context.Context, entity kommo.Entity, id int64) (kommo.Page[kommo.Task], error) {
	return s.api.Tasks.List(ctx, kommo.TaskFilter{
		EntityType: entity, EntityIDs: []int64{id}, Completed: new(false),
		Order: kommo.Order{By: "complete_till"}, ListOptions: kommo.ListOptions{Limit: 50},
	})
}

// lastNotes reads the newest notes of a card; more than are shown, to tell how
// many there are.
func (s *Service) lastNotes(ctx context.Context, entity kommo.Entity, id int64) (kommo.Page[kommo.Note], error) {
	return s.api.Notes.ListOf(ctx, entity, id, kommo.NoteFilter{
		Order: kommo.Order{By: "id", Desc: true}, ListOptions: kommo.ListOptions{Limit: 50},
	})
}

func (s *Service) leadBrief(got leadParts, warnings []string) LeadBrief {
	l, names := got.lead, got.names
	zone := names.Account.Location()
	out := LeadBrief{
		ID: l.ID, URL: s.cardURL(KindLead, l.ID), Name: l.Name, Price: l.Amount(), Currency: names.Account.Currency,
		Pipeline: names.PipelineName(l.PipelineID), Stage: names.StageName(l.PipelineID, l.StatusID), Status: leadStatus(l),
		LossReason: lossReason(l, names), Responsible: names.UserName(l.ResponsibleID),
		CreatedAt: moment(l.CreatedAt, zone), UpdatedAt: moment(l.UpdatedAt, zone), ClosedAt: moment(l.ClosedAt, zone),
		Tags: append([]string{}, tagNames(l.Embedded.Tags)...), Fields: otherFields(names, kommo.Leads, l.Fields),
		Contacts: s.contactLines(l.Embedded.Contacts, got.contacts),
		Warnings: warnings, Changes: changeRows(got.events.Items, names),
	}
	if len(l.Embedded.Companies) > 0 {
		out.Company = s.companyLine(l.Embedded.Companies[0].ID, got.company)
	}
	out.LeftOut = leftOut(len(l.Embedded.Contacts), len(out.Contacts), false, "contacts")
	var rest []string
	out.Tasks, out.Notes, rest = s.activity(got.tasks, got.notes, names)
	out.LeftOut = append(out.LeftOut, rest...)
	return out
}

// activity makes the rows of tasks and notes, and says how many are left out.
func (s *Service) activity(tasks kommo.Page[kommo.Task], notes kommo.Page[kommo.Note], names *directory.Snapshot) ([]TaskLine, []NoteRow, []string) {
	taskRows, noteRows := []TaskLine{}, []NoteRow{}
	now := s.clock.Now()
	for _, t := range tasks.Items[:min(len(tasks.Items), briefTasks)] {
		taskRows = append(taskRows, taskLine(t, names, now))
	}
	for _, n := range notes.Items[:min(len(notes.Items), briefNotes)] {
		noteRows = append(noteRows, noteRow(n, names))
	}
	rest := leftOut(len(tasks.Items), len(taskRows), tasks.HasNext, "further open tasks (list_tasks)")
	return taskRows, noteRows, append(rest, leftOut(len(notes.Items), len(noteRows), notes.HasNext, "older notes")...)
}

func leadStatus(l kommo.Lead) string {
	switch l.StatusID {
	case kommo.StatusWon:
		return string(directory.StageWon)
	case kommo.StatusLost:
		return string(directory.StageLost)
	default:
		return string(directory.StageOpen)
	}
}

func lossReason(l kommo.Lead, names *directory.Snapshot) string {
	if len(l.Embedded.LossReason) > 0 && l.Embedded.LossReason[0].Name != "" {
		return l.Embedded.LossReason[0].Name
	}
	if l.LossReasonID == nil {
		return ""
	}
	return names.LossReasonName(*l.LossReasonID)
}

// contactLines names the contacts of a card; those that could not be read keep
// id and link.
func (s *Service) contactLines(links []kommo.Linked, known []kommo.Contact) []PersonLine {
	out := []PersonLine{}
	for _, link := range links[:min(len(links), briefCards)] {
		line := PersonLine{ID: link.ID, URL: s.cardURL(KindContact, link.ID), Main: link.Main}
		for _, c := range known {
			if c.ID == link.ID {
				line.Name, line.Phones, line.Emails = c.Name, fieldTexts(c.Fields, kommo.CodePhone), fieldTexts(c.Fields, kommo.CodeEmail)
			}
		}
		out = append(out, line)
	}
	return out
}

func (s *Service) companyLine(id int64, known []kommo.Company) *PersonLine {
	line := PersonLine{ID: id, URL: s.cardURL(KindCompany, id)}
	for _, c := range known {
		if c.ID == id {
			line.Name, line.Phones, line.Emails = c.Name, fieldTexts(c.Fields, kommo.CodePhone), fieldTexts(c.Fields, kommo.CodeEmail)
		}
	}
	return &line
}
