package kommo

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestCatalogsRead(t *testing.T) {
	list := `{"id":3,"name":"Products","type":"products","sort":10,"created_at":1,"updated_at":2,"can_add_elements":true,"can_link_multiple":false,"account_id":5}`
	c, r := recorded(t, `{"_embedded":{"catalogs":[`+list+`]}}`, list)
	all := must(Collect(c.Catalogs.All(t.Context())))(t)
	if k := all[0]; k.ID != 3 || k.Type != CatalogProducts || !*k.CanAdd || *k.CanLinkMany {
		t.Errorf("reads as %+v", k)
	}
	must(c.Catalogs.Get(t.Context(), 3))(t)
	r.want(t, get("/catalogs", "limit=250"), get("/catalogs/3", ""))
}

func TestElementsReadAndWrite(t *testing.T) {
	element := `{"id":7,"name":"Panel","catalog_id":3,"is_deleted":null,"created_at":4,"custom_fields_values":[{"field_id":1,"field_name":"SKU","field_code":"SKU","field_type":"text","values":[{"value":"PV"}]}]}`
	c, r := recorded(t, `{"_embedded":{"elements":[`+element+`]}}`, element, "", `{"_embedded":{"elements":[{"id":8,"request_id":"0","is_deleted":null}]}}`, `{"id":7}`)
	page := must(c.Elements.List(t.Context(), 3, ElementFilter{ListOptions: ListOptions{Limit: 9}, Query: "pan", IDs: []int64{7}}))(t)
	e := page.Items[0]
	sku, ok := e.Field(CodeSKU)
	if e.ID != 7 || e.Deleted || !ok || sku.Texts()[0] != "PV" {
		t.Errorf("reads as %+v", e)
	}
	if _, ok := e.Field(CodePrice); ok {
		t.Error("a price was found that is not there")
	}
	must(c.Elements.Get(t.Context(), 3, 7))(t)
	if _, err := c.Elements.Get(t.Context(), 3, 99); !HasCode(err, CodeNotFound) {
		t.Errorf("a missing element: %v", err)
	}
	made := must(c.Elements.Create(t.Context(), 3, []ElementWrite{{Name: "Inverter", Fields: []FieldValueWrite{{FieldCode: CodeSKU, Values: []ValueWrite{{Value: "INV"}}}}}}))(t)
	changed := must(c.Elements.Update(t.Context(), 3, 7, ElementWrite{Name: "Panel 2", Fields: []FieldValueWrite{{FieldID: 1}}}))(t)
	if made[0].ID != 8 || changed.ID != 7 {
		t.Errorf("made %+v, changed %+v", made, changed)
	}
	r.want(t, get("/catalogs/3/elements", "filter[id][0]=7&limit=9&query=pan"), get("/catalogs/3/elements/7", ""), get("/catalogs/3/elements/99", ""),
		post("/catalogs/3/elements", `[{"name":"Inverter","custom_fields_values":[{"field_code":"SKU","values":[{"value":"INV"}]}]}]`),
		patch("/catalogs/3/elements/7", `{"name":"Panel 2","custom_fields_values":[{"field_id":1,"values":null}]}`))
}

func TestElementsWalk(t *testing.T) {
	c, r := recorded(t, `{"_links":{"next":{"href":"x"}},"_embedded":{"elements":[{"id":1}]}}`, `{"_embedded":{"elements":[{"id":2}]}}`)
	if all := must(Collect(c.Elements.All(t.Context(), 3, ElementFilter{Query: "x"})))(t); len(all) != 2 {
		t.Errorf("%+v", all)
	}
	r.want(t, get("/catalogs/3/elements", "limit=250&query=x"), get("/catalogs/3/elements", "limit=250&page=2&query=x"))
}

func TestLossReasonsAreMadeAndDeleted(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"loss_reasons":[{"id":4,"name":"Too far","request_id":"0"}]}}`, "")
	made := must(c.LossReasons.Create(t.Context(), []LossReasonWrite{{Name: "Too far"}}))(t)
	if err := c.LossReasons.Delete(t.Context(), 4); err != nil || made[0].ID != 4 {
		t.Errorf("made %+v, deleted: %v", made, err)
	}
	r.want(t, post("/leads/loss_reasons", `[{"name":"Too far"}]`), asked{Method: http.MethodDelete, Path: "/leads/loss_reasons/4"})
}

func TestListsAreMadeAndChanged(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"catalogs":[{"id":4,"name":"Brands","type":"regular","request_id":"0"}]}}`, `{"id":4,"name":"Makers","type":"regular"}`)
	made := must(c.Catalogs.Create(t.Context(), []CatalogWrite{{Name: "Brands", Type: CatalogRegular}}))(t)
	changed := must(c.Catalogs.Update(t.Context(), 4, CatalogWrite{Name: "Makers", CanLinkMany: new(false)}))(t)
	if made[0].ID != 4 || changed.Name != "Makers" {
		t.Errorf("made %+v, changed %+v", made, changed)
	}
	r.want(t, post("/catalogs", `[{"name":"Brands","type":"regular"}]`), patch("/catalogs/4", `{"name":"Makers","can_link_multiple":false}`))
}

// Kommo gives a category's options in any order; a loop among parents must not hang.
func TestTreeOfACategory(t *testing.T) {
	f := CustomField{Nested: []NestedOption{
		{ID: 3, ParentID: new(int64(2)), Value: "c", Sort: 1},
		{ID: 2, ParentID: new(int64(1)), Value: "b", Sort: 2},
		{ID: 4, ParentID: new(int64(1)), Value: "a", Sort: 1},
		{ID: 1, Value: "root", Sort: 5},
		{ID: 5, ParentID: new(int64(99)), Value: "orphan", Sort: 1},
		{ID: 6, ParentID: new(int64(7)), Value: "loop"},
		{ID: 7, ParentID: new(int64(6)), Value: "loop"},
	}}
	got := []string{}
	for _, n := range f.Tree() {
		got = append(got, strings.Join(n.Path, "/"))
	}
	if want := []string{"orphan", "root", "root/a", "root/b", "root/b/c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
