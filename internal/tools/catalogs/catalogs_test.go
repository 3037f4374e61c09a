package catalogs_test

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
	toolstest.CheckDefinitions(t, "catalogs", r.Tools)
}

func TestListsAreListed(t *testing.T) {
	r := newRig(t)
	out := r.do("list_catalogs", `{}`, "")
	items := out["items"].([]any)
	if toolstest.Part(items[0], "name") != "Products" || toolstest.Part(items[0], "type") != "products" || toolstest.Part(items[0], "fields") != nil || out["has_more"] != false {
		t.Errorf("%v", out)
	}
	res, _ := r.Raw("list_catalogs", `{"with_fields":true}`)
	if res.IsError || !strings.Contains(res.Text, `"Inverters"`) || !strings.Contains(res.Text, `"SKU"`) {
		t.Errorf("%s", res.Text)
	}
}

func TestElementsAreListedAndSearched(t *testing.T) {
	r := newRig(t)
	all := r.do("list_catalog_elements", `{}`, "GET")
	items := all["items"].([]any)
	first := items[0]
	if len(items) != 8 || all["catalog"] != "Products" || all["has_more"] != false || toolstest.Part(first, "sku") != "PV-400" || toolstest.Part(first, "price") != 289.0 || toolstest.Part(first, "group") != "Panels" || toolstest.Part(first, "fields") != nil {
		t.Errorf("%v", all)
	}
	if hits := r.do("list_catalog_elements", `{"query":"panel"}`, "GET")["items"].([]any); len(hits) < 2 || len(hits) >= 8 {
		t.Errorf("%v", hits)
	}
	page := r.do("list_catalog_elements", `{"limit":5}`, "GET")
	rest := r.do("list_catalog_elements", fmt.Sprintf(`{"limit":5,"cursor":%q}`, page["next_cursor"]), "GET")
	if len(rest["items"].([]any)) != 3 || rest["has_more"] != false {
		t.Errorf("%v", rest)
	}
	if none := r.do("list_catalog_elements", `{"query":"submarine"}`, "GET"); none["hint"] == nil {
		t.Errorf("%v", none)
	}
	if brands := r.do("list_catalog_elements", `{"catalog":"brands"}`, "GET"); brands["catalog"] != "Brands" || len(brands["items"].([]any)) != 4 {
		t.Errorf("%v", brands)
	}
	// A wrong name is looked for once more in fresh data.
	if msg, sent := r.refused("not_found", "list_catalog_elements", `{"catalog":"Boats"}`); sent != "GET" || !strings.Contains(msg, "Boats") {
		t.Errorf("%s: %s", sent, msg)
	}
	r.refused("invalid_argument", "list_catalog_elements", fmt.Sprintf(`{"limit":6,"cursor":%q}`, page["next_cursor"]))
}

func TestAnElementIsFoundBySKUNameAndID(t *testing.T) {
	r := newRig(t)
	id := toolstest.Part(r.do("list_catalog_elements", `{"query":"INV-8H"}`, "GET")["items"].([]any)[0], "id").(float64)
	for args, requests := range map[string]string{
		`{"element":"inv-8h"}`:                   "GET",
		`{"element":"Hybrid inverter 8 kW"}`:     "GET",
		`{"element":"hybrid"}`:                   "GET",
		fmt.Sprintf(`{"element":%d}`, int64(id)): "GET",
	} {
		out := r.do("get_catalog_element", args, requests)
		if out["id"] != id || toolstest.Part(out, "fields", "Price") != 2140.0 || toolstest.Part(out, "fields", "Group") != "Inverters" || out["catalog"] != "Products" {
			t.Errorf("%s: %v", args, out)
		}
	}
	if _, sent := r.refused("ambiguous", "get_catalog_element", `{"element":"Solar panel"}`); sent != "GET" {
		t.Errorf("sent %s", sent)
	}
	if msg, sent := r.refused("not_found", "get_catalog_element", `{"element":"Solar tiles"}`); sent != "GET GET" || !strings.Contains(msg, "Solar tiles") {
		t.Errorf("sent %s: %s", sent, msg)
	}
	if _, sent := r.refused("invalid_argument", "get_catalog_element", `{"element":" "}`); sent != "" {
		t.Errorf("sent %s", sent)
	}
	if _, sent := r.refused("not_found", "get_catalog_element", `{"element":"999999"}`); sent != "GET GET GET" {
		t.Errorf("sent %s", sent)
	}
}

func TestAnElementIsMade(t *testing.T) {
	r := newRig(t)
	const args = `{"name":"Solar panel 450 W","fields":{"SKU":"PV-450","price":310.5,"Group":"panels"},"idempotency_key":"k"}`
	out := r.do("create_catalog_element", args, "GET POST")
	if out["id"] == 0.0 || toolstest.Part(out["created"].([]any)[0], "kind") != "element" || out["catalog"] != "Products" {
		t.Errorf("%v", out)
	}
	if again := r.do("create_catalog_element", args, ""); again["repeat"] != true || again["id"] != out["id"] {
		t.Errorf("%v", again)
	}
	if got := r.do("get_catalog_element", `{"element":"PV-450"}`, "GET"); got["id"] != out["id"] || toolstest.Part(got, "fields", "Price") != 310.5 {
		t.Errorf("%v", got)
	}
	if _, sent := r.refused("not_found", "create_catalog_element", `{"name":"x","fields":{"GROUP":"Boats"}}`); sent != "GET" {
		t.Errorf("sent %s", sent)
	}
	r.refused("invalid_argument", "create_catalog_element", `{"name":" "}`)
}

// Kommo takes the same SKU or name twice and deletes neither, so the one there is
// comes as found. Variants of one name differ by their SKUs.
func TestAnElementThatExistsIsFound(t *testing.T) {
	r := newRig(t)
	for _, args := range []string{
		`{"name":"Panel, new name","fields":{"SKU":"pv-400","PRICE":1}}`,
		`{"name":"solar  panel 400 w"}`,
	} {
		out := r.do("create_catalog_element", args, "GET")
		found := out["found"].([]any)
		if len(found) != 1 || toolstest.Part(found[0], "name") != "Solar panel 400 W" || out["id"] != toolstest.Part(found[0], "id") || len(out["created"].([]any)) != 0 || out["warnings"] == nil {
			t.Errorf("%s: %v", args, out)
		}
	}
	variant := r.do("create_catalog_element", `{"name":"Solar panel 400 W","fields":{"SKU":"PV-400-B"}}`, "GET POST")
	if len(variant["created"].([]any)) != 1 || variant["warnings"] != nil {
		t.Errorf("%v", variant)
	}
	if msg, sent := r.refused("ambiguous", "create_catalog_element", `{"name":"Solar panel 400 W"}`); sent != "GET" || !strings.Contains(msg, "2 elements") {
		t.Errorf("%s: %s", sent, msg)
	}
	r.do("create_catalog_element", `{"name":"Solar panel 400 W","allow_duplicate":true}`, "POST")
	r.do("create_catalog_element", `{"name":"Helios Works","catalog":"Brands"}`, "GET")
}

func TestALostElementIsLookedUp(t *testing.T) {
	r := newRig(t)
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPost})
	out := r.do("create_catalog_element", `{"name":"Solar panel 450 W"}`, "GET POST GET")
	if out["looked_up"] != true || out["id"] == 0.0 {
		t.Errorf("%v", out)
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: http.MethodPost})
	if _, sent := r.refused("outcome_unknown", "create_catalog_element", `{"name":"Solar panel 450 W","allow_duplicate":true}`); sent != "POST GET GET" {
		t.Errorf("sent %s", sent)
	}
}

func TestAnElementIsChanged(t *testing.T) {
	r := newRig(t)
	out := r.do("update_catalog_element", `{"element":"PV-400","name":"Solar panel 405 W","fields":{"PRICE":295,"Description":null}}`, "GET PATCH")
	if toolstest.Part(out, "before", "fields", "Price") != 289.0 || toolstest.Part(out, "after", "fields", "Price") != 295.0 || toolstest.Part(out, "before", "name") != "Solar panel 400 W" ||
		toolstest.Part(out, "after", "name") != "Solar panel 405 W" || toolstest.Part(out, "before", "fields", "Description") == nil || toolstest.Part(out, "after", "fields", "Description") != nil {
		t.Errorf("%v", out)
	}
	if same := r.do("update_catalog_element", `{"element":"PV-400","fields":{"PRICE":"295.00"}}`, "GET"); same["unchanged"] != true {
		t.Errorf("%v", same)
	}
	if none := r.do("update_catalog_element", `{"element":"PV-400"}`, "GET"); none["unchanged"] != true || none["warnings"] == nil {
		t.Errorf("%v", none)
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPatch})
	if lost := r.do("update_catalog_element", `{"element":"PV-400","fields":{"PRICE":300}}`, "GET PATCH GET"); lost["looked_up"] != true {
		t.Errorf("%v", lost)
	}
}

func (r *rig) leadWithout() int64 {
	r.Helper()
	page, err := r.API.Leads.List(r.Context(), kommo.LeadFilter{CardFilter: kommo.CardFilter{With: []string{"catalog_elements"}}, ListOptions: kommo.ListOptions{Limit: 50}})
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range page.Items {
		if len(l.Embedded.Elements) == 0 {
			return l.ID
		}
	}
	r.Fatal("every lead has products")
	return 0
}

func TestAProductGoesOnALeadAndOff(t *testing.T) {
	r := newRig(t)
	lead := r.leadWithout()
	args := func(rest string) string { return fmt.Sprintf(`{"lead_id":%d,%s}`, lead, rest) }
	if none := r.do("list_lead_products", fmt.Sprintf(`{"lead_id":%d}`, lead), "GET"); none["hint"] == nil {
		t.Errorf("%v", none)
	}
	out := r.do("link_product_to_lead", args(`"element":"PV-400","quantity":12`), "GET GET POST")
	if toolstest.Part(out, "before", "linked") != false || toolstest.Part(out, "after", "quantity") != 12.0 || toolstest.Part(out, "element", "name") != "Solar panel 400 W" || out["id"] != float64(lead) {
		t.Errorf("%v", out)
	}
	if same := r.do("link_product_to_lead", args(`"element":"PV-400"`), "GET GET"); same["unchanged"] != true {
		t.Errorf("%v", same)
	}
	if more := r.do("link_product_to_lead", args(`"element":"PV-400","quantity":2.5`), "GET GET POST"); toolstest.Part(more, "before", "quantity") != 12.0 || toolstest.Part(more, "after", "quantity") != 2.5 {
		t.Errorf("%v", more)
	}
	r.do("link_product_to_lead", args(`"element":"Northlight","catalog":"Brands"`), "GET GET POST")
	list := r.do("list_lead_products", fmt.Sprintf(`{"lead_id":%d}`, lead), "GET GET GET")
	if items := list["items"].([]any); len(items) != 2 || list["total"] != 722.5 || list["currency"] != "USD" {
		t.Errorf("%v", list)
	}
	if only := r.do("list_lead_products", fmt.Sprintf(`{"lead_id":%d,"catalog":"Brands"}`, lead), "GET GET"); len(only["items"].([]any)) != 1 || toolstest.Part(only["items"].([]any)[0], "catalog") != "Brands" {
		t.Errorf("%v", only)
	}
	off := r.do("unlink_product_from_lead", args(`"element":"PV-400"`), "GET GET POST")
	if toolstest.Part(off, "before", "quantity") != 2.5 || toolstest.Part(off, "after", "linked") != false {
		t.Errorf("%v", off)
	}
	if again := r.do("unlink_product_from_lead", args(`"element":"PV-400"`), "GET GET"); again["unchanged"] != true {
		t.Errorf("%v", again)
	}
	r.refused("invalid_argument", "link_product_to_lead", args(`"element":"PV-400","quantity":0`))
	r.refused("not_found", "link_product_to_lead", `{"lead_id":99,"element":"PV-400"}`)
	if msg, _ := r.refused("not_found", "list_lead_products", `{"lead_id":99}`); strings.Contains(msg, "written") {
		t.Errorf("a read speaks of writing: %s", msg)
	}
}

// TestALinkSurvivesALostAnswer: the links are read, and nothing is sent twice.
func TestALinkSurvivesALostAnswer(t *testing.T) {
	for _, tool := range []string{"link_product_to_lead", "unlink_product_from_lead"} {
		for _, arrives := range []bool{false, true} {
			r := newRig(t)
			args := fmt.Sprintf(`{"lead_id":%d,"element":"PV-400"}`, r.leadWithout())
			if tool == "unlink_product_from_lead" {
				r.do("link_product_to_lead", args, "GET GET POST")
			}
			if arrives {
				r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Method: http.MethodPost})
				if out := r.do(tool, args, "GET GET POST GET"); out["looked_up"] != true {
					t.Errorf("%s: %v", tool, out)
				}
				continue
			}
			r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: http.MethodPost})
			if _, sent := r.refused("outcome_unknown", tool, args); sent != "GET GET POST GET GET" {
				t.Errorf("%s sent %s", tool, sent)
			}
		}
	}
}
