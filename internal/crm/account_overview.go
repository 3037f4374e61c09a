package crm

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// The extra sections of AccountOverview.
const (
	SectionFields      = "fields"
	SectionTaskTypes   = "task_types"
	SectionLossReasons = "loss_reasons"
	SectionTags        = "tags"
)

// AccountOverview is what one must know before working in an account. The last
// four keys are there where their section was asked for. Server says what this
// server may do; the caller fills it.
type AccountOverview struct {
	ID          int64          `json:"id"`
	Name        string         `json:"name"`
	URL         string         `json:"url"`
	Today       string         `json:"today"` // Saturday 2026-11-21
	Now         string         `json:"now"`
	TimeZone    string         `json:"time_zone"`
	Currency    string         `json:"currency"`
	Country     string         `json:"country,omitempty"`
	Me          UserLine       `json:"me"`
	Server      string         `json:"server,omitempty"`
	Pipelines   []PipelineLine `json:"pipelines"`
	Users       []UserLine     `json:"users"`
	TaskTypes   []string       `json:"task_types,omitempty"`
	LossReasons []string       `json:"loss_reasons,omitempty"`
	// By kind of card: leads, contacts, companies. Each kind has its own tags.
	Fields map[string][]FieldLine `json:"fields,omitempty"`
	Tags   map[string][]string    `json:"tags,omitempty"`
	Notes  []string               `json:"notes,omitempty"` // what is unavailable or unusual, and why
}

// UserLine is a user; Rights is what he may do with leads, in a word.
type UserLine struct {
	ID     int64  `json:"id"`
	Name   string `json:"name,omitempty"` // empty: users could not be read just now
	Group  string `json:"group,omitempty"`
	Rights string `json:"rights,omitempty"`
	Left   bool   `json:"inactive,omitempty"`
}

// PipelineLine is a pipeline with its open stages in their order and what it
// calls won and lost.
type PipelineLine struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Main     bool     `json:"main,omitempty"`
	Archived bool     `json:"archived,omitempty"`
	Incoming string   `json:"incoming,omitempty"` // stage of leads not accepted yet
	Stages   []string `json:"stages"`
	Won      string   `json:"won"`
	Lost     string   `json:"lost"`
}

// FieldLine is a custom field; Options are the values that a list can take.
type FieldLine struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Code     string   `json:"code,omitempty"`
	Options  []string `json:"options,omitempty"`
	ReadOnly bool     `json:"read_only,omitempty"`
}

// Overview tells about the account. With a warm directory it costs no request,
// but for the tags, which are three.
func (s *Service) Overview(ctx context.Context, sections []string) (AccountOverview, error) {
	account, err := s.names.Account(ctx)
	if err != nil {
		return AccountOverview{}, err
	}
	now := s.clock.Now().In(account.Location())
	out := AccountOverview{
		ID: account.ID, Name: account.Name, URL: s.api.Home(),
		Today: now.Format("Monday 2006-01-02"), Now: when.Format(now, account.Location()), TimeZone: zoneName(account.Location(), now),
		Currency: account.Currency, Country: account.Country, Me: UserLine{ID: account.CurrentUserID},
		Pipelines: []PipelineLine{}, Users: []UserLine{},
	}
	if !account.FiltersOn {
		out.Notes = append(out.Notes, "Filtering is switched off in this account's API: searches read whole pages and filter here, so narrow them.")
	}
	if slices.Contains(sections, SectionTaskTypes) {
		for _, t := range account.TaskTypes {
			out.TaskTypes = append(out.TaskTypes, t.Name)
		}
	}
	p := newParts(ctx)
	p.main(func(ctx context.Context) error { return s.overviewPipelines(ctx, &out) })
	var notes overviewNotes
	p.side("users", func(ctx context.Context) error { return s.overviewUsers(ctx, account, &out, &notes) })
	s.overviewSections(p, sections, &out, &notes)
	warnings, err := p.done()
	if err != nil {
		return AccountOverview{}, err
	}
	out.Notes = append(append(append(out.Notes, notes.list()...), warnings...), s.pendingWords(ctx)...)
	return out, nil
}

// zoneName is the name of the zone and its present offset.
func zoneName(zone *time.Location, now time.Time) string {
	return zone.String() + " (UTC" + now.Format("-07:00") + ")"
}

func (s *Service) overviewPipelines(ctx context.Context, out *AccountOverview) error {
	all, err := s.names.Pipelines(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		line := PipelineLine{ID: p.ID, Name: p.Name, Main: p.Main, Archived: p.Archive, Stages: []string{}}
		for _, st := range p.Stages {
			switch st.Kind {
			case directory.StageWon:
				line.Won = st.Name
			case directory.StageLost:
				line.Lost = st.Name
			case directory.StageIncoming:
				line.Incoming = st.Name
			default:
				line.Stages = append(line.Stages, st.Name)
			}
		}
		out.Pipelines = append(out.Pipelines, line)
	}
	return nil
}

func (s *Service) overviewUsers(ctx context.Context, account directory.Account, out *AccountOverview, notes *overviewNotes) error {
	list, err := s.names.Users(ctx)
	if err != nil {
		return err
	}
	if list.Unavailable != "" {
		out.Me.Name = "the user of this token"
		notes.add("users", "The users cannot be listed: "+list.Unavailable+". Names of users appear as ids; me and user ids work as responsible.")
	}
	groups := map[int64]string{}
	for _, g := range account.Groups {
		groups[g.ID] = g.Name
	}
	for _, u := range list.Items {
		line := UserLine{ID: u.ID, Name: u.Name, Group: u.Group, Rights: u.Access, Left: !u.Active}
		if line.Group == "" { // Kommo names no group for members of the default one
			line.Group = groups[u.GroupID]
		}
		if line.Left {
			line.Rights = ""
		}
		out.Users = append(out.Users, line)
		if u.ID == out.Me.ID {
			out.Me = line
		}
	}
	return nil
}

// overviewSections loads the sections that were asked for.
func (s *Service) overviewSections(p *parts, sections []string, out *AccountOverview, notes *overviewNotes) {
	if slices.Contains(sections, SectionLossReasons) {
		p.side("loss reasons", func(ctx context.Context) error {
			list, err := s.names.LossReasons(ctx)
			for _, r := range list.Items {
				out.LossReasons = append(out.LossReasons, r.Name)
			}
			notes.add("loss reasons", list.Unavailable)
			return err
		})
	}
	if slices.Contains(sections, SectionFields) {
		out.Fields = map[string][]FieldLine{}
		eachKind(p, "fields", out.Fields, notes, func(ctx context.Context, entity kommo.Entity) ([]FieldLine, string, error) {
			list, err := s.names.Fields(ctx, entity)
			return fieldLines(list.Items), list.Unavailable, err
		})
	}
	if slices.Contains(sections, SectionTags) {
		out.Tags = map[string][]string{}
		eachKind(p, "tags", out.Tags, notes, func(ctx context.Context, entity kommo.Entity) ([]string, string, error) {
			page, err := s.api.Tags.List(ctx, entity, kommo.TagFilter{ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
			note := ""
			if page.HasNext {
				note = "there are more than are listed"
			}
			return append([]string{}, tagNames(page.Items)...), note, err
		})
	}
}

// eachKind loads a section of leads, contacts and companies at once.
func eachKind[T any](p *parts, what string, into map[string][]T, notes *overviewNotes,
	load func(context.Context, kommo.Entity) (rows []T, note string, err error),
) {
	for _, entity := range []kommo.Entity{kommo.Leads, kommo.Contacts, kommo.Companies} {
		name := what + " of " + string(entity)
		p.side(name, func(ctx context.Context) error {
			rows, note, err := load(ctx, entity)
			if err != nil {
				return err
			}
			notes.mu.Lock()
			into[string(entity)] = rows
			notes.mu.Unlock()
			notes.add(name, note)
			return nil
		})
	}
}

// maxOptions bounds the options that are listed of one field.
const maxOptions = 40

func fieldLines(fields []directory.Field) []FieldLine {
	out := []FieldLine{}
	for _, f := range fields {
		line := FieldLine{Name: f.Name, Type: string(f.Type), Code: f.Code, ReadOnly: f.Computed}
		for _, o := range f.Options[:min(len(f.Options), maxOptions)] {
			line.Options = append(line.Options, optionName(o))
		}
		if rest := len(f.Options) - maxOptions; rest > 0 {
			line.Options = append(line.Options, "…")
		}
		out = append(out, line)
	}
	return out
}

// optionName is the label, or the code in fields such as Phone that have no
// labels.
func optionName(o directory.FieldOption) string {
	if o.Label != "" {
		return o.Label
	}
	return o.Code
}

// overviewNotes collects why sections are unavailable.
type overviewNotes struct {
	mu    sync.Mutex
	notes []string
}

func (n *overviewNotes) add(what, why string) {
	if why == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !strings.HasPrefix(why, "The ") {
		why = what + ": " + why
	}
	n.notes = append(n.notes, why)
}

func (n *overviewNotes) list() []string {
	slices.Sort(n.notes)
	return n.notes
}
