package events_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const noteCard = 40_885_001 // where rig.note puts notes on leads

func noteArgs(id int64, more string) string {
	return fmt.Sprintf(`{"note_id":%d,"lead_id":%d%s}`, id, noteCard, more)
}

// Lists cut long texts; get_note has all of it.
func TestALongNoteIsReadInFull(t *testing.T) {
	r := newRig(t, 0)
	long := strings.Repeat("пересказ ", 1500) + "end"
	id := r.note(kommo.Leads, long)
	var n crm.NoteView
	if sent := r.Into("get_note", noteArgs(id, ""), &n); sent != "GET" || n.Text != long || n.By != "Olivia Bennett" || n.Kind != "note" || n.Pinned || n.EditedAt != "" || n.LeftOut != nil || n.URL == "" {
		t.Errorf("%s: %d characters, %+v", sent, len([]rune(n.Text)), n.By)
	}
	huge := strings.Repeat("x", 30_100)
	id = r.note(kommo.Leads, huge)
	r.Into("get_note", noteArgs(id, ""), &n)
	if len([]rune(n.Text)) != 30_000 || len(n.LeftOut) != 1 || n.LeftOut[0] != "100 characters of the text" {
		t.Errorf("%d characters, %v", len([]rune(n.Text)), n.LeftOut)
	}
}

func TestANoteIsRewordedAndPinned(t *testing.T) {
	r := newRig(t, 0)
	id := r.note(kommo.Leads, "Wants 8 kW")
	r.later()
	var c crm.ChangedNote
	if sent := r.Into("update_note", noteArgs(id, `,"text":"Wants 9 kW","pinned":true`), &c); sent != "GET PATCH POST" ||
		c.Before.Text != "Wants 8 kW" || c.After.Text != "Wants 9 kW" || *c.Before.Pinned || !*c.After.Pinned || c.ID != id || c.Unchanged {
		t.Errorf("%s: %+v", sent, c)
	}
	var list crm.NoteList
	r.Into("search_notes", fmt.Sprintf(`{"lead_id":%d,"limit":1}`, noteCard), &list)
	if n := list.Items[0]; !n.Pinned || n.Text != "Wants 9 kW" || n.EditedAt == "" {
		t.Errorf("%+v", n)
	}
	var n crm.NoteView
	if r.Into("get_note", noteArgs(id, ""), &n); !n.Pinned || n.EditedAt == "" || n.EditedBy != "Olivia Bennett" {
		t.Errorf("%+v", n)
	}
	c = crm.ChangedNote{}
	if sent := r.Into("update_note", noteArgs(id, `,"text":" Wants 9 kW ","pinned":true`), &c); sent != "GET" || !c.Unchanged || c.Before != nil || c.Warnings != nil {
		t.Errorf("%s: %+v", sent, c)
	}
	if sent := r.Into("update_note", noteArgs(id, ``), &c); sent != "GET" || !c.Unchanged || len(c.Warnings) != 1 {
		t.Errorf("%s: %+v", sent, c)
	}
	c = crm.ChangedNote{}
	if sent := r.Into("update_note", noteArgs(id, `,"pinned":false`), &c); sent != "GET POST" || c.After.Text != "" || !*c.Before.Pinned || *c.After.Pinned {
		t.Errorf("%s: %+v", sent, c)
	}
}

func TestNotesThatCannotBeChanged(t *testing.T) {
	r := newRig(t, 0)
	id := r.note(kommo.Leads, "here")
	for args, want := range map[string]string{
		fmt.Sprintf(`{"note_id":%d}`, id):                            "invalid_argument lead_id",
		fmt.Sprintf(`{"note_id":%d,"lead_id":1,"contact_id":2}`, id): "invalid_argument contact_id",
		fmt.Sprintf(`{"note_id":%d,"lead_id":40885002}`, id):         "not_found note_id",
		fmt.Sprintf(`{"note_id":%d,"contact_id":52330001}`, id):      "not_found note_id",
		noteArgs(7, ""): "not_found note_id",
		noteArgs(id, `,"text":"`+strings.Repeat("x", 15_001)+`"`): "invalid_argument text",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, sent := r.Fails(code, "update_note", args); e.Field != field || strings.Contains(sent, "P") {
			t.Errorf("%.80s: %s, %+v", args, sent, e)
		}
	}
	calls, err := r.API.Notes.List(t.Context(), kommo.Leads, kommo.NoteFilter{Types: []string{kommo.NoteCallIn, kommo.NoteCallOut}})
	r.must(err)
	call := calls.Items[0]
	at := fmt.Sprintf(`{"note_id":%d,"lead_id":%d`, call.ID, call.EntityID)
	if e, sent := r.Fails("unprocessable", "update_note", at+`,"text":"other"}`); e.Field != "text" || sent != "GET" || !strings.Contains(e.Message, "call") {
		t.Errorf("%s %+v", sent, e)
	}
	var c crm.ChangedNote
	if r.Into("update_note", at+`,"pinned":true}`, &c); !*c.After.Pinned {
		t.Errorf("%+v", c)
	}
}

// A lost answer is looked up; a pin that fails after the text was changed is a
// warning, since the text stays changed.
func TestNoteChangesAndFailures(t *testing.T) {
	r := newRig(t, 0)
	id := r.note(kommo.Leads, "one")
	for _, step := range []struct{ method, more string }{{http.MethodPatch, `,"text":"two"`}, {http.MethodPost, `,"pinned":true`}} {
		r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: step.method})
		var c crm.ChangedNote
		if sent := r.Into("update_note", noteArgs(id, step.more), &c); !c.LookedUp || c.After == nil || sent != "GET "+step.method+" GET" {
			t.Errorf("%s: %+v", sent, c)
		}
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Method: http.MethodPost})
	var c crm.ChangedNote
	r.Into("update_note", noteArgs(id, `,"text":"three","pinned":false`), &c)
	if c.After.Text != "three" || c.After.Pinned != nil || len(c.Warnings) != 1 {
		t.Errorf("%+v", c)
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Method: http.MethodPost})
	r.Fails("forbidden", "update_note", noteArgs(id, `,"pinned":false`))
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 402, Method: http.MethodPatch})
	r.Fails("payment_required", "update_note", noteArgs(id, `,"text":"four"`))
}
