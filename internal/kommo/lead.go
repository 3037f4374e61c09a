package kommo

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// Entity is a kind of card, as paths name it.
type Entity string

// The kinds of cards.
const (
	Leads     Entity = "leads"
	Contacts  Entity = "contacts"
	Companies Entity = "companies"
)

// The ids of the closed stages, the same in every pipeline.
const (
	StatusWon  int64 = 142
	StatusLost int64 = 143
)

// Lead is a lead as Kommo returns it (Kommo API facts: leads).
type Lead struct {
	ID            int64        `json:"id"`
	Name          string       `json:"name"`
	Price         Decimal      `json:"price"`
	MinorPrice    *float64     `json:"price_with_minor_units"` // exact price; preferred where given
	ResponsibleID int64        `json:"responsible_user_id"`
	GroupID       int64        `json:"group_id"`
	StatusID      int64        `json:"status_id"`
	PipelineID    int64        `json:"pipeline_id"`
	LossReasonID  *int64       `json:"loss_reason_id"`
	SourceID      *int64       `json:"source_id"`
	CreatedBy     int64        `json:"created_by"`
	UpdatedBy     int64        `json:"updated_by"` // 0: a robot
	CreatedAt     Unix         `json:"created_at"`
	UpdatedAt     Unix         `json:"updated_at"`
	ClosedAt      Unix         `json:"closed_at"`
	ClosestTaskAt Unix         `json:"closest_task_at"`
	Deleted       bool         `json:"is_deleted"`
	Fields        []FieldValue `json:"custom_fields_values"`
	Score         *Int         `json:"score"`
	AccountID     int64        `json:"account_id"`
	LaborCost     *Int         `json:"labor_cost"` // seconds
	PriceByRobot  bool         `json:"is_price_modified_by_robot"`
	PriceComputed bool         `json:"is_price_computed"`
	Embedded      LeadEmbedded `json:"_embedded"`
}

// Amount is the price with its cents, where Kommo gives them.
func (l Lead) Amount() float64 {
	if l.MinorPrice != nil {
		return *l.MinorPrice
	}
	return l.Price.Float()
}

// Closed reports whether the lead is won or lost.
func (l Lead) Closed() bool { return l.StatusID == StatusWon || l.StatusID == StatusLost }

// LeadEmbedded are the records that come with a lead: tags and companies
// always, the rest if asked for.
type LeadEmbedded struct {
	Tags       []Tag       `json:"tags"`
	Companies  []Linked    `json:"companies"`
	Contacts   []Linked    `json:"contacts"`
	Elements   []Linked    `json:"catalog_elements"`
	LossReason LossReasons `json:"loss_reason"`
	Source     *Source     `json:"source"`
}

// Linked is a record named by another one.
type Linked struct {
	ID       int64         `json:"id"`
	Main     bool          `json:"is_main"`
	Metadata *LinkMetadata `json:"metadata"`
}

// Source is where a lead came from.
type Source struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// LossReasons is a list that some answers write as a single object.
type LossReasons []LossReason

// UnmarshalJSON reads a list, an object or null.
func (l *LossReasons) UnmarshalJSON(raw []byte) error {
	*l = nil
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return nil
	case raw[0] == '[':
		var list []LossReason
		err := unmarshal(raw, &list)
		*l = list
		return err
	}
	var one LossReason
	if err := unmarshal(raw, &one); err != nil {
		return err
	}
	*l = LossReasons{one}
	return nil
}

// LeadFilter selects leads.
type LeadFilter struct {
	CardFilter
	ListOptions

	Pipelines []int64
	Stages    []StagePair
	Price     Range
	ClosedAt  Range
}

func (f LeadFilter) query() url.Values {
	q := url.Values{}
	f.CardFilter.into(q)
	f.ListOptions.into(q)
	setIDs(q, "pipeline_id", f.Pipelines)
	setStages(q, "statuses", f.Stages)
	f.Price.into(q, "price")
	f.ClosedAt.into(q, "closed_at")
	return q
}

// LeadWrite creates or changes a lead. What is left out stays as it is. With
// the stages 142 and 143 the pipeline must be given, since all have them; a
// write without it is refused before it is sent.
type LeadWrite struct {
	ID            int64             `json:"id,omitzero"`
	Name          string            `json:"name,omitzero"`
	Price         *float64          `json:"price,omitzero"`
	StatusID      int64             `json:"status_id,omitzero"`
	PipelineID    int64             `json:"pipeline_id,omitzero"`
	LossReasonID  int64             `json:"loss_reason_id,omitzero"` // only with stage 143
	ResponsibleID int64             `json:"responsible_user_id,omitzero"`
	CreatedBy     *int64            `json:"created_by,omitzero"`
	UpdatedBy     *int64            `json:"updated_by,omitzero"`
	CreatedAt     Unix              `json:"created_at,omitzero"`
	UpdatedAt     Unix              `json:"updated_at,omitzero"` // left out: now
	ClosedAt      Unix              `json:"closed_at,omitzero"`
	Fields        []FieldValueWrite `json:"custom_fields_values,omitzero"`
	AddTags       []TagRef          `json:"tags_to_add,omitzero"`
	RemoveTags    []TagRef          `json:"tags_to_delete,omitzero"` // not on create
	Embedded      *LeadEmbedding    `json:"_embedded,omitzero"`
}

// LeadEmbedding links records to a new lead; on a change only tags are taken,
// and they replace the whole set.
type LeadEmbedding struct {
	Tags      TagSet        `json:"tags,omitzero"`
	Contacts  []LinkedWrite `json:"contacts,omitzero"`
	Companies []LinkedWrite `json:"companies,omitzero"`
}

// LinkedWrite names an existing record to link.
type LinkedWrite struct {
	ID   int64 `json:"id"`
	Main bool  `json:"is_main,omitzero"`
}

// LeadsService reads and writes leads.
type LeadsService struct{ c *Client }

// List reads one page of leads.
func (s *LeadsService) List(ctx context.Context, f LeadFilter) (Page[Lead], error) {
	return getPage[Lead](ctx, s.c, "leads.list", "/leads", "leads", f.query())
}

// All walks all leads that match, page by page.
func (s *LeadsService) All(ctx context.Context, f LeadFilter) iter.Seq2[Lead, error] {
	return everyPage(func(page int) (Page[Lead], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, f)
	})
}

// Get reads one lead. with: contacts, catalog_elements, loss_reason, source_id,
// source, is_price_modified_by_robot, only_deleted.
func (s *LeadsService) Get(ctx context.Context, id int64, with ...string) (Lead, error) {
	return getCard(ctx, s.c, Request{Op: "leads.get", Path: idPath("/leads", id), Query: withQuery(with)}, func(l Lead) int64 { return l.ID })
}

// Create makes leads, at most 250; 50 are advised. One bad item fails all.
func (s *LeadsService) Create(ctx context.Context, leads []LeadWrite) ([]Created, error) {
	const op = "leads.create"
	if err := checkLeads(op, leads); err != nil {
		return nil, err
	}
	return create(ctx, s.c, op, "/leads", "leads", leads)
}

// Update changes one lead.
func (s *LeadsService) Update(ctx context.Context, id int64, w LeadWrite) (Updated, error) {
	const op = "leads.update"
	if err := checkLeads(op, []LeadWrite{w}); err != nil {
		return Updated{}, err
	}
	return patchOne(ctx, s.c, op, idPath("/leads", id), "leads", w)
}

// UpdateMany changes several leads, each named by its ID.
func (s *LeadsService) UpdateMany(ctx context.Context, leads []LeadWrite) ([]Updated, error) {
	const op = "leads.update_many"
	if err := checkLeads(op, leads); err != nil {
		return nil, err
	}
	return patchMany(ctx, s.c, op, "/leads", "leads", leads)
}

// checkLeads refuses a closed stage without its pipeline: Kommo would put the
// lead into a pipeline of its own choice.
func checkLeads(op string, leads []LeadWrite) error {
	for i, l := range leads {
		if err := checkStage(op, i, l.StatusID, l.PipelineID); err != nil {
			return err
		}
	}
	return nil
}

func checkStage(op string, item int, statusID, pipelineID int64) error {
	if pipelineID != 0 || statusID != StatusWon && statusID != StatusLost {
		return nil
	}
	return &Error{
		Code: CodeInvalid, Op: op,
		Message: "the stages won (142) and lost (143) exist in every pipeline, so the pipeline must be given with them",
		Fields:  []FieldError{{Item: strconv.Itoa(item), Path: "pipeline_id", Code: "FieldMissing", Detail: "This field is missing."}},
	}
}
