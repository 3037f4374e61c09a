package kommo

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// Webhook is a subscription of the account's events (Kommo API facts: account
// webhooks). There is one at most for a destination.
type Webhook struct {
	ID          int64      `json:"id"`
	Destination string     `json:"destination"`
	Events      HookEvents `json:"settings"`
	Sort        Int        `json:"sort"`
	Disabled    bool       `json:"disabled"` // after more than 100 failed deliveries in two hours
	CreatedAt   Unix       `json:"created_at"`
	UpdatedAt   Unix       `json:"updated_at"`
	CreatedBy   int64      `json:"created_by"`
}

// HookEvents are codes such as add_lead. Reads give a list, the answer to a
// write an object {"add_lead":1}.
type HookEvents []string

// UnmarshalJSON reads both forms; the codes of an object come in order.
func (h *HookEvents) UnmarshalJSON(raw []byte) error {
	var list []string
	if unmarshal(raw, &list) == nil {
		*h = list
		return nil
	}
	var set map[string]json.RawMessage
	if err := unmarshal(raw, &set); err != nil {
		return err
	}
	*h = slices.Sorted(maps.Keys(set))
	return nil
}

// HookEventCodes are the events that a webhook may ask for.
func HookEventCodes() []string {
	return []string{
		"add_lead", "update_lead", "delete_lead", "restore_lead", "status_lead", "responsible_lead", "note_lead",
		"add_contact", "update_contact", "delete_contact", "restore_contact", "responsible_contact", "note_contact",
		"add_company", "update_company", "delete_company", "restore_company", "responsible_company", "note_company",
		"add_task", "update_task", "delete_task", "responsible_task",
		"add_message", "add_outgoing_message", "add_talk", "update_talk", "add_chat_template_review",
		"add_customer", "update_customer", "delete_customer", "responsible_customer", "note_customer",
	}
}

// WebhookWrite subscribes a destination; one that is known gets the new events.
type WebhookWrite struct {
	Destination string   `json:"destination"`
	Events      []string `json:"settings"`
}

// WebhooksService reads and writes webhooks; administrators only.
type WebhooksService struct{ c *Client }

// List reads all webhooks, or that of a destination: the list has no pages.
func (s *WebhooksService) List(ctx context.Context, destination string) ([]Webhook, error) {
	q := url.Values{}
	if destination != "" {
		q.Set("filter[destination]", destination)
	}
	page, err := getPage[Webhook](ctx, s.c, "webhooks.list", "/webhooks", "webhooks", q)
	return page.Items, err
}

// Set subscribes a destination. Known ones keep their id.
func (s *WebhooksService) Set(ctx context.Context, w WebhookWrite) (Webhook, error) {
	const op = "webhooks.set"
	var out Webhook
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: "/webhooks", Body: w}, &out)
	if err == nil && out.ID == 0 {
		err = unusableReply(op, errNoID)
	}
	return out, err
}

// Delete ends the subscription of a destination; 404 where there is none.
func (s *WebhooksService) Delete(ctx context.Context, destination string) error {
	body := struct {
		Destination string `json:"destination"`
	}{destination}
	_, err := s.c.Do(ctx, Request{Op: "webhooks.delete", Method: http.MethodDelete, Path: "/webhooks", Body: body}, nil)
	return err
}
