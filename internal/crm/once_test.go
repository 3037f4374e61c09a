package crm_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// restart is a new process over the same state directory.
func (r *callRig) restart(dir string) *crm.Service {
	r.Helper()
	st := store.New(dir, r.clock.Now)
	names := directory.New(r.api)
	s := crm.New(r.api, names, r.clock, crm.WithStore(st))
	r.Cleanup(func() { names.Close(); s.Close(); _ = st.Close() })
	return s
}

// keyedCreate is a create with an idempotency key; path is where its POST goes.
type keyedCreate struct {
	path string
	run  func(ctx context.Context, s *crm.Service, text string) (crm.Made, error)
}

func keyedCreates(lead int64) map[string]keyedCreate {
	on := crm.Target{LeadID: lead}
	return map[string]keyedCreate{
		"note": {"/leads/notes", func(ctx context.Context, s *crm.Service, text string) (crm.Made, error) {
			return s.AddNote(ctx, crm.NewNote{Target: on, Text: text, Key: "k"})
		}},
		"task": {"/tasks", func(ctx context.Context, s *crm.Service, text string) (crm.Made, error) {
			out, err := s.CreateTask(ctx, crm.NewTask{Target: on, Text: text, Due: "2031-01-05T10:00", Key: "k"})
			return out.Made, err
		}},
		"lead with contact": {"/leads/complex", func(ctx context.Context, s *crm.Service, text string) (crm.Made, error) {
			out, err := s.CreateLead(ctx, crm.NewLead{Name: text, ContactName: "Kim Sample", ContactPhone: "+1 202 555 0176", Key: "k"})
			return out.Made, err
		}},
		"contact": {"/contacts", func(ctx context.Context, s *crm.Service, text string) (crm.Made, error) {
			return s.CreatePerson(ctx, crm.NewPerson{Kind: crm.KindContact, Name: text, Phone: "+1 202 555 0176", Key: "k"})
		}},
		"incoming lead": {"/leads/unsorted", func(ctx context.Context, s *crm.Service, text string) (crm.Made, error) {
			out, err := s.CreateIncoming(ctx, crm.NewIncoming{Name: text, Category: crm.IncomingForm, ContactPhone: "+1 202 555 0176", Key: "k"})
			return out.Made, err
		}},
	}
}

// posts counts the requests that created something at a path.
func (r *callRig) posts(path string) (n int) {
	for _, line := range r.writes() {
		if strings.HasPrefix(line, "POST "+path) {
			n++
		}
	}
	return n
}

// TestKeyedCreateThatWasCarriedOut: the answer was lost, nothing could be looked up,
// the process ended. The repeat finds the record and sends nothing.
func TestKeyedCreateThatWasCarriedOut(t *testing.T) {
	probe := newCallRig(t)
	for name := range keyedCreates(0) {
		t.Run(name, func(t *testing.T) {
			r, dir := newCallRig(t), t.TempDir()
			c := keyedCreates(probe.lead(almeidaLead).ID)[name]
			sent := false
			r.box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPost, PathPrefix: c.path, Times: 1})
			r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, Method: http.MethodGet, Times: -1, Match: func(*http.Request) bool {
				sent = sent || r.posts(c.path) > 0
				return sent
			}})
			if _, err := c.run(t.Context(), r.restart(dir), "The same"); !problem.HasCode(err, problem.OutcomeUnknown) {
				t.Fatalf("first: %v", err)
			}
			r.box.ClearFaults()
			out, err := c.run(t.Context(), r.restart(dir), "The same")
			if err != nil || out.ID == 0 || !out.LookedUp {
				t.Fatalf("repeat: %v %s", err, mustJSON(t, out))
			}
			again, err := c.run(t.Context(), r.restart(dir), "The same")
			if err != nil || again.ID != out.ID || !again.Repeat {
				t.Errorf("third: %v %s", err, mustJSON(t, again))
			}
			callEqual(t, "posts", r.posts(c.path), 1)
		})
	}
}

// TestKeyedCreateThatWasNotCarriedOut is looked for, and sent again only when half
// a minute has passed.
func TestKeyedCreateThatWasNotCarriedOut(t *testing.T) {
	probe := newCallRig(t)
	for name := range keyedCreates(0) {
		t.Run(name, func(t *testing.T) {
			r, dir := newCallRig(t), t.TempDir()
			c := keyedCreates(probe.lead(almeidaLead).ID)[name]
			r.box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: http.MethodPost, PathPrefix: c.path, Times: 1})
			if _, err := c.run(t.Context(), r.restart(dir), "The same"); !problem.HasCode(err, problem.OutcomeUnknown) {
				t.Fatalf("first: %v", err)
			}
			if _, err := c.run(t.Context(), r.restart(dir), "The same"); !problem.HasCode(err, problem.OutcomeUnknown) {
				t.Fatalf("at once: %v", err)
			}
			callEqual(t, "posts so far", r.posts(c.path), 1)
			if _, err := c.run(t.Context(), r.restart(dir), "Another"); !problem.HasCode(err, problem.Conflict) {
				t.Errorf("other content: %v", err)
			}
			r.clock.After(31 * time.Second)
			out, err := c.run(t.Context(), r.restart(dir), "The same")
			if err != nil || out.ID == 0 {
				t.Fatalf("later: %v %s", err, mustJSON(t, out))
			}
			again, err := c.run(t.Context(), r.restart(dir), "The same")
			if err != nil || again.ID != out.ID || !again.Repeat {
				t.Errorf("afterwards: %v %s", err, mustJSON(t, again))
			}
			callEqual(t, "posts", r.posts(c.path), 2)
			_, err = c.run(t.Context(), r.restart(dir), "Another")
			if !problem.HasCode(err, problem.Conflict) || !strings.Contains(err.Error(), itoa(out.ID)) {
				t.Errorf("other content does not name record %d: %v", out.ID, err)
			}
		})
	}
}
