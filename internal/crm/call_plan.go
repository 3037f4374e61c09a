package crm

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// callPlan is a call whose arguments are understood.
type callPlan struct {
	Call

	number    phone.Number
	region    string // the country in which bare numbers are read
	zone      *time.Location
	uniq      string    // by it a lost note is found again
	accepted  time.Time // dates in words are read from here
	started   time.Time // zero: not told
	exact     bool      // started has a time of day
	recording string    // empty where there is none that Kommo may show
	pipeline  *directory.Pipeline
	due       deadline
	taskUser  directory.User // zero: the card's user
	taskDone  bool
	skipped   []string
	warnings  []string
}

func (p *callPlan) outbound() bool { return p.Direction == "outbound" }

// line is the number as the note shows it.
func (p *callPlan) line() string {
	return cmp.Or(p.number.E164, strings.TrimSpace(p.Phone), "unknown")
}

// createdAt dates the notes at the start of the call, so that they stand in the
// card's timeline where the call was; 0 (now) where the start is not known to
// the minute.
func (p *callPlan) createdAt() kommo.Unix {
	if !p.exact {
		return 0
	}
	return kommo.UnixOf(p.started)
}

// planCall reads the arguments: names, dates, the phone.
func (s *Service) planCall(ctx context.Context, rec *callRecord) (*callPlan, error) {
	c := rec.Call
	if err := s.names.Warm(ctx, callSections(c)...); err != nil {
		return nil, err
	}
	account, err := s.names.Account(ctx)
	if err != nil {
		return nil, err
	}
	p := &callPlan{Call: c, number: phone.Parse(c.Phone, account.Country), region: account.Country, zone: account.Location()}
	s.zone.Store(p.zone)
	p.uniq, p.accepted = rec.Uniq, rec.Accepted
	p.FollowUpText = strings.TrimSpace(c.FollowUpText)
	p.open(rec)
	if err := p.readStart(); err != nil {
		return nil, err
	}
	p.readRecording()
	if err := s.planFollowUp(ctx, p); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Pipeline) != "" {
		pipeline, err := s.names.Pipeline(ctx, c.Pipeline)
		if err != nil {
			return nil, err
		}
		p.pipeline = &pipeline
	}
	return p, nil
}

// callSections is what of the directory the call needs, to load it at once.
func callSections(c Call) []directory.Section {
	out := []directory.Section{directory.InAccount}
	if c.Stage != "" || c.Pipeline != "" {
		out = append(out, directory.InPipelines)
	}
	if c.FollowUpResponsible != "" {
		out = append(out, directory.InUsers)
	}
	if len(c.Fields) > 0 {
		out = append(out, directory.InLeadFields)
	}
	return out
}

// open leaves of the call's wishes those that no earlier attempt has fulfilled.
func (p *callPlan) open(rec *callRecord) {
	p.Fields, p.Tags = maps.Clone(p.Fields), slices.Clone(p.Tags)
	for _, name := range rec.Applied.Fields {
		delete(p.Fields, name)
	}
	p.Tags = slices.DeleteFunc(p.Tags, func(tag string) bool { return hasTag(rec.Applied.Tags, strings.TrimSpace(tag)) })
	if rec.Applied.Stage {
		p.Stage = ""
	}
	if rec.Steps[stepTask].finished() {
		p.taskDone = true
	}
}

func (p *callPlan) readStart() error {
	now := p.accepted
	if strings.TrimSpace(p.StartedAt) == "" {
		return nil
	}
	m, err := when.Parse(p.StartedAt, p.zone, now)
	if err != nil {
		return badTime("started_at", err)
	}
	if m.Time.After(now.Add(clockSkew)) {
		p.warnings = append(p.warnings, "started_at lies in the future and was not used.")
		return nil
	}
	p.started, p.exact = m.Time, !m.DateOnly
	return nil
}

func (p *callPlan) readRecording() {
	link := strings.TrimSpace(p.RecordingURL)
	u, err := url.Parse(link)
	switch {
	case link == "":
	case err == nil && slices.Contains([]string{"http", "https"}, u.Scheme) && u.Host != "":
		p.recording = link
	default:
		p.skipped = append(p.skipped, "recording_url: it is no http address")
	}
}

func (s *Service) planFollowUp(ctx context.Context, p *callPlan) (err error) {
	if p.FollowUpText == "" {
		return nil
	}
	if p.due, err = s.dueFrom(ctx, p.accepted, "follow_up_due", cmp.Or(strings.TrimSpace(p.FollowUpDue), "tomorrow")); err != nil {
		return err
	}
	var warning string
	if p.taskUser, warning, err = s.responsible(ctx, p.FollowUpResponsible); err != nil {
		return directory.ForField(err, "follow_up_responsible")
	}
	p.warnings = warned(warned(p.warnings, p.due.warning), warning)
	return nil
}

// leadChange is what a call changes on its lead; the zero value is nothing.
type leadChange struct {
	write  kommo.LeadWrite
	stage  *directory.Stage // nil: stays where it is
	fields []string         // their names
	tags   []string
}

func (c leadChange) empty() bool { return c.stage == nil && len(c.fields)+len(c.tags) == 0 }

// planChange resolves stage and fields for the card; the zero card stands for a
// lead that is to be made.
func (s *Service) planChange(ctx context.Context, p *callPlan, c callCard) (out leadChange, err error) {
	if c.id != 0 && c.kind != KindLead || c.id == 0 && p.UnknownCaller == UnknownContactOnly {
		return out, nil // no lead: what was asked for it is skipped with a word
	}
	if out.write.Fields, err = s.fieldWrites(ctx, kommo.Leads, p.Fields); err != nil {
		return out, err
	}
	for name := range p.Fields {
		out.fields = append(out.fields, name)
	}
	slices.Sort(out.fields)
	out.tags = distinctTags(p.Tags)
	out.write.AddTags = kommo.TagNames(out.tags)
	if strings.TrimSpace(p.Stage) == "" {
		return out, nil
	}
	stage, err := s.callStage(ctx, p, c)
	if err != nil {
		return out, err
	}
	if c.lead.StatusID != stage.ID || c.lead.PipelineID != stage.PipelineID {
		out.stage = &stage
		// Won and lost have the same ids in every pipeline, so that both are sent.
		out.write.StatusID, out.write.PipelineID = stage.ID, stage.PipelineID
	}
	return out, nil
}

// distinctTags leaves out what is empty and what differs in nothing but case.
func distinctTags(tags []string) []string {
	var out []string
	for _, tag := range compact(tags...) {
		if !hasTag(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

func hasTag(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(strings.TrimSpace(t), tag) })
}

// callStage resolves the stage: near where the lead is, or in the pipeline in
// which a new one starts.
func (s *Service) callStage(ctx context.Context, p *callPlan, c callCard) (directory.Stage, error) {
	own := c.lead.PipelineID
	if c.id == 0 {
		start, err := s.startPipeline(ctx, p)
		if err != nil {
			return directory.Stage{}, err
		}
		own = start.ID
	}
	stage, err := s.destination(ctx, StageMove{Stage: p.Stage, Pipeline: p.Pipeline}, own)
	if err == nil && stage.Kind == directory.StageIncoming {
		return stage, problem.Invalid("stage", "leads cannot be moved to the stage of incoming leads").
			WithNext("Name another stage; for an unknown caller unknown_caller incoming_lead makes an incoming lead.")
	}
	return stage, err
}

// startPipeline is where a new lead goes: the pipeline named, else the main one.
func (s *Service) startPipeline(ctx context.Context, p *callPlan) (directory.Pipeline, error) {
	if p.pipeline != nil {
		return *p.pipeline, nil
	}
	return s.mainPipeline(ctx)
}

func (s *Service) mainPipeline(ctx context.Context) (directory.Pipeline, error) {
	all, err := s.names.Pipelines(ctx)
	if err != nil {
		return directory.Pipeline{}, err
	}
	for _, p := range all {
		if p.Main {
			return p, nil
		}
	}
	if len(all) == 0 {
		return directory.Pipeline{}, problem.New(problem.Unavailable, "this account has no pipeline that the token may see")
	}
	return all[0], nil
}
