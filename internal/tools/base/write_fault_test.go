package base_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// Whatever Kommo answers to a write, the tool says what happened and what to do,
// sends no create twice and shows no foreign page. A create that was taken all the
// same is found.
func TestWriteFaultsAreExplained(t *testing.T) {
	faults := map[string]sandbox.Fault{
		"reset":     {Kind: sandbox.FaultReset},
		"truncated": {Kind: sandbox.FaultTruncatedBody},
		"html":      {Kind: sandbox.FaultHTMLBody},
		"429 json":  {Status: 429, Body: `{"title":"Too Many Requests","status":429,"detail":"You have sent too many requests","retry_after":300}`},
		"429 html":  {Status: 429, Body: "<html><body>slow down</body></html>"},
		"403 html":  {Status: 403, Body: "<html><body>blocked</body></html>"},
	}
	for _, status := range []int{400, 401, 402, 403, 404, 422, 500, 502, 504} {
		faults[fmt.Sprint(status)] = sandbox.Fault{Status: status}
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			w := newWriter(t, 0)
			lead, contact := w.lead("anchor")
			task := w.do("create_task", fmt.Sprintf(`{"lead_id":%d,"text":"Call","due":"2031-01-02"}`, lead)).ID
			for tool, args := range map[string]string{
				"create_lead_with_contact": `{"name":"Faulty","contact_name":"Faulty Person"}`,
				"add_note":                 fmt.Sprintf(`{"lead_id":%d,"text":"Faulty"}`, lead),
				"create_task":              fmt.Sprintf(`{"lead_id":%d,"text":"Faulty","due":"2031-01-02"}`, lead),
				"update_lead":              fmt.Sprintf(`{"lead_id":%d,"name":"Faulty"}`, lead),
				"move_lead_stage":          fmt.Sprintf(`{"lead_id":%d,"stage":"Qualified"}`, lead),
				"update_contact":           fmt.Sprintf(`{"contact_id":%d,"name":"Faulty"}`, contact),
				"update_task":              fmt.Sprintf(`{"task_id":%d,"completed":true}`, task),
			} {
				method := http.MethodPost
				if strings.HasPrefix(tool, "update") || strings.HasPrefix(tool, "move") {
					method = http.MethodPatch
				}
				fault.Method, fault.Times = method, -1
				w.box.Inject(fault)
				out, failed := w.run(tool, args)
				w.box.ClearFaults()
				switch {
				case strings.Count(out.requests, method) > 1: // none while Kommo's block lasts
					t.Errorf("%s: requests %s", tool, out.requests)
				case !failed && !out.LookedUp:
					t.Errorf("%s succeeded: %s", tool, out.text)
				case failed && (!strings.Contains(out.text, "\nNext: ") || strings.Contains(out.text, "<")):
					t.Errorf("%s explains badly: %s", tool, out.text)
				}
			}
		})
	}
}
