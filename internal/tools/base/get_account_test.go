package base_test

import (
	"context"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// marcus is a user of the demo account without admin rights.
const marcus = 10450002

func getAccount(p crm.Provider) registry.Tool {
	return base.GetAccount(p, func(context.Context) string { return "Mode write: test." })
}

func TestGetAccountIsSmallAndCached(t *testing.T) {
	r := newReader(t, 0)
	var got crm.AccountOverview
	n, paths := r.requests(func() {
		res := r.call(getAccount, `{}`, &got)
		if len(res.Text) > 4096 {
			t.Errorf("the answer takes %d bytes", len(res.Text))
		}
		t.Logf("get_account: %d bytes", len(res.Text))
	})
	if n != 3 {
		t.Errorf("cold: %d requests %q", n, paths)
	}
	if n, paths = r.requests(func() { r.call(getAccount, `{}`, nil) }); n != 0 {
		t.Errorf("warm: %d requests %q", n, paths)
	}
	if got.Me.Name != "Olivia Bennett" || got.Me.Rights != "admin" || got.Me.Group != "Sales" || !strings.HasPrefix(got.TimeZone, "America/New_York") ||
		got.Currency != "USD" || len(got.Users) != 7 || got.Server != "Mode write: test." || got.URL != "https://demo.kommo.com" {
		t.Errorf("%+v", got)
	}
	if len(got.Pipelines) != 3 || got.Pipelines[0].Name != "Residential solar" || len(got.Pipelines[0].Stages) != 6 || got.Pipelines[0].Won == "" {
		t.Errorf("pipelines %+v", got.Pipelines)
	}
	if got.Fields != nil || got.Tags != nil || got.TaskTypes != nil || got.LossReasons != nil {
		t.Error("sections come unasked")
	}
}

func TestGetAccountSections(t *testing.T) {
	t.Parallel()
	r := newReader(t, 0)
	var got crm.AccountOverview
	r.call(getAccount, `{"sections":["fields","task_types","loss_reasons","tags"]}`, &got)
	roof := crm.FieldLine{}
	for _, f := range got.Fields["leads"] {
		if f.Name == "Roof type" {
			roof = f
		}
	}
	if roof.Type != "select" || len(roof.Options) != 5 || len(got.Fields["contacts"]) == 0 || len(got.Fields["companies"]) == 0 {
		t.Errorf("fields %+v", got.Fields)
	}
	if len(got.TaskTypes) != 4 || len(got.LossReasons) != 6 || len(got.Tags["leads"]) != 5 || len(got.Tags["companies"]) != 1 {
		t.Errorf("%v %v %v", got.TaskTypes, got.LossReasons, got.Tags)
	}
	e := r.refused(getAccount, `{"sections":["everything"]}`)
	if !strings.Contains(e.Error.Message, "loss_reasons") {
		t.Errorf("%+v", e)
	}
}

func TestGetAccountWithoutAdminRights(t *testing.T) {
	r := newReader(t, marcus)
	var got crm.AccountOverview
	r.call(getAccount, `{}`, &got)
	if got.Me.ID != marcus || len(got.Users) != 0 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "users cannot be listed") {
		t.Errorf("%+v", got)
	}
	var leads leadList
	r.call(base.SearchLeads, `{"responsible":"me","limit":3}`, &leads)
	if len(leads.Items) != 3 || !strings.HasPrefix(leads.Items[0].Responsible, "user ") {
		t.Errorf("%+v", leads.Items)
	}
}

func TestGetAccountSaysThatFiltersAreOff(t *testing.T) {
	r := newReader(t, 0, sandbox.WithSwitches(sandbox.Switches{FilteringOff: true}))
	var got crm.AccountOverview
	r.call(getAccount, `{}`, &got)
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "Filtering is switched off") {
		t.Errorf("notes %q", got.Notes)
	}
}
