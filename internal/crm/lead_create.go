package crm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// maxComplexFields is how many custom fields one record may bring along (Kommo
// API facts: leads, complex).
const maxComplexFields = 40

// NewLead is a lead to create with its contact and company. A contact is given by
// id, or by name, phone and e-mail; a company by id or by name.
type NewLead struct {
	Name          string
	Price         *float64
	Pipeline      string // empty: the main one
	Stage         string // empty: the pipeline's first
	Responsible   string // empty: the user of the token
	ContactID     int64
	ContactName   string
	ContactPhone  string
	ContactEmail  string
	CompanyID     int64
	CompanyName   string
	Fields        map[string]any
	ContactFields map[string]any // of a new contact only
	Tags          []string
	Note          string
	Key           string // idempotency key; empty: none
}

// MadeLead is a new lead: where it is, what was made for it and what was found.
type MadeLead struct {
	Made

	Pipeline    string `json:"pipeline,omitempty"`
	Stage       string `json:"stage,omitempty"`
	Responsible string `json:"responsible,omitempty"`
}

// CreateLead makes a lead with its contact and company in one POST. A contact
// with the same phone or e-mail and a company of the same name are looked up
// first, at once, and reused. The note is a second POST whose failure is a
// warning. A lost answer is looked up among the newest leads.
func (s *Service) CreateLead(ctx context.Context, n NewLead) (MadeLead, error) {
	if err := n.check(); err != nil {
		return MadeLead{}, err
	}
	out, repeat, err := once(ctx, s, "create_lead_with_contact", n.Key, n, func(ctx context.Context) (MadeLead, error) {
		return withNames(ctx, s, func(ctx context.Context) (MadeLead, error) { return s.createLead(ctx, n) })
	})
	out.Repeat = repeat
	return out, err
}

func (s *Service) createLead(ctx context.Context, n NewLead) (MadeLead, error) {
	release, err := s.turns.take(ctx, n.keys()...)
	if err != nil {
		return MadeLead{}, err
	}
	defer release()
	p, err := s.planLead(ctx, n)
	if err != nil {
		return MadeLead{}, err
	}
	made, lookedUp, err := s.writeLead(ctx, p.lead)
	release()
	if err != nil {
		return MadeLead{}, p.explained(err)
	}
	out := MadeLead{Made: s.leadAnswer(p, made), Pipeline: p.stage.PipelineName, Stage: p.stage.Name, Responsible: p.user.Name}
	out.LookedUp = lookedUp
	if strings.TrimSpace(n.Note) != "" {
		s.noteOnNewLead(ctx, n.Note, &out.Made)
	}
	return out, nil
}

// check refuses what needs no request to be refused.
func (n NewLead) check() error {
	if err := needText("name", n.Name); err != nil {
		return err
	}
	if n.ContactID != 0 && strings.TrimSpace(n.ContactName+n.ContactPhone+n.ContactEmail) != "" {
		return problem.Invalid("contact_id", "The argument contact_id names an existing contact, and a name, phone or e-mail of one was given too.").
			WithNext("Give contact_id alone (update_contact changes its phone or e-mail), or leave it out.")
	}
	if n.CompanyID != 0 && strings.TrimSpace(n.CompanyName) != "" {
		return problem.Invalid("company_id", "The arguments company_id and company_name were given together.").WithNext("Give one of them.")
	}
	if len(n.ContactFields) > 0 && n.ContactID == 0 && strings.TrimSpace(n.ContactName+n.ContactPhone+n.ContactEmail) == "" {
		return problem.Invalid("contact_fields", "The argument contact_fields was given without a contact.").
			WithNext("Give contact_name, contact_phone or contact_email with them.")
	}
	if len(n.Fields) > maxComplexFields || len(n.ContactFields) > maxComplexFields {
		return problem.Invalid("fields", fmt.Sprintf("A new record takes at most %d custom fields.", maxComplexFields)).
			WithNext("Create the lead with the most important ones and add the others with update_lead or update_contact.")
	}
	if err := checkEmail("contact_email", n.ContactEmail); err != nil || n.Note == "" {
		return err
	}
	return checkNote("note", n.Note)
}

// newLeadPlan is a lead ready to be sent, and what was found on the way.
type newLeadPlan struct {
	lead     kommo.ComplexLead
	stage    directory.Stage // zero: Kommo's default
	user     directory.User
	contact  Record // the one that is reused; else what a new one is called
	company  Record
	warnings []string
}

func (s *Service) planLead(ctx context.Context, n NewLead) (*newLeadPlan, error) {
	p := &newLeadPlan{lead: kommo.ComplexLead{Name: strings.TrimSpace(n.Name), Price: n.Price}}
	if err := s.placeLead(ctx, n, p); err != nil {
		return nil, err
	}
	for _, tag := range n.Tags {
		p.lead.AddTags = append(p.lead.AddTags, kommo.TagRef{Name: tag})
	}
	var err error
	if p.lead.Fields, err = s.fieldWrites(ctx, kommo.Leads, filled(n.Fields)); err != nil {
		return nil, err
	}
	contactFields, err := s.contactFields(ctx, n)
	if err != nil {
		return nil, err
	}
	found, err := s.findParties(ctx, n)
	if err != nil {
		return nil, err
	}
	p.addContact(s, n, found, contactFields)
	p.addCompany(s, n, found)
	return p, nil
}

// placeLead resolves pipeline, stage and responsible. A stage without a pipeline
// is looked for in the main one first, where Kommo puts new leads.
func (s *Service) placeLead(ctx context.Context, n NewLead, p *newLeadPlan) error {
	var err error
	if p.stage, err = s.firstPlace(ctx, n.Pipeline, n.Stage); err != nil {
		return err
	}
	p.lead.PipelineID, p.lead.StatusID = p.stage.PipelineID, p.stage.ID
	var warning string
	p.user, warning, err = s.owner(ctx, n.Responsible)
	p.lead.ResponsibleID, p.warnings = p.user.ID, warned(p.warnings, warning)
	return err
}

// firstPlace is the stage in which a new lead starts. Where none is asked for it is
// the one that Kommo would choose, so that the answer can say where the lead is;
// zero if the pipelines are not known yet, since that is worth no request.
func (s *Service) firstPlace(ctx context.Context, pipeline, stage string) (directory.Stage, error) {
	pipeline, stage = strings.TrimSpace(pipeline), strings.TrimSpace(stage)
	if pipeline != "" {
		chosen, err := s.names.Pipeline(ctx, pipeline)
		if err != nil {
			return directory.Stage{}, err
		}
		if stage != "" {
			return s.names.Stage(ctx, stage, &chosen.ID)
		}
		return firstStage(chosen), nil
	}
	if stage == "" {
		main, _ := mainOf(s.names.KnownPipelines())
		return firstStage(main), nil
	}
	all, err := s.names.Pipelines(ctx)
	if err != nil {
		return directory.Stage{}, err
	}
	if main, ok := mainOf(all); ok {
		return s.names.StageNear(ctx, stage, main.ID)
	}
	return s.names.Stage(ctx, stage, nil)
}

// mainOf is the main pipeline among them.
func mainOf(all []directory.Pipeline) (main directory.Pipeline, ok bool) {
	at := slices.IndexFunc(all, func(p directory.Pipeline) bool { return p.Main })
	if at < 0 {
		return main, false
	}
	return all[at], true
}

// firstStage is where leads of a pipeline begin; without an open stage Kommo
// chooses.
func firstStage(p directory.Pipeline) directory.Stage {
	at := slices.IndexFunc(p.Stages, func(st directory.Stage) bool { return st.Kind == directory.StageOpen })
	if at < 0 {
		return directory.Stage{PipelineID: p.ID, PipelineName: p.Name}
	}
	return p.Stages[at]
}

// contactFields are the custom fields of a new contact without phone and e-mail,
// which have arguments of their own.
func (s *Service) contactFields(ctx context.Context, n NewLead) ([]kommo.FieldValueWrite, error) {
	writes, err := s.fieldWrites(ctx, kommo.Contacts, filled(n.ContactFields))
	if err != nil || len(writes) == 0 {
		return writes, contactArgument(err)
	}
	err = s.ownArguments(ctx, kommo.Contacts, writes, "contact_fields", map[string]string{kommo.CodePhone: "contact_phone", kommo.CodeEmail: "contact_email"})
	if err != nil {
		return nil, err
	}
	return writes, nil
}

// filled leaves out nulls: a new record has nothing to clear.
func filled(plain map[string]any) map[string]any {
	out := maps.Clone(plain)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// contactArgument renames the argument of a refusal: the directory knows only
// fields.
func contactArgument(err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		return err
	}
	if rest, ok := strings.CutPrefix(p.Field, "fields."); ok {
		return directory.ForField(err, "contact_fields."+rest)
	}
	return err
}
