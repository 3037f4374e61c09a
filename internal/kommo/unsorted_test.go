package kommo

import (
	"net/http"
	"testing"
)

const (
	formLead = `{"uid":"c1b2","source_uid":"site-7","source_name":"Landing","category":"forms","pipeline_id":31,"created_at":"100",
		"metadata":{"form_id":7,"form_name":"Call me","form_page":"https://ex.test/p","form_sent_at":"99","referer":"https://ex.test"},
		"account_id":5,"_embedded":{"leads":[{"id":9}],"contacts":[{"id":6}],"companies":[{"id":8}]}}`
	mailLead = `{"uid":"c1b3","category":"mail","created_at":101,"metadata":{"from":{"email":"ana@example.com","name":"Ana"},
		"received_at":90,"subject":"Quote","content_summary":"Please call"},"_embedded":{"leads":[{"id":10}],"contacts":[],"companies":[]}}`
	callLead = `{"uid":"c1b4","category":"sip","metadata":{"phone":12025550192,"from":"12025550192","call_responsible":44,"duration":"31","called_at":80,
		"uniq":"u1","link":"https://ex.test/r.mp3","service_code":"pbx"},"_embedded":{"leads":[]}}`
	chatLead = `{"uid":"c1b5","category":"chats","metadata":{"from":"Ana","client":{"name":"Ana","avatar":null},"service":"waba","last_message_text":"Hi","source_name":"WhatsApp"},
		"_embedded":[]}`
	bareLead = `{"uid":"c1b6","category":"forms","metadata":[],"_embedded":[]}`
)

func TestUnsortedReads(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"unsorted":[`+formLead+`,`+mailLead+`,`+callLead+`,`+chatLead+`,`+bareLead+`]}}`, formLead, "")
	page := must(c.Unsorted.List(t.Context(), UnsortedFilter{
		ListOptions: ListOptions{Page: 2, Limit: 50}, UID: "c1b2", Categories: []UnsortedCategory{UnsortedForms, UnsortedSIP}, PipelineID: 31,
	}))(t)
	if len(page.Items) != 5 {
		t.Fatalf("%d items", len(page.Items))
	}
	form, mail, call, chat, bare := page.Items[0], page.Items[1], page.Items[2], page.Items[3], page.Items[4]
	if form.LeadID() != 9 || form.ContactID() != 6 || form.CompanyID() != 8 || form.CreatedAt != 100 || form.Metadata.FormID != "7" || form.Metadata.FormSentAt != 99 {
		t.Errorf("the form reads as %+v", form)
	}
	if m := mail.Metadata; m.From != (UnsortedFrom{"Ana", "ana@example.com"}) || m.Subject != "Quote" || m.Summary != "Please call" {
		t.Errorf("the mail reads as %+v", m)
	}
	if m := call.Metadata; m.Phone != "12025550192" || m.From.Name != "12025550192" || m.CallUser != "44" || m.Duration != 31 || call.LeadID() != 0 {
		t.Errorf("the call reads as %+v", m)
	}
	if m := chat.Metadata; m.Client.Name != "Ana" || m.LastMessage != "Hi" || m.Service != "waba" {
		t.Errorf("the chat reads as %+v", m)
	}
	if bare.Metadata != (UnsortedMetadata{}) || bare.LeadID() != 0 {
		t.Errorf("one without anything reads as %+v", bare)
	}
	if one := must(c.Unsorted.Get(t.Context(), "c1b2"))(t); one.UID != "c1b2" {
		t.Errorf("one reads as %+v", one)
	}
	if none := must(Collect(c.Unsorted.All(t.Context(), UnsortedFilter{})))(t); len(none) != 0 {
		t.Errorf("an empty list reads as %+v", none)
	}
	r.want(t, get("/leads/unsorted", "filter[category][0]=forms&filter[category][1]=sip&filter[pipeline_id]=31&filter[uid]=c1b2&limit=50&page=2"),
		get("/leads/unsorted/c1b2", ""), get("/leads/unsorted", "limit=250"))
}

func TestUnsortedSummaryReads(t *testing.T) {
	c, r := recorded(t, `{"total":38,"accepted":"6","declined":1,"average_sort_time":13458,"categories":{"sip":{"total":0},"forms":{"total":37}}}`,
		`{"total":0,"accepted":0,"declined":0,"average_sort_time":null,"categories":[]}`)
	full := must(c.Unsorted.Summary(t.Context(), UnsortedSummaryFilter{UID: "u", PipelineID: 31, CreatedAt: Range{From: new(int64(5)), To: new(int64(9))}}))(t)
	if full.Total != 38 || full.Accepted != 6 || full.Declined != 1 || full.AverageSortTime != 13458 || full.Categories[UnsortedForms] != 37 {
		t.Errorf("the summary reads as %+v", full)
	}
	if none := must(c.Unsorted.Summary(t.Context(), UnsortedSummaryFilter{}))(t); none.Total != 0 || len(none.Categories) != 0 {
		t.Errorf("an empty summary reads as %+v", none)
	}
	r.want(t, get("/leads/unsorted/summary", "filter[created_at][from]=5&filter[created_at][to]=9&filter[pipeline_id]=31&filter[uid]=u"), get("/leads/unsorted/summary", ""))
}

func TestUnsortedCreates(t *testing.T) {
	// Kommo may answer in another order than it was asked in.
	two := `{"_embedded":{"unsorted":[{"uid":"b","request_id":"1","_embedded":{"leads":[{"id":10}]}},{"uid":"a","request_id":"0","_embedded":{"leads":[{"id":9}],"contacts":[{"id":6}]}}]}}`
	c, r := recorded(t, two, `{"_embedded":{"unsorted":[{"uid":"a","request_id":"0"}]}}`)
	made := must(c.Unsorted.CreateForms(t.Context(), []UnsortedWrite[FormMetadata]{
		{
			SourceUID: "s1", SourceName: "Landing", PipelineID: 31, CreatedAt: 50, Metadata: FormMetadata{FormID: "f", FormName: "Call me", FormPage: "p", SentAt: 49},
			Embedded: UnsortedCards{Leads: []LeadWrite{{Name: "Roof"}}, Contacts: []ContactWrite{{Name: "Ana"}}},
		},
		{SourceUID: "s2", SourceName: "Landing"},
	}))(t)
	if made[0].UID != "a" || made[0].ContactID() != 6 || made[1].LeadID() != 10 {
		t.Errorf("made %+v", made)
	}
	if _, err := c.Unsorted.CreateSIP(t.Context(), []UnsortedWrite[SIPMetadata]{{SourceUID: "s", Metadata: SIPMetadata{Phone: "+1", Duration: 3, ServiceCode: "x"}}}); !HasCode(err, CodeUnknownOutcome) {
		t.Errorf("an answer without a lead: %v", err)
	}
	if _, err := c.Unsorted.CreateForms(t.Context(), nil); !HasCode(err, CodeInvalid) {
		t.Errorf("an empty create: %v", err)
	}
	r.want(t,
		post("/leads/unsorted/forms", `[{"source_uid":"s1","source_name":"Landing","pipeline_id":31,"created_at":50,
			"metadata":{"form_id":"f","form_name":"Call me","form_page":"p","form_sent_at":49},"_embedded":{"leads":[{"name":"Roof"}],"contacts":[{"name":"Ana"}]}},
			{"source_uid":"s2","source_name":"Landing","metadata":{"form_id":"","form_name":"","form_page":"","form_sent_at":0},"_embedded":{}}]`),
		post("/leads/unsorted/sip", `[{"source_uid":"s","source_name":"","metadata":{"phone":"+1","duration":3,"service_code":"x","is_call_event_needed":false},"_embedded":{}}]`))
}

func TestUnsortedIsSorted(t *testing.T) {
	answer := `{"uid":"a","pipeline_id":31,"category":"forms","created_at":5,"_embedded":{"leads":[{"id":9}]}}`
	c, r := recorded(t, answer, `{"uid":"a","_embedded":[]}`, answer, answer, answer)
	done := must(c.Unsorted.Accept(t.Context(), "a", UnsortedAccept{UserID: 7, StatusID: 32}))(t)
	if done.PipelineID != 31 || firstLinked(done.Embedded.Leads) != 9 {
		t.Errorf("accepted reads as %+v", done)
	}
	must(c.Unsorted.Accept(t.Context(), "a", UnsortedAccept{}))(t)
	must(c.Unsorted.Decline(t.Context(), "a", 7))(t)
	must(c.Unsorted.Link(t.Context(), "a", UnsortedLink{UserID: 7, LeadID: 20, ContactID: 6}))(t)
	must(c.Unsorted.Link(t.Context(), "a", UnsortedLink{LeadID: 20}))(t)
	for _, uid := range []string{"", "a/accept", `a\b`} {
		if _, err := c.Unsorted.Accept(t.Context(), uid, UnsortedAccept{}); !HasCode(err, CodeInvalid) {
			t.Errorf("uid %q: %v", uid, err)
		}
		if _, err := c.Unsorted.Get(t.Context(), uid); !HasCode(err, CodeInvalid) {
			t.Errorf("uid %q: %v", uid, err)
		}
	}
	r.want(t,
		post("/leads/unsorted/a/accept", `{"user_id":7,"status_id":32}`), post("/leads/unsorted/a/accept", `{}`),
		asked{Method: http.MethodDelete, Path: "/leads/unsorted/a/decline", Body: `{"user_id":7}`},
		post("/leads/unsorted/a/link", `{"user_id":7,"link":{"entity_id":20,"entity_type":"leads","metadata":{"contact_id":6}}}`),
		post("/leads/unsorted/a/link", `{"link":{"entity_id":20,"entity_type":"leads"}}`))
}
