package kommo

import (
	"context"
	"iter"
	"net/url"
)

// templatePage is the most templates that one page holds.
const templatePage = 50

// Template is a text prepared for chats. An integration sees its own only (Kommo
// API facts: templates).
type Template struct {
	ID           int64            `json:"id"`
	Name         string           `json:"name"`
	Content      string           `json:"content"` // with markers such as {{contact.name}}
	Type         string           `json:"type"`    // amocrm, waba
	Editable     bool             `json:"is_editable"`
	ExternalID   *string          `json:"external_id"`
	Buttons      []TemplateButton `json:"buttons"`
	Header       string           `json:"waba_header"`
	Footer       string           `json:"waba_footer"`
	Category     *string          `json:"waba_category"`
	Language     *string          `json:"waba_language"`
	ReviewStatus string           `json:"review_status"` // draft, review, approved, rejected, paused
	RequestIDs   RequestIDs       `json:"request_id"`    // only in answers to writes
}

func (t Template) identity() (int64, RequestIDs) { return t.ID, t.RequestIDs }

// TemplateButton is a button: inline answers with its text, url opens a page. The
// buttons of one template are all of one type.
type TemplateButton struct {
	Type string `json:"type"`
	Text string `json:"text"`
	URL  string `json:"url,omitzero"`
}

// TemplateWrite makes or changes a template; name and content are needed for a
// new one. The rest from Header on is for WhatsApp.
type TemplateWrite struct {
	Name       string            `json:"name,omitzero"`
	Content    string            `json:"content,omitzero"`
	Type       string            `json:"type,omitzero"`
	ExternalID string            `json:"external_id,omitzero"`
	Buttons    []TemplateButton  `json:"buttons,omitzero"`
	Header     string            `json:"waba_header,omitzero"` // at most 60 characters
	Footer     string            `json:"waba_footer,omitzero"` // likewise
	Category   string            `json:"waba_category,omitzero"`
	Language   string            `json:"waba_language,omitzero"`
	Examples   map[string]string `json:"waba_examples,omitzero"` // by marker
}

// TemplatesService reads and writes templates; administrators only.
type TemplatesService struct{ c *Client }

// List reads one page of templates.
func (s *TemplatesService) List(ctx context.Context, o ListOptions) (Page[Template], error) {
	q := url.Values{}
	o.into(q)
	return getPage[Template](ctx, s.c, "templates.list", "/chats/templates", "chat_templates", q)
}

// All walks all templates.
func (s *TemplatesService) All(ctx context.Context) iter.Seq2[Template, error] {
	return everyPage(func(page int) (Page[Template], error) {
		return s.List(ctx, ListOptions{Page: page, Limit: templatePage})
	})
}

// Create makes templates.
func (s *TemplatesService) Create(ctx context.Context, templates []TemplateWrite) ([]Template, error) {
	return define[TemplateWrite, Template](ctx, s.c, "templates.create", "/chats/templates", "chat_templates", templates)
}

// Update changes one template.
func (s *TemplatesService) Update(ctx context.Context, id int64, w TemplateWrite) (Template, error) {
	return redefine[Template](ctx, s.c, "templates.update", idPath("/chats/templates", id), "chat_templates", w)
}

// Delete removes one template.
func (s *TemplatesService) Delete(ctx context.Context, id int64) error {
	return remove(ctx, s.c, "templates.delete", idPath("/chats/templates", id))
}
