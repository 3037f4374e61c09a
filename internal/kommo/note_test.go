package kommo

import (
	"encoding/json"
	"testing"
)

const callNote = `{"id":5,"entity_id":901,"created_by":11,"updated_by":12,"created_at":100,"updated_at":200,"responsible_user_id":13,"group_id":3,
"note_type":"call_in","account_id":5,"is_pinned":true,
"params":{"uniq":"u-1","duration":"57","source":"pbx","link":null,"phone":"+15550001","call_responsible":11,"call_result":"agreed","call_status":4}}`

func TestNotesRead(t *testing.T) {
	c, r := recorded(t, callNote, `{"_embedded":{"notes":[`+callNote+`]}}`, `{"_embedded":{"notes":[`+callNote+`]}}`, "", "")
	n := must(c.Notes.Get(t.Context(), Leads, 5, "is_pinned"))(t)
	call, ok := n.Call()
	if !ok || call != (CallParams{Unique: "u-1", Duration: 57, Source: "pbx", Phone: "+15550001", Responsible: "11", Result: "agreed", Status: CallTalked}) {
		t.Errorf("call reads as %+v, %v", call, ok)
	}
	if n.ID != 5 || n.EntityID != 901 || n.CreatedBy != 11 || n.UpdatedBy != 12 || n.ResponsibleID != 13 || n.GroupID != 3 || !n.Pinned || n.UpdatedAt != 200 {
		t.Errorf("a named key was lost: %+v", n)
	}
	f := NoteFilter{
		ListOptions: ListOptions{Limit: 3}, IDs: []int64{5}, Types: []string{NoteCallIn, NoteCallOut}, EntityIDs: []int64{901},
		UpdatedAt: Range{From: new(int64(100))}, Order: Order{By: "updated_at", Desc: true}, With: []string{"is_pinned"},
	}
	must(c.Notes.List(t.Context(), Contacts, f))(t)
	must(c.Notes.ListOf(t.Context(), Leads, 901, f))(t)
	must(Collect(c.Notes.AllOf(t.Context(), Leads, 901, NoteFilter{})))(t)
	must(Collect(c.Notes.All(t.Context(), Companies, NoteFilter{})))(t)
	common := "filter[id][0]=5&filter[note_type][0]=call_in&filter[note_type][1]=call_out&filter[updated_at][from]=100" +
		"&limit=3&order[updated_at]=desc&with=is_pinned"
	r.want(t, get("/leads/notes/5", "with=is_pinned"), get("/contacts/notes", "filter[entity_id][0]=901&"+common),
		get("/leads/901/notes", common), get("/leads/901/notes", "limit=250"), get("/companies/notes", "limit=250"))
}

func TestNoteTextAndOddParams(t *testing.T) {
	note := Note{Type: NoteCommon, Params: json.RawMessage(`{"text":"hello"}`)}
	if note.Text() != "hello" {
		t.Errorf("text is %q", note.Text())
	}
	if _, ok := note.Call(); ok {
		t.Error("a common note reads as a call")
	}
	for _, params := range []string{`[]`, `null`, `{"text":{"a":1}}`} {
		if got := (Note{Params: json.RawMessage(params)}).Text(); got != "" {
			t.Errorf("text of %s is %q", params, got)
		}
	}
	var a AttachmentParams
	if err := json.Unmarshal([]byte(`{"original_name":"Plan.pdf","attachment":"a1.pdf","is_drive_attachment":true,"text":"t"}`), &a); err != nil {
		t.Fatal(err)
	}
	if a.FileName != "a1.pdf" || a.OriginalName != "Plan.pdf" || !a.OnDrive || a.Text != "t" {
		t.Errorf("an older attachment reads as %+v", a)
	}
}

func TestMailNotes(t *testing.T) {
	params := json.RawMessage(`{"thread_id":"286","message_id":514,"private":true,"income":true,"from":{"email":"a@x.io","name":"Ann"},
		"to":{"email":"b@x.io","name":""},"subject":"Offer","content_summary":"Dear","attach_cnt":1,"delivery":{"status":"none","time":100}}`)
	m, ok := Note{Type: NoteMail, Params: params}.Mail()
	if !ok || m.ThreadID != "286" || m.MessageID != "514" || !m.Private || !m.Incoming || m.From != (MailAddress{"a@x.io", "Ann"}) || m.To.Email != "b@x.io" ||
		m.Subject != "Offer" || m.Summary != "Dear" || m.Attachments != 1 || m.Delivery.Status != "none" || m.Delivery.Time != 100 {
		t.Errorf("mail reads as %+v, %v", m, ok)
	}
	for _, n := range []Note{{Type: NoteCommon, Params: params}, {Type: NoteMail, Params: json.RawMessage(`[]`)}} {
		if _, ok := n.Mail(); ok {
			t.Errorf("%s with %s reads as a mail", n.Type, n.Params)
		}
	}
}

func TestNotesWrite(t *testing.T) {
	tests := []struct {
		kind   string
		params any
		want   string
	}{
		{NoteCommon, TextParams{"hello"}, `{"text":"hello"}`},
		{NoteService, ServiceParams{"pbx", "rang"}, `{"service":"pbx","text":"rang"}`},
		{NoteSMSOut, SMSParams{"hi", "+15550001"}, `{"text":"hi","phone":"+15550001"}`},
		{NotePlace, PlaceParams{"here", "Riga", "24.1", "56.9"}, `{"text":"here","address":"Riga","longitude":"24.1","latitude":"56.9"}`},
		{
			NoteAttachment,
			AttachmentParams{FileUUID: "u", FileName: "a.pdf", OriginalName: "b.pdf", OnDrive: true, Text: "t"},
			`{"file_uuid":"u","file_name":"a.pdf"}`,
		},
		{NoteCallOut, CallParams{Source: "pbx", Phone: "+15550001"}, `{"duration":0,"source":"pbx","phone":"+15550001"}`},
		{
			NoteCallIn,
			CallParams{Unique: "u", Duration: 9, Source: "pbx", Link: "https://x.io/r", Phone: "1", Responsible: "11", Result: "ok", Status: CallBusy},
			`{"uniq":"u","duration":9,"source":"pbx","link":"https://x.io/r","phone":"1","call_responsible":11,"call_result":"ok","call_status":7}`,
		},
		{
			NoteCallIn,
			CallParams{Source: "pbx", Phone: "1", Responsible: "Ann"},
			`{"duration":0,"source":"pbx","phone":"1","call_responsible":"Ann"}`,
		},
	}
	for _, tt := range tests {
		c, r := recorded(t, `{"_embedded":{"notes":[{"id":6,"entity_id":901,"request_id":"0"}]}}`)
		made := must(c.Notes.Create(t.Context(), Leads, []NoteWrite{{EntityID: 901, Type: tt.kind, Params: tt.params}}))(t)
		if made[0].ID != 6 || made[0].EntityID != 901 {
			t.Errorf("made %+v", made)
		}
		r.want(t, post("/leads/notes", `[{"entity_id":901,"note_type":"`+tt.kind+`","params":`+tt.want+`}]`))
	}
}

func TestResponsibleKeepsPhonesAsText(t *testing.T) {
	for text, want := range map[Responsible]string{"11": `11`, "Ann": `"Ann"`, "+15550001": `"+15550001"`, "5550001234": `"5550001234"`, "": `""`} {
		sameJSON(t, text, want)
	}
	for raw, want := range map[string]Responsible{`11`: "11", `"Ann"`: "Ann", `null`: ""} {
		var r Responsible
		if err := json.Unmarshal([]byte(raw), &r); err != nil || r != want {
			t.Errorf("%s reads as %q, %v", raw, r, err)
		}
	}
}

func TestNotesChange(t *testing.T) {
	c, r := recorded(t, `{"id":5,"entity_id":901,"updated_at":300}`, `{"_embedded":{"notes":[{"id":5,"entity_id":901,"updated_at":300}]}}`, "", "")
	w := NoteWrite{
		Type: NoteCommon, Params: TextParams{"new"}, CreatedBy: new(int64(11)), ResponsibleID: 11, CreatedAt: 100, Trigger: new(false),
	}
	u := must(c.Notes.Update(t.Context(), Contacts, 5, w))(t)
	if u.EntityID != 901 || u.UpdatedAt != 300 {
		t.Errorf("updated %+v", u)
	}
	must(c.Notes.UpdateMany(t.Context(), Contacts, []NoteWrite{{ID: 5, EntityID: 901, Type: NoteCommon, Params: TextParams{"new"}}}))(t)
	for _, on := range []bool{true, false} {
		if err := c.Notes.Pin(t.Context(), Contacts, 5, on); err != nil {
			t.Errorf("pin %v: %v", on, err)
		}
	}
	r.want(t,
		patch("/contacts/notes/5", `{"note_type":"common","params":{"text":"new"},"created_by":11,"responsible_user_id":11,"created_at":100,
			"is_need_to_trigger_digital_pipeline":false}`),
		patch("/contacts/notes", `[{"id":5,"entity_id":901,"note_type":"common","params":{"text":"new"}}]`),
		post("/contacts/notes/5/pin", ""), post("/contacts/notes/5/unpin", ""))
}
