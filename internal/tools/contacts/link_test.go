package contacts_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// party are a fresh lead, two contacts and two companies.
type party struct{ lead, ann, bob, acme, zeta int64 }

func (r *rig) party() party {
	r.Helper()
	leads, err := r.API.Leads.Create(r.Context(), []kommo.LeadWrite{{Name: "Linker"}})
	r.must(err)
	people, err := r.API.Contacts.Create(r.Context(), []kommo.ContactWrite{{Name: "Ann"}, {Name: "Bob"}})
	r.must(err)
	firms, err := r.API.Companies.Create(r.Context(), []kommo.CompanyWrite{{Name: "Acme"}, {Name: "Zeta"}})
	r.must(err)
	return party{leads[0].ID, people[0].ID, people[1].ID, firms[0].ID, firms[1].ID}
}

// state says a link in short: "linked main=Ann company=Acme".
func state(s *crm.LinkState) string {
	if s == nil {
		return ""
	}
	text := "apart"
	if s.Linked {
		text = "linked"
	}
	if s.MainContact != nil {
		text += " main=" + s.MainContact.Name
	}
	if s.Company != nil {
		text += " company=" + s.Company.Name
	}
	return text
}

func TestLinkAndUnlink(t *testing.T) {
	r := newRig(t, 0)
	p := r.party()
	for i, step := range []struct{ tool, args, sent, before, after string }{
		{"link", fmt.Sprintf(`"lead_id":%d,"contact_id":%d`, p.lead, p.ann), "GET GET POST", "apart", "linked"},
		{"link", fmt.Sprintf(`"lead_id":%d,"contact_id":%d`, p.lead, p.ann), "GET GET", "", ""},
		{"link", fmt.Sprintf(`"lead_id":%d,"contact_id":%d,"main":true`, p.lead, p.ann), "GET GET", "", ""},
		{"link", fmt.Sprintf(`"lead_id":%d,"contact_id":%d,"main":true`, p.lead, p.bob), "GET GET GET POST", "apart main=Ann", "linked main=Bob"},
		{"link", fmt.Sprintf(`"lead_id":%d,"contact_id":%d,"main":true`, p.lead, p.ann), "GET GET GET POST", "linked main=Bob", "linked main=Ann"},
		{"unlink", fmt.Sprintf(`"lead_id":%d,"contact_id":%d`, p.lead, p.ann), "GET GET POST", "linked main=Ann", "apart"},
		{"unlink", fmt.Sprintf(`"lead_id":%d,"contact_id":%d`, p.lead, p.ann), "GET GET", "", ""},
		{"link", fmt.Sprintf(`"lead_id":%d,"company_id":%d`, p.lead, p.acme), "GET GET POST", "apart", "linked company=Acme"},
		{"link", fmt.Sprintf(`"lead_id":%d,"company_id":%d`, p.lead, p.zeta), "GET GET GET POST", "apart company=Acme", "linked company=Zeta"},
		{"unlink", fmt.Sprintf(`"lead_id":%d,"company_id":%d`, p.lead, p.zeta), "GET GET POST", "linked company=Zeta", "apart"},
		{"link", fmt.Sprintf(`"contact_id":%d,"company_id":%d`, p.ann, p.acme), "GET GET POST", "apart", "linked company=Acme"},
		{"link", fmt.Sprintf(`"contact_id":%d,"company_id":%d`, p.ann, p.zeta), "GET GET GET POST", "apart company=Acme", "linked company=Zeta"},
		{"unlink", fmt.Sprintf(`"contact_id":%d,"company_id":%d`, p.ann, p.acme), "GET GET", "", ""},
	} {
		var out crm.ChangedLink
		sent := r.Into(step.tool+"_records", "{"+step.args+"}", &out)
		if sent != step.sent || state(out.Before) != step.before || state(out.After) != step.after || out.Unchanged != (step.after == "") || out.With.Name == "" || out.URL == "" {
			t.Errorf("step %d: %s, %s → %s: %+v", i, sent, state(out.Before), state(out.After), out)
		}
	}
	l, err := r.API.Leads.Get(t.Context(), p.lead, "contacts")
	r.must(err)
	if len(l.Embedded.Contacts) != 1 || l.Embedded.Contacts[0].ID != p.bob || len(l.Embedded.Companies) != 0 {
		t.Errorf("%+v", l.Embedded)
	}
	if c := r.contact(p.ann); len(c.Embedded.Companies) != 1 || c.Embedded.Companies[0].ID != p.zeta {
		t.Errorf("%+v", c.Embedded)
	}
}

func TestLinkRefusals(t *testing.T) {
	r := newRig(t, 0)
	p := r.party()
	for args, want := range map[string]string{
		`{}`:                                  "invalid_argument lead_id",
		fmt.Sprintf(`{"lead_id":%d}`, p.lead): "invalid_argument lead_id",
		fmt.Sprintf(`{"lead_id":%d,"contact_id":%d,"company_id":%d}`, p.lead, p.ann, p.acme): "invalid_argument lead_id",
		fmt.Sprintf(`{"lead_id":%d,"company_id":%d,"main":true}`, p.lead, p.acme):            "invalid_argument main",
		fmt.Sprintf(`{"lead_id":%d,"contact_id":7}`, p.lead):                                 "not_found contact_id",
		fmt.Sprintf(`{"lead_id":7,"contact_id":%d}`, p.ann):                                  "not_found lead_id",
		fmt.Sprintf(`{"contact_id":%d,"company_id":7}`, p.ann):                               "not_found company_id",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, sent := r.Fails(code, "link_records", args); e.Field != field || strings.Contains(sent, "POST") {
			t.Errorf("%s: %s %+v", args, sent, e)
		}
	}
}

// A lost answer is read back; nothing is sent twice.
func TestLostLink(t *testing.T) {
	r := newRig(t, 0)
	p := r.party()
	pair := fmt.Sprintf(`{"lead_id":%d,"contact_id":%d}`, p.lead, p.ann)
	for _, tool := range []string{"link_records", "unlink_records"} {
		r.Box.Inject(sandbox.Fault{Method: http.MethodPost, Kind: sandbox.FaultLostAnswer, Status: 504})
		var out crm.ChangedLink
		if sent := r.Into(tool, pair, &out); !out.LookedUp || sent != "GET GET POST GET GET" {
			t.Errorf("%s: %s %+v", tool, sent, out)
		}
		r.Box.Inject(sandbox.Fault{Method: http.MethodPost, Kind: sandbox.FaultStatus, Status: 504})
		other := fmt.Sprintf(`{"contact_id":%d,"company_id":%d}`, p.bob, p.acme)
		if tool == "link_records" {
			if _, sent := r.Fails("outcome_unknown", tool, other); strings.Count(sent, "POST") != 1 {
				t.Error(sent)
			}
		}
		r.Box.ClearFaults()
	}
}

// A record may vanish between the look and the write.
func TestLinkToVanishedRecord(t *testing.T) {
	r := newRig(t, 0)
	p := r.party()
	body := `{"title":"Bad Request","status":400,"detail":"Request validation failed","validation-errors":[{"request_id":"0","errors":[{"code":"NotSupportedChoice","path":"to_entity_id","detail":"gone"}]}]}`
	r.Box.Inject(sandbox.Fault{Method: http.MethodPost, Kind: sandbox.FaultStatus, Status: 400, Body: body})
	if e, _ := r.Fails("not_found", "link_records", fmt.Sprintf(`{"lead_id":%d,"contact_id":%d}`, p.lead, p.ann)); e.Field != "contact_id" {
		t.Errorf("%+v", e)
	}
}
