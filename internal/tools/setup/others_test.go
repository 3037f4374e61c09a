package setup_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
)

func TestTagLife(t *testing.T) {
	r := newRig(t, setup.CreateTag, setup.UpdateTag)
	made := r.do("GET POST", "create_tag", `{"tags":["Barn","Shed"],"color":"red"}`)
	if strings.Count(made.json("created"), `"tag"`) != 2 || made.json("found") != "[]" {
		t.Errorf("made %s", made.text)
	}
	again := r.do("GET POST", "create_tag", `{"tags":["barn","Silo"],"color":"FF8F92"}`)
	if !strings.Contains(again.json("found"), "Barn") || !strings.Contains(again.json("created"), "Silo") || !strings.Contains(again.json("warnings"), "update_tag") {
		t.Errorf("again %s", again.text)
	}
	if there := r.do("GET", "create_tag", `{"tags":["Silo"]}`); there.json("created") != "[]" {
		t.Errorf("there %s", there.text)
	}
	changed := r.do("GET PATCH", "update_tag", `{"tag":"Barn","name":"Barns","color":"C7DB8C"}`)
	if changed.json("before") != `{"color":"FF8F92","name":"Barn"}` || changed.json("after") != `{"color":"C7DB8C","name":"Barns"}` {
		t.Errorf("changed %s", changed.text)
	}
	if same := r.do("GET", "update_tag", `{"tag":"Barns","color":"c7db8c"}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	r.refused("GET", "duplicate", "update_tag", `{"tag":"Barns","name":"Silo"}`, "Silo")
	r.refused("", "invalid_argument", "create_tag", `{"kind":"contact","tags":["x"],"color":"red"}`, "leads")
	r.refused("", "invalid_argument", "create_tag", `{"tags":["x"],"color":"#000000"}`, "832161")
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/contacts/tags", Kind: sandbox.FaultLostAnswer})
	if lost := r.do("GET POST GET", "create_tag", `{"kind":"contact","tags":["Lost"]}`); lost.keys["looked_up"] != true {
		t.Errorf("lost %s", lost.text)
	}
}

func TestSourceLife(t *testing.T) {
	r := newRig(t, setup.ListSources, setup.CreateSource, setup.UpdateSource, setup.DeleteSource)
	made := r.do("GET POST", "create_source", `{"name":"Shop","external_id":"shop-1","pipeline":"Roof repair"}`)
	if !strings.Contains(made.json("created"), "Shop") {
		t.Errorf("made %s", made.text)
	}
	r.refused("GET", "duplicate", "create_source", `{"name":"Shop two","external_id":"shop-1"}`)
	changed := r.do("GET PATCH", "update_source", `{"source":"shop","name":"Shop downtown","is_default":true}`)
	if changed.json("before") != `{"is_default":false,"name":"Shop"}` || changed.json("after") != `{"is_default":true,"name":"Shop downtown"}` {
		t.Errorf("changed %s", changed.text)
	}
	if same := r.do("GET", "update_source", `{"source":"Shop downtown","pipeline":"roof repair"}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	r.do("GET POST", "create_source", `{"name":"Fair","external_id":"fair-1"}`)
	r.refused("GET", "duplicate", "update_source", `{"source":"Fair","name":"shop downtown"}`, "Shop downtown")
	if rows := r.do("GET", "list_sources", `{"limit":100}`); !strings.Contains(rows.json("items"), `"pipeline":"Roof repair"`) {
		t.Errorf("rows %s", rows.text)
	}
	if gone := r.do("GET DELETE", "delete_source", `{"source":"Shop downtown"}`); !strings.Contains(gone.json("before"), "shop-1") {
		t.Errorf("gone %s", gone.text)
	}
	r.refused("GET", "not_found", "delete_source", `{"source":"Shop downtown"}`)
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/sources", Kind: sandbox.FaultLostAnswer})
	if lost := r.do("GET POST GET", "create_source", `{"name":"Lost","external_id":"lost-1"}`); lost.keys["looked_up"] != true {
		t.Errorf("lost %s", lost.text)
	}
}

func TestTemplateLife(t *testing.T) {
	r := newRig(t, setup.ListMessageTemplates, setup.CreateMessageTemplate, setup.UpdateMessageTemplate, setup.DeleteMessageTemplate)
	made := r.do("GET POST", "create_message_template", `{"name":"Hello","content":"Hi {{contact.name}}","buttons":["Yes","No"]}`)
	if !strings.Contains(made.json("created"), "Hello") {
		t.Errorf("made %s", made.text)
	}
	r.refused("GET", "duplicate", "create_message_template", `{"name":"hello","content":"Hi"}`)
	changed := r.do("GET PATCH", "update_message_template", `{"template":"Hello","content":"Hello there","buttons":["Open => https://example.com"]}`)
	if !strings.Contains(changed.json("before"), `"Yes"`) || !strings.Contains(changed.json("after"), `"content":"Hello there"`) {
		t.Errorf("changed %s", changed.text)
	}
	if same := r.do("GET", "update_message_template", `{"template":"Hello","buttons":["Open => https://example.com"]}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	r.refused("", "invalid_argument", "create_message_template", `{"name":"A","content":"a","buttons":["Yes","Open => https://example.com"]}`, "one sort")
	r.refused("", "invalid_argument", "create_message_template", `{"name":"A","content":"a","header":"Hi"}`, "whatsapp_category")
	r.refused("GET", "duplicate", "update_message_template", `{"template":"Hello","name":"crew arrival"}`, "Crew arrival")
	r.do("GET POST", "create_message_template", `{"name":"Offer","content":"Hi","whatsapp_category":"UTILITY","language":"en"}`)
	rows := r.do("GET", "list_message_templates", `{"limit":2}`)
	more := r.do("GET", "list_message_templates", `{"limit":2,"cursor":"`+rows.keys["next_cursor"].(string)+`"}`)
	if rows.keys["has_more"] != true || more.keys["has_more"] != false || !strings.Contains(more.json("items"), `"whatsapp":true`) {
		t.Errorf("rows %s then %s", rows.text, more.text)
	}
	if gone := r.do("GET DELETE", "delete_message_template", `{"template":"Hello"}`); !strings.Contains(gone.json("before"), "Hello there") {
		t.Errorf("gone %s", gone.text)
	}
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/chats/templates", Kind: sandbox.FaultLostAnswer})
	if lost := r.do("GET POST GET", "create_message_template", `{"name":"Lost","content":"Hi"}`); lost.keys["looked_up"] != true {
		t.Errorf("lost %s", lost.text)
	}
}
