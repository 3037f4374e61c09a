package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// optIn are arguments for every tool outside the default toolset, in an order
// in which each finds what it needs.
func optIn(i ids, note int64, uid, file string) []toolCall {
	lead, contact := i.openLead, i.contact
	type m = map[string]any
	return append(optInSetup(), []toolCall{
		{"list_users", nil},
		{"list_roles", nil},
		{"list_groups", nil},
		{"create_contact", m{"name": "Pat Sample", "phone": "+1 202 555 0166", "fields": m{"Position": "Owner"}}},
		{"create_company", m{"name": "Sample Barns", "phone": "+1 202 555 0167"}},
		{"link_records", m{"lead_id": lead, "contact_id": contact, "main": true}},
		{"unlink_records", m{"lead_id": lead, "contact_id": contact}},
		{"report_duplicates", m{"by": []string{"phone"}, "limit": 5}},
		{"list_events", m{"lead_id": lead, "limit": 5}},
		{"search_notes", m{"lead_id": lead, "limit": 5}},
		{"get_note", m{"lead_id": lead, "note_id": note}},
		{"update_note", m{"lead_id": lead, "note_id": note, "text": "Prefers mail.", "pinned": true}},
		{"list_incoming_leads", m{"with_contacts": true}},
		{"get_incoming_summary", nil},
		{"create_incoming_lead", m{"category": "form", "name": "Quote for a shed", "contact_name": "Pat Sample", "contact_phone": "+1 202 555 0168"}},
		{"accept_incoming_lead", m{"uid": uid}},
		{"list_catalogs", m{"with_fields": true}},
		{"list_catalog_elements", m{"query": "panel", "limit": 3}},
		{"get_catalog_element", m{"element": "PV-400"}},
		{"create_catalog_element", m{"name": "Bird guard"}},
		{"update_catalog_element", m{"element": "PV-400", "fields": m{"PRICE": 299}}},
		{"create_catalog", m{"name": "Warehouses"}},
		{"update_catalog", m{"catalog": "Warehouses", "name": "Depots"}},
		{"create_catalog_field", m{"catalog": "Depots", "name": "Zone", "type": "category", "options": []string{"North / Yard"}}},
		{"update_catalog_field", m{"catalog": "Depots", "field": "Zone", "add_options": []string{"North / Hall"}}},
		{"delete_catalog_field", m{"catalog": "Depots", "field": "Zone"}},
		{"link_product_to_lead", m{"lead_id": lead, "element": "PV-400", "quantity": 12}},
		{"list_lead_products", m{"lead_id": lead}},
		{"unlink_product_from_lead", m{"lead_id": lead, "element": "PV-400"}},
		{"list_bots", nil},
		{"run_bot", m{"bot": "Appointment reminder", "lead_id": lead}},
		{"stop_bot", m{"bot": "Appointment reminder", "lead_id": lead}},
		{"list_loss_reasons", nil},
		{"create_loss_reason", m{"name": "Moved away"}},
		{"delete_loss_reason", m{"loss_reason": "Moved away"}},
		{"upload_file", m{"name": "survey.txt", "text": "South side, 32 degrees.", "lead_id": lead}},
		{"list_files", m{"lead_id": lead}},
		{"attach_file", m{"file_uuid": file, "lead_id": lead}},
		{"update_file", m{"file_uuid": file, "name": "roof plan.pdf"}},
		{"detach_file", m{"file_uuid": file, "lead_id": lead}},
		{"delete_file", m{"file_uuid": file}},
		{"restore_file", m{"file_uuid": file}},
		{"set_webhook", m{"destination": "https://hooks.example.com/kommo", "events": []string{"add_lead"}}},
		{"list_webhooks", nil},
		{"delete_webhook", m{"destination": "https://hooks.example.com/kommo"}},
		{"list_pending_calls", nil},
		{"api_get", m{"path": "/leads/pipelines"}},
		{"api_post", m{"path": "/leads/tags", "body": `[{"name":"sample"}]`}},
		{"api_patch", m{"path": fmt.Sprintf("/leads/%d", lead), "body": `{"price":77}`}},
		{"move_leads", m{"lead_ids": []int64{lead}, "to_stage": "won"}},
		{"tag_leads", m{"lead_ids": []int64{lead}, "add_tags": []string{"sample"}}},
		{"assign_leads", m{"lead_ids": []int64{lead}, "to_responsible": "Marcus Reed"}},
		{"update_leads", m{"lead_ids": []int64{lead}, "price": 123}},
		{"add_note_to_leads", m{"lead_ids": []int64{lead}, "text": "Prices change in January."}},
	}...)
}

func optInSetup() []toolCall {
	type m = map[string]any
	return []toolCall{
		{"list_pipelines", nil},
		{"list_custom_fields", m{"kind": "lead", "limit": 5}},
		{"list_sources", nil},
		{"list_message_templates", nil},
		{"create_pipeline", m{"name": "Sample works", "stages": []string{"First", "Second"}}},
		{"update_pipeline", m{"pipeline": "Sample works", "name": "Sample jobs"}},
		{"create_stage", m{"pipeline": "Sample jobs", "name": "Third"}},
		{"update_stage", m{"pipeline": "Sample jobs", "stage": "Third", "name": "Last"}},
		{"delete_stage", m{"pipeline": "Sample jobs", "stage": "Last"}},
		{"delete_pipeline", m{"pipeline": "Sample jobs"}},
		{"create_field_group", m{"kind": "lead", "name": "Sample group"}},
		{"update_field_group", m{"kind": "lead", "group": "Sample group", "name": "Sample fields"}},
		{"create_custom_field", m{"kind": "lead", "name": "Sample pitch", "type": "select", "options": []string{"Low", "High"}}},
		{"update_custom_field", m{"kind": "lead", "field": "Sample pitch", "add_options": []string{"Middle"}}},
		{"delete_custom_field", m{"kind": "lead", "field": "Sample pitch"}},
		{"delete_field_group", m{"kind": "lead", "group": "Sample fields"}},
		{"list_tags", m{"kind": "lead", "limit": 5}},
		{"create_tag", m{"tags": []string{"sample tag"}}},
		{"update_tag", m{"tag": "sample tag", "name": "sampled"}},
		{"create_source", m{"name": "Sample fair", "external_id": "sample-fair"}},
		{"update_source", m{"source": "Sample fair", "name": "Spring fair"}},
		{"delete_source", m{"source": "Spring fair"}},
		{"create_message_template", m{"name": "Sample hello", "content": "Hello {{contact.name}}"}},
		{"update_message_template", m{"template": "Sample hello", "content": "Good morning {{contact.name}}"}},
		{"delete_message_template", m{"template": "Sample hello"}},
	}
}

// notSampled names the tools that optIn leaves out, with the reason.
var notSampled = map[string]string{
	"decline_incoming_lead": "tested in its toolset: an incoming lead can be sorted once",
	"link_incoming_lead":    "tested in its toolset: needs a chat",
	"api_put":               "tested in its toolset: few paths take PUT",
	"api_delete":            "tested in its toolset: needs something to delete",
	"retry_pending_call":    "tested with the outbox: needs a call that waits",
}

func newWholeRig(t *testing.T, o rigOptions) (*rig, []toolCall) {
	t.Helper()
	o.mode, o.toolsets = registry.ModeFull, []string{registry.AllToolsets}
	r := newRig(t, o)
	incoming := r.call(t, "list_incoming_leads", nil)["items"].([]any)
	files := r.call(t, "list_files", map[string]any{"limit": 1})["items"].([]any)
	uid, _ := incoming[0].(map[string]any)["uid"].(string)
	file, _ := files[0].(map[string]any)["file_uuid"].(string)
	known := r.ids(t)
	note, _ := r.call(t, "add_note", map[string]any{"lead_id": known.openLead, "text": "Prefers calls."})["id"].(float64)
	return r, optIn(known, int64(note), uid, file)
}

// TestOptInToolsWork: every tool outside the default list does its usual work
// within Kommo's contract: no unknown query key, no unknown body key, no batch
// over 50.
func TestOptInToolsWork(t *testing.T) {
	t.Parallel()
	r, calls := newWholeRig(t, rigOptions{clock: instantClock{}})
	tried := map[string]bool{}
	for _, c := range calls {
		tried[c.tool] = true
		if res := r.raw(t, c.tool, c.args); res.IsError {
			t.Errorf("%s %v: %s", c.tool, c.args, res.Text)
		} else {
			honest(t, c.tool, r.token, res)
		}
	}
	for _, v := range r.box.Violations() {
		t.Error(v)
	}
	for _, tool := range tools.All(crm.Provider(nil)) {
		_, excused := notSampled[tool.Name()]
		if tool.Spec().Toolset != registry.DefaultToolset && !tried[tool.Name()] && !excused {
			t.Errorf("%s has no sample here", tool.Name())
		}
	}
}

// TestOptInToolsAgainstFaults: whatever fails, the answer is a tool error that
// explains itself, and no write is repeated.
func TestOptInToolsAgainstFaults(t *testing.T) {
	all := calamities()
	for _, name := range []string{"401", "504", "reset", "HTML with 200"} {
		at := slices.IndexFunc(all, func(c calamity) bool { return c.name == name })
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, calls := newWholeRig(t, rigOptions{clock: instantClock{}, attempt: 5 * time.Second})
			for _, c := range firstOfEach(calls) {
				if all[at].pauses() {
					r = newFaultRig(t, all[at], rigOptions{mode: registry.ModeFull, toolsets: []string{registry.AllToolsets}})
				}
				optInStrike(t, r, all[at], c)
			}
		})
	}
}

func optInStrike(t *testing.T, r *rig, c calamity, call toolCall) {
	t.Helper()
	r.box.ForgetArrivals()
	r.box.Inject(c.fault)
	res := r.raw(t, call.tool, call.args)
	r.box.ClearFaults()
	honest(t, call.tool, r.token, res)
	atMostOnce(t, call.tool, c, r.box.Arrivals())
	if !res.IsError && len(r.box.Arrivals()) == 0 {
		return // answered from what is known of the account
	}
	if !res.IsError {
		t.Errorf("%s: a success although every request failed: %s", call.tool, res.Text)
		return
	}
	var e toolError
	if err := json.Unmarshal(res.Structured, &e); err != nil {
		t.Fatal(err)
	}
	if e.Error.Code == "" || e.Error.Code == "internal" || strings.Count(strings.TrimSpace(res.Text), "\n") == 0 {
		t.Errorf("%s: code %q, text %q", call.tool, e.Error.Code, res.Text)
	}
}

// firstOfEach keeps one call a tool, in the order of their names.
func firstOfEach(calls []toolCall) []toolCall {
	byName := map[string]toolCall{}
	for _, c := range calls {
		if _, ok := byName[c.tool]; !ok {
			byName[c.tool] = c
		}
	}
	var out []toolCall
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out
}
