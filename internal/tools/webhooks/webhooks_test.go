package webhooks_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/webhooks"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

const hook = `"destination":"https://example.com/kommo/4f9a1c"`

func newHookRig(t *testing.T) *toolstest.Rig {
	t.Helper()
	return toolstest.New(t, webhooks.ListWebhooks, webhooks.SetWebhook, webhooks.DeleteWebhook)
}

func TestWebhookLife(t *testing.T) {
	r := newHookRig(t)
	if empty := r.Do("GET", "list_webhooks", `{}`); empty.JSON("items") != "[]" || empty.Keys["hint"] == nil {
		t.Errorf("empty %s", empty.Text)
	}
	made := r.Do("GET POST", "set_webhook", `{`+hook+`,"events":["add_lead","status_lead","add_lead"]}`)
	if !strings.Contains(made.JSON("created"), "4f9a1c") || made.Keys["before"] != nil {
		t.Errorf("made %s", made.Text)
	}
	if same := r.Do("GET", "set_webhook", `{`+hook+`,"events":["status_lead","add_lead"]}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	changed := r.Do("GET POST", "set_webhook", `{`+hook+`,"events":["add_task"]}`)
	if changed.JSON("before") != `{"events":["add_lead","status_lead"]}` || changed.JSON("after") != `{"events":["add_task"]}` || changed.Keys["id"] != made.Keys["id"] {
		t.Errorf("changed %s", changed.Text)
	}
	if rows := r.Do("GET", "list_webhooks", `{}`); !strings.Contains(rows.JSON("items"), `"events":["add_task"]`) {
		t.Errorf("rows %s", rows.Text)
	}
	gone := r.Do("GET DELETE", "delete_webhook", `{`+hook+`}`)
	if gone.Keys["deleted"] != true || gone.JSON("before") != `{"events":["add_task"]}` {
		t.Errorf("gone %s", gone.Text)
	}
	r.Refused("GET", "not_found", "delete_webhook", `{`+hook+`}`, "list_webhooks")
}

func TestWebhookRefusals(t *testing.T) {
	r := newHookRig(t)
	r.Refused("", "invalid_argument", "set_webhook", `{`+hook+`,"events":["lead_added"]}`, "add_lead")
	r.Refused("", "invalid_argument", "set_webhook", `{"destination":"example.com/x","events":["add_lead"]}`, "https://")
	for _, host := range []string{"localhost:8080", "127.0.0.1", "10.1.2.3", "[::1]", "hooks.localhost"} {
		r.Refused("", "invalid_argument", "set_webhook", `{"destination":"http://`+host+`/x","events":["add_lead"]}`, "private")
	}
	r.Refused("", "invalid_argument", "set_webhook", `{"destination":"https://пример.рф/x","events":["add_lead"]}`, "plain letters")
}

func TestWebhookLostAnswers(t *testing.T) {
	r := newHookRig(t)
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/webhooks", Kind: sandbox.FaultLostAnswer})
	if out := r.Do("GET POST GET", "set_webhook", `{`+hook+`,"events":["add_lead"]}`); out.Keys["looked_up"] != true || !strings.Contains(out.JSON("created"), "webhook") {
		t.Errorf("lost %s", out.Text)
	}
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/webhooks", Kind: sandbox.FaultReset})
	r.Refused("GET POST GET GET", "outcome_unknown", "set_webhook", `{`+hook+`,"events":["add_task"]}`)
	r.Box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/webhooks", Kind: sandbox.FaultReset})
	r.Refused("GET DELETE GET", "outcome_unknown", "delete_webhook", `{`+hook+`}`, "no harm")
	r.Box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/webhooks", Kind: sandbox.FaultLostAnswer})
	if out := r.Do("GET DELETE GET", "delete_webhook", `{`+hook+`}`); out.Keys["deleted"] != true || out.Keys["looked_up"] != true {
		t.Errorf("lost %s", out.Text)
	}
}
