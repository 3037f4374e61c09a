package directory_test

import (
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

func TestListsGoByName(t *testing.T) {
	_, d := demo(t, admin)
	for name, want := range map[string]string{"": "Products", "products": "Products", "BRANDS": "Brands", "invo": "Invoices"} {
		c, err := d.Catalog(t.Context(), name)
		if err != nil || c.Name != want {
			t.Errorf("%q: %+v, %v", name, c, err)
		}
	}
	if _, err := d.Catalog(t.Context(), "Suppliers"); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("an unknown list: %v", err)
	}
	if all, err := d.Catalogs(t.Context()); err != nil || len(all) < 3 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestFieldsOfListsAreWritten: the elements of a list have fields of their own,
// written and shown as those of cards.
func TestFieldsOfListsAreWritten(t *testing.T) {
	api, d := demo(t, admin)
	products, err := d.Catalog(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	of := products.Fields()
	writes, err := d.FieldWrites(t.Context(), of, map[string]any{"price": 99.5, "Group": "panels", "sku": "NEW-1"}, parse)
	if err != nil || len(writes) != 3 {
		t.Fatalf("%+v, %v", writes, err)
	}
	made, err := api.Elements.Create(t.Context(), products.ID, []kommo.ElementWrite{{Name: "New panel", Fields: writes}})
	if err != nil {
		t.Fatal(err)
	}
	element, err := api.Elements.Get(t.Context(), products.ID, made[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Snapshot(t.Context(), directory.FieldsOf(of))
	if err != nil {
		t.Fatal(err)
	}
	plain := names.PlainFields(of, element.Fields)
	if plain["Price"] != 99.5 || plain["Group"] != "Panels" || plain["SKU"] != "NEW-1" {
		t.Errorf("reads as %v", plain)
	}
	if _, err := d.FieldWrites(t.Context(), of, map[string]any{"Colour": "red"}, parse); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("an unknown field: %v", err)
	}
	if _, err := d.FieldWrites(t.Context(), of, map[string]any{"Group": "Boats"}, parse); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("an unknown option: %v", err)
	}
	if _, err := d.Fields(t.Context(), "boats"); err == nil {
		t.Error("fields of what is no list")
	}
	refused := &kommo.Error{Code: kommo.CodeInvalid, Fields: []kommo.FieldError{{Path: "custom_fields_values.0.field_id", Code: "NotSupportedChoice"}}}
	if !d.InvalidateFor(refused) {
		t.Error("a refused field of a list does not make the fields load anew")
	}
}

func TestChooseAmongOthers(t *testing.T) {
	from := []directory.Choice[int]{
		{Value: 1, ID: 10, Name: "Solar panel 400 W", Aliases: []string{"PV-400"}},
		{Value: 2, ID: 20, Name: "Solar panel 430 W", Aliases: []string{"PV-430"}},
	}
	for name, want := range map[string]int{"10": 1, "pv-430": 2, "panel 400": 1} {
		if got, err := directory.Choose("element", "element", name, from); err != nil || got != want {
			t.Errorf("%q: %d, %v", name, got, err)
		}
	}
	if _, err := directory.Choose("element", "element", "solar", from); !problem.HasCode(err, problem.Ambiguous) {
		t.Errorf("several fit: %v", err)
	}
	if _, err := directory.Choose("element", "element", "wind", from); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("none fits: %v", err)
	}
}

// TestForgetLoadsAnew: what the caller changed is seen at once.
func TestForgetLoadsAnew(t *testing.T) {
	api, d := demo(t, admin)
	before, err := d.LossReasons(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.LossReasons.Create(t.Context(), []kommo.LossReasonWrite{{Name: "Moved away at " + time.Now().Format(time.RFC3339)}}); err != nil {
		t.Fatal(err)
	}
	if kept, err := d.LossReasons(t.Context()); err != nil || len(kept.Items) != len(before.Items) {
		t.Fatalf("the list is not kept: %v", err)
	}
	d.Forget(directory.InLossReasons, "no such section")
	if after, err := d.LossReasons(t.Context()); err != nil || len(after.Items) != len(before.Items)+1 {
		t.Errorf("%d reasons after forgetting, %d before, %v", len(after.Items), len(before.Items), err)
	}
}
