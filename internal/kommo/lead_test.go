package kommo

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"
)

const leadBody = `{"id":901,"name":"Roof job","price":1200,"responsible_user_id":11,"group_id":3,"status_id":142,"pipeline_id":70,
"loss_reason_id":null,"created_by":11,"updated_by":0,"created_at":1760000000,"updated_at":1760000500,"closed_at":1760000500,
"closest_task_at":null,"is_deleted":false,"custom_fields_values":null,"score":null,"account_id":5,"labor_cost":"90",
"_links":{"self":{"href":"https://acme.kommo.com/api/v4/leads/901?page=1"}},
"_embedded":{"tags":[{"id":3,"name":"vip","color":null}],"companies":[{"id":8}],"contacts":[{"id":41,"is_main":true}],
"catalog_elements":[{"id":77,"metadata":{"quantity":2,"catalog_id":4,"price_id":null}}],"source":{"id":6,"name":"Site"}}}`

func leadPage(items, next string) string {
	if next != "" {
		next = `,"next":{"href":"` + next + `"}`
	}
	return `{"_page":1,"_links":{"self":{"href":"x"}` + next + `},"_embedded":{"leads":[` + items + `]}}`
}

func TestLeadDecodes(t *testing.T) {
	c, r := recorded(t, leadBody)
	l := must(c.Leads.Get(t.Context(), 901, "contacts", "loss_reason"))(t)
	r.want(t, get("/leads/901", "with=contacts,loss_reason"))
	e := l.Embedded
	switch {
	case l.ID != 901 || l.Name != "Roof job" || l.Price.Float() != 1200 || l.Amount() != 1200 || l.ResponsibleID != 11 || l.GroupID != 3:
	case l.StatusID != StatusWon || l.PipelineID != 70 || l.LossReasonID != nil || !l.Closed() || l.AccountID != 5:
	case !l.UpdatedAt.Time().Equal(time.Unix(1760000500, 0)) || l.ClosestTaskAt != 0 || l.ClosedAt != 1760000500 || l.CreatedAt != 1760000000:
	case l.Score != nil || *l.LaborCost != 90 || l.Fields != nil || l.CreatedBy != 11:
	case e.Tags[0].Name != "vip" || e.Tags[0].Color != nil || e.Companies[0].ID != 8 || e.Contacts[0].ID != 41 || !e.Contacts[0].Main:
	case *e.Elements[0].Metadata.Quantity != 2 || *e.Elements[0].Metadata.CatalogID != 4 || e.Source.Name != "Site":
	default:
		return
	}
	t.Errorf("a named key was lost: %+v", l)
}

func TestLeadOddForms(t *testing.T) {
	var exact Lead
	if err := json.Unmarshal([]byte(`{"id":1,"price":12,"price_with_minor_units":12.34,"custom_fields_values":[]}`), &exact); err != nil {
		t.Fatal(err)
	}
	if exact.Amount() != 12.34 {
		t.Errorf("amount is %v, want the exact 12.34", exact.Amount())
	}
	for _, body := range []string{`[{"id":7,"name":"Price"}]`, `{"id":7,"name":"Price"}`} {
		var l Lead
		if err := json.Unmarshal([]byte(`{"_embedded":{"loss_reason":`+body+`}}`), &l); err != nil {
			t.Fatal(err)
		}
		if got := l.Embedded.LossReason; len(got) != 1 || got[0].ID != 7 {
			t.Errorf("%s reads as %+v", body, got)
		}
	}
	var none Lead
	if err := json.Unmarshal([]byte(`{"_embedded":{"loss_reason":null}}`), &none); err != nil || none.Embedded.LossReason != nil {
		t.Errorf("no loss reason: %v, %+v", err, none.Embedded.LossReason)
	}
}

func TestLeadsList(t *testing.T) {
	c, r := recorded(t, leadPage(leadBody, "https://acme.kommo.com/api/v4/leads?page=3"))
	from, to := time.Unix(100, 0), time.Unix(200, 0)
	page := must(c.Leads.List(t.Context(), LeadFilter{
		CardFilter: CardFilter{
			Query: "roof", IDs: []int64{7, 8}, Names: []string{"Roof job"}, Responsible: []int64{11}, CreatedBy: []int64{12}, UpdatedBy: []int64{0},
			CreatedAt: Between(from, to), UpdatedAt: Between(from, time.Time{}), ClosestTask: Between(time.Time{}, to),
			CustomFields: []FieldFilter{{FieldID: 55, Values: []string{"1", "2"}}, {FieldID: 56, Range: Between(from, to)}},
			With:         []string{"contacts", "loss_reason"}, Order: Order{By: "updated_at", Desc: true},
		},
		ListOptions: ListOptions{Page: 2, Limit: 10},
		Pipelines:   []int64{70}, Stages: []StagePair{{70, 142}, {71, 5}},
		Price: Range{From: new(int64(0)), To: new(int64(500))}, ClosedAt: Between(from, to),
	}))(t)
	if len(page.Items) != 1 || !page.HasNext || page.Total != nil {
		t.Errorf("page is %+v", page)
	}
	r.want(t, get("/leads", "filter[closed_at][from]=100&filter[closed_at][to]=200&filter[closest_task_at][to]=200"+
		"&filter[created_at][from]=100&filter[created_at][to]=200&filter[created_by][0]=12"+
		"&filter[custom_fields_values][55][0]=1&filter[custom_fields_values][55][1]=2"+
		"&filter[custom_fields_values][56][from]=100&filter[custom_fields_values][56][to]=200"+
		"&filter[id][0]=7&filter[id][1]=8&filter[name][0]=Roof job&filter[pipeline_id][0]=70&filter[price][from]=0&filter[price][to]=500"+
		"&filter[responsible_user_id][0]=11&filter[statuses][0][pipeline_id]=70&filter[statuses][0][status_id]=142"+
		"&filter[statuses][1][pipeline_id]=71&filter[statuses][1][status_id]=5&filter[updated_at][from]=100&filter[updated_by][0]=0"+
		"&limit=10&order[updated_at]=desc&page=2&query=roof&with=contacts,loss_reason"))
}

func TestLeadsOfEmptyAccountAreNone(t *testing.T) {
	c, _ := recorded(t, "")
	page := must(c.Leads.List(t.Context(), LeadFilter{}))(t)
	if len(page.Items) != 0 || page.HasNext {
		t.Errorf("204 reads as %+v", page)
	}
}

func TestMissingRecordsAreNotFound(t *testing.T) {
	c, _ := recorded(t, "", "", "", "")
	_, lead := c.Leads.Get(t.Context(), 1)
	_, contact := c.Contacts.Get(t.Context(), 1)
	_, company := c.Companies.Get(t.Context(), 1)
	_, task := c.Tasks.Get(t.Context(), 1)
	for _, err := range []error{lead, contact, company, task} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("204 gives %v, want ErrNotFound", err)
		}
	}
}

func TestLeadsCreate(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"leads":[{"id":902,"request_id":"1"},{"id":901,"request_id":"0"}]}}`)
	made := must(c.Leads.Create(t.Context(), []LeadWrite{
		{
			Name: "Roof job", Price: new(12.5), StatusID: StatusLost, PipelineID: 70, LossReasonID: 7, ResponsibleID: 11, CreatedBy: new(int64(0)),
			CreatedAt: 100, ClosedAt: 200, Fields: []FieldValueWrite{{FieldID: 55, Values: []ValueWrite{{Value: "abc"}}}},
			AddTags: TagNames([]string{"vip"}),
			Embedded: &LeadEmbedding{
				Contacts: []LinkedWrite{{ID: 41, Main: true}}, Companies: []LinkedWrite{{ID: 8}}, Tags: TagSet{{ID: 3}},
			},
		},
		{Name: "Gutter"},
	}))(t)
	if made[0].ID != 901 || made[1].ID != 902 {
		t.Errorf("ids are %d and %d, want the order of the request", made[0].ID, made[1].ID)
	}
	r.want(t, post("/leads", `[{"name":"Roof job","price":12.5,"status_id":143,"pipeline_id":70,"loss_reason_id":7,
		"responsible_user_id":11,"created_by":0,"created_at":100,"closed_at":200,
		"custom_fields_values":[{"field_id":55,"values":[{"value":"abc"}]}],"tags_to_add":[{"name":"vip"}],
		"_embedded":{"contacts":[{"id":41,"is_main":true}],"companies":[{"id":8}],"tags":[{"id":3}]}},{"name":"Gutter"}]`))
}

func TestCreateWithoutUsableIDsIsUnknown(t *testing.T) {
	for name, body := range map[string]string{
		"no list": `{"_embedded":{}}`, "no id": `{"_embedded":{"leads":[{"request_id":"0"}]}}`,
		"list of another form": `{"_embedded":{"leads":{"id":1}}}`, "one of two": `{"_embedded":{"leads":[{"id":1,"request_id":"1"}]}}`,
		"empty list for a map": `{"_embedded":[]}`,
	} {
		c, _ := recorded(t, body)
		if _, err := c.Leads.Create(t.Context(), []LeadWrite{{Name: "a"}, {Name: "b"}}); !HasCode(err, CodeUnknownOutcome) {
			t.Errorf("%s: error %v, want an unknown outcome", name, err)
		}
	}
}

func TestLeadsUpdate(t *testing.T) {
	for name, body := range map[string]string{
		"bare":     `{"id":901,"updated_at":1760000900,"request_id":"0","_links":{}}`,
		"envelope": `{"_links":{},"_embedded":{"leads":[{"id":901,"updated_at":1760000900}]}}`,
	} {
		c, r := recorded(t, body)
		u := must(c.Leads.Update(t.Context(), 901, LeadWrite{
			StatusID: StatusWon, PipelineID: 70, RemoveTags: []TagRef{{Name: "cold"}}, Embedded: &LeadEmbedding{Tags: TagSet{}},
			Fields: []FieldValueWrite{{FieldCode: CodePhone}},
		}))(t)
		if u.ID != 901 || u.UpdatedAt != 1760000900 {
			t.Errorf("%s: read as %+v", name, u)
		}
		r.want(t, patch("/leads/901", `{"status_id":142,"pipeline_id":70,"tags_to_delete":[{"name":"cold"}],"_embedded":{"tags":null},
			"custom_fields_values":[{"field_code":"PHONE","values":null}]}`))
	}
}

// An update is believed only if the answer names the record: some proxies say 200 to anything.
func TestAnswersWithoutTheRecordAreNotBelieved(t *testing.T) {
	for _, body := range []string{`{}`, `[]`, `{"_embedded":{"leads":[]}}`, ""} {
		c, _ := recorded(t, body)
		_, err := c.Leads.Update(t.Context(), 901, LeadWrite{Name: "a"})
		if !HasCode(err, CodeBadResponse) || !errorOf(t, err).MayHaveArrived() {
			t.Errorf("update answered with %q: error %v", body, err)
		}
	}
	c, _ := recorded(t, `{}`, `{}`, `{}`, `{}`, `{}`)
	_, lead := c.Leads.Get(t.Context(), 901)
	_, contact := c.Contacts.Get(t.Context(), 901)
	_, company := c.Companies.Get(t.Context(), 901)
	_, task := c.Tasks.Get(t.Context(), 901)
	_, account := c.Account.Get(t.Context())
	for _, err := range []error{lead, contact, company, task, account} {
		if !HasCode(err, CodeBadResponse) {
			t.Errorf("an empty object: error %v", err)
		}
	}
}

func TestLeadsUpdateMany(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"leads":[{"id":901,"updated_at":5},{"id":902,"updated_at":"6"}]}}`)
	done := must(c.Leads.UpdateMany(t.Context(), []LeadWrite{{ID: 901, Name: "a"}, {ID: 902, UpdatedBy: new(int64(11)), UpdatedAt: 6}}))(t)
	if len(done) != 2 || done[1].UpdatedAt != 6 {
		t.Errorf("read as %+v", done)
	}
	r.want(t, patch("/leads", `[{"id":901,"name":"a"},{"id":902,"updated_by":11,"updated_at":6}]`))
}

func TestClosedStageNeedsItsPipeline(t *testing.T) {
	c, r := recorded(t)
	closing := LeadWrite{ID: 901, StatusID: StatusWon}
	_, create := c.Leads.Create(t.Context(), []LeadWrite{{Name: "a"}, closing})
	_, update := c.Leads.Update(t.Context(), 901, closing)
	_, many := c.Leads.UpdateMany(t.Context(), []LeadWrite{closing})
	_, complexLead := c.Leads.CreateComplex(t.Context(), []ComplexLead{{StatusID: StatusLost}})
	for _, err := range []error{create, update, many, complexLead} {
		if !HasCode(err, CodeInvalid) || errorOf(t, err).Fields[0].Path != "pipeline_id" {
			t.Errorf("error is %v", err)
		}
	}
	if got := errorOf(t, create).Fields[0].Item; got != "1" {
		t.Errorf("item is %q, want the second", got)
	}
	r.want(t)
}

func TestWritesOfNothingAreRefused(t *testing.T) {
	c, r := recorded(t)
	_, create := c.Leads.Create(t.Context(), nil)
	_, many := c.Contacts.UpdateMany(t.Context(), nil)
	_, complexLead := c.Leads.CreateComplex(t.Context(), nil)
	_, tags := c.Tags.Create(t.Context(), Leads, nil)
	_, calls := c.Calls.Create(t.Context(), nil)
	links := c.Links.Link(t.Context(), Leads, 1, nil)
	for _, err := range []error{create, many, complexLead, tags, calls, links} {
		if !HasCode(err, CodeInvalid) {
			t.Errorf("error is %v", err)
		}
	}
	r.want(t)
}

func TestLeadsCreateComplex(t *testing.T) {
	c, r := recorded(t, `[{"id":903,"contact_id":41,"company_id":null,"request_id":["1","0"],"merged":true},
		{"id":904,"contact_id":null,"company_id":8,"request_id":["2"],"merged":false}]`)
	made := must(c.Leads.CreateComplex(t.Context(), []ComplexLead{
		{
			Name: "Roof job", Price: new(float64(1200)), PipelineID: 70, StatusID: 71, ResponsibleID: 11,
			Embedded: ComplexParts{
				Contacts:  []ContactWrite{{FirstName: "Ann", Fields: []FieldValueWrite{{FieldCode: CodePhone, Values: []ValueWrite{{Value: "+15550001", EnumCode: "WORK"}}}}}},
				Companies: []CompanyWrite{{ID: 8}},
			},
		},
		{Name: "Same"},
		{Name: "Form", Embedded: ComplexParts{Metadata: &ComplexMetadata{Category: "forms", FormID: "f", SentAt: 9}}},
	}))(t)
	if made[0].ID != 903 || made[1].ID != 903 || made[2].ID != 904 || *made[0].ContactID != 41 || made[0].CompanyID != nil || !made[0].Merged {
		t.Errorf("read as %+v", made)
	}
	r.want(t, post("/leads/complex", `[{"name":"Roof job","price":1200,"pipeline_id":70,"status_id":71,"responsible_user_id":11,
		"_embedded":{"contacts":[{"first_name":"Ann","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+15550001","enum_code":"WORK"}]}]}],
		"companies":[{"id":8}]}},{"name":"Same"},{"name":"Form","_embedded":{"metadata":{"category":"forms","form_id":"f","form_sent_at":9}}}]`))
}

func TestLeadsAll(t *testing.T) {
	c, r := recorded(t, leadPage(`{"id":1},{"id":2}`, "next"), leadPage(`{"id":3}`, "next"), "")
	var ids []int64
	for l, err := range c.Leads.All(t.Context(), LeadFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, l.ID)
	}
	if !slices.Equal(ids, []int64{1, 2, 3}) {
		t.Errorf("walked %v", ids)
	}
	r.want(t, get("/leads", "limit=250"), get("/leads", "limit=250&page=2"), get("/leads", "limit=250&page=3"))
}
