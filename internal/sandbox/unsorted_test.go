package sandbox

import (
	"fmt"
	"testing"
)

const formBody = `[{"source_uid":"site-7","source_name":"Landing","request_id":"a1",
"metadata":{"form_id":"f1","form_name":"Call me","form_page":"https://example.com/p","ip":"192.0.2.4","form_sent_at":1760000000,"referer":"https://example.com"},
"_embedded":{"leads":[{"name":"Roof quote","price":900}],"contacts":[{"first_name":"Ana"}],"companies":[{"name":"Ana SA"}]}}]`

func TestIncomingLeadIsAccepted(t *testing.T) {
	g := newRig(t)
	g.get("/leads/unsorted").want(204)
	r := g.post("/leads/unsorted/forms", formBody).want(200)
	r.eq(1, "_total_items")
	r.eq("a1", "_embedded", "unsorted", 0, "request_id")
	uid := r.at("_embedded", "unsorted", 0, "uid").(string)
	lead := int64(r.at("_embedded", "unsorted", 0, "_embedded", "leads", 0, "id").(float64))
	g.get("/contacts").want(204)
	l := g.get("/leads/unsorted?filter[category][]=forms").want(200)
	l.eq(uid, "_embedded", "unsorted", 0, "uid")
	l.eq("Call me", "_embedded", "unsorted", 0, "metadata", "form_name")
	g.get("/leads/unsorted?filter[category][]=sip").want(204)
	g.get("/leads/unsorted/"+uid).want(200).eq("forms", "category")
	g.tick(60)
	g.post("/leads/unsorted/"+uid+"/accept", `{"status_id":1}`).want(400)
	g.post("/leads/unsorted/"+uid+"/accept", `{}`).want(200).eq(lead, "_embedded", "leads", 0, "id")
	g.get("/leads/unsorted/" + uid).want(404)
	g.post("/leads/unsorted/"+uid+"/accept", ``).want(404)
	g.get("/contacts").want(200).eq("Ana", "_embedded", "contacts", 0, "name")
	first := g.get("/leads/pipelines").at("_embedded", "pipelines", 0, "_embedded", "statuses", 1, "id")
	g.get(fmt.Sprintf("/leads/%d", lead)).want(200).eq(first, "status_id")
	s := g.get("/leads/unsorted/summary").want(200)
	s.eq(1, "accepted")
	s.eq(60, "average_sort_time")
	s.eq(1, "categories", "forms", "total")
}

func TestIncomingLeadIsDeclinedIntoTheBin(t *testing.T) {
	g := newRig(t)
	r := g.post("/leads/unsorted/sip", `[{"source_uid":"pbx","source_name":"PBX","metadata":{"phone":"+12025550123","duration":30,"service_code":"pbx","called_at":1760000000,"uniq":"u","from":"x"},"_embedded":{"leads":[{"name":"Call"}],"contacts":[{"name":"Bob"}]}}]`).want(200)
	uid := r.at("_embedded", "unsorted", 0, "uid").(string)
	lead := r.at("_embedded", "unsorted", 0, "_embedded", "leads", 0, "id")
	user := g.get("/account").at("current_user_id")
	d := g.do("DELETE", "/leads/unsorted/"+uid+"/decline", fmt.Sprintf(`{"user_id":%v}`, int64(user.(float64)))).want(200)
	d.eq(uid, "uid")
	d.eq("sip", "category")
	path := fmt.Sprintf("/leads/%v", int64(lead.(float64)))
	g.get(path).want(204)
	g.get(path+"?with=only_deleted").want(200).eq(true, "is_deleted")
	g.get("/contacts").want(204)
	g.get("/leads/unsorted").want(204)
	g.del("/leads/unsorted/"+uid).want(404).eq("Cannot DELETE https://demo.kommo.com/leads/unsorted/"+uid+"!", "detail")
}

func TestIncomingLeadIsStrict(t *testing.T) {
	g := newRig(t)
	r := g.post("/leads/unsorted/forms", `[{"source_uid":"s","source_name":"n","metadata":{"form_id":"f"},"_embedded":{"leads":[{"title":"x"}],"contacts":[{},{}]}}]`).want(400)
	codes := map[string]bool{}
	for _, e := range r.at("validation-errors", 0, "errors").([]any) {
		m := e.(map[string]any)
		codes[m["code"].(string)+" "+m["path"].(string)] = true
	}
	for _, want := range []string{"FieldMissing metadata.form_name", "FieldNotExpected _embedded.leads.0.title", "TooMany _embedded.contacts"} {
		if !codes[want] {
			t.Errorf("%s is missing in %v", want, codes)
		}
	}
	g.post("/leads/unsorted/mail", `[]`).want(405)
}
