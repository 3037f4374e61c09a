package directory

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

func writesOf(t *testing.T, d *Directory, entity Entity, plain map[string]any) (string, error) {
	t.Helper()
	writes, err := d.FieldWrites(t.Context(), entity, plain, parseForTest(mexico(t)))
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(writes)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), nil
}

func TestFieldWrites(t *testing.T) {
	d, a, _ := rig(t)
	got, err := writesOf(t, d, kommo.Leads, map[string]any{"budget": 1250.5, "42": "rojo", "entrega": "2026-12-01"})
	want := `[{"field_id":42,"values":[{"enum_id":401}]},{"field_id":41,"values":[{"value":"1250.5"}]},` +
		`{"field_id":43,"values":[{"value":"2026-12-01T00:00:00-06:00"}]}]`
	if err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if got, err = writesOf(t, d, kommo.Leads, map[string]any{"Entrega": nil}); err != nil || got != `[{"field_id":43,"values":null}]` {
		t.Errorf("null wrote %s, %v", got, err)
	}
	if got, err = writesOf(t, d, kommo.Contacts, map[string]any{"phone": "+521"}); err != nil || got != `[{"field_id":31,"values":[{"value":"+521","enum_code":"WORK"}]}]` {
		t.Errorf("a phone wrote %s, %v", got, err)
	}
	if got, err = writesOf(t, d, kommo.Leads, nil); err != nil || got != `null` {
		t.Errorf("nothing wrote %s, %v", got, err)
	}
	if n := a.requests(leadFields); n != 2 {
		t.Errorf("%d requests, want one for each page", n)
	}
	_, err = writesOf(t, d, kommo.Leads, map[string]any{"Color": "x"})
	if got := candidateNames(t, err, problem.Ambiguous, "fields.Color"); !slices.Equal(got, []string{"Color|select", "Color|text"}) {
		t.Errorf("candidates %q", got)
	}
	if _, err := writesOf(t, d, "tasks", map[string]any{"x": 1}); err == nil {
		t.Error("tasks have no custom fields, and no error came")
	}
}

func TestOptionAddedMeanwhile(t *testing.T) {
	d, a, _ := rig(t)
	if _, err := writesOf(t, d, kommo.Leads, map[string]any{"42": "verde"}); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.bodies[leadFields] = strings.Replace(a.bodies[leadFields], `"Verde"`, `"Azul"`, 1)
	a.mu.Unlock()
	got, err := writesOf(t, d, kommo.Leads, map[string]any{"42": "azul"})
	if err != nil || got != `[{"field_id":42,"values":[{"enum_id":402}]}]` {
		t.Errorf("got %s, %v", got, err)
	}
	before := a.requests(leadFields)
	_, err = writesOf(t, d, kommo.Leads, map[string]any{"42": "violeta"})
	if got := candidateNames(t, err, problem.NotFound, "fields.42"); len(got) != 2 {
		t.Errorf("the valid labels are %q", got)
	}
	if n := a.requests(leadFields) - before; n != 2 {
		t.Errorf("%d requests before the refusal, want both pages once", n)
	}
}

func TestFieldByCodeAndOptionByCode(t *testing.T) {
	d, _, _ := rig(t)
	f, err := d.Field(t.Context(), kommo.Leads, "BUDGET")
	if err != nil || f.ID != 41 || f.Currency != "MXN" {
		t.Errorf("field: %+v, %v", f, err)
	}
	f, err = d.Field(t.Context(), kommo.Leads, "42")
	if err != nil || len(f.Options) != 2 || f.Options[0].Label != "Rojo" {
		t.Fatalf("field: %+v, %v", f, err)
	}
	if o, err := f.Option("RED"); err != nil || o.ID != 401 {
		t.Errorf("option: %+v, %v", o, err)
	}
}

func TestPlainFields(t *testing.T) {
	d, _, _ := rig(t)
	s, err := d.Snapshot(t.Context(), FieldsOf(kommo.Leads))
	if err != nil {
		t.Fatal(err)
	}
	var held []kommo.FieldValue
	if err := json.Unmarshal([]byte(`[{"field_id":41,"field_name":"Budget","field_type":"monetary","values":[{"value":"1200"}]},
		{"field_id":42,"field_name":"Color","field_type":"select","values":[{"value":"old label","enum_id":402}]},
		{"field_id":44,"field_name":"Color","field_type":"text","values":[{"value":"blue"}]},
		{"field_id":43,"field_name":"Entrega","field_type":"date","values":[{"value":1796104800}]},
		{"field_id":99,"field_name":"Gone","field_type":"checkbox","values":[{"value":true}]},
		{"field_id":98,"field_name":"Empty","field_type":"text","values":[]}]`), &held); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(s.PlainFields(kommo.Leads, held))
	want := `{"Color":"Verde","Color (44)":"blue","Entrega":"2026-12-01","Gone":true,"Presupuesto":1200}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}
