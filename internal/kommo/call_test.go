package kommo

import (
	"net/http"
	"testing"
)

func twoCalls() []CallWrite {
	return []CallWrite{
		{
			Direction: "inbound", Duration: 57, Source: "pbx", Phone: "+15550001", Unique: "u", Link: "https://x.io/r", Result: "ok", Status: CallTalked,
			Responsible: "Ann", ResponsibleID: 11, CreatedBy: new(int64(11)), CreatedAt: 100,
		},
		{Direction: "outbound", Duration: 0, Source: "pbx", Phone: "+15550002", Responsible: "12"},
	}
}

func TestCallsFindTheirCards(t *testing.T) {
	c, r := recorded(t, `{"_total_items":1,"errors":[{"request_id":"0","status":263,"title":"Entity not found","detail":"d"}],
		"_embedded":{"calls":[{"id":77,"entity_id":9,"entity_type":"lead","account_id":5,"request_id":"1"}]}}`)
	result := must(c.Calls.Create(t.Context(), twoCalls()))(t)
	if _, ok := result.Of(0); ok || len(result.Failed) != 1 || result.Failed[0].Status != 263 || result.Failed[0].Title != "Entity not found" {
		t.Errorf("the first call is %+v", result.Failed)
	}
	if l, ok := result.Of(1); !ok || l.ID != 77 || l.EntityID != 9 || l.EntityType != "lead" || l.AccountID != 5 {
		t.Errorf("the second call is %+v, %v", l, ok)
	}
	r.want(t, post("/calls", `[{"direction":"inbound","duration":57,"source":"pbx","phone":"+15550001","uniq":"u","link":"https://x.io/r","call_result":"ok",
		"call_status":4,"call_responsible":"Ann","responsible_user_id":11,"created_by":11,"created_at":100},
		{"direction":"outbound","duration":0,"source":"pbx","phone":"+15550002","call_responsible":12}]`))
}

func TestUnknownNumbersAreNoError(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
	}{
		{"200 with errors", `{"_total_items":0,"errors":[{"request_id":"0","title":"Entity not found"},{"request_id":"1"}],"_embedded":{"calls":[]}}`, 200},
		{"200 with errors and no list", `{"_total_items":0,"errors":[{"title":"Entity not found"},{"title":"Entity not found"}],"_embedded":[]}`, 200},
		{"200 in silence", `{"_total_items":0,"errors":[],"_embedded":{"calls":[]}}`, 200},
		{"400", `{"_total_items":0,"errors":[{"request_id":"0","title":"Entity not found"},{"request_id":"1","title":"Entity not found"}]}`, 400},
	}
	for _, tt := range tests {
		r := &recorder{replies: []string{tt.body}, status: tt.status}
		result, err := clientFor(t, r).Calls.Create(t.Context(), twoCalls())
		if err != nil || len(result.Logged) != 0 || len(result.Failed) != 2 {
			t.Errorf("%s: %+v, %v", tt.name, result, err)
		}
	}
}

func TestRefusedCallsAreErrors(t *testing.T) {
	r := &recorder{status: http.StatusBadRequest, replies: []string{
		`{"title":"Bad Request","status":400,"detail":"Request validation failed","validation-errors":[{"request_id":"0","errors":[{"code":"NotBlank","path":"source","detail":"d"}]}]}`,
	}}
	_, err := clientFor(t, r).Calls.Create(t.Context(), twoCalls())
	if !HasCode(err, CodeInvalid) || errorOf(t, err).Fields[0].Path != "source" {
		t.Errorf("error is %v", err)
	}
	c, _ := recorded(t, `{"_embedded":{"calls":7}}`)
	if _, err := c.Calls.Create(t.Context(), twoCalls()); !HasCode(err, CodeUnknownOutcome) {
		t.Errorf("error is %v, want an unknown outcome", err)
	}
}
