package sandbox

import (
	"fmt"
	"testing"
)

func TestNotesOfALead(t *testing.T) {
	g := newRig(t)
	lead := g.made("leads", "/leads", `[{"name":"Roof"},{"name":"Wall"}]`)
	at := fmt.Sprintf("/leads/%d/notes", lead[0])
	g.get(at).want(204)
	ids := g.made("notes", at, `[{"note_type":"common","params":{"text":"Hi"}},{"note_type":"sms_in","params":{"text":"yo","phone":"+1"}}]`)
	g.tick(10)
	g.made("notes", "/leads/notes", fmt.Sprintf(`[{"entity_id":%d,"note_type":"common","params":{"text":"other"}}]`, lead[1]))
	one := fmt.Sprintf("%s/%d", at, ids[0])
	r := g.get(one + "?with=is_pinned").want(200)
	r.eq("Hi", "params", "text")
	r.eq(false, "is_pinned")
	r.eq(lead[0], "entity_id")
	g.post(one+"/pin", "").want(204)
	g.post(fmt.Sprintf("/leads/notes/%d/unpin", ids[1]), "").want(204)
	g.get(one+"?with=is_pinned").eq(true, "is_pinned")
	if n := len(g.get(at + "?order[id]=desc").rows("notes")); n != 2 {
		t.Errorf("%d notes of the lead, want 2", n)
	}
	for query, want := range map[string]int{
		"": 3, "?filter[note_type][]=sms_in": 1, fmt.Sprintf("?filter[entity_id][]=%d", lead[1]): 1,
		"?filter[updated_at]=1760000005": 1, "?filter[updated_at][from]=1760000000.5&filter[updated_at][to]=1760000011": 1,
		fmt.Sprintf("?filter[id][]=%d", ids[1]): 1, "?page=2": 0,
	} {
		if n := len(g.get("/leads/notes" + query).rows("notes")); n != want {
			t.Errorf("%s: %d notes, want %d", query, n, want)
		}
	}
	p := g.patch(one, `{"note_type":"common","params":{"text":"Hello"}}`).want(200)
	p.eq(lead[0], "entity_id")
	p.eq(1_760_000_010, "updated_at")
	g.patch("/leads/notes", fmt.Sprintf(`[{"id":%d,"params":{"text":"yes"}}]`, ids[1])).want(200).eq(ids[1], "_embedded", "notes", 0, "id")
	g.get(fmt.Sprintf("/leads/notes/%d", ids[1])).eq("+1", "params", "phone")
	if r := g.del(one).want(405); len(r.raw) > 0 {
		t.Errorf("405 has a body: %s", r.raw)
	}
	g.get("/contacts/notes").want(204)
}

func TestNoteParamsAreStrict(t *testing.T) {
	g := newRig(t)
	lead := g.made("leads", "/leads", `[{"name":"Roof"}]`)[0]
	at := fmt.Sprintf("/leads/%d/notes", lead)
	for body, want := range map[string][2]string{
		`{"note_type":"common"}`:                                                         {"FieldMissing", "params"},
		`{"note_type":"chat","params":{}}`:                                               {"NotSupportedChoice", "note_type"},
		`{"note_type":"common","params":{"text":"a","service":"b"}}`:                     {"FieldNotExpected", "params.service"},
		`{"note_type":"sms_in","params":{"text":"a","phone":"1","uniq":"u"}}`:            {"FieldNotExpected", "params.uniq"},
		`{"note_type":"call_in","params":{"source":"x","phone":"1"}}`:                    {"FieldMissing", "params.duration"},
		`{"note_type":"call_in","params":{"source":"","duration":1,"phone":"1"}}`:        {"NotBlank", "params.source"},
		`{"note_type":"message_cashier","params":{"status":"no","text":"a"}}`:            {"NotSupportedChoice", "params.status"},
		`{"note_type":"geolocation","params":{"text":"a","address":"b","latitude":"1"}}`: {"FieldMissing", "params.longitude"},
	} {
		r := g.post(at, "["+body+"]").want(400)
		r.eq(want[0], "validation-errors", 0, "errors", 0, "code")
		r.eq(want[1], "validation-errors", 0, "errors", 0, "path")
	}
	g.post("/leads/notes", `[{"note_type":"common","params":{"text":"a"}}]`).want(400).eq("entity_id", "validation-errors", 0, "errors", 0, "path")
	g.post("/leads/1/notes", `[{"note_type":"common","params":{"text":"a"}}]`).want(400)
	g.get(at).want(204)
	g.made("notes", at, `[{"note_type":"attachment","params":{"file_uuid":"u","file_name":"a.pdf"}}]`)
	g.get(at).eq("a.pdf", "_embedded", "notes", 0, "params", "original_name")
}
