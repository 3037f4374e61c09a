package crm

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// TemplateRow is one message template.
type TemplateRow struct {
	ID         int64    `json:"id"`
	Name       string   `json:"name"`
	Content    string   `json:"content"`
	ExternalID string   `json:"external_id,omitempty"`
	Buttons    []string `json:"buttons,omitempty"`
	Whatsapp   bool     `json:"whatsapp,omitempty"`
	Review     string   `json:"review,omitempty"` // of WhatsApp templates: draft, review, approved, rejected, paused
}

// ListTemplates lists the message templates of this integration: one request for
// each 50.
func (s *Service) ListTemplates(ctx context.Context, p SetupPage) (SetupList[TemplateRow], error) {
	all, err := kommo.Collect(s.api.Templates.All(ctx))
	if err != nil {
		return SetupList[TemplateRow]{}, err
	}
	rows := make([]TemplateRow, 0, len(all))
	for _, t := range all {
		row := TemplateRow{ID: t.ID, Name: t.Name, Content: t.Content, Buttons: buttonTexts(t.Buttons), Whatsapp: t.Type == whatsappType}
		if t.ExternalID != nil {
			row.ExternalID = *t.ExternalID
		}
		if row.Whatsapp {
			row.Review = t.ReviewStatus
		}
		rows = append(rows, row)
	}
	return pageOf(rows, p, "templates", "This integration has no message templates; Kommo shows each integration its own only. create_message_template makes one.")
}

const whatsappType = "waba"

// TemplateTexts is what a template says. Whatsapp parts are for new ones.
type TemplateTexts struct {
	Name       string
	Content    string
	Buttons    []string // "Text", or "Text => https://…"; all of one sort
	ExternalID string
	Category   string // UTILITY, AUTHENTICATION or MARKETING; makes it a WhatsApp template
	Language   string
	Header     string
	Footer     string
	Key        string
}

// CreateTemplate makes a message template: two requests (Kommo API facts:
// templates).
func (s *Service) CreateTemplate(ctx context.Context, n TemplateTexts) (SetupMade, error) {
	if err := needText("name", n.Name); err != nil {
		return SetupMade{}, err
	}
	if err := needText("content", n.Content); err != nil {
		return SetupMade{}, err
	}
	buttons, err := readButtons(n.Buttons)
	if err != nil {
		return SetupMade{}, err
	}
	if n.Category == "" && n.Language+n.Header+n.Footer != "" {
		return SetupMade{}, problem.Invalid("whatsapp_category", "Language, header and footer belong to WhatsApp templates, which need a category; nothing was written.").
			WithNext("Give whatsapp_category, or leave the others out.")
	}
	w := kommo.TemplateWrite{
		Name: strings.TrimSpace(n.Name), Content: n.Content, ExternalID: strings.TrimSpace(n.ExternalID), Buttons: buttons,
		Category: n.Category, Language: n.Language, Header: n.Header, Footer: n.Footer,
	}
	if n.Category != "" {
		w.Type = whatsappType
	}
	return onceMade(ctx, s, "create_message_template", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		out, _, err := createNamed(ctx, s, creation[kommo.Template]{
			kind: KindTemplate, name: w.Name, of: func(t kommo.Template) (int64, string) { return t.ID, t.Name },
			find: func(ctx context.Context) (kommo.Template, bool, error) {
				all, err := kommo.Collect(s.api.Templates.All(ctx))
				t, ok := named(all, w.Name, func(t kommo.Template) string { return t.Name })
				return t, ok, err
			},
			send: func(ctx context.Context) (kommo.Template, error) {
				made, err := s.api.Templates.Create(ctx, []kommo.TemplateWrite{w})
				return firstOf(made), err
			},
		})
		return out, err
	})
}

// readButtons reads buttons as people write them. Kommo mixes no sorts in one
// template.
func readButtons(texts []string) ([]kommo.TemplateButton, error) {
	var out []kommo.TemplateButton
	for _, text := range texts {
		label, address, isLink := strings.Cut(text, "=>")
		b := kommo.TemplateButton{Type: "inline", Text: strings.TrimSpace(label)}
		if isLink {
			b.Type, b.URL = "url", strings.TrimSpace(address)
		}
		u, err := url.Parse(b.URL)
		if b.Text == "" || isLink && (err != nil || u.Host == "") {
			return nil, problem.Invalid("buttons", fmt.Sprintf("%q is no button; nothing was written.", text)).
				WithNext(`Write a text, or "Text => https://example.com" for a link.`)
		}
		if len(out) > 0 && out[0].Type != b.Type {
			return nil, problem.Invalid("buttons", "Kommo does not mix answer buttons and links in one template; nothing was written.").
				WithNext("Give buttons of one sort.")
		}
		out = append(out, b)
	}
	return out, nil
}

func buttonTexts(buttons []kommo.TemplateButton) []string {
	var out []string
	for _, b := range buttons {
		if b.URL != "" {
			out = append(out, b.Text+" => "+b.URL)
		} else {
			out = append(out, b.Text)
		}
	}
	return out
}

func (s *Service) templateHeld(ctx context.Context, nameOrID string) (held kommo.Template, all []kommo.Template, err error) {
	all, err = kommo.Collect(s.api.Templates.All(ctx))
	if err != nil {
		return held, nil, err
	}
	held, err = pick("template", "message template", nameOrID, all, func(t kommo.Template) called {
		return called{id: strconv.FormatInt(t.ID, 10), name: t.Name}
	})
	return held, all, err
}

// UpdateTemplate changes name, content or buttons of a template: two requests.
func (s *Service) UpdateTemplate(ctx context.Context, template string, c TemplateTexts) (SetupChanged, error) {
	buttons, err := readButtons(c.Buttons)
	if err != nil {
		return SetupChanged{}, err
	}
	held, all, err := s.templateHeld(ctx, template)
	if err == nil {
		err = nameFree(KindTemplate, c.Name, all, func(t kommo.Template) (int64, string) { return t.ID, t.Name }, held.ID)
	}
	if err != nil {
		return SetupChanged{}, err
	}
	d := newDelta()
	w := kommo.TemplateWrite{Name: d.text("name", held.Name, c.Name), Content: d.text("content", held.Content, c.Content)}
	if len(buttons) > 0 && !slices.Equal(buttons, held.Buttons) {
		w.Buttons = buttons
		d.note("buttons", append([]string{}, buttonTexts(held.Buttons)...), buttonTexts(buttons))
	}
	out := d.changed(held.ID, held.Name, c.Name != "" || c.Content != "" || len(buttons) > 0)
	if d.none() {
		return out, nil
	}
	_, err = s.api.Templates.Update(ctx, held.ID, w)
	return out, err
}

// DeleteTemplate deletes a message template: two requests.
func (s *Service) DeleteTemplate(ctx context.Context, nameOrID string) (Removed, error) {
	held, _, err := s.templateHeld(ctx, nameOrID)
	if err != nil {
		return Removed{}, err
	}
	return s.removed(ctx, Removed{ID: held.ID, Name: held.Name, Before: map[string]any{"content": held.Content}}, removal{
		what: fmt.Sprintf("the message template %q", held.Name),
		send: func(ctx context.Context) error { return s.api.Templates.Delete(ctx, held.ID) },
		there: func(ctx context.Context) (bool, error) {
			all, err := kommo.Collect(s.api.Templates.All(ctx))
			return slices.ContainsFunc(all, func(t kommo.Template) bool { return t.ID == held.ID }), err
		},
	})
}
