package sandbox

import (
	"fmt"
	"testing"
)

func callBody(phone string) string {
	return `{"direction":"inbound","duration":12,"source":"pbx","phone":"` + phone + `","call_status":4,"call_result":"ok"}`
}

func TestCallGoesToTheOneOpenLead(t *testing.T) {
	g := newRig(t)
	row := g.post("/leads/complex", `[`+fmt.Sprintf(annWithPhone, "1")+`]`).want(200).array()[0]
	lead := int64(row["id"].(float64))
	r := g.post("/calls", `[`+callBody("8 (555) 010-2030")+`,`+callBody("+49 1")+`]`).want(200)
	r.eq(1, "_total_items")
	r.eq("lead", "_embedded", "calls", 0, "entity_type")
	r.eq(lead, "_embedded", "calls", 0, "entity_id")
	r.eq("0", "_embedded", "calls", 0, "request_id")
	r.eq("1", "errors", 0, "request_id")
	r.eq("Entity not found", "errors", 0, "title")
	n := g.get(fmt.Sprintf("/leads/%d/notes?filter[note_type][]=call_in", lead)).want(200)
	n.eq(12, "_embedded", "notes", 0, "params", "duration")
	n.eq(0, "_embedded", "notes", 0, "created_by")
	n.eq(nil, "_embedded", "notes", 0, "params", "link")
	// A second open lead: the call goes to the card.
	g.made("leads", "/leads", fmt.Sprintf(`[{"_embedded":{"contacts":[{"id":%.0f}]}}]`, row["contact_id"]))
	two := g.post("/calls", `[`+callBody("15550102030")+`]`).want(200)
	two.eq("contact", "_embedded", "calls", 0, "entity_type")
	// Both closed: the card again; one reopened lead would get it.
	g.patch("/leads", fmt.Sprintf(`[{"id":%d,"status_id":142}]`, lead)).want(200)
	three := g.post("/calls", `[`+callBody("15550102030")+`]`).want(200)
	three.eq("lead", "_embedded", "calls", 0, "entity_type")
}

func TestCallWithoutMatch(t *testing.T) {
	g := newRig(t)
	r := g.post("/calls", `[`+callBody("5550102030")+`]`).want(200)
	r.eq(0, "_total_items")
	r.eq([]any{}, "_embedded", "calls")
	g = newRig(t, WithSwitches(Switches{CallsNoMatch400: true}))
	g.post("/calls", `[`+callBody("5550102030")+`]`).want(400).eq(0, "_total_items")
	g.post("/calls", `[{"direction":"in","duration":1,"source":"x","phone":"1"}]`).want(400).eq("NotSupportedChoice", "validation-errors", 0, "errors", 0, "code")
}

func TestCallIsTheResponsiblesOwn(t *testing.T) {
	g := newRig(t)
	g.post("/leads/complex", `[`+fmt.Sprintf(annWithPhone, "1")+`]`).want(200)
	body := `[{"direction":"outbound","duration":1,"source":"pbx","phone":"5550102030","uniq":"u1","call_responsible":"Admin"}]`
	id := int64(g.post("/calls", body).want(200).at("_embedded", "calls", 0, "id").(float64))
	n := g.get(fmt.Sprintf("/leads/notes/%d", id)).want(200)
	n.eq("call_out", "note_type")
	n.eq("u1", "params", "uniq")
	if by, _ := n.at("created_by").(float64); by == 0 {
		t.Error("call_responsible made the call")
	}
}
