package crm

import (
	"encoding/json"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

func TestSentences(t *testing.T) {
	w := eventWords{
		names: &directory.Snapshot{Account: directory.Account{Currency: "USD"}},
		cards: map[cardKey]string{{kommo.Companies, 9}: "Acme"},
		notes: map[noteKey]kommo.Note{
			{kommo.Contacts, 3}: {Type: kommo.NoteCallIn, Params: json.RawMessage(`{"duration":0,"call_status":6,"call_result":""}`)},
		},
	}
	for _, tt := range []struct{ kind, entity, before, after, want string }{
		{"lead_restored", "lead", "", "", "user 11 restored the lead from the bin"},
		{"company_deleted", "company", "", "", "user 11 deleted the company"},
		{"customer_added", "customer", "", "", "user 11 created the customer"},
		{"entity_merged", "contact", "", "", "user 11 merged another contact into it"},
		{"talk_created", "contact", "", `{"talk":{"id":1}}`, "A conversation began"},
		{"robot_replied", "contact", "", `{"helpbot":{"id":1}}`, "A bot replied"},
		{"incoming_call", "contact", "", `{"note":{"id":3}}`, "An incoming call was logged, no answer"},
		{"incoming_call", "contact", "", `{"note":{"id":4}}`, "An incoming call was logged"},
		{"common_note_deleted", "lead", `{"note":{"id":4}}`, "", "user 11 deleted a note"},
		{"lead_added", "lead", "", `{"note":{"id":4}}`, "user 11 created the lead"},
		{"invoice_noted", "lead", "", `{"note":{"id":4}}`, "user 11 did this: invoice noted"},
		{"entity_tag_added", "lead", "", `{"tag":{"name":"a"}},{"tag":{"name":"b"}}`, "user 11 added the tags a, b"},
		{"entity_tag_deleted", "lead", `{"tag":{"name":"a"}}`, "", "user 11 removed the tag a"},
		{"entity_unlinked", "lead", `{"unlink":{"entity":{"type":"company","id":9}}}`, "", "user 11 unlinked company Acme"},
		{"entity_linked", "lead", "", `{"link":{"entity":{"type":"catalog_5","id":8}}}`, "user 11 linked catalog_5 8"},
		{"sale_field_changed", "lead", "", `{"sale_field_value":{"sale":100}}`, "user 11 changed the price to 100 USD"},
		{"sale_field_changed", "lead", `{"sale_field_value":{"sale":100}}`, "", "user 11 changed the price, which was 100 USD"},
		{"lead_status_changed", "lead", "", `{"lead_status":{"id":142,"pipeline_id":1}}`, "user 11 put it into won"},
		{"lead_status_changed", "lead", `{"lead_status":{"id":5,"pipeline_id":1}}`, `{"lead_status":{"id":143,"pipeline_id":1}}`, "user 11 moved it from stage 5 to lost"},
		{"entity_responsible_changed", "lead", "", `{"responsible_user":{"id":12}}`, "user 11 gave it to user 12"},
		{"custom_field_7_value_changed", "lead", "", "", "user 11 changed field 7"},
		{"custom_field_value_changed", "lead", "", "", "user 11 changed a field"},
		{"task_text_changed", "task", `{"task":{"text":"a"}}`, `{"task":{"text":"b"}}`, "user 11 changed the task from a to b"},
		{"task_deadline_changed", "task", `{"task_deadline":{"timestamp":1760000000}}`, `{"task_deadline":{"timestamp":1760003600}}`, "user 11 moved the deadline from 2025-10-09T08:53:20Z to 2025-10-09T09:53:20Z"},
		{"zoom_meeting_ended", "lead", "", `{"zoom":{"id":1}}`, "user 11 did this: zoom meeting ended"},
		{"name_field_changed", "lead", `{"name_field_value":{"name":"A"}}`, `{"name_field_value":{"name":"B"}}`, "user 11 renamed it from A to B"},
		{"", "lead", "", "", "user 11 changed something"},
	} {
		e := kommo.Event{Type: tt.kind, EntityType: tt.entity, EntityID: 1, CreatedBy: 11}
		if json.Unmarshal([]byte("["+tt.before+"]"), &e.Before) != nil || json.Unmarshal([]byte("["+tt.after+"]"), &e.After) != nil {
			t.Fatalf("%+v is no test", tt)
		}
		if got := w.sentence(e); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.kind, got, tt.want)
		}
	}
	if got := w.sentence(kommo.Event{Type: "lead_deleted", EntityType: "lead"}); got != "A robot or integration deleted the lead" {
		t.Error(got)
	}
}

// Every type has one word, so that a filter by words and the words of rows agree.
func TestOneWordForATypeOfEvent(t *testing.T) {
	seen := map[string]string{}
	for word, kinds := range eventTypes {
		for _, kind := range kinds {
			if seen[kind] != "" {
				t.Errorf("%s is %s and %s", kind, seen[kind], word)
			}
			seen[kind] = word
			if eventWord(kind) != word {
				t.Errorf("%s is %s, want %s", kind, eventWord(kind), word)
			}
		}
	}
}
