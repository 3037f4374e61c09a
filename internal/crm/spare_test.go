package crm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// TestStateThatCannotBeWritten: without a state directory calls are logged all the
// same, with a warning, and repeats are recognized while the process runs.
func TestStateThatCannotBeWritten(t *testing.T) {
	r := newCallRig(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	st := store.New(filepath.Join(file, "state"), time.Now)
	defer st.Close()
	r.jobs = crm.New(r.api, r.jobs.Directory(), r.clock, crm.WithStore(st))
	t.Cleanup(r.jobs.Close)
	if list, err := r.jobs.Pending(t.Context(), 5); err != nil || len(list.Items) > 0 {
		t.Errorf("the outbox: %+v, %v", list, err)
	}
	out := r.log(fullCall())
	if out.Status != crm.CallLogged || !strings.Contains(strings.Join(out.Warnings, " "), "KOMMO_MCP_STATE_DIR") {
		t.Errorf("%s", mustJSON(t, out))
	}
	callEqual(t, "the repeat", r.log(fullCall()).Status, crm.CallRepeat)
}
