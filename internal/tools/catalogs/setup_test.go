package catalogs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		text, _ := item.(string)
		out = append(out, text)
	}
	return out
}

// field is the definition that a list has in the sandbox.
func (r *rig) field(list, name string) kommo.CustomField {
	r.Helper()
	c, err := r.Names.Catalog(r.Context(), list)
	if err != nil {
		r.Fatal(err)
	}
	all, err := kommo.Collect(r.API.CustomFields.All(r.Context(), c.Fields()))
	if err != nil {
		r.Fatal(err)
	}
	at := slices.IndexFunc(all, func(f kommo.CustomField) bool { return f.Name == name })
	if at < 0 {
		r.Fatalf("%s has no field %s", list, name)
	}
	return all[at]
}

func TestAListIsMadeAndChanged(t *testing.T) {
	r := newRig(t)
	made := r.do("create_catalog", `{"name":"Warehouses","can_link_multiple":false}`, "GET POST GET")
	if kind := toolstest.Part(made["created"].([]any)[0], "kind"); kind != "catalog" {
		t.Errorf("%v", made)
	}
	// From now on its name is known.
	r.do("create_catalog_element", `{"catalog":"warehouses","name":"North yard"}`, "GET POST")
	changed := r.do("update_catalog", `{"catalog":"WAREHOUSES","name":"Depots","can_link_multiple":true}`, "GET PATCH GET")
	if toolstest.Part(changed, "before", "name") != "Warehouses" || toolstest.Part(changed, "after", "name") != "Depots" || toolstest.Part(changed, "before", "can_link_multiple") != false {
		t.Errorf("%v", changed)
	}
	if same := r.do("update_catalog", `{"catalog":"depots","name":"Depots"}`, "GET"); same["unchanged"] != true {
		t.Errorf("%v", same)
	}
	for args, want := range map[string]string{
		`{"catalog":"depots","name":"brands"}`: "duplicate name",
		`{"catalog":"Boats","name":"Ships"}`:   "not_found catalog",
	} {
		code, words, _ := strings.Cut(want, " ")
		if msg, sent := r.refused(code, "update_catalog", args); strings.Contains(sent, "PATCH") {
			t.Errorf("%s wrote: %s %s", words, sent, msg)
		}
	}
	if msg, sent := r.refused("duplicate", "create_catalog", `{"name":"BRANDS"}`); sent != "GET" || !strings.Contains(msg, "Brands") {
		t.Errorf("%s %s", sent, msg)
	}
}

func TestAnAccountHasTenLists(t *testing.T) {
	r := newRig(t)
	for i := range 7 {
		r.do("create_catalog", fmt.Sprintf(`{"name":"List %d"}`, i), "GET POST GET")
	}
	if msg, sent := r.refused("unprocessable", "create_catalog", `{"name":"One more"}`); sent != "GET" || !strings.Contains(msg, "10 lists") {
		t.Errorf("%s %s", sent, msg)
	}
}

func TestNestedCategories(t *testing.T) {
	r := newRig(t)
	r.do("create_catalog_field", `{"name":"Range","type":"category","options":["Panels / Mono","Panels / Poly","Roofs / Poly","Spare"]}`, "GET POST GET")
	tree := func() string {
		var out []string
		for _, n := range r.field("", "Range").Tree() {
			out = append(out, strings.Join(n.Path, "/"))
		}
		return strings.Join(out, " ")
	}
	if got := tree(); got != "Panels Panels/Mono Panels/Poly Roofs Roofs/Poly Spare" {
		t.Fatal(got)
	}
	mono := r.field("", "Range").Tree()[1].ID
	r.do("update_catalog_element", `{"element":"PV-400","fields":{"Range":"panels / mono"}}`, "GET PATCH")
	// A label that repeats is answered with those above it, so that it can be written back.
	poly := r.do("update_catalog_element", `{"element":"PV-400","fields":{"Range":"Panels / Poly"}}`, "GET PATCH")
	if toolstest.Part(poly, "before", "fields", "Range") != "Mono" || toolstest.Part(poly, "after", "fields", "Range") != "Panels / Poly" {
		t.Errorf("%v", poly)
	}
	r.do("update_catalog_element", `{"element":"PV-400","fields":{"Range":"Mono"}}`, "GET PATCH")
	r.refused("ambiguous", "update_catalog_element", `{"element":"PV-400","fields":{"Range":"Poly"}}`)
	out := r.do("update_catalog_field", `{"field":"range","remove_options":["Roofs"],"rename_options":["Mono => Monocrystalline"],"add_options":["Panels / Thin / Flexible","Spare"]}`, "GET PATCH GET")
	if got := strings.Join(texts(toolstest.Part(out, "after", "options")), ", "); got != "Panels, Panels / Monocrystalline, Panels / Poly, Spare, Panels / Thin, Panels / Thin / Flexible" {
		t.Error(got)
	}
	if len(texts(toolstest.Part(out, "before", "options"))) != 6 {
		t.Errorf("%v", out)
	}
	if got := tree(); got != "Panels Panels/Monocrystalline Panels/Poly Panels/Thin Panels/Thin/Flexible Spare" {
		t.Error(got)
	}
	if n := r.field("", "Range").Tree()[1]; n.ID != mono {
		t.Errorf("a renamed option lost its id: %+v", n)
	}
	// Poly is clear now that one branch of the two is gone, and known without a wait.
	r.do("update_catalog_element", `{"element":"PV-400","fields":{"Range":"poly"}}`, "GET PATCH")
	res, _ := r.Raw("list_catalogs", `{"with_fields":true}`)
	if !strings.Contains(res.Text, `"Panels / Thin / Flexible"`) {
		t.Error(res.Text)
	}
	if same := r.do("update_catalog_field", `{"field":"Range","add_options":["Panels / Poly"]}`, "GET"); same["unchanged"] != true {
		t.Errorf("%v", same)
	}
	r.do("update_catalog_field", `{"field":"Range","remove_options":["Panels","Spare"]}`, "GET PATCH GET")
	if got := tree(); got != "" {
		t.Error(got)
	}
}

func TestNestedCategoriesThatAreRefused(t *testing.T) {
	r := newRig(t)
	r.do("create_catalog_field", `{"name":"Range","type":"category","options":["Panels / Poly","Roofs / Poly"]}`, "GET POST GET")
	for args, code := range map[string]string{
		`"remove_options":["Poly"]`:             "ambiguous",
		`"remove_options":["Boats"]`:            "not_found",
		`"rename_options":["Panels => Roofs"]`:  "invalid_argument",
		`"rename_options":["Panels to Boards"]`: "invalid_argument",
		`"add_options":["Panels / "]`:           "invalid_argument",
	} {
		if _, sent := r.refused(code, "update_catalog_field", `{"field":"Range",`+args+`}`); strings.Contains(sent, "PATCH") {
			t.Errorf("%s wrote: %s", args, sent)
		}
	}
}

func TestFieldsOfLists(t *testing.T) {
	r := newRig(t)
	r.do("create_catalog_field", `{"catalog":"brands","name":"Tier","type":"select","options":["Gold","Silver"],"required":true,"code":"TIER"}`, "GET POST GET")
	if f := r.field("brands", "Tier"); f.Required == nil || !*f.Required || len(f.Enums) != 2 {
		t.Errorf("%+v", f)
	}
	r.do("create_catalog_element", `{"catalog":"brands","name":"Solaris","fields":{"tier":"gold"}}`, "GET GET POST") // the account, for its dates
	out := r.do("update_catalog_field", `{"catalog":"brands","field":"TIER","required":false,"add_options":["Bronze"]}`, "GET PATCH GET")
	if toolstest.Part(out, "after", "required") != false || len(texts(toolstest.Part(out, "after", "options"))) != 3 {
		t.Errorf("%v", out)
	}
	r.do("create_catalog_field", `{"catalog":"brands","name":"Sells","type":"linked_entity","search_in":"products"}`, "GET POST GET")
	if f := r.field("brands", "Sells"); f.SearchIn == nil {
		t.Errorf("%+v", f)
	}
	gone := r.do("delete_catalog_field", `{"catalog":"brands","field":"tier"}`, "GET DELETE GET")
	if gone["deleted"] != true || len(texts(toolstest.Part(gone, "before", "options"))) != 3 {
		t.Errorf("%v", gone)
	}
	for tool, args := range map[string]string{
		"delete_catalog_field": `{"field":"SKU"}`,
		"create_catalog_field": `{"name":"Price","type":"price"}`,
		"update_catalog_field": `{"field":"Nothing","name":"x"}`,
	} {
		code := map[string]string{"delete_catalog_field": "unprocessable", "create_catalog_field": "duplicate", "update_catalog_field": "not_found"}[tool]
		r.refused(code, tool, args)
	}
	for _, args := range []string{`"type":"text","search_in":"contacts"`, `"type":"linked_entity"`, `"type":"text","options":["a"]`, `"type":"select"`} {
		if _, sent := r.refused("invalid_argument", "create_catalog_field", `{"name":"New",`+args+`}`); sent != "" {
			t.Errorf("%s sent %s", args, sent)
		}
	}
	r.refused("not_found", "create_catalog_field", `{"name":"New","type":"linked_entity","search_in":"Boats"}`)
}
