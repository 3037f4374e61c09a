package webhooks_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/webhooks"
)

const hook = `"destination":"https://example.com/kommo/4f9a1c"`

func newHookRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, webhooks.ListWebhooks, webhooks.SetWebhook, webhooks.DeleteWebhook)
}

func TestWebhookLife(t *testing.T) {
	r := newHookRig(t)
	if empty := r.do("GET", "list_webhooks", `{}`); empty.json("items") != "[]" || empty.keys["hint"] == nil {
		t.Errorf("empty %s", empty.text)
	}
	made := r.do("GET POST", "set_webhook", `{`+hook+`,"events":["add_lead","status_lead","add_lead"]}`)
	if !strings.Contains(made.json("created"), "4f9a1c") || made.keys["before"] != nil {
		t.Errorf("made %s", made.text)
	}
	if same := r.do("GET", "set_webhook", `{`+hook+`,"events":["status_lead","add_lead"]}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	changed := r.do("GET POST", "set_webhook", `{`+hook+`,"events":["add_task"]}`)
	if changed.json("before") != `{"events":["add_lead","status_lead"]}` || changed.json("after") != `{"events":["add_task"]}` || changed.keys["id"] != made.keys["id"] {
		t.Errorf("changed %s", changed.text)
	}
	if rows := r.do("GET", "list_webhooks", `{}`); !strings.Contains(rows.json("items"), `"events":["add_task"]`) {
		t.Errorf("rows %s", rows.text)
	}
	gone := r.do("GET DELETE", "delete_webhook", `{`+hook+`}`)
	if gone.keys["deleted"] != true || gone.json("before") != `{"events":["add_task"]}` {
		t.Errorf("gone %s", gone.text)
	}
	r.refused("GET", "not_found", "delete_webhook", `{`+hook+`}`, "list_webhooks")
}

func TestWebhookRefusals(t *testing.T) {
	r := newHookRig(t)
	r.refused("", "invalid_argument", "set_webhook", `{`+hook+`,"events":["lead_added"]}`, "add_lead")
	r.refused("", "invalid_argument", "set_webhook", `{"destination":"example.com/x","events":["add_lead"]}`, "https://")
	r.refused("", "invalid_argument", "set_webhook", `{"destination":"https://пример.рф/x","events":["add_lead"]}`, "plain letters")
}

func TestWebhookLostAnswers(t *testing.T) {
	r := newHookRig(t)
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/webhooks", Kind: sandbox.FaultLostAnswer})
	if out := r.do("GET POST GET", "set_webhook", `{`+hook+`,"events":["add_lead"]}`); out.keys["looked_up"] != true || !strings.Contains(out.json("created"), "webhook") {
		t.Errorf("lost %s", out.text)
	}
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/webhooks", Kind: sandbox.FaultReset})
	r.refused("GET POST GET GET", "outcome_unknown", "set_webhook", `{`+hook+`,"events":["add_task"]}`)
	r.box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/webhooks", Kind: sandbox.FaultReset})
	r.refused("GET DELETE GET", "outcome_unknown", "delete_webhook", `{`+hook+`}`, "no harm")
	r.box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/webhooks", Kind: sandbox.FaultLostAnswer})
	if out := r.do("GET DELETE GET", "delete_webhook", `{`+hook+`}`); out.keys["deleted"] != true || out.keys["looked_up"] != true {
		t.Errorf("lost %s", out.text)
	}
}
