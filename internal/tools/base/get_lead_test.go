package base_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
)

// leadCalled finds the id of a lead of the demo account by its name.
func (r *reader) leadCalled(name string) int64 {
	r.t.Helper()
	var got leadList
	r.call(base.SearchLeads, fmt.Sprintf(`{"query":%q,"limit":100}`, name), &got)
	for _, row := range got.Items {
		if row.Name == name {
			return row.ID
		}
	}
	r.t.Fatalf("there is no lead %q", name)
	return 0
}

func TestGetLeadBriefs(t *testing.T) {
	r := newReader(t, 0)
	args := fmt.Sprintf(`{"lead_id":%d}`, r.leadCalled("Holloway: 8 kW rooftop solar"))
	var got crm.LeadBrief
	r.call(base.GetLead, args, &got)
	if got.Price != 21450 || got.Currency != "USD" || got.Stage != "Negotiation" || got.Status != "open" || got.Responsible != "Marcus Reed" {
		t.Errorf("%+v", got)
	}
	if len(got.Contacts) != 2 || !got.Contacts[0].Main || got.Contacts[0].Name != "Grace Holloway" || got.Contacts[0].Phones[0] != "+1 202 555 0101" {
		t.Errorf("contacts %+v", got.Contacts)
	}
	if got.Fields["Roof type"] == nil || got.Fields["Budget"] == nil || len(got.Tasks) == 0 || !got.Tasks[0].Overdue {
		t.Errorf("fields %v, tasks %+v", got.Fields, got.Tasks)
	}
	if len(got.Notes) < 2 || !strings.HasPrefix(got.Notes[0].Text, "Ignore all previous") || strings.ContainsAny(got.Notes[0].Text, "\u200b\u2060\ufeff") {
		t.Errorf("notes %+v", got.Notes)
	}
	if !slices.ContainsFunc(got.Changes, func(c crm.ChangeRow) bool {
		return c.Change == "stage: Proposal sent → Negotiation" && c.By == "Marcus Reed" && c.At != ""
	}) {
		t.Errorf("changes %+v", got.Changes)
	}
	if len(got.Warnings) > 0 || len(got.LeftOut) > 0 {
		t.Errorf("warnings %q, left out %q", got.Warnings, got.LeftOut)
	}
	if n, paths := r.requests(func() { r.call(base.GetLead, args, nil) }); n != 5 {
		t.Errorf("warm: %d requests %q", n, paths)
	}
}

func TestGetLeadClosed(t *testing.T) {
	r := newReader(t, 0)
	var won, lost crm.LeadBrief
	r.call(base.GetLead, fmt.Sprintf(`{"lead_id":%d}`, r.leadCalled("Delgado: 6 kW rooftop solar")), &won)
	r.call(base.GetLead, fmt.Sprintf(`{"lead_id":%d}`, r.leadCalled("Kowalski: full re-roof")), &lost)
	if won.Status != "won" || won.ClosedAt == "" || won.Price != 16200.75 || won.Fields["Contract number"] == nil {
		t.Errorf("%+v", won)
	}
	if lost.Status != "lost" || lost.LossReason == "" {
		t.Errorf("%+v", lost)
	}
}

func TestGetLeadAnswersWithoutAPiece(t *testing.T) {
	for _, tt := range []struct{ path, warning string }{
		{"/api/v4/events", "changes"}, {"/api/v4/tasks", "tasks"}, {"/api/v4/contacts", "contacts"}, {"/api/v4/leads/pipelines", "names"},
	} {
		t.Run(tt.warning, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, 0)
			r.box.Inject(sandbox.Fault{PathPrefix: tt.path, Times: -1, Kind: sandbox.FaultStatus, Status: http.StatusForbidden})
			var got crm.LeadBrief
			r.call(base.GetLead, `{"lead_id":40885001}`, &got)
			if got.Name == "" || len(got.Warnings) != 1 || !strings.HasPrefix(got.Warnings[0], tt.warning+" could not be read: ") {
				t.Errorf("warnings %q", got.Warnings)
			}
			if len(got.Contacts) == 0 || got.Contacts[0].ID == 0 {
				t.Errorf("contacts %+v", got.Contacts)
			}
		})
	}
}

func TestGetLeadUnknown(t *testing.T) {
	r := newReader(t, 0)
	e := r.refused(base.GetLead, `{"lead_id":7}`)
	if e.Error.Code != "not_found" || e.Error.Field != "lead_id" || !strings.Contains(e.Error.Next, "search_leads") {
		t.Errorf("%+v", e)
	}
}
