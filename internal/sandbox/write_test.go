package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestWritesAreStrict(t *testing.T) {
	g := newRig(t)
	for _, tc := range []struct{ body, code, path string }{
		{`[{"titel":"x"}]`, "FieldNotExpected", "titel"},
		{`[{"name":5}]`, "InvalidType", "name"},
		{`[{"price":"1200"}]`, "InvalidType", "price"},
		{`[{"price":3000000000}]`, "InvalidType", "price"},
		{`[{"status_id":1}]`, "NotSupportedChoice", "status_id"},
		{`[{"pipeline_id":1}]`, "NotSupportedChoice", "pipeline_id"},
		{`[{"responsible_user_id":1}]`, "NotSupportedChoice", "responsible_user_id"},
		{`[{"custom_fields_values":[]}]`, "TooFew", "custom_fields_values"},
		{`[{"_embedded":{"contacts":[{"id":1}]}}]`, "NotSupportedChoice", "_embedded.contacts.0.id"},
		{`[{"_embedded":{"contacts":[{"is_main":true}]}}]`, "FieldMissing", "_embedded.contacts.0.id"},
		{`[{"_embedded":{"tags":[{"name":""}]}}]`, "NotBlank", "_embedded.tags.0.name"},
		{`[{"_embedded":{"tags":[{"id":999}]}}]`, "NotSupportedChoice", "_embedded.tags.0.id"},
		{`[{"tags_to_delete":[{"name":"x"}]}]`, "FieldNotExpected", "tags_to_delete"},
		{`[{"loss_reason_id":5}]`, "NotSupportedChoice", "loss_reason_id"},
	} {
		r := g.post("/leads", tc.body).want(400)
		r.eq("Request validation failed", "detail")
		r.eq("0", "validation-errors", 0, "request_id")
		r.eq(tc.code, "validation-errors", 0, "errors", 0, "code")
		r.eq(tc.path, "validation-errors", 0, "errors", 0, "path")
	}
	g.get("/leads").want(204)
}

func TestOneBadItemSavesNothing(t *testing.T) {
	g := newRig(t)
	r := g.post("/leads", `[{"name":"good","request_id":"a1"},{"titel":"bad","request_id":"a2"},{"name":7}]`).want(400)
	r.eq("a2", "validation-errors", 0, "request_id")
	r.eq("2", "validation-errors", 1, "request_id")
	if n := len(r.at("validation-errors").([]any)); n != 2 {
		t.Errorf("%d groups", n)
	}
	g.get("/leads").want(204)
}

func TestBodiesThatAreNoUse(t *testing.T) {
	g := newRig(t)
	for body, detail := range map[string]string{
		`[]`: "Request data can not be empty", ``: "Request data can not be empty",
		`{"name":"x"}`: "Invalid request body", `[{]`: "Invalid request body", `[] []`: "Invalid request body",
	} {
		g.post("/leads", body).want(400).eq(detail, "detail")
	}
	id := g.made("leads", "/leads", `[{}]`)[0]
	g.patch(leadPath(id), `[{"name":"x"}]`).want(400).eq("Invalid request body", "detail")
	g.patch(leadPath(id), `{}`).want(400).eq("Request data can not be empty", "detail")
	g.post("/leads", `[7]`).want(400).eq("InvalidType", "validation-errors", 0, "errors", 0, "code")
}

func TestMoreThan250ItemsAre422(t *testing.T) {
	g := newRig(t)
	many := func(n int) string { return "[" + strings.Repeat("{},", n-1) + "{}]" }
	g.post("/leads", many(251)).want(422).eq("Limit 250 per page", "detail")
	if n := len(g.made("leads", "/leads", many(250))); n != 250 {
		t.Errorf("%d made", n)
	}
}

func TestRequestIDIsEchoed(t *testing.T) {
	g := newRig(t)
	rows := g.post("/leads", `[{"request_id":"w-7"},{},{"request_id":12},{"request_id":null}]`).want(200).rows("leads")
	var got []string
	for _, r := range rows {
		got = append(got, r["request_id"].(string))
	}
	if strings.Join(got, ",") != "w-7,1,12,3" {
		t.Errorf("request ids %v", got)
	}
	id := int64(rows[0]["id"].(float64))
	r := g.patch(leadPath(id), `{"id":1,"request_id":"p1","name":"n"}`).want(200)
	r.eq("p1", "request_id")
	r.eq(id, "id")
	if _, has := g.patch(leadPath(id), `{"name":"m"}`).want(200).json()["request_id"]; has {
		t.Error("a request_id that was not sent")
	}
}

func TestNullIsAcceptedForOptionalKeys(t *testing.T) {
	g := newRig(t)
	g.post("/leads", `[{"name":null,"price":null,"status_id":null,"custom_fields_values":null,"loss_reason_id":null,"_embedded":null}]`).want(200)
}

func TestSchemaReportsEveryKindOfError(t *testing.T) {
	s := schema{
		{name: "name", kind: stringKind, required: true, notBlank: true},
		{name: "sort", kind: intKind, notNull: true},
		{name: "list", kind: listKind, min: 1, max: 2, item: &field{kind: objectKind, fields: schema{{name: "id", kind: intKind, required: true}}}},
		{name: "flag", kind: boolKind},
		{name: "any"},
		{name: "text", kind: scalarKind},
		{name: "n", kind: numberKind},
	}
	for body, want := range map[string]string{
		`{}`:                                               "FieldMissing name",
		`{"name":null}`:                                    "NotBlank name",
		`{"name":""}`:                                      "NotBlank name",
		`{"name":"a","sort":null}`:                         "NotNullable sort",
		`{"name":"a","sort":1.5}`:                          "InvalidType sort",
		`{"name":"a","sort":1.0}`:                          "InvalidType sort",
		`{"name":"a","list":[]}`:                           "TooFew list",
		`{"name":"a","list":[{},1]}`:                       "FieldMissing list.0.id InvalidType list.1",
		`{"name":"a","flag":1}`:                            "InvalidType flag",
		`{"name":"a","text":{}}`:                           "InvalidType text",
		`{"name":"a","any":[1,{"a":{}}]}`:                  "",
		`{"name":"a","n":1.5,"text":7}`:                    "",
		`{"name":"a","z":1,"b":2}`:                         "FieldNotExpected b FieldNotExpected z",
		`{"name":"a","list":[{"id":1},{"id":2},{"id":3}]}`: "TooMany list",
	} {
		v, err := decodeJSON([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var p problems
		s.validate(nil, v.(object), "", &p)
		var got []string
		for _, e := range p.list {
			got = append(got, e.Code+" "+e.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestDecodeJSONKeepsBigNumbers(t *testing.T) {
	v, err := decodeJSON([]byte(`{"id":9007199254740993,"f":1e2}`))
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(v)
	if string(data) != `{"f":100,"id":9007199254740993}` {
		t.Errorf("%s", data)
	}
}

// TestEmptyEmbeddedSaysNothing: published clients send it with every save.
func TestEmptyEmbeddedSaysNothing(t *testing.T) {
	g := newRig(t)
	id := g.made("leads", "/leads", `[{"name":"a","_embedded":{"tags":[{"name":"x"}],"contacts":[],"companies":[]}}]`)[0]
	g.made("leads", "/leads", `[{"name":"b","_embedded":[]}]`)
	g.made("tasks", "/tasks", `[{"text":"a","complete_till":1760000500,"_embedded":{}}]`)
	one := fmt.Sprintf("/leads/%d", id)
	g.patch(one, `{"name":"b","_embedded":{"contacts":[],"companies":[]}}`).want(200)
	g.get(one).eq("x", "_embedded", "tags", 0, "name")
	g.patch(one, `{"_embedded":{"contacts":[{"id":1}]}}`).want(400)
	g.post("/tasks", `[{"text":"a","complete_till":1760000500,"_embedded":{"tags":[{"name":"x"}]}}]`).want(400)
	g.post("/tasks", `[{"text":"a","complete_till":1760000500,"extra":[]}]`).want(400)
}
