package setup_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func TestTagLife(t *testing.T) {
	r := toolstest.New(t, setup.CreateTag, setup.UpdateTag)
	made := r.Do("GET POST", "create_tag", `{"tags":["Barn","Shed"],"color":"red"}`)
	if strings.Count(made.JSON("created"), `"tag"`) != 2 || made.JSON("found") != "[]" {
		t.Errorf("made %s", made.Text)
	}
	again := r.Do("GET POST", "create_tag", `{"tags":["barn","Silo"],"color":"FF8F92"}`)
	if !strings.Contains(again.JSON("found"), "Barn") || !strings.Contains(again.JSON("created"), "Silo") || !strings.Contains(again.JSON("warnings"), "update_tag") {
		t.Errorf("again %s", again.Text)
	}
	if there := r.Do("GET", "create_tag", `{"tags":["Silo"]}`); there.JSON("created") != "[]" {
		t.Errorf("there %s", there.Text)
	}
	changed := r.Do("GET PATCH", "update_tag", `{"tag":"Barn","name":"Barns","color":"C7DB8C"}`)
	if changed.JSON("before") != `{"color":"FF8F92","name":"Barn"}` || changed.JSON("after") != `{"color":"C7DB8C","name":"Barns"}` {
		t.Errorf("changed %s", changed.Text)
	}
	if same := r.Do("GET", "update_tag", `{"tag":"Barns","color":"c7db8c"}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	r.Refused("GET", "duplicate", "update_tag", `{"tag":"Barns","name":"Silo"}`, "Silo")
	r.Refused("", "invalid_argument", "create_tag", `{"kind":"contact","tags":["x"],"color":"red"}`, "leads")
	r.Refused("", "invalid_argument", "create_tag", `{"tags":["x"],"color":"#000000"}`, "832161")
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/contacts/tags", Kind: sandbox.FaultLostAnswer})
	if lost := r.Do("GET POST GET", "create_tag", `{"kind":"contact","tags":["Lost"]}`); lost.Keys["looked_up"] != true {
		t.Errorf("lost %s", lost.Text)
	}
}

func TestSourceLife(t *testing.T) {
	r := toolstest.New(t, setup.ListSources, setup.CreateSource, setup.UpdateSource, setup.DeleteSource)
	made := r.Do("GET POST", "create_source", `{"name":"Shop","external_id":"shop-1","pipeline":"Roof repair"}`)
	if !strings.Contains(made.JSON("created"), "Shop") {
		t.Errorf("made %s", made.Text)
	}
	r.Refused("GET", "duplicate", "create_source", `{"name":"Shop two","external_id":"shop-1"}`, "external id", "update_source")
	changed := r.Do("GET PATCH", "update_source", `{"source":"shop","name":"Shop downtown","is_default":true}`)
	if changed.JSON("before") != `{"is_default":false,"name":"Shop"}` || changed.JSON("after") != `{"is_default":true,"name":"Shop downtown"}` {
		t.Errorf("changed %s", changed.Text)
	}
	if same := r.Do("GET", "update_source", `{"source":"Shop downtown","pipeline":"roof repair"}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	r.Do("GET POST", "create_source", `{"name":"Fair","external_id":"fair-1"}`)
	r.Refused("GET", "duplicate", "update_source", `{"source":"Fair","name":"shop downtown"}`, "Shop downtown")
	if rows := r.Do("GET", "list_sources", `{"limit":100}`); !strings.Contains(rows.JSON("items"), `"pipeline":"Roof repair"`) {
		t.Errorf("rows %s", rows.Text)
	}
	if gone := r.Do("GET DELETE", "delete_source", `{"source":"Shop downtown"}`); !strings.Contains(gone.JSON("before"), "shop-1") {
		t.Errorf("gone %s", gone.Text)
	}
	r.Refused("GET", "not_found", "delete_source", `{"source":"Shop downtown"}`)
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/sources", Kind: sandbox.FaultLostAnswer})
	if lost := r.Do("GET POST GET", "create_source", `{"name":"Lost","external_id":"lost-1"}`); lost.Keys["looked_up"] != true {
		t.Errorf("lost %s", lost.Text)
	}
}

func TestTemplateLife(t *testing.T) {
	r := toolstest.New(t, setup.ListMessageTemplates, setup.CreateMessageTemplate, setup.UpdateMessageTemplate, setup.DeleteMessageTemplate)
	made := r.Do("GET POST", "create_message_template", `{"name":"Hello","content":"Hi {{contact.name}}","buttons":["Yes","No"]}`)
	if !strings.Contains(made.JSON("created"), "Hello") {
		t.Errorf("made %s", made.Text)
	}
	r.Refused("GET", "duplicate", "create_message_template", `{"name":"hello","content":"Hi"}`)
	changed := r.Do("GET PATCH", "update_message_template", `{"template":"Hello","content":"Hello there","buttons":["Open => https://example.com"]}`)
	if !strings.Contains(changed.JSON("before"), `"Yes"`) || !strings.Contains(changed.JSON("after"), `"content":"Hello there"`) {
		t.Errorf("changed %s", changed.Text)
	}
	if same := r.Do("GET", "update_message_template", `{"template":"Hello","buttons":["Open => https://example.com"]}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	r.Refused("", "invalid_argument", "create_message_template", `{"name":"A","content":"a","buttons":["Yes","Open => https://example.com"]}`, "one sort")
	r.Refused("", "invalid_argument", "create_message_template", `{"name":"A","content":"a","header":"Hi"}`, "whatsapp_category")
	r.Refused("GET", "duplicate", "update_message_template", `{"template":"Hello","name":"crew arrival"}`, "Crew arrival")
	r.Do("GET POST", "create_message_template", `{"name":"Offer","content":"Hi","whatsapp_category":"UTILITY","language":"en"}`)
	rows := r.Do("GET", "list_message_templates", `{"limit":2}`)
	more := r.Do("GET", "list_message_templates", `{"limit":2,"cursor":"`+rows.Keys["next_cursor"].(string)+`"}`)
	if rows.Keys["has_more"] != true || more.Keys["has_more"] != false || !strings.Contains(more.JSON("items"), `"whatsapp":true`) {
		t.Errorf("rows %s then %s", rows.Text, more.Text)
	}
	if gone := r.Do("GET DELETE", "delete_message_template", `{"template":"Hello"}`); !strings.Contains(gone.JSON("before"), "Hello there") {
		t.Errorf("gone %s", gone.Text)
	}
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/chats/templates", Kind: sandbox.FaultLostAnswer})
	if lost := r.Do("GET POST GET", "create_message_template", `{"name":"Lost","content":"Hi"}`); lost.Keys["looked_up"] != true {
		t.Errorf("lost %s", lost.Text)
	}
}

func TestListTags(t *testing.T) {
	r := toolstest.New(t, setup.ListTags, setup.CreateTag)
	r.Do("GET POST", "create_tag", `{"tags":["Größe L","Größe M"],"color":"FFC8C8"}`)
	out := r.Do("GET", "list_tags", `{"query":"größe","limit":1}`)
	if !strings.Contains(out.JSON("items"), `"color":"FFC8C8"`) || out.Keys["has_more"] != true {
		t.Errorf("leads %s", out.Text)
	}
	next, _ := out.Keys["next_cursor"].(string)
	if rest := r.Do("GET", "list_tags", `{"query":"größe","limit":1,"cursor":"`+next+`"}`); rest.Keys["has_more"] != false || rest.JSON("items") == out.JSON("items") {
		t.Errorf("the rest %s", rest.Text)
	}
	r.Do("GET POST", "create_tag", `{"kind":"company","tags":["supplier"]}`)
	if rows := r.Do("GET", "list_tags", `{"kind":"company"}`).JSON("items"); !strings.Contains(rows, "supplier") || strings.Contains(rows, "Größe") {
		t.Errorf("companies %s", rows)
	}
	if none := r.Do("GET", "list_tags", `{"kind":"contact","query":"zzz"}`); none.JSON("items") != "[]" || none.Keys["hint"] == nil {
		t.Errorf("none %s", none.Text)
	}
}
