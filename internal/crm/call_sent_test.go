package crm_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestMoreComesWhileTheNotesAreInDoubt: the notes were sent, nobody knows whether
// they arrived, and a later delivery brings a longer summary and a transcript.
// Whether they had arrived or not, each text is on the card once, the longer one.
func TestMoreComesWhileTheNotesAreInDoubt(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"arrived": {Kind: sandbox.FaultLostAnswer, Status: 504, Times: 1}, "lost": {Kind: sandbox.FaultReset, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			fault.Method, fault.PathPrefix = http.MethodPost, "/leads/notes"
			r.box.Inject(fault)
			r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, Method: http.MethodGet, PathPrefix: "/leads/", Times: -1, Match: func(q *http.Request) bool {
				return len(q.URL.Path) > len("/api/v4/leads/") && q.URL.Path[len(q.URL.Path)-len("/notes"):] == "/notes"
			}})
			first := fullCall()
			first.Transcript, first.Summary = "", "Booked a site visit."
			callEqual(t, "first", r.log(first).Status, crm.CallQueued)
			callEqual(t, "second", r.log(fullCall()).Status, crm.CallQueued)
			r.box.ClearFaults()
			r.clock.After(31 * time.Second)
			r.drain()
			r.wholeOnce(name, lead)
			callEqual(t, "transcripts", r.withText(lead, "Transcript of the call"), 1)
			callEqual(t, "summaries of any length", r.withText(lead, "AI-written"), 1)
			callEqual(t, "calls", len(r.callNotes(kommo.Leads, lead, "c-1")), 1)
		})
	}
}
