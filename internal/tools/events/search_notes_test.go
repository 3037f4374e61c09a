package events_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// note writes a note on one of the seeded cards, a second after the one before.
func (r *rig) note(on kommo.Entity, text string) int64 {
	r.Helper()
	r.later()
	card := map[kommo.Entity]int64{kommo.Leads: 40_885_001, kommo.Contacts: 52_330_001, kommo.Companies: 53_870_001}[on]
	made, err := r.API.Notes.Create(r.Context(), on, []kommo.NoteWrite{{EntityID: card, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: text}}})
	r.must(err)
	return made[0].ID
}

func texts(list crm.NoteList) string {
	var out []string
	for _, n := range list.Items {
		out = append(out, n.Text)
	}
	return strings.Join(out, ", ")
}

// sprinkle writes six notes on three kinds of cards.
func (r *rig) sprinkle() {
	r.Helper()
	r.note(kommo.Leads, "zebra one")
	r.note(kommo.Contacts, "zebra two")
	r.note(kommo.Companies, "Zébra three")
	r.note(kommo.Leads, "zebra four")
	r.note(kommo.Contacts, "other five")
	r.note(kommo.Contacts, "zebra six")
}

func TestSearchNotesOfTheAccount(t *testing.T) {
	r := newRig(t, 0)
	r.sprinkle()
	var list crm.NoteList
	sent := r.Into("search_notes", `{"query":"ZEBRA"}`, &list)
	if got := texts(list); sent != "GET GET GET GET GET GET" || got != "zebra six, zebra four, Zébra three, zebra two, zebra one" || list.HasMore || list.Scanned < 100 {
		t.Errorf("%s: %s, %d looked through", sent, got, list.Scanned)
	}
	if n := list.Items[2]; n.For.Kind != "company" || n.For.Name == "" || n.By != "Olivia Bennett" || n.Kind != "note" || n.ID == 0 {
		t.Errorf("%+v", n)
	}
	for args, want := range map[string]string{
		`{"query":"four zebra"}`:                                   "zebra four",
		`{"query":"zebra","author":["me"],"limit":2}`:              "zebra six, zebra four",
		`{"query":"zebra","author":["Marcus"]}`:                    "",
		`{"query":"zebra","types":["call"]}`:                       "",
		`{"query":"zebra","period":"yesterday"}`:                   "",
		`{"query":"zebra","contact_id":52330001}`:                  "zebra six, zebra two",
		`{"query":"zebra","company_id":53870001,"types":["note"]}`: "Zébra three",
		`{"limit":3}`: "zebra six, other five, zebra four",
	} {
		var list crm.NoteList
		r.Into("search_notes", args, &list)
		if got := texts(list); got != want || (want == "") != (list.Hint != "") {
			t.Errorf("%s: %s, %+v", args, got, list)
		}
	}
}

// Pages continue where the last one ended, whatever was written meanwhile; no
// note comes twice and none is left out, also of those of the same second.
func TestNotePagesStandStill(t *testing.T) {
	for _, query := range []string{``, `,"query":"zebra"`} {
		r := newRig(t, 0)
		r.sprinkle()
		var batch []kommo.NoteWrite
		for i := range 7 {
			batch = append(batch, kommo.NoteWrite{EntityID: 40_885_002, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: fmt.Sprintf("zebra same %d", i)}})
		}
		_, err := r.API.Notes.Create(t.Context(), kommo.Leads, batch)
		r.must(err)
		var whole crm.NoteList
		r.Into("search_notes", `{"limit":12`+query+`}`, &whole)
		var got []int64
		cursor := ""
		for len(got) < len(whole.Items) {
			var list crm.NoteList
			r.Into("search_notes", `{"limit":3`+query+`,"cursor":"`+cursor+`"}`, &list)
			for _, n := range list.Items {
				got = append(got, n.ID)
			}
			if cursor = list.NextCursor; cursor == "" {
				break
			}
			r.note(kommo.Companies, "zebra new")
		}
		for i, n := range whole.Items {
			if i >= len(got) || got[i] != n.ID {
				t.Fatalf("%s: place %d of %v: want %d (%s)", query, i, got, n.ID, n.Text)
			}
		}
	}
}

// A search that finds nothing among many notes says how far it got, and goes on
// from there.
func TestNotesBeyondTheBudget(t *testing.T) {
	r := newRig(t, 0)
	first := r.note(kommo.Leads, "needle")
	for range 45 {
		r.later()
		var batch []kommo.NoteWrite
		for range 50 {
			batch = append(batch, kommo.NoteWrite{EntityID: 40_885_001, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: "hay"}})
		}
		_, err := r.API.Notes.Create(t.Context(), kommo.Leads, batch)
		r.must(err)
	}
	var list crm.NoteList
	sent := r.Into("search_notes", `{"query":"needle"}`, &list)
	if strings.Count(sent, "GET") != 8 || len(list.Items) != 0 || !list.HasMore || list.NextCursor == "" || list.Note == "" || list.Hint == "" {
		t.Fatalf("%s %+v", sent, list)
	}
	seen := list.Scanned
	r.Into("search_notes", `{"query":"needle","cursor":"`+list.NextCursor+`"}`, &list)
	if len(list.Items) != 1 || list.Items[0].ID != first {
		t.Errorf("%+v after %d", list, seen)
	}
}

func TestNoteOfEveryKind(t *testing.T) {
	r := newRig(t, 0)
	for kind, ok := range map[string]func(crm.FoundNote) bool{
		"call": func(n crm.FoundNote) bool { return n.Direction != "" && n.Outcome != "" },
		"sms":  func(n crm.FoundNote) bool { return n.Direction != "" && n.Text != "" },
		"mail": func(n crm.FoundNote) bool {
			return n.Direction == "outbound" && strings.HasPrefix(n.Text, "Your quote: ")
		},
		"file": func(n crm.FoundNote) bool { return strings.Contains(n.Text, ".") },
		"note": func(n crm.FoundNote) bool { return n.Text != "" },
	} {
		var list crm.NoteList
		r.Into("search_notes", `{"types":["`+kind+`"]}`, &list)
		if len(list.Items) == 0 {
			t.Errorf("no %s", kind)
		}
		for _, n := range list.Items {
			if n.Kind != kind || !ok(n) {
				t.Errorf("%s: %+v", kind, n)
			}
		}
	}
}

func TestEditedAndLongNotes(t *testing.T) {
	r := newRig(t, 0)
	id := r.note(kommo.Leads, "draft")
	r.later()
	long := strings.Repeat("words ", 300) + "quintessence at the end"
	_, err := r.API.Notes.Update(t.Context(), kommo.Leads, id, kommo.NoteWrite{Type: kommo.NoteCommon, Params: kommo.TextParams{Text: long}})
	r.must(err)
	var list crm.NoteList
	r.Into("search_notes", `{"query":"quintessence","lead_id":40885001}`, &list)
	if len(list.Items) != 1 || list.Items[0].EditedAt == "" || !strings.Contains(list.Items[0].Text, "quintessence") || len([]rune(list.Items[0].Text)) > 500 || list.Items[0].For != nil {
		t.Errorf("%+v", list.Items)
	}
}

func TestNoteRefusals(t *testing.T) {
	r := newRig(t, 0)
	for args, want := range map[string]string{
		`{"lead_id":1,"contact_id":2}`: "invalid_argument contact_id",
		`{"types":["stage"]}`:          "invalid_argument types",
		`{"author":["Nobody"]}`:        "not_found author",
		`{"period":"soon"}`:            "invalid_argument period",
		`{"cursor":"x"}`:               "invalid_argument cursor",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, _ := r.Fails(code, "search_notes", args); e.Field != field {
			t.Errorf("%s: %+v", args, e)
		}
	}
	r.Box.Inject(sandbox.Fault{PathPrefix: "/contacts/notes", Kind: sandbox.FaultStatus, Status: 500})
	r.Fails("kommo_unavailable", "search_notes", `{}`)
	var list crm.NoteList
	r.Into("search_notes", `{"lead_id":7}`, &list)
	if len(list.Items) != 0 || list.Hint == "" {
		t.Errorf("%+v", list)
	}
}

// A page that fails after something was found ends the search with that.
func TestNotesBeforeAFailure(t *testing.T) {
	r := newRig(t, 0)
	for range 6 {
		var batch []kommo.NoteWrite
		for range 50 {
			batch = append(batch, kommo.NoteWrite{EntityID: 40_885_001, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: "hay"}})
		}
		_, err := r.API.Notes.Create(t.Context(), kommo.Leads, batch)
		r.must(err)
	}
	r.note(kommo.Leads, "needle")
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500, Times: -1, Match: func(req *http.Request) bool { return req.URL.Query().Get("page") == "2" }})
	var list crm.NoteList
	r.Into("search_notes", `{"query":"needle"}`, &list)
	if len(list.Items) != 1 || !list.HasMore || list.NextCursor == "" || list.Note == "" {
		t.Errorf("%+v", list)
	}
}

func TestNotesOfAPeriod(t *testing.T) {
	r := newRig(t, 0)
	day := time.Now().AddDate(0, 0, -30)
	span := day.AddDate(0, 0, -10).Format(time.DateOnly) + ".." + day.Format(time.DateOnly)
	var list crm.NoteList
	r.Into("search_notes", `{"limit":100,"period":"`+span+`"}`, &list)
	if len(list.Items) == 0 || slices.ContainsFunc(list.Items, func(n crm.FoundNote) bool {
		return n.At[:10] < span[:10] || n.At[:10] > span[12:]
	}) {
		t.Errorf("%+v", list.Items)
	}
}
