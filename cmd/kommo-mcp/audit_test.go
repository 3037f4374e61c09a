package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCallsAreOnRecord: those of tools that write, over every way in; what reads or
// only shows what it would do is not.
func TestCallsAreOnRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	call := func(tool, args string) {
		t.Helper()
		a := &app{env: lookup(map[string]string{"KOMMO_MCP_AUDIT_FILE": path}), in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}
		a.run(t.Context(), []string{"call", "--demo", "--toolsets", "default,bulk", tool, args})
	}
	call("search_leads", `{}`)
	call("get_lead", `{"lead_id":40885001}`)
	call("update_leads", `{"lead_ids":[40885001],"price":7}`) // its preview
	if raw, err := os.ReadFile(path); len(raw) > 0 {
		t.Errorf("nothing was written, and on record is %s (%v)", raw, err)
	}
	call("update_lead", `{"lead_id":40885001,"name":"Zoe Quartz","price":77}`)
	call("add_note", `{"lead_id":1,"text":"Zoe Quartz called"}`)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) != 2 || strings.Contains(string(raw), "Zoe") {
		t.Fatalf("%d lines: %s", len(lines), raw)
	}
	var update, note struct {
		Tool, Result, Account, Code string
		Who                         struct{ Kind string }
		Records                     []struct {
			Kind string
			ID   int64
		}
		Before, After map[string]any
	}
	if err := json.Unmarshal([]byte(lines[0]), &update); err != nil {
		t.Fatal(err)
	}
	if update.Tool != "update_lead" || update.Result != "ok" || update.Who.Kind != "local" || update.Account != "31000001" || len(update.Records) != 1 ||
		update.Records[0].ID != 40885001 || update.Records[0].Kind != "lead" || update.After["price"] != 77.0 || update.Before["price"] == nil {
		t.Errorf("%s", lines[0])
	}
	if err := json.Unmarshal([]byte(lines[1]), &note); err != nil || note.Tool != "add_note" || note.Result != "error" || note.Code != "not_found" {
		t.Errorf("%s", lines[1])
	}
}

func TestAuditSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		env    map[string]string
		served bool
		want   Audit
		wrong  bool
	}{
		"one person's":          {env: map[string]string{}},
		"a server's":            {map[string]string{"KOMMO_MCP_STATE_DIR": "/s"}, true, Audit{File: filepath.Join("/s", "audit.jsonl")}, false},
		"switched off":          {map[string]string{"KOMMO_MCP_STATE_DIR": "/s", "KOMMO_MCP_AUDIT": "off", "KOMMO_MCP_AUDIT_FILE": "/a"}, true, Audit{}, false},
		"a file is named":       {map[string]string{"KOMMO_MCP_AUDIT_FILE": "/a"}, false, Audit{File: "/a"}, false},
		"texts":                 {map[string]string{"KOMMO_MCP_AUDIT": "full", "KOMMO_MCP_STATE_DIR": "/s"}, false, Audit{File: filepath.Join("/s", "audit.jsonl"), Texts: true}, false},
		"no such word":          {map[string]string{"KOMMO_MCP_AUDIT": "yes"}, false, Audit{}, true},
		"no place for it":       {env: map[string]string{}, served: true, want: Audit{Nowhere: true}},
		"asked for and nowhere": {map[string]string{"KOMMO_MCP_AUDIT": "on"}, false, Audit{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := loadConfig(Flags{Served: tt.served}, lookup(tt.env))
			if (err != nil) != tt.wrong || !tt.wrong && cfg.Audit != tt.want {
				t.Errorf("%+v %v", cfg.Audit, err)
			}
		})
	}
}
