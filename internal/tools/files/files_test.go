package files_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/files"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// aLead is a lead of the demo account.
func aLead(t *testing.T, r *toolstest.Rig) int64 {
	t.Helper()
	made, err := r.API.Leads.Create(t.Context(), []kommo.LeadWrite{{Name: "Barn roof"}})
	if err != nil {
		t.Fatal(err)
	}
	return made[0].ID
}

func newFilesRig(t *testing.T) *toolstest.Rig {
	t.Helper()
	return toolstest.New(t, files.UploadFile, files.ListFiles, files.AttachFile,
		files.DetachFile, files.UpdateFile, files.DeleteFile, files.RestoreFile)
}

func TestUploadInPartsAndAttach(t *testing.T) {
	r := newFilesRig(t)
	lead := aLead(t, r)
	big := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("0123456789abcdef", 70_000))) // three parts of 512 KiB
	out := r.Do("POST POST POST POST PUT POST", "upload_file", fmt.Sprintf(`{"name":"plan.pdf","content_base64":%q,"lead_id":%d,"as_note":true}`, big, lead))
	if out.Keys["size"] != 1120000.0 || !strings.Contains(out.JSON("created"), `"kind":"note"`) || !strings.Contains(out.JSON("attached_to"), fmt.Sprint(lead)) {
		t.Errorf("answer %s", out.Text)
	}
	last := r.Box.Arrivals()
	if part := last[len(last)-3]; part.Host != "drive-c.kommo.com" || part.Header.Get("Content-Type") != "application/octet-stream" || len(part.Body) != 1120000-2*524288 {
		t.Errorf("the last part went to %s as %s with %d bytes", part.Host, part.Header.Get("Content-Type"), len(part.Body))
	}
	listed := r.Do("GET GET", "list_files", fmt.Sprintf(`{"lead_id":%d}`, lead))
	row := listed.JSON("items")
	for _, want := range []string{`"name":"plan.pdf"`, `"size":1120000`, `"type":"application/pdf"`, fmt.Sprintf(`"file_uuid":%q`, out.Keys["file_uuid"]), `"created_by":"`} {
		if !strings.Contains(row, want) {
			t.Errorf("the list lacks %s: %s", want, row)
		}
	}
	notes, err := r.API.Notes.ListOf(t.Context(), kommo.Leads, lead, kommo.NoteFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := notes.Items[0].Attachment(); !ok || p.FileUUID != out.Keys["file_uuid"] || p.FileName != "plan.pdf" {
		t.Errorf("the note holds %+v", notes.Items[0])
	}
}

func TestUploadTextOnce(t *testing.T) {
	r := newFilesRig(t)
	args := `{"name":"minutes.txt","text":"We agreed.","idempotency_key":"k1"}`
	first := r.Do("POST POST", "upload_file", args)
	again := r.Do("", "upload_file", args)
	if again.Keys["repeat"] != true || again.Keys["file_uuid"] != first.Keys["file_uuid"] {
		t.Errorf("repeated: %s", again.Text)
	}
	found := r.Do("GET", "list_files", `{"query":"minutes"}`)
	if !strings.Contains(found.JSON("items"), "minutes.txt") || found.Keys["has_more"] != false {
		t.Errorf("found %s", found.Text)
	}
}

func TestUploadRefusesBeforeAnyRequest(t *testing.T) {
	r := newFilesRig(t)
	r.Refused("", "invalid_argument", "upload_file", `{"name":"a.txt"}`, "content_base64")
	r.Refused("", "invalid_argument", "upload_file", `{"name":"a.txt","text":"a","content_base64":"YQ=="}`, "not both")
	r.Refused("", "invalid_argument", "upload_file", `{"name":"a.txt","content_base64":"%%"}`, "base64")
	r.Refused("", "invalid_argument", "upload_file", `{"name":"a.txt","text":"a","as_note":true}`, "card")
	r.Refused("", "invalid_argument", "upload_file", `{"name":"a.txt","text":"a","lead_id":1,"contact_id":2}`, "together")
	r.Refused("", "invalid_argument", "upload_file", fmt.Sprintf(`{"name":"a.bin","text":%q}`, strings.Repeat("x", 2_900_001)), "at most 2900000")
	r.Refused("", "invalid_argument", "list_files", `{"lead_id":1,"query":"a"}`, "query")
}

func TestUploadSurvivesLostAnswers(t *testing.T) {
	t.Run("of the last part: the file is looked up", func(t *testing.T) {
		r := newFilesRig(t)
		r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/v1.0/sessions/upload", Kind: sandbox.FaultLostAnswer})
		out := r.Do("POST POST GET", "upload_file", `{"name":"lost.txt","text":"We agreed."}`)
		if out.Keys["looked_up"] != true || out.Keys["file_uuid"] == nil {
			t.Errorf("answer %s", out.Text)
		}
	})
	t.Run("of an earlier part: the upload begins anew", func(t *testing.T) {
		r := newFilesRig(t)
		r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/v1.0/sessions/upload", Kind: sandbox.FaultLostAnswer})
		out := r.Do("POST POST POST POST POST", "upload_file", fmt.Sprintf(`{"name":"long.txt","text":%q}`, strings.Repeat("x", 600_000)))
		if out.Keys["looked_up"] != nil || out.Keys["size"] != 600000.0 {
			t.Errorf("answer %s", out.Text)
		}
	})
	t.Run("that never came: nothing is claimed", func(t *testing.T) {
		r := newFilesRig(t)
		r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/v1.0/sessions/upload", Kind: sandbox.FaultReset})
		r.Refused("POST POST GET GET", "outcome_unknown", "upload_file", `{"name":"gone.txt","text":"We agreed."}`, "gone.txt")
	})
}

func TestUploadKeepsTheFileWhenAttachingFails(t *testing.T) {
	r := newFilesRig(t)
	out := r.Do("POST POST PUT", "upload_file", `{"name":"a.txt","text":"a","lead_id":999999999}`)
	if !strings.Contains(out.JSON("warnings"), "attach_file") || out.Keys["file_uuid"] == nil || out.Keys["attached_to"] != nil {
		t.Errorf("answer %s", out.Text)
	}
}

func TestAttachFile(t *testing.T) {
	r := newFilesRig(t)
	lead := aLead(t, r)
	uuid := r.Do("POST POST", "upload_file", `{"name":"a.txt","text":"a"}`).Keys["file_uuid"]
	args := fmt.Sprintf(`{"file_uuid":%q,"lead_id":%d}`, uuid, lead)
	first := r.Do("GET GET PUT", "attach_file", args)
	if first.Keys["unchanged"] != nil || !strings.Contains(first.JSON("found"), "a.txt") || first.Keys["url"] == nil {
		t.Errorf("answer %s", first.Text)
	}
	if again := r.Do("GET GET", "attach_file", args); again.Keys["unchanged"] != true {
		t.Errorf("again %s", again.Text)
	}
	other := aLead(t, r)
	r.Box.Inject(sandbox.Fault{Method: "PUT", PathPrefix: "/leads/", Kind: sandbox.FaultLostAnswer})
	if lost := r.Do("GET GET PUT GET", "attach_file", fmt.Sprintf(`{"file_uuid":%q,"lead_id":%d}`, uuid, other)); lost.Keys["looked_up"] != true {
		t.Errorf("lost %s", lost.Text)
	}
	r.Refused("any", "not_found", "attach_file", fmt.Sprintf(`{"file_uuid":"none","lead_id":%d}`, lead), "list_files")
	r.Refused("any", "not_found", "attach_file", fmt.Sprintf(`{"file_uuid":%q,"lead_id":999999999}`, uuid), "no lead")
}

func TestListFilesPages(t *testing.T) {
	r := newFilesRig(t)
	lead := aLead(t, r)
	if empty := r.Do("GET", "list_files", fmt.Sprintf(`{"lead_id":%d}`, lead)); empty.JSON("items") != "[]" || empty.Keys["hint"] == nil {
		t.Errorf("empty %s", empty.Text)
	}
	for i := range 5 {
		r.Do("POST POST PUT", "upload_file", fmt.Sprintf(`{"name":"page%d.txt","text":"a","lead_id":%d}`, i, lead))
	}
	for _, args := range []string{fmt.Sprintf(`"lead_id":%d,"limit":2`, lead), `"query":"page","limit":2`} {
		seen, cursor := map[string]bool{}, ""
		for range 3 {
			out := r.Call("list_files", fmt.Sprintf(`{%s,"cursor":%q}`, args, cursor))
			for _, row := range out.Keys["items"].([]any) {
				seen[row.(map[string]any)["name"].(string)] = true
			}
			cursor, _ = out.Keys["next_cursor"].(string)
		}
		if len(seen) != 5 || cursor != "" {
			t.Errorf("%s: saw %v, then %q", args, seen, cursor)
		}
	}
	r.Refused("", "invalid_argument", "list_files", `{"cursor":"x"}`, "cursor")
}
