package kommo

import (
	"errors"
	"net/http"
	"testing"
)

const pipelineBody = `{"id":70,"name":"Sales","sort":1,"is_main":true,"is_unsorted_on":true,"is_archive":true,"account_id":5,
"_embedded":{"statuses":[{"id":69,"name":"Incoming","sort":10,"is_editable":false,"pipeline_id":70,"color":"#c1c1c1","type":1,"account_id":5},
{"id":142,"name":"Won","sort":10000,"is_editable":true,"pipeline_id":70,"color":"#CCFF66","type":0,"account_id":5,
"descriptions":[{"id":9,"level":"newbie","description":"Celebrate","created_at":"2026-11-20 09:00:00","updated_at":"2026-11-20 09:00:01"}]}]}}`

func TestPipelines(t *testing.T) {
	c, r := recorded(t, pipelineBody, `{"_total_items":1,"_embedded":{"pipelines":[`+pipelineBody+`]}}`,
		`{"_embedded":{"statuses":[{"id":69,"name":"Incoming"}]}}`)
	p := must(c.Pipelines.Get(t.Context(), 70))(t)
	s := p.Embedded.Statuses
	switch {
	case p.ID != 70 || p.Name != "Sales" || p.Sort != 1 || !p.Main || !p.UnsortedOn || !p.Archive || p.AccountID != 5 || len(s) != 2:
		fallthrough
	case s[0].ID != 69 || s[0].Name != "Incoming" || s[0].Sort != 10 || s[0].Editable || s[0].PipelineID != 70 || s[0].Color != "#c1c1c1" || s[0].Kind != 1:
		fallthrough
	case !s[1].Editable || s[1].AccountID != 5 || s[1].Descriptions[0] != StatusDescription{9, "newbie", "Celebrate", "2026-11-20 09:00:00", "2026-11-20 09:00:01"}:
		t.Errorf("a named key was lost: %+v", p)
	}
	if all := must(c.Pipelines.List(t.Context()))(t); len(all) != 1 {
		t.Errorf("%d pipelines", len(all))
	}
	if all := must(c.Pipelines.Statuses(t.Context(), 70, "descriptions"))(t); len(all) != 1 {
		t.Errorf("%d stages", len(all))
	}
	r.want(t, get("/leads/pipelines/70", ""), get("/leads/pipelines", ""), get("/leads/pipelines/70/statuses", "with=descriptions"))
}

func TestMissingPipelineIsNotFound(t *testing.T) {
	r := &recorder{status: http.StatusNotFound, replies: []string{`{"title":"Not Found","status":404,"detail":"Pipeline not found"}`}}
	if _, err := clientFor(t, r).Pipelines.Get(t.Context(), 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}

func TestLossReasons(t *testing.T) {
	body := `{"id":7,"name":"Price","sort":14,"created_at":100,"updated_at":200}`
	c, r := recorded(t, body, `{"_total_items":1,"_links":{},"_embedded":{"loss_reasons":[`+body+`]}}`, "")
	want := LossReason{ID: 7, Name: "Price", Sort: 14, CreatedAt: 100, UpdatedAt: 200}
	if got := must(c.LossReasons.Get(t.Context(), 7))(t); got != want {
		t.Errorf("reads as %+v", got)
	}
	if all := must(c.LossReasons.List(t.Context()))(t); len(all) != 1 || all[0] != want {
		t.Errorf("list reads as %+v", all)
	}
	if none := must(c.LossReasons.List(t.Context()))(t); len(none) != 0 {
		t.Errorf("no loss reasons read as %+v", none)
	}
	r.want(t, get("/leads/loss_reasons/7", ""), get("/leads/loss_reasons", "limit=250"), get("/leads/loss_reasons", "limit=250"))
}

func TestCustomFields(t *testing.T) {
	body := `{"id":55,"name":"Colour","type":"select","account_id":5,"code":"COLOUR","sort":2,"is_api_only":true,
		"enums":[{"id":9,"value":"Red","sort":500,"code":"red"},{"id":10,"value":"Blue","sort":1}],"group_id":"default","is_deletable":true,"is_predefined":true,
		"is_computed":true,"is_visible":true,"is_required":false,"entity_type":"contacts","remind":"week","triggers":[],"settings":[],"currency":"USD",
		"required_statuses":[{"pipeline_id":70,"status_id":142}],"hidden_statuses":[{"pipeline_id":70,"status_id":143}],"catalog_id":4,"search_in":4,
		"nested":[{"id":1,"parent_id":null,"value":"Root","sort":0},{"id":2,"parent_id":1,"value":"Leaf","sort":"1"}],
		"chained_lists":[{"title":"Brand","catalog_id":4,"parent_catalog_id":null}],"tracking_callback":"cb"}`
	c, r := recorded(t, body, `{"_total_items":2,"_page":1,"_page_count":2,"_links":{"next":{"href":"n"}},"_embedded":{"custom_fields":[`+body+`]}}`,
		`{"_total_items":2,"_page":2,"_page_count":2,"_embedded":{"custom_fields":[{"id":56,"name":"T","type":"text","enums":null,"code":null,"group_id":null,"search_in":null,"nested":null}]}}`,
		"", `{"_embedded":{"custom_field_groups":[{"id":"default","name":"Main","sort":0,"is_predefined":true,"type":"custom_field_group","entity_type":"leads"}]}}`)
	f := must(c.CustomFields.Get(t.Context(), Contacts, 55))(t)
	switch {
	case f.ID != 55 || f.Name != "Colour" || f.Type != FieldSelect || f.AccountID != 5 || *f.Code != "COLOUR" || f.Sort != 2 || !f.APIOnly || *f.GroupID != "default":
		fallthrough
	case *f.Enums[0].Code != "red" || f.Enums[0].Sort != 500 || f.Enums[1].Code != nil || f.Enums[1].Value != "Blue" || !f.Deletable || !f.Predefined || !f.Computed:
		fallthrough
	case !*f.Visible || *f.Required || f.EntityType != "contacts" || *f.Remind != "week" || *f.Currency != "USD" || string(f.Triggers) != "[]" || string(f.Settings) != "[]":
		fallthrough
	case f.RequiredStatuses[0] != RequiredStatus{StatusID: 142, PipelineID: 70} || f.HiddenStatuses[0].StatusID != 143 || *f.CatalogID != 4 || *f.SearchIn != "4":
		fallthrough
	case f.Nested[0].ParentID != nil || *f.Nested[1].ParentID != 1 || f.Nested[1].Sort != 1 || *f.ChainedLists[0].Title != "Brand" || *f.TrackingCallback != "cb":
		t.Errorf("a named key was lost: %+v", f)
	}
	if all := must(Collect(c.CustomFields.All(t.Context(), Leads)))(t); len(all) != 2 || all[1].Code != nil || all[1].SearchIn != nil {
		t.Errorf("walked %+v", all)
	}
	must(c.CustomFields.List(t.Context(), FieldsOfCatalog(4), ListOptions{Limit: 5}))(t)
	groups := must(c.CustomFields.Groups(t.Context(), Leads))(t)
	if len(groups) != 1 || groups[0] != (FieldGroup{"default", "Main", 0, true, "custom_field_group", "leads"}) {
		t.Errorf("groups are %+v", groups)
	}
	r.want(t, get("/contacts/custom_fields/55", ""), get("/leads/custom_fields", "limit=250"), get("/leads/custom_fields", "limit=250&page=2"),
		get("/catalogs/4/custom_fields", "limit=5"), get("/leads/custom_fields/groups", ""))
}
