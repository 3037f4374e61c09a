package crm_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// hookURL is where the platforms post.
const hookURL = "https://crm.example.com/v1/calls/"

// knownNumber is that of the contact of the lead almeidaLead.
const knownNumber = "+5511955550142"

// hookBody is a sample body; the caller is replaced by one whom the demo account
// knows.
func hookBody(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../hooks/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("+15005550006", knownNumber, "%2B15005550006", "%2B"+knownNumber[1:], "+1 500-555-0006", knownNumber).Replace(string(raw))
	return []byte(text)
}

func (r *callRig) keepHook(platform string, body []byte) crm.HookReceipt {
	r.Helper()
	return r.keepWith(platform, body, crm.HookOptions{})
}

func (r *callRig) keepWith(platform string, body []byte, o crm.HookOptions) crm.HookReceipt {
	r.Helper()
	out, err := r.jobs.KeepHook(r.Context(), crm.HookDelivery{
		Platform: platform, Method: http.MethodPost, URL: hookURL + platform, Body: body, Options: o,
	})
	if err != nil {
		r.Fatal(err)
	}
	return out
}

// theCall is the one call of a card with that uniq.
func (r *callRig) theCall(lead int64, uniq string) kommo.CallParams {
	r.Helper()
	calls := r.callNotes(kommo.Leads, lead, uniq)
	if len(calls) != 1 {
		r.Fatalf("%d calls %q on the card", len(calls), uniq)
	}
	return calls[0]
}

// withText counts the notes of a card that hold a text.
func (r *callRig) withText(lead int64, text string) (n int) {
	r.Helper()
	for _, note := range r.notes(kommo.Leads, lead) {
		if strings.Contains(note.Text(), text) {
			n++
		}
	}
	return n
}

func samples() map[string]struct{ platform, id string } {
	return map[string]struct{ platform, id string }{
		"aircall_ended.json": {"aircall", "aircall 9007199254740993"}, "bland_outbound.json": {"bland", "c1"}, "elevenlabs_inbound.json": {"elevenlabs", "c1"},
		"retell_ended.json": {"retell", "c1"}, "retell_analyzed.json": {"retell", "c1"}, "synthflow_completed.json": {"synthflow", "c1"},
		"twilio_completed.form": {"twilio", "CA1"}, "vapi_inbound.json": {"vapi", "c1"},
	}
}
