package sandbox

import (
	"net/http"
	"slices"
	"strconv"
)

// callRoutes: calls can only be added; they are read as notes (Kommo API facts:
// calls and VoIP).
func callRoutes() []route {
	return []route{{Method: "POST", Path: "/calls", Do: createCalls}}
}

func callSchema() schema {
	return append(callParams(),
		field{name: "direction", kind: stringKind, required: true, check: oneOf("inbound", "outbound")},
		field{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		field{name: "created_by", kind: intKind, check: isUser(true)},
		field{name: "updated_by", kind: intKind, check: isUser(true)},
		field{name: "created_at", kind: intKind},
		field{name: "updated_at", kind: intKind})
}

type callRow struct {
	ID         int64  `json:"id"`
	EntityID   int64  `json:"entity_id"`
	EntityType string `json:"entity_type"` // singular
	AccountID  int64  `json:"account_id"`
	RequestID  string `json:"request_id"`
	Embedded   object `json:"_embedded"`
}

// callError is the entry of a call that nobody's number matches.
type callError struct {
	RequestID string `json:"request_id"`
	Title     string `json:"title"`
	Type      string `json:"type"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
}

type callsBody struct {
	TotalItems int         `json:"_total_items"`
	Errors     []callError `json:"errors"`
	Embedded   object      `json:"_embedded"`
}

// createCalls adds each call to the record of its phone. A call without a match is
// reported in errors while the others are added.
func createCalls(c *call) answer {
	b, bad := c.parseMany(callSchema(), maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	rows, errs := []callRow{}, []callError{}
	for _, it := range b {
		phone := textOf(it.object["phone"])
		to, found := c.a.callTarget(phone)
		if !found {
			errs = append(errs, callError{it.requestID, "Entity not found", "https://httpstatus.es/404", http.StatusNotFound, "Entity with phone number " + phone + " not found"})
			continue
		}
		n := c.addCall(to, it.object)
		rows = append(rows, callRow{
			ID: n.ID, EntityID: to.id, EntityType: singular(to.entity), AccountID: c.a.id, RequestID: it.requestID,
			Embedded: object{"entity": embeddedEntity{to.id, c.self(cardPath(to.entity, to.id))}},
		})
	}
	body := callsBody{len(rows), errs, object{"calls": rows}}
	if len(rows) == 0 && c.a.sw.CallsNoMatch400 {
		return answer{status: http.StatusBadRequest, body: body, problem: true}
	}
	return ok(body)
}

// callTarget is the record that a call goes to: of the cards with the phone's last
// ten digits, the one open lead when there are no customers, the one customer when
// there are no open leads, else the company or the contact itself.
func (a *account) callTarget(phone string) (ref, bool) {
	matched := a.cardsByPhone(phone)
	if len(matched) == 0 {
		return ref{}, false
	}
	var open, buyers []int64
	for _, k := range matched {
		for _, id := range a.links.ids(k.ref(), "leads") {
			if l := leads(a).get(id); l != nil && !l.Deleted && !l.closed() && !slices.Contains(open, id) {
				open = append(open, id)
			}
		}
		for _, id := range a.links.ids(k.ref(), "customers") {
			if !slices.Contains(buyers, id) {
				buyers = append(buyers, id)
			}
		}
	}
	switch {
	case len(open) == 1 && len(buyers) == 0:
		return ref{"leads", open[0]}, true
	case len(open) == 0 && len(buyers) == 1:
		return ref{"customers", buyers[0]}, true
	}
	return matched[0].ref(), true
}

// cardsByPhone are the companies, then the contacts, that have the number.
func (a *account) cardsByPhone(phone string) []*card {
	key := lastDigits(phone)
	if key == "" {
		return nil
	}
	var out []*card
	for _, entity := range []string{"companies", "contacts"} {
		f := a.fieldByCode(entity, "PHONE")
		for _, k := range cards(a, entity).all() {
			if f == nil || k.Deleted {
				continue
			}
			if slices.ContainsFunc(valuesOf(k.Values, f.ID), func(v object) bool { return lastDigits(textOf(v["value"])) == key }) {
				out = append(out, k)
			}
		}
	}
	return out
}

// addCall makes the note of a call. created_by counts only without
// call_responsible; with neither the robot made it.
func (c *call) addCall(to ref, o object) *note {
	params := object{}
	for _, k := range []string{"uniq", "duration", "source", "link", "phone", "call_responsible", "call_result", "call_status"} {
		if o.has(k) && o[k] != nil {
			params[k] = o[k]
		}
	}
	typ := "call_in"
	if direction, _ := o.str("direction"); direction == "outbound" {
		typ = "call_out"
	}
	sent := object{"note_type": typ, "params": params, "created_by": c.a.caller(o)}
	for _, k := range []string{"responsible_user_id", "created_at", "updated_at", "updated_by"} {
		if o[k] != nil {
			sent[k] = o[k]
		}
	}
	return c.addNote(to, sent)
}

// caller is the user who made the call: call_responsible as id, phone or name, else
// created_by, else the robot.
func (a *account) caller(o object) int64 {
	who := textOf(o["call_responsible"])
	if who == "" {
		by, _ := o.int("created_by")
		return by
	}
	for id, u := range users(a).all() {
		if strconv.FormatInt(id, 10) == who || u.Name == who || u.Phone != "" && lastDigits(u.Phone) == lastDigits(who) {
			return id
		}
	}
	return 0
}
