package files_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// aFile is a file that is on a lead.
func aFile(t *testing.T, r *toolstest.Rig, lead int64) string {
	t.Helper()
	uuid, _ := r.Do("POST POST PUT", "upload_file", fmt.Sprintf(`{"name":"quote.txt","text":"900","lead_id":%d}`, lead)).Keys["file_uuid"].(string)
	return uuid
}

func TestDetachFile(t *testing.T) {
	r := newFilesRig(t)
	lead, other := aLead(t, r), aLead(t, r)
	uuid := aFile(t, r, lead)
	r.Do("GET GET PUT", "attach_file", fmt.Sprintf(`{"file_uuid":%q,"lead_id":%d}`, uuid, other))
	args := fmt.Sprintf(`{"file_uuid":%q,"lead_id":%d}`, uuid, lead)
	out := r.Do("GET GET DELETE", "detach_file", args)
	if out.JSON("before") != fmt.Sprintf(`{"attached_to":"lead %d"}`, lead) || out.Keys["name"] != "quote.txt" || out.Keys["url"] == nil {
		t.Errorf("answer %s", out.Text)
	}
	if again := r.Do("GET GET", "detach_file", args); again.Keys["unchanged"] != true {
		t.Errorf("again %s", again.Text)
	}
	if left := r.Do("GET GET", "list_files", fmt.Sprintf(`{"lead_id":%d}`, other)); !strings.Contains(left.JSON("items"), uuid) {
		t.Errorf("the other lead lost the file: %s", left.Text)
	}
	r.Refused("", "invalid_argument", "detach_file", fmt.Sprintf(`{"file_uuid":%q}`, uuid), "lead_id")
	r.Box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/leads/", Kind: sandbox.FaultLostAnswer})
	if lost := r.Do("GET GET DELETE GET", "detach_file", fmt.Sprintf(`{"file_uuid":%q,"lead_id":%d}`, uuid, other)); lost.Keys["looked_up"] != true {
		t.Errorf("lost %s", lost.Text)
	}
	r.Refused("any", "not_found", "detach_file", fmt.Sprintf(`{"file_uuid":"none","lead_id":%d}`, lead), "list_files")
	r.Refused("any", "not_found", "detach_file", fmt.Sprintf(`{"file_uuid":%q,"lead_id":999999999}`, uuid), "no lead")
}

// A file far down a card's list must be found: saying that it is not there would
// leave it on the card.
func TestDetachFindsOldFiles(t *testing.T) {
	r := newFilesRig(t)
	lead := aLead(t, r)
	uuid := aFile(t, r, lead)
	drive, err := r.API.Files.Drive("https://drive-c.kommo.com")
	if err != nil {
		t.Fatal(err)
	}
	for range kommo.MaxPage / kommo.ChunkSize {
		var uuids []string
		for range kommo.ChunkSize {
			file, _, err := drive.Upload(t.Context(), kommo.NewFile{Name: "new.txt"}, []byte("a"))
			if err != nil {
				t.Fatal(err)
			}
			uuids = append(uuids, file.UUID)
		}
		if err := r.API.Files.Attach(t.Context(), kommo.Leads, lead, uuids); err != nil {
			t.Fatal(err)
		}
	}
	if out := r.Do("GET GET GET DELETE", "detach_file", fmt.Sprintf(`{"file_uuid":%q,"lead_id":%d}`, uuid, lead)); out.Keys["unchanged"] != nil {
		t.Errorf("answer %s", out.Text)
	}
}

func TestRenameFile(t *testing.T) {
	r := newFilesRig(t)
	uuid := aFile(t, r, aLead(t, r))
	args := fmt.Sprintf(`{"file_uuid":%q,"name":" Angebot für Dächer.txt "}`, uuid)
	out := r.Do("GET PATCH", "update_file", args)
	if out.JSON("before") != `{"name":"quote.txt"}` || out.JSON("after") != `{"name":"Angebot für Dächer.txt"}` {
		t.Errorf("answer %s", out.Text)
	}
	if again := r.Do("GET", "update_file", args); again.Keys["unchanged"] != true {
		t.Errorf("again %s", again.Text)
	}
	r.Refused("", "invalid_argument", "update_file", fmt.Sprintf(`{"file_uuid":%q,"name":"  "}`, uuid), "name")
	r.Refused("GET", "not_found", "update_file", `{"file_uuid":"none","name":"a.txt"}`, "list_files")
	r.Do("GET DELETE", "delete_file", fmt.Sprintf(`{"file_uuid":%q}`, uuid))
	r.Refused("GET", "conflict", "update_file", fmt.Sprintf(`{"file_uuid":%q,"name":"a.txt"}`, uuid), "restore_file")
}

func TestDeleteAndRestoreFile(t *testing.T) {
	r := newFilesRig(t)
	lead := aLead(t, r)
	args := fmt.Sprintf(`{"file_uuid":%q}`, aFile(t, r, lead))
	if fresh := r.Do("GET", "restore_file", args); fresh.Keys["unchanged"] != true {
		t.Errorf("fresh %s", fresh.Text)
	}
	out := r.Do("GET DELETE", "delete_file", args)
	if out.Keys["deleted"] != true || out.Keys["name"] != "quote.txt" || out.JSON("before") != `{"size":3}` {
		t.Errorf("answer %s", out.Text)
	}
	if again := r.Do("GET", "delete_file", args); again.Keys["unchanged"] != true || again.Keys["deleted"] != true {
		t.Errorf("again %s", again.Text)
	}
	if bin := r.Do("GET", "list_files", `{"in_bin":true}`); !strings.Contains(bin.JSON("items"), "quote.txt") || strings.Contains(bin.Text, "download_url") {
		t.Errorf("the bin %s", bin.Text)
	}
	r.Refused("GET GET", "conflict", "attach_file", fmt.Sprintf(`{"lead_id":%d,%s`, aLead(t, r), args[1:]), "restore_file")
	r.Refused("", "invalid_argument", "list_files", fmt.Sprintf(`{"in_bin":true,"lead_id":%d}`, lead), "in_bin")
	back := r.Do("GET POST", "restore_file", args)
	if back.JSON("before") != `{"in_bin":true}` || back.JSON("after") != `{"in_bin":false}` {
		t.Errorf("back %s", back.Text)
	}
	if bin := r.Do("GET", "list_files", `{"in_bin":true}`); bin.JSON("items") != "[]" || bin.Keys["hint"] == nil {
		t.Errorf("the bin %s", bin.Text)
	}
	r.Refused("GET", "not_found", "delete_file", `{"file_uuid":"none"}`, "list_files")
	r.Refused("GET", "not_found", "restore_file", `{"file_uuid":"none"}`, "list_files")
}

func TestDeleteAndRestoreSurviveLostAnswers(t *testing.T) {
	r := newFilesRig(t)
	args := fmt.Sprintf(`{"file_uuid":%q}`, aFile(t, r, aLead(t, r)))
	lose := func(method, path string, kind sandbox.FaultKind) {
		r.Box.Inject(sandbox.Fault{Method: method, PathPrefix: path, Kind: kind})
	}
	lose("DELETE", "/v1.0/files", sandbox.FaultReset)
	r.Refused("GET DELETE GET", "outcome_unknown", "delete_file", args, "Call again")
	lose("DELETE", "/v1.0/files", sandbox.FaultLostAnswer)
	if out := r.Do("GET DELETE GET", "delete_file", args); out.Keys["looked_up"] != true || out.Keys["deleted"] != true {
		t.Errorf("deleted %s", out.Text)
	}
	lose("POST", "/v1.0/files/restore", sandbox.FaultLostAnswer)
	if out := r.Do("GET POST GET", "restore_file", args); out.Keys["looked_up"] != true {
		t.Errorf("restored %s", out.Text)
	}
}

// A token without the scope is told which one it lacks.
func TestDeleteFileNeedsItsScope(t *testing.T) {
	r := newFilesRig(t)
	args := fmt.Sprintf(`{"file_uuid":%q}`, aFile(t, r, aLead(t, r)))
	r.Box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/v1.0/files", Status: 403, Body: `{"title":"Forbidden","type":"https://httpstatus.es/403","status":403,"detail":"Invalid scope"}`})
	r.Refused("GET DELETE", "forbidden", "delete_file", args, "scope")
}
