package kommo

import (
	"context"
	"net/http"
)

// ComplexLead is a lead with at most one contact and one company, each an
// existing one or a new one, made in one request (Kommo API facts: leads).
type ComplexLead struct {
	Name          string            `json:"name,omitzero"`
	Price         *float64          `json:"price,omitzero"`
	StatusID      int64             `json:"status_id,omitzero"`
	PipelineID    int64             `json:"pipeline_id,omitzero"`
	LossReasonID  int64             `json:"loss_reason_id,omitzero"` // only with stage 143
	ResponsibleID int64             `json:"responsible_user_id,omitzero"`
	CreatedBy     *int64            `json:"created_by,omitzero"`
	CreatedAt     Unix              `json:"created_at,omitzero"`
	Fields        []FieldValueWrite `json:"custom_fields_values,omitzero"` // at most 40
	AddTags       []TagRef          `json:"tags_to_add,omitzero"`
	Embedded      ComplexParts      `json:"_embedded,omitzero"`
}

// ComplexParts hold the contact and the company of a complex lead. A
// ContactWrite with an ID links that contact. With Metadata the lead becomes
// an incoming one, and a stage is ignored.
type ComplexParts struct {
	Contacts  []ContactWrite   `json:"contacts,omitzero"`
	Companies []CompanyWrite   `json:"companies,omitzero"`
	Metadata  *ComplexMetadata `json:"metadata,omitzero"`
	Source    *ComplexSource   `json:"source,omitzero"`
}

// ComplexSource says from which of the integration's sources a lead comes, by the
// source's external id (Kommo API facts: leads, sources).
type ComplexSource struct {
	ExternalID string `json:"external_id"`
	Type       string `json:"type"` // widget
}

// ComplexMetadata says which form an incoming lead came from.
type ComplexMetadata struct {
	Category string `json:"category"` // forms, sip
	FormID   string `json:"form_id,omitzero"`
	FormName string `json:"form_name,omitzero"`
	FormPage string `json:"form_page,omitzero"`
	SentAt   Unix   `json:"form_sent_at,omitzero"`
	IP       string `json:"ip,omitzero"`
	Referer  string `json:"referer,omitzero"`
}

// ComplexCreated says what a complex lead became. Merged means that duplicate
// control put it into an existing lead; items that were merged with each other
// share an ID.
type ComplexCreated struct {
	ID         int64      `json:"id"`
	ContactID  *int64     `json:"contact_id"`
	CompanyID  *int64     `json:"company_id"`
	RequestIDs RequestIDs `json:"request_id"`
	Merged     bool       `json:"merged"`
}

// CreateComplex makes leads with their contacts and companies, at most 50, and
// answers in their order. Kommo's answer is a bare list.
func (s *LeadsService) CreateComplex(ctx context.Context, leads []ComplexLead) ([]ComplexCreated, error) {
	const op = "leads.create_complex"
	if len(leads) == 0 {
		return nil, emptyRequest(op)
	}
	for i, l := range leads {
		if err := checkStage(op, i, l.StatusID, l.PipelineID); err != nil {
			return nil, err
		}
	}
	var made []ComplexCreated
	if _, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: "/leads/complex", Body: leads}, &made); err != nil {
		return nil, err
	}
	return inOrder(op, len(leads), made, func(m ComplexCreated) (int64, RequestIDs) { return m.ID, m.RequestIDs })
}
