package acceptance

import (
	"net/http"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// TestLostAnswerLeavesOneRecord: Kommo applies a create and its answer gets
// lost. The answer carries the record's id, found by looking it up, and a
// second look at the account shows one record.
func TestLostAnswerLeavesOneRecord(t *testing.T) {
	for _, lost := range []struct {
		name    string
		fault   sandbox.Fault
		attempt time.Duration
	}{
		{"504", sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504}, 5 * time.Second},
		{"redirect", sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 302}, 5 * time.Second},
		{"connection reset", sandbox.Fault{Kind: sandbox.FaultLostAnswer}, 5 * time.Second},
		{"truncated", sandbox.Fault{Kind: sandbox.FaultTruncatedBody}, 5 * time.Second},
		{"HTML", sandbox.Fault{Kind: sandbox.FaultHTMLBody, ApplyFirst: true}, 5 * time.Second},
		{"hang", sandbox.Fault{Kind: sandbox.FaultHang, ApplyFirst: true}, time.Second},
	} {
		t.Run(lost.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{clock: instantClock{}, attempt: lost.attempt})
			args := samples(r.ids(t))
			for name, in := range args {
				if r.tool(t, name).Spec().Class != registry.Create {
					continue
				}
				fault := lost.fault
				fault.Match = func(req *http.Request) bool { return req.Method == http.MethodPost }
				r.box.ForgetArrivals()
				r.box.Inject(fault)
				out := r.call(t, name, in)
				r.box.ClearFaults()
				if out["looked_up"] != true {
					t.Errorf("%s: looked_up is missing: %v", name, out)
				}
				if id, _ := out["id"].(float64); id == 0 {
					t.Errorf("%s: no id: %v", name, out)
				}
				posts := map[string]int{}
				for _, a := range r.box.Arrivals() {
					if a.Method == http.MethodPost {
						posts[a.Path]++
					}
				}
				for path, n := range posts {
					if n > 1 {
						t.Errorf("%s: %s was posted %d times", name, path, n)
					}
				}
			}
		})
	}
}

// TestUpdatesSurviveALostAnswer: a PATCH may be repeated, so one lost answer is
// not even noticed. If all are lost, the record is read back.
func TestUpdatesSurviveALostAnswer(t *testing.T) {
	for _, times := range []int{1, -1} {
		updatesSurvive(t, times)
	}
}

func updatesSurvive(t *testing.T, times int) {
	t.Helper()
	r := newRig(t, rigOptions{clock: instantClock{}})
	args := samples(r.ids(t))
	for name, in := range args {
		if r.tool(t, name).Spec().Class != registry.Update {
			continue
		}
		r.box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPatch, Times: times})
		out := r.call(t, name, in)
		r.box.ClearFaults()
		if out["before"] == nil || out["after"] == nil {
			t.Errorf("%s: no before and after: %v", name, out)
		}
		if looked := out["looked_up"] == true; looked != (times < 0) {
			t.Errorf("%s: looked_up is %v after %d lost answers", name, looked, times)
		}
	}
}
