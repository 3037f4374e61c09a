package incoming_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func TestTheToolsAreWellDefined(t *testing.T) {
	r := newRig(t)
	toolstest.CheckDefinitions(t, "incoming", r.Tools)
	if h := r.Tool("decline_incoming_lead").Spec().Hints(); !h.Destructive || h.ReadOnly {
		t.Errorf("declining has hints %+v", h)
	}
}

func TestIncomingLeadsAreListed(t *testing.T) {
	r := newRig(t)
	out := r.do("list_incoming_leads", `{}`, "GET GET")
	items, _ := out["items"].([]any)
	if len(items) != 3 || out["has_more"] != false {
		t.Fatalf("%v", out)
	}
	first := items[0].(map[string]any)
	if first["category"] != "form" || first["name"] != "Website request: Iris Calloway" || first["about"] != "Free roof quote https://www.example.com/quote" ||
		first["source"] != "Website form" || first["uid"] == "" || first["url"] == nil || first["pipeline"] == nil || first["received"] == nil {
		t.Errorf("%v", first)
	}
	call := r.do("list_incoming_leads", `{"category":"call"}`, "GET GET")["items"].([]any)
	if len(call) != 1 || toolstest.Part(call[0], "from") != "+12025550192" || toolstest.Part(call[0], "about") != "missed call" {
		t.Errorf("%v", call)
	}
	page := r.do("list_incoming_leads", `{"limit":2}`, "GET GET")
	if page["has_more"] != true {
		t.Fatalf("%v", page)
	}
	rest := r.do("list_incoming_leads", fmt.Sprintf(`{"limit":2,"cursor":%q}`, page["next_cursor"]), "GET GET")
	if rows := rest["items"].([]any); len(rows) != 1 || rest["has_more"] != false {
		t.Errorf("%v", rest)
	}
	if none := r.do("list_incoming_leads", `{"category":["mail","chat"]}`, "GET"); none["hint"] == nil {
		t.Errorf("%v", none)
	}
	r.refused("invalid_argument", "list_incoming_leads", `{"category":"fax"}`)
	people := r.do("list_incoming_leads", `{"with_contacts":true,"limit":100}`, "GET GET GET GET GET")["items"].([]any)
	if toolstest.Part(people[0], "contact", "name") != "Iris Calloway" || toolstest.Part(people[2], "contact", "phones") == nil || first["contact"] != nil {
		t.Errorf("%v", people)
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, PathPrefix: "/contacts/"})
	if some := r.do("list_incoming_leads", `{"with_contacts":true}`, "GET GET GET GET GET"); len(some["items"].([]any)) != 3 || len(some["warnings"].([]any)) != 1 {
		t.Errorf("%v", some)
	}
	r.refused("not_found", "list_incoming_leads", `{"pipeline":"No such pipeline"}`)
}

func TestIncomingLeadsAreCounted(t *testing.T) {
	r := newRig(t)
	all := r.do("get_incoming_summary", `{}`, "GET")
	if all["total"] != 3.0 || toolstest.Part(all, "categories", "form") != 2.0 || toolstest.Part(all, "categories", "call") != 1.0 || all["accepted"] != 0.0 {
		t.Errorf("%v", all)
	}
	uid := r.waiting()[0]["uid"]
	r.do("accept_incoming_lead", fmt.Sprintf(`{"uid":%q}`, uid), "GET POST")
	if one := r.do("get_incoming_summary", `{"created":"last_30_days"}`, "GET"); one["accepted"] != 1.0 || one["average_minutes_to_sort"] == nil || one["created_from"] == nil {
		t.Errorf("%v", one)
	}
	if none := r.do("get_incoming_summary", `{"created":"2020-01-01"}`, "GET"); none["total"] != 0.0 || none["hint"] == nil {
		t.Errorf("%v", none)
	}
	r.refused("invalid_argument", "get_incoming_summary", `{"created":"recently"}`)
}

// What is sent becomes a link on a card, and the time at which it came is past.
func TestIncomingLeadsOfOddMakeAreRefused(t *testing.T) {
	r := newRig(t)
	for args, word := range map[string]string{
		`{"category":"form","name":"F","form_page":"javascript:alert(1)"}`:                                     "web address",
		`{"category":"form","name":"F","form_page":"https:///quote"}`:                                          "web address",
		`{"category":"call","name":"F","contact_phone":"+12025550171","recording_url":"recording 5"}`:          "web address",
		`{"category":"form","name":"F","received":"tomorrow 10:00"}`:                                           "future",
		`{"category":"call","name":"F","contact_phone":"+12025550171","received":"2099-01-01T10:00:00-05:00"}`: "future",
	} {
		if msg, sent := r.refused("invalid_argument", "create_incoming_lead", args); sent != "" || !strings.Contains(msg, word) {
			t.Errorf("%s: %s %s", args, sent, msg)
		}
	}
}

// A day without a time is taken as it is, today too.
func TestAnIncomingLeadOfToday(t *testing.T) {
	r := newRig(t)
	if out := r.do("create_incoming_lead", `{"category":"form","name":"F","received":"today"}`, "POST"); out["received"] == nil {
		t.Errorf("%v", out)
	}
}

func TestIncomingLeadsAreMade(t *testing.T) {
	r := newRig(t)
	form := r.do("create_incoming_lead", `{"category":"form","name":"Barn roof","price":900,"contact_name":"Ana Lima","contact_phone":"(202) 555-0170",
		"contact_email":"ana@example.com","company_name":"Lima SA","fields":{"Budget":12000},"tags":["web"],"source":"Landing page",
		"form_name":"Free quote","form_page":"https://example.com/q","idempotency_key":"k1"}`, "POST")
	created, _ := form["created"].([]any)
	if len(created) != 3 || form["uid"] == nil || form["category"] != "form" || form["pipeline"] == nil {
		t.Fatalf("%v", form)
	}
	again := r.do("create_incoming_lead", `{"category":"form","name":"Barn roof","price":900,"contact_name":"Ana Lima","contact_phone":"(202) 555-0170",
		"contact_email":"ana@example.com","company_name":"Lima SA","fields":{"Budget":12000},"tags":["web"],"source":"Landing page",
		"form_name":"Free quote","form_page":"https://example.com/q","idempotency_key":"k1"}`, "")
	if again["repeat"] != true || again["uid"] != form["uid"] {
		t.Errorf("%v", again)
	}
	call := r.do("create_incoming_lead", `{"category":"call","name":"Missed call","contact_phone":"+1 202 555 0171","duration_seconds":12,
		"recording_url":"https://example.com/r.mp3","received":"yesterday 10:00"}`, "POST")
	list := r.waiting()
	if len(list) != 5 {
		t.Fatalf("%d wait", len(list))
	}
	if one := list[0]; one["name"] != "Barn roof" || one["source"] != "Landing page" || one["about"] != "Free quote https://example.com/q" {
		t.Errorf("%v", one)
	}
	u, err := r.API.Unsorted.Get(t.Context(), call["uid"].(string))
	if err != nil || u.Metadata.Duration != 12 || u.Metadata.Phone != "+12025550171" || u.Metadata.Link != "https://example.com/r.mp3" || u.CreatedAt != u.Metadata.CalledAt {
		t.Errorf("%+v, %v", u, err)
	}
	lead, err := r.API.Leads.Get(t.Context(), int64(form["id"].(float64)))
	if err != nil || lead.Amount() != 900 || len(lead.Fields) == 0 || len(lead.Embedded.Tags) != 1 {
		t.Errorf("%+v, %v", lead, err)
	}
}

func TestIncomingLeadsAreRefusedBeforeAnythingIsSent(t *testing.T) {
	r := newRig(t)
	for _, args := range []string{
		`{"category":"mail","name":"x"}`, `{"category":"call","name":"x"}`, `{"category":"form","name":" "}`,
		`{"category":"form","name":"x","duration_seconds":4}`, `{"category":"call","name":"x","contact_phone":"+12025550100","form_name":"f"}`,
		`{"category":"form","name":"x","contact_email":"nobody"}`, `{"category":"form","name":"x","received":"some day"}`,
	} {
		if _, sent := r.refused("invalid_argument", "create_incoming_lead", args); sent != "" {
			t.Errorf("%s sent %s", args, sent)
		}
	}
	r.refused("not_found", "create_incoming_lead", `{"category":"form","name":"x","pipeline":"Nowhere"}`)
	r.refused("not_found", "create_incoming_lead", `{"category":"form","name":"x","fields":{"Nothing":1}}`)
}

// TestALostIncomingLeadIsLookedUp: it stands once in the list, and its uid is told.
func TestALostIncomingLeadIsLookedUp(t *testing.T) {
	for _, args := range []string{
		`{"category":"form","name":"Barn roof"}`, `{"category":"call","name":"Call","contact_phone":"+12025550171"}`,
		`{"category":"form","name":"Old one","received":"2026-01-02"}`,
	} {
		r := newRig(t)
		r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPost})
		out := r.do("create_incoming_lead", args, "POST GET")
		if out["looked_up"] != true || out["uid"] == "" || len(r.waiting()) != 4 {
			t.Errorf("%v", out)
		}
	}
}

func TestAnIncomingLeadIsAccepted(t *testing.T) {
	r := newRig(t)
	row := r.waiting()[0]
	uid := row["uid"].(string)
	pipelines, err := r.Names.Pipelines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	users, err := r.Names.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := pipelines[1]
	stage := other.Stages[2]
	if msg, sent := r.refused("invalid_argument", "accept_incoming_lead", fmt.Sprintf(`{"uid":%q,"stage":%q}`, uid, pipelines[0].Stages[0].Name)); sent != "GET" || !strings.Contains(msg, "not accepted") {
		t.Errorf("%s: %s", sent, msg)
	}
	r.refused("invalid_argument", "accept_incoming_lead", fmt.Sprintf(`{"uid":%q,"stage":"won","pipeline":%q}`, uid, other.Name))
	out := r.do("accept_incoming_lead", fmt.Sprintf(`{"uid":%q,"stage":%q,"pipeline":%q,"responsible":%q}`, uid, stage.Name, other.Name, users.Items[1].Name), "GET POST")
	if toolstest.Part(out, "before", "state") != "waiting" || toolstest.Part(out, "after", "state") != "accepted" || toolstest.Part(out, "after", "stage") != stage.Name ||
		toolstest.Part(out, "after", "pipeline") != other.Name || toolstest.Part(out, "after", "responsible") != users.Items[1].Name || out["id"] != row["lead_id"] {
		t.Errorf("%v", out)
	}
	lead, err := r.API.Leads.Get(t.Context(), int64(out["id"].(float64)))
	if err != nil || lead.StatusID != stage.ID || lead.PipelineID != other.ID {
		t.Errorf("%+v, %v", lead, err)
	}
	if msg, _ := r.refused("not_found", "accept_incoming_lead", fmt.Sprintf(`{"uid":%q}`, uid)); !strings.Contains(msg, "already") {
		t.Error(msg)
	}
}

func TestAnIncomingLeadIsDeclined(t *testing.T) {
	r := newRig(t)
	row := r.waiting()[1]
	out := r.do("decline_incoming_lead", fmt.Sprintf(`{"uid":%q}`, row["uid"]), "GET DELETE")
	if toolstest.Part(out, "after", "state") != "declined" || toolstest.Part(out, "after", "responsible") == nil || out["url"] != nil {
		t.Errorf("%v", out)
	}
	if _, err := r.API.Leads.Get(t.Context(), int64(row["lead_id"].(float64))); !kommo.HasCode(err, kommo.CodeNotFound) {
		t.Errorf("the lead is still there: %v", err)
	}
	r.refused("not_found", "decline_incoming_lead", fmt.Sprintf(`{"uid":%q}`, row["uid"]))
	r.refused("not_found", "decline_incoming_lead", fmt.Sprintf(`{"uid":%q,"responsible":"Nobody Such"}`, r.waiting()[0]["uid"]))
}

// TestSortingSurvivesALostAnswer: what became of it is read, and nothing is sent
// twice.
func TestSortingSurvivesALostAnswer(t *testing.T) {
	for tool, method := range map[string]string{"accept_incoming_lead": http.MethodPost, "decline_incoming_lead": http.MethodDelete} {
		r := newRig(t)
		uid := r.waiting()[0]["uid"]
		r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Method: method})
		if out := r.do(tool, fmt.Sprintf(`{"uid":%q}`, uid), "GET "+method+" GET"); out["looked_up"] != true {
			t.Errorf("%s: %v", tool, out)
		}
		r = newRig(t)
		uid = r.waiting()[0]["uid"]
		r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: method})
		if _, sent := r.refused("outcome_unknown", tool, fmt.Sprintf(`{"uid":%q}`, uid)); sent != "GET "+method+" GET GET" {
			t.Errorf("%s sent %s", tool, sent)
		}
	}
}

func TestAnIncomingChatIsLinked(t *testing.T) {
	r := newRig(t)
	open := r.openLead()
	form := r.waiting()[0]["uid"]
	if _, sent := r.refused("unprocessable", "link_incoming_lead", fmt.Sprintf(`{"uid":%q,"lead_id":%d}`, form, open)); sent != "GET GET" {
		t.Errorf("sent %s", sent)
	}
	r.refused("not_found", "link_incoming_lead", fmt.Sprintf(`{"uid":%q,"lead_id":99}`, form))
	uid := r.chat()
	r.refused("not_found", "link_incoming_lead", fmt.Sprintf(`{"uid":%q,"lead_id":%d,"contact_id":99}`, uid, open))
	out := r.do("link_incoming_lead", fmt.Sprintf(`{"uid":%q,"lead_id":%d}`, uid, open), "GET GET POST")
	if toolstest.Part(out, "after", "state") != "linked" || out["id"] != float64(open) || toolstest.Part(out, "after", "stage") == nil {
		t.Errorf("%v", out)
	}
	if len(r.waiting()) != 3 {
		t.Error("the chat still waits")
	}
}

func (r *rig) openLead() int64 {
	r.Helper()
	page, err := r.API.Leads.List(r.Context(), kommo.LeadFilter{ListOptions: kommo.ListOptions{Limit: 50}})
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range page.Items {
		if !l.Closed() && !l.Deleted {
			return l.ID
		}
	}
	r.Fatal("no open lead")
	return 0
}
