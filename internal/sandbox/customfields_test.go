package sandbox

import (
	"fmt"
	"testing"
)

// field makes a field and returns its id and those of its enums.
func (g *rig) field(entity, body string) (id int64, enums []int64) {
	g.t.Helper()
	row := g.post("/"+entity+"/custom_fields", "["+body+"]").want(201).rows("custom_fields")[0]
	if list, isList := row["enums"].([]any); isList {
		for _, e := range list {
			enums = append(enums, int64(e.(map[string]any)["id"].(float64)))
		}
	}
	return int64(row["id"].(float64)), enums
}

func TestPredefinedContactFields(t *testing.T) {
	g := newRig(t)
	r := g.get("/contacts/custom_fields?page=1&limit=250").want(200)
	r.eq(4, "_total_items")
	r.eq(1, "_page_count")
	r.eq("PHONE", "_embedded", "custom_fields", 1, "code")
	r.eq("Phone", "_embedded", "custom_fields", 1, "name")
	r.eq("WORK", "_embedded", "custom_fields", 1, "enums", 0, "value")
	r.eq(2, "_embedded", "custom_fields", 1, "enums", 0, "sort")
	r.eq(false, "_embedded", "custom_fields", 1, "is_deletable")
	id := int64(r.rows("custom_fields")[1]["id"].(float64))
	g.get(fmt.Sprintf("/contacts/custom_fields/%d", id)).want(200).eq("contacts", "entity_type")
	g.get(fmt.Sprintf("/leads/custom_fields/%d", id)).want(404)
	g.del(fmt.Sprintf("/contacts/custom_fields/%d", id)).want(403)
}

func TestEnumsArePatchedAsTheWholeSet(t *testing.T) {
	g := newRig(t)
	id, enums := g.field("leads", `{"name":"Colour","type":"select","enums":[{"value":"Red","sort":1,"code":"red"},{"value":"Blue","sort":2}]}`)
	path := fmt.Sprintf("/leads/custom_fields/%d", id)
	lead := g.made("leads", "/leads", fmt.Sprintf(`[{"custom_fields_values":[{"field_id":%d,"values":[{"enum_code":"red"}]}]}]`, id))[0]
	at := fmt.Sprintf("/leads/%d", lead)
	g.get(at).eq("Red", "custom_fields_values", 0, "values", 0, "value")
	r := g.patch(path, fmt.Sprintf(`{"type":"select","enums":[{"id":%d,"value":"Navy","sort":3},{"value":"Red","sort":4}]}`, enums[1])).want(200)
	r.eq(enums[1], "enums", 0, "id")
	r.eq("Navy", "enums", 0, "value")
	if got := r.at("enums", 1, "id"); int64(got.(float64)) == enums[0] {
		t.Error("an entry without its id must be a new enum")
	}
	g.get(at).eq(nil, "custom_fields_values")
	g.patch(path, `{"enums":[{"id":5,"value":"x","sort":1}]}`).want(400).eq("enums.0.id", "validation-errors", 0, "errors", 0, "path")
	g.del(path).want(204)
	g.get(path).want(404)
}

func TestFieldDefinitionsAreChecked(t *testing.T) {
	g := newRig(t)
	for body, want := range map[string][2]string{
		`{"type":"text"}`:                       {"FieldMissing", "name"},
		`{"name":"x"}`:                          {"FieldMissing", "type"},
		`{"name":"x","type":"price"}`:           {"NotSupportedChoice", "type"},
		`{"name":"x","type":"select"}`:          {"FieldMissing", "enums"},
		`{"name":"x","type":"text","z":1}`:      {"FieldNotExpected", "z"},
		`{"name":"x","type":"text","code":"C"}`: {"NotSupportedChoice", "code"},
	} {
		if g.get("/leads/custom_fields?filter[type][0]=textarea").status == 204 {
			g.field("leads", `{"name":"c","type":"textarea","code":"C"}`)
		}
		r := g.post("/leads/custom_fields", "["+body+"]").want(400)
		r.eq(want[0], "validation-errors", 0, "errors", 0, "code")
		r.eq(want[1], "validation-errors", 0, "errors", 0, "path")
	}
}

func TestFieldGroups(t *testing.T) {
	g := newRig(t)
	f, _ := g.field("leads", `{"name":"A","type":"text"}`)
	row := g.post("/leads/custom_fields/groups", `[{"name":"Extra","sort":5}]`).want(201).rows("custom_field_groups")[0]
	path := "/leads/custom_fields/groups/" + row["id"].(string)
	more := g.patch(path, fmt.Sprintf(`{"name":"More","fields":[%d]}`, f)).want(200)
	more.eq("More", "name")
	more.eq([]int64{f}, "fields")
	one := fmt.Sprintf("/leads/custom_fields/%d", f)
	g.get(one).eq(row["id"], "group_id")
	g.get("/leads/custom_fields/groups").want(200).eq("custom_field_group", "_embedded", "custom_field_groups", 0, "type")
	g.del(path).want(204)
	g.del(path).want(404)
	g.get(one).eq(nil, "group_id")
}

func TestFieldListNamesItsLastPage(t *testing.T) {
	g := newRig(t)
	r := g.get("/contacts/custom_fields?limit=3").want(200)
	r.eq(2, "_page_count")
	if r.at("_links", "last", "href") == nil || g.get("/contacts/custom_fields?limit=3&page=2").want(200).at("_links", "next") != nil {
		t.Errorf("links: %s", r.raw)
	}
}
