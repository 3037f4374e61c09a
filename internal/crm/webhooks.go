package crm

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// KindWebhook is a subscription of the account's events.
const KindWebhook = "webhook"

// HookRow is one webhook.
type HookRow struct {
	ID          int64    `json:"id"`
	Destination string   `json:"destination"`
	Events      []string `json:"events"`
	Disabled    bool     `json:"disabled,omitempty"` // Kommo gave up on it after failed deliveries
	CreatedBy   string   `json:"created_by,omitempty"`
	UpdatedAt   string   `json:"updated_at,omitempty"`
}

// HookList is all webhooks of the account; there are at most 100.
type HookList struct {
	Items   []HookRow `json:"items"`
	HasMore bool      `json:"has_more"`
	Hint    string    `json:"hint,omitempty"`
}

// HookState is what a change of a webhook touches.
type HookState struct {
	Events   []string `json:"events,omitempty"`
	Disabled *bool    `json:"disabled,omitempty"`
}

// HookSet is the answer of setting a webhook: made anew, or changed.
type HookSet struct {
	ID        int64      `json:"id"`
	Created   []Record   `json:"created"`
	Before    *HookState `json:"before,omitempty"`
	After     *HookState `json:"after,omitempty"`
	Unchanged bool       `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool       `json:"looked_up,omitempty"` // the answer was lost, the webhook was found by searching
	Warnings  []string   `json:"warnings,omitempty"`
}

// ListWebhooks lists all webhooks: one request with warm names (Kommo API facts:
// account webhooks).
func (s *Service) ListWebhooks(ctx context.Context) (HookList, error) {
	out := HookList{Items: []HookRow{}}
	names, err := s.names.Snapshot(ctx, directory.InUsers)
	if err != nil {
		return out, err
	}
	hooks, err := s.api.Webhooks.List(ctx, "")
	if err != nil {
		return out, err
	}
	for _, h := range hooks {
		row := HookRow{
			ID: h.ID, Destination: h.Destination, Events: append([]string{}, h.Events...), Disabled: h.Disabled,
			UpdatedAt: moment(h.UpdatedAt, names.Account.Location()),
		}
		if h.CreatedBy != 0 {
			row.CreatedBy = names.UserName(h.CreatedBy)
		}
		out.Items = append(out.Items, row)
	}
	if len(out.Items) == 0 {
		out.Hint = "The account tells nobody of its events yet; set_webhook adds a destination."
	}
	return out, nil
}

// SetWebhook subscribes a destination to events, or gives a known one new events:
// it is read and, if anything differs, written. Kommo keeps one webhook for each
// destination, so that writing twice does no harm.
func (s *Service) SetWebhook(ctx context.Context, destination string, events []string) (HookSet, error) {
	destination = strings.TrimSpace(destination)
	out := HookSet{Created: []Record{}}
	if err := checkDestination(destination); err != nil {
		return out, err
	}
	events, err := hookEvents(events)
	if err != nil {
		return out, err
	}
	had, known, err := s.webhook(ctx, destination)
	if err != nil {
		return out, err
	}
	if known && !had.Disabled && sameSet(had.Events, events) {
		out.ID, out.Unchanged = had.ID, true
		return out, nil
	}
	hook, lookedUp, err := settle(ctx, s.clock, write[kommo.Webhook]{
		what: "the webhook to " + destination,
		send: func(ctx context.Context) (kommo.Webhook, error) {
			return s.api.Webhooks.Set(ctx, kommo.WebhookWrite{Destination: destination, Events: events})
		},
		find: func(ctx context.Context) (kommo.Webhook, bool, error) {
			h, ok, err := s.webhook(ctx, destination)
			return h, ok && !h.Disabled && sameSet(h.Events, events), err
		},
	})
	if err != nil {
		return out, err
	}
	out.ID, out.LookedUp = hook.ID, lookedUp
	if !known {
		out.Created = append(out.Created, Record{Kind: KindWebhook, ID: hook.ID, Name: destination})
		return out, nil
	}
	out.Before, out.After = &HookState{Events: had.Events}, &HookState{Events: events}
	if had.Disabled {
		out.Before.Disabled, out.After.Disabled = new(true), new(false)
	}
	return out, nil
}

// webhook is that of a destination; false if there is none.
func (s *Service) webhook(ctx context.Context, destination string) (kommo.Webhook, bool, error) {
	hooks, err := s.api.Webhooks.List(ctx, destination)
	at := slices.IndexFunc(hooks, func(h kommo.Webhook) bool { return h.Destination == destination })
	if err != nil || at < 0 {
		return kommo.Webhook{}, false, err
	}
	return hooks[at], true, nil
}

// DeleteWebhook ends a subscription: two requests. One that is not there is
// refused with those that are.
func (s *Service) DeleteWebhook(ctx context.Context, destination string) (Removed, error) {
	destination = strings.TrimSpace(destination)
	hooks, err := s.api.Webhooks.List(ctx, "")
	if err != nil {
		return Removed{}, err
	}
	at := slices.IndexFunc(hooks, func(h kommo.Webhook) bool { return h.Destination == destination })
	if at < 0 {
		var others []problem.Candidate
		for _, h := range hooks {
			others = append(others, problem.Candidate{ID: h.ID, Name: h.Destination})
		}
		return Removed{}, problem.Missing("destination", fmt.Sprintf("No webhook goes to %q; nothing was deleted.", destination), others...).
			WithNext("Give the destination exactly as list_webhooks shows it.")
	}
	out := Removed{ID: hooks[at].ID, Name: destination, Before: map[string]any{"events": []string(hooks[at].Events)}}
	return s.removed(ctx, out, removal{
		what: "the webhook to " + destination,
		send: func(ctx context.Context) error { return s.api.Webhooks.Delete(ctx, destination) },
		there: func(ctx context.Context) (bool, error) {
			_, ok, err := s.webhook(ctx, destination)
			return ok, err
		},
	})
}

// checkDestination refuses what Kommo would refuse, and what it could not reach.
func checkDestination(destination string) error {
	u, err := url.Parse(destination)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
	if ok && isPrivate(u.Hostname()) {
		return problem.Invalid("destination", "Kommo cannot reach a private address; nothing was written.").
			WithNext("Give an address that is open to the internet, such as https://example.com/kommo/4f9a1c; a tunnel gives one to a local server.")
	}
	if ok && !strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }) {
		return nil
	}
	return problem.Invalid("destination", "The destination is not a web address that Kommo can call; nothing was written.").
		WithNext("Give a full address in plain letters, such as https://example.com/kommo/4f9a1c.")
}

// isPrivate tells hosts that are reached from the same machine or network only.
func isPrivate(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}

// hookEvents checks the codes before anything is sent, and drops doubles.
func hookEvents(events []string) ([]string, error) {
	var out []string
	known := kommo.HookEventCodes()
	for _, e := range events {
		code := strings.ToLower(strings.TrimSpace(e))
		if !slices.Contains(known, code) {
			return nil, problem.Invalid("events", fmt.Sprintf("Kommo has no event %q; nothing was written.", e)).
				WithCandidates(nearEvents(code, known)...).WithNext("Use the codes as the description of events lists them.")
		}
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	if len(out) == 0 {
		return nil, problem.Invalid("events", "No event was named; nothing was written.").WithNext("Name at least one, such as add_lead.")
	}
	return out, nil
}

// nearEvents are the codes that share a word, else the first ones.
func nearEvents(code string, known []string) []problem.Candidate {
	said := strings.FieldsFunc(code, func(r rune) bool { return r == '_' || r == ' ' || r == '.' || r == '-' })
	var near, rest []problem.Candidate
	for _, k := range known {
		c := problem.Candidate{Name: k}
		if slices.ContainsFunc(said, func(w string) bool { return strings.Contains(k, strings.TrimSuffix(w, "s")) }) {
			near = append(near, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(near, rest...)
}

func sameSet(a, b []string) bool {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(x), slices.Compact(y))
}
