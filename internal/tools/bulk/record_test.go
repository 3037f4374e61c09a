package bulk_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// onRecord is a line of the audit log, as far as bulk jobs are in it.
type onRecord struct {
	Result, Code string
	Records      []struct {
		Kind          string
		ID            int64
		How           string
		Before, After map[string]any
	}
}

// audited puts the office's calls on record; lines reads what is there.
func (o *office) audited() (lines func() []onRecord) {
	path := filepath.Join(o.TempDir(), "audit.jsonl")
	log := audit.New(path)
	o.Cleanup(func() { _ = log.Close() })
	o.tools = registry.Configure(o.tools, registry.Options{Now: o.clock.Now, Audit: log})
	return func() (out []onRecord) {
		raw, err := os.ReadFile(path)
		if err != nil {
			o.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			var one onRecord
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				o.Fatal(err)
			}
			out = append(out, one)
		}
		return out
	}
}

// TestEachLeadIsOnRecord with what it was before and is after, and with what became
// of it where Kommo refused.
func TestEachLeadIsOnRecord(t *testing.T) {
	o := newOffice(t)
	lines := o.audited()
	ids := o.open(3)
	preview, _ := o.call("update_leads", list(ids)+`,"price":4711`)
	o.refuse(jsonID(ids[1]), 400)
	o.call("update_leads", list(ids)+`,"price":4711`, token(preview.Confirm))
	o.box.ClearFaults()
	o.box.ForgetArrivals()
	o.both("move_leads", list(ids[:1])+`,"to_stage":"won"`)
	o.box.ForgetArrivals()
	o.both("add_note_to_leads", list(ids[:1])+`,"text":"Prices change in January."`)
	got := lines()
	if len(got) != 3 {
		t.Fatalf("%d lines", len(got))
	}
	for i, how := range []string{"", "failed", ""} {
		r := got[0].Records[slices.Index(recorded(got[0]), ids[i])]
		if r.Kind != "lead" || r.How != how || r.After["price"] != 4711.0 || r.Before["price"] == nil {
			t.Errorf("lead %d: %+v", ids[i], r)
		}
	}
	if m := got[1].Records[0]; m.Before["stage"] == nil || m.After["stage"] == m.Before["stage"] {
		t.Errorf("the move: %+v", m)
	}
	if n := got[2].Records; len(n) != 2 || n[0].ID != ids[0] || n[1].Kind != "note" || n[1].How != "created" || n[1].ID == 0 {
		t.Errorf("the note: %+v", n)
	}
}

func jsonID(id int64) string {
	raw, _ := json.Marshal(id)
	return string(raw)
}

func recorded(l onRecord) (ids []int64) {
	for _, r := range l.Records {
		if r.Kind == "lead" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// TestACancelledJobIsOnRecord: what it wrote before it was called off, though nobody
// hears its answer; and what went on later in a line of its own.
func TestACancelledJobIsOnRecord(t *testing.T) {
	o := newOffice(t)
	lines := o.audited()
	ids := o.more(130)
	args := list(ids) + `,"price":5`
	preview, _ := o.call("update_leads", args)
	o.cancelledAt(2, "update_leads", args, preview.Confirm)
	o.call("update_leads", args, token(preview.Confirm))
	got := lines()
	if len(got) != 2 || got[0].Code != "canceled" || got[1].Result != "done" {
		t.Fatalf("%+v", got)
	}
	written := func(l onRecord) (n int) {
		for _, r := range l.Records {
			if r.After["price"] == 5.0 {
				n++
			}
		}
		return n
	}
	if a, b := written(got[0]), written(got[1]); a < 50 || a+b != len(ids) {
		t.Errorf("%d and %d of %d leads have their change on record", a, b, len(ids))
	}
}
