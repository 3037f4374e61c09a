package sandbox

import (
	"net/http"
	"net/url"
	"slices"
)

// webhook is one subscription. There is at most one a destination.
type webhook struct {
	ID, CreatedAt, UpdatedAt, CreatedBy, Sort int64
	Destination                               string
	Disabled                                  bool
	Settings                                  []string
	Bad                                       int // failures in a row
}

func (w *webhook) wants(code string) bool { return slices.Contains(w.Settings, code) }

func webhooks(a *account) *table[webhook] { return tableFor[webhook](a, "webhooks", 48_162_001) }

const maxWebhooks = 100

// Webhooks are for administrators (Kommo API facts: account webhooks).
func webhookRoutes() []route {
	return []route{
		{Method: "GET", Path: "/webhooks", Do: listWebhooks, Admin: true, Query: []string{"filter[destination]"}},
		{Method: "POST", Path: "/webhooks", Do: upsertWebhook, Admin: true},
		{Method: "DELETE", Path: "/webhooks", Do: deleteWebhook, Admin: true},
	}
}

type webhookView struct {
	ID          int64  `json:"id"`
	Destination string `json:"destination"`
	CreatedAt   int64  `json:"created_at"`
	UpdatedAt   int64  `json:"updated_at"`
	AccountID   int64  `json:"account_id"`
	CreatedBy   int64  `json:"created_by"`
	Sort        int64  `json:"sort"`
	Disabled    bool   `json:"disabled"`
	// Settings is a list in GET and {"add_lead":1} in the answer to POST.
	Settings any `json:"settings"`
}

func (c *call) readWebhook(w *webhook) webhookView {
	return webhookView{
		ID: w.ID, Destination: w.Destination, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, AccountID: c.a.id,
		CreatedBy: w.CreatedBy, Sort: w.Sort, Disabled: w.Disabled, Settings: w.Settings,
	}
}

func listWebhooks(c *call) answer {
	var rows []webhookView
	for _, w := range webhooks(c.a).all() {
		if matchText(c.q, w.Destination, "filter", "destination") {
			rows = append(rows, c.readWebhook(w))
		}
	}
	if len(rows) == 0 {
		return noContent()
	}
	return ok(whole(c, "webhooks", "/webhooks", rows))
}

// hookEvents are the event codes a subscription may name; Kommo's documents and
// its interface disagree on update_task and update_talk, which are accepted.
func hookEvents() []string {
	var out []string
	for _, e := range []string{"lead", "contact", "company"} {
		for _, act := range []string{"add", "update", "delete", "restore", "responsible", "note"} {
			out = append(out, act+"_"+e)
		}
	}
	return append(out, "status_lead", "add_task", "update_task", "delete_task", "responsible_task",
		"add_message", "add_outgoing_message", "add_talk", "update_talk", "add_chat_template_review",
		"add_customer", "update_customer", "delete_customer", "responsible_customer", "note_customer")
}

func isDestination(_ *call, v any) string {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return codeNotSupported
	}
	if slices.ContainsFunc([]rune(u.Host), func(r rune) bool { return r > 127 }) {
		return codeNotSupported // Cyrillic domains are refused
	}
	return ""
}

// upsertWebhook subscribes the destination. One that is known keeps its id and
// created_at and gets the new settings.
func upsertWebhook(c *call) answer {
	it, bad := c.parseOne(schema{
		{name: "destination", kind: stringKind, required: true, notBlank: true, check: isDestination},
		{name: "settings", kind: listKind, required: true, min: 1, item: &field{kind: stringKind, check: oneOf(hookEvents()...)}},
		{name: "sort", kind: intKind},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	destination, _ := it.str("destination")
	w := webhookFor(c.a, destination)
	if w == nil {
		if webhooks(c.a).len() >= maxWebhooks {
			return problem(http.StatusUnprocessableEntity, "Webhooks limit exceeded")
		}
		w = &webhook{ID: webhooks(c.a).alloc(), Destination: destination, CreatedAt: c.now(), CreatedBy: c.actor(), Sort: int64(webhooks(c.a).len() + 1)}
		webhooks(c.a).put(w.ID, w)
	}
	w.UpdatedAt, w.Disabled, w.Settings = c.now(), false, nil
	settings := object{}
	for _, e := range it.list("settings") {
		if code, isText := e.(string); isText && !slices.Contains(w.Settings, code) {
			w.Settings = append(w.Settings, code)
			settings[code] = 1
		}
	}
	if sort, sent := it.int("sort"); sent {
		w.Sort = sort
	}
	v := c.readWebhook(w)
	v.Settings = settings
	return ok(v)
}

func webhookFor(a *account, destination string) *webhook {
	for _, w := range webhooks(a).all() {
		if w.Destination == destination {
			return w
		}
	}
	return nil
}

// deleteWebhook takes the destination in a JSON body, although it is a DELETE.
func deleteWebhook(c *call) answer {
	it, bad := c.parseOne(schema{
		{name: "destination", kind: stringKind, required: true, notBlank: true},
		{name: "settings", kind: listKind}, // clients send the whole model
		{name: "sort", kind: intKind},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	destination, _ := it.str("destination")
	w := webhookFor(c.a, destination)
	if w == nil {
		return problem(http.StatusNotFound, "Webhook not found")
	}
	webhooks(c.a).del(w.ID)
	return noContent()
}
