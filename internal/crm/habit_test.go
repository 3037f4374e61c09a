package crm_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// TestHowAnAccountWantsTheLossReasonIsLearnedOnce: not again after a restart.
// Until there is something to learn, the disk is left alone.
func TestHowAnAccountWantsTheLossReasonIsLearnedOnce(t *testing.T) {
	account := toolstest.Open(t, toolstest.Options{Sandbox: []sandbox.Option{sandbox.WithSwitches(sandbox.Switches{StrictLossReason: true})}})
	if err := account.Names.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "state")
	leads := openLeads(t, account, 4)
	// run is a process of its own: it moves leads to a stage and says what was sent.
	run := func(moves ...crm.StageMove) []string {
		st := store.New(dir, account.Clock.Now)
		s := crm.New(account.API, account.Names, account.Clock, crm.WithStore(st))
		defer func() {
			s.Close()
			_ = st.Close()
		}()
		var sent []string
		for _, m := range moves {
			before := len(account.Box.Arrivals())
			if out, err := s.MoveStage(t.Context(), m); err != nil || len(out.Warnings) > 0 {
				t.Fatalf("%+v: %v %v", m, err, out.Warnings)
			}
			var methods []string
			for _, a := range account.Box.Arrivals()[before:] {
				methods = append(methods, a.Method)
			}
			sent = append(sent, strings.Join(methods, " "))
		}
		return sent
	}
	lost := func(id int64) crm.StageMove {
		return crm.StageMove{LeadID: id, Stage: "lost", LossReason: "No budget"}
	}
	if got := run(crm.StageMove{LeadID: leads[0], Stage: "won"}); got[0] != "GET PATCH" {
		t.Errorf("won: %v", got)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the disk was touched for nothing: %v", err)
	}
	if got := run(lost(leads[1]), lost(leads[2])); got[0] != "GET PATCH PATCH PATCH" || got[1] != "GET PATCH PATCH" {
		t.Errorf("while it is learned: %v", got)
	}
	if got := run(lost(leads[3])); got[0] != "GET PATCH PATCH" {
		t.Errorf("after a restart: %v", got)
	}
}

// openLeads are open leads of the demo account.
func openLeads(t *testing.T, account *toolstest.Account, n int) []int64 {
	t.Helper()
	found, err := account.Jobs.SearchLeads(t.Context(), crm.LeadSearch{Stage: []string{"open"}, Limit: n})
	if err != nil || len(found.Items) != n {
		t.Fatalf("%d leads: %v", len(found.Items), err)
	}
	var ids []int64
	for _, l := range found.Items {
		ids = append(ids, l.ID)
	}
	return ids
}
