package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// inbox receives the hooks of the sandbox.
type inbox struct {
	url string
	srv *http.Server

	mu     sync.Mutex
	bodies []string
	last   chan struct{} // closed when the hook of the last change has come
}

// lastText is what the last change says, so that the wait for hooks can end.
const lastText = "The hooks end here"

func openInbox(ctx context.Context) (*inbox, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	in := &inbox{url: "http://" + ln.Addr().String(), last: make(chan struct{})}
	in.srv = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err == nil {
			in.add(string(raw))
		}
	})}
	go func() { _ = in.srv.Serve(ln) }() // ends with Close
	return in, nil
}

func (in *inbox) add(body string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.bodies = append(in.bodies, body)
	if strings.Contains(body, url.QueryEscape(lastText)) {
		close(in.last)
	}
}

// hookFixture is a recorded hook and the beginning of the keys of its kind;
// those of the Chats API are JSON and have none.
type hookFixture struct{ file, kind string }

func hookCases() []hookFixture {
	return []hookFixture{
		{"webhook_crm/leads-update-appgpt-new.txt", "leads[update]"},
		{"webhook_crm/leads-update-appgpt-status.txt", "leads[update]"},
		{"webhook_crm/leads-update-unirock.txt", "leads[update]"},
		{"webhook_crm/message-add-appgpt.txt", "message[add]"},
		{"webhook_crm/zapier-add-company.txt", "contacts[add]"},
		{"webhook_crm/zapier-add-contact.txt", "contacts[add]"},
		{"webhook_crm/zapier-add-lead.txt", "leads[add]"},
		{"webhook_crm/zapier-responsible-lead.txt", "leads[responsible]"},
		{"webhook_crm/zapier-status-lead.txt", "leads[status]"},
		{"webhook_crm/zapier-update-lead.txt", "leads[update]"},
		{"amojo/fast_api-webhook-v2-1.json", ""},
		{"amojo/fast_api-webhook-v2-2.json", ""},
	}
}

// changes are writes that the account tells of by hooks, the last one last.
func changes() []prepared {
	field := func(kind string) prepared {
		return prepared{kind + " field", get("/leads/custom_fields?filter[type][0]=" + kind), "_embedded.custom_fields.0.id"}
	}
	do := func(method, path string, body any) prepared { return prepared{ask: send(method, path, body)} }
	filled := []object{
		{"field_id": "{text field}", "values": []object{{"value": "slate"}}},
		{"field_id": "{tracking_data field}", "values": []object{{"value": "newsletter"}}},
		{"field_id": "{select field}", "values": []object{{"enum_id": "{option}"}}},
	}
	return []prepared{
		field("text"), field("tracking_data"), field("select"),
		{"option", get("/leads/custom_fields/{select field}"), "enums.0.id"},
		do("POST", "/webhooks", object{"destination": "{inbox}", "settings": []string{
			"add_lead", "update_lead", "status_lead", "responsible_lead", "add_contact", "add_company", "add_message", "add_outgoing_message", "add_task",
		}}),
		{"new lead", send("POST", "/leads", []object{{"name": "Roof job", "price": 100, "custom_fields_values": filled}}), "_embedded.leads.0.id"},
		do("PATCH", "/leads/{new lead}", object{"name": "Roof and walls", "_embedded": object{"tags": []object{{"name": "vip"}}}}),
		do("PATCH", "/leads/{new lead}", object{"status_id": 142}),
		do("PATCH", "/leads/{new lead}", object{"responsible_user_id": "{other}"}),
		do("POST", "/contacts", []object{{"name": "Pat Example"}}),
		do("POST", "/companies", []object{{"name": "Example Roofs"}}),
		{ask: chat("", object{"event_type": "new_message", "payload": object{
			"timestamp": 1754496641, "msgid": "hook-1", "conversation_id": "c-9", "sender": object{"id": "u-9", "name": "Lee Example"},
			"message": object{"type": "text", "text": "Hello"},
		}})},
		{"new talk", get("/talks"), "_embedded.talks.0.talk_id"},
		{ask: &ask{method: "POST", path: "/talks/{new talk}/send_message", body: object{"text": "Good morning"}, status: http.StatusAccepted}},
		do("POST", "/tasks", []object{{"text": lastText, "complete_till": 1795168800}}),
	}
}

// hookedKinds makes the changes and gathers, by kind, the keys of what came.
func (b *box) hookedKinds(ctx context.Context) (map[string]map[string]types, error) {
	if err := b.prepare(ctx, changes()); err != nil {
		return nil, err
	}
	select {
	case <-b.inbox.last:
	case <-time.After(10 * time.Second):
		return nil, errors.New("the hook of the last change did not come")
	}
	b.inbox.mu.Lock()
	defer b.inbox.mu.Unlock()
	kinds := map[string]map[string]types{}
	for _, body := range b.inbox.bodies {
		kind, keys := hookKeys(body)
		if kinds[kind] == nil {
			kinds[kind] = map[string]types{}
		}
		for key, t := range keys {
			if kinds[kind][key] == nil {
				kinds[kind][key] = types{}
			}
			for name := range t {
				kinds[kind][key][name] = true
			}
		}
	}
	return kinds, nil
}

// index is a number in a key: of a list, or of a record.
var index = regexp.MustCompile(`\[\d+\]`) //nolint:gochecknoglobals // a constant but for the language

// hookKeys takes a hook apart: its kind and its keys with their types.
func hookKeys(body string) (kind string, keys map[string]types) {
	keys = map[string]types{}
	body = strings.TrimSpace(body)
	if strings.HasPrefix(body, "{") {
		collect("", parse([]byte(body)), keys)
		return "", keys
	}
	for pair := range strings.SplitSeq(body, "&") {
		key, _, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(key)
		if err != nil {
			continue
		}
		keys[index.ReplaceAllString(key, "[]")] = types{"string": true}
		if noun, rest, _ := strings.Cut(key, "["); noun != "account" && kind == "" {
			verb, _, _ := strings.Cut(rest, "]")
			kind = noun + "[" + verb + "]"
		}
	}
	return kind, keys
}

// checkHook compares a recorded hook with those of its kind.
func checkHook(dir string, c hookFixture, came map[string]map[string]types) ([]string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, c.file))
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	_, want := hookKeys(string(raw))
	if came[c.kind] == nil {
		return []string{"sandbox: no hook " + c.kind}, nil
	}
	var out []string
	for _, d := range differences(want, came[c.kind]) {
		out = append(out, "sandbox: "+d)
	}
	return out, nil
}
