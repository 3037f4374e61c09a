package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// entry is one line as a reader of the log sees it.
type entry struct {
	Time      string         `json:"time"`
	RequestID string         `json:"request_id"`
	Who       map[string]any `json:"who"`
	Account   string         `json:"account"`
	Tool      string         `json:"tool"`
	Class     string         `json:"class"`
	Result    string         `json:"result"`
	Code      string         `json:"code"`
	Message   string         `json:"message"`
	Records   []struct {
		Kind string `json:"kind"`
		ID   int64  `json:"id"`
		How  string `json:"how"`
	} `json:"records"`
	Before  any   `json:"before"`
	After   any   `json:"after"`
	Given   any   `json:"given"`
	Pending int64 `json:"pending_id"`
}

func read(t *testing.T, path string) (out []entry, raw string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, e)
	}
	return out, string(text)
}

func open(t *testing.T, opts ...audit.Option) (*audit.Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	at := func() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) }
	l := audit.New(path, append([]audit.Option{audit.WithClock(at), audit.WithAccount(func() string { return "acme.kommo.com" })}, opts...)...)
	t.Cleanup(func() { _ = l.Close() })
	return l, path
}

func update() audit.Call {
	return audit.Call{
		Tool: "update_lead", Class: "update",
		Args: json.RawMessage(`{"lead_id":"40885001","name":"Maria Lopez","price":9500,"fields":{"Passport":"X123","stage":"divorced"},"add_tags":["asthma"]}`),
		Answer: json.RawMessage(`{"id":40885001,"url":"https://acme.kommo.com/leads/detail/40885001",
			"before":{"name":"Maria","price":8000,"stage":"New","responsible":"Ana Torres","fields":{"Passport":"X122","id":4711,"stage":"single","nested":{"kind":"secret"}},"tags":["cough"],"active":true},
			"after":{"name":"Maria Lopez","price":9500,"stage":"Won","responsible":"Ana Torres","fields":{"Passport":"X123","id":4712},"tags":["asthma"]}}`),
	}
}

// TestLine: who, account, tool, records, before and after, result; texts by their
// length.
func TestLine(t *testing.T) {
	l, path := open(t)
	ctx := principal.With(t.Context(), principal.Principal{Kind: principal.Key, ID: "k1", Label: "Vendor", User: 7, Account: "12345"})
	l.Write(principal.WithRequest(ctx, "request-1"), update())
	lines, raw := read(t, path)
	e := lines[0]
	if e.Time != "2026-11-20T10:00:00Z" || e.RequestID != "request-1" || e.Account != "12345" || e.Tool != "update_lead" || e.Class != "update" || e.Result != "ok" {
		t.Errorf("%+v", e)
	}
	if diff := cmp.Diff(map[string]any{"kind": "key", "id": "k1", "label": "Vendor", "user_id": 7.0}, e.Who); diff != "" {
		t.Error(diff)
	}
	if len(e.Records) != 1 || e.Records[0].Kind != "lead" || e.Records[0].ID != 40885001 {
		t.Errorf("records %+v", e.Records)
	}
	chars := func(n float64) any { return map[string]any{"chars": n} }
	want := map[string]any{
		"name": chars(5), "price": 8000.0, "stage": "New", "responsible": "Ana Torres", "active": true, "tags": []any{chars(5)},
		"fields": map[string]any{"Passport": chars(4), "id": chars(4), "stage": chars(6), "nested": map[string]any{"kind": chars(6)}},
	}
	if diff := cmp.Diff(want, e.Before); diff != "" {
		t.Errorf("before: %s", diff)
	}
	if diff := cmp.Diff(any(map[string]any{"lead_id": "40885001", "name": chars(11), "price": 9500.0, "fields": chars(2), "add_tags": chars(1)}), e.Given); diff != "" {
		t.Errorf("given: %s", diff)
	}
	for _, text := range []string{"Maria", "X12", "asthma", "divorced", "single", "4711", "secret"} {
		if strings.Contains(raw, text) {
			t.Errorf("%q is on record", text)
		}
	}
}

// TestTexts are kept where that is asked for; tokens of confirmations never.
func TestTexts(t *testing.T) {
	l, path := open(t, audit.WithTexts())
	c := update()
	c.Args = json.RawMessage(`{"name":"Maria Lopez","confirm_token":"worth-something"}`)
	l.Write(t.Context(), c)
	l.Write(t.Context(), audit.Call{Tool: "add_note", Failed: true, Message: "no lead Maria", Answer: json.RawMessage(`{"error":{"code":"not_found"}}`)})
	lines, raw := read(t, path)
	if !strings.Contains(raw, "Maria Lopez") || !strings.Contains(raw, "X122") || lines[1].Message != "no lead Maria" {
		t.Error(raw)
	}
	if strings.Contains(raw, "worth-something") {
		t.Error("a token is on record")
	}
}

// TestAnswers: what the answers of all kinds of tools come to.
func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		call                  audit.Call
		result, code, records string
		pending               int64
	}{
		"created": {audit.Call{Answer: json.RawMessage(`{"id":1,"created":[{"kind":"lead","id":1,"name":"x"},{"kind":"contact","id":2}],"found":[{"kind":"company","id":3}]}`)}, "ok", "", "[{lead 1 created} {contact 2 created} {company 3 found}]", 0},
		"a call":  {audit.Call{Args: json.RawMessage(`{"call_id":"447700900123","phone":"+447700900123"}`), Answer: json.RawMessage(`{"status":"logged","id":1,"card":{"kind":"lead","id":5},"created":[],"found":[]}`)}, "logged", "", "[{lead 5 } { 1 }]", 0},
		"queued":  {audit.Call{Answer: json.RawMessage(`{"status":"queued","pending_id":9}`)}, "queued", "", "[]", 9},
		"refused": {audit.Call{Failed: true, Message: "quotes", Args: json.RawMessage(`{"lead_id":5}`), Answer: json.RawMessage(`{"error":{"code":"not_found","message":"quotes"}}`)}, "error", "not_found", "[{lead 5 }]", 0},
		"many": {
			audit.Call{
				Args: json.RawMessage(`{"lead_ids":[1,2,3,5]}`), Answer: json.RawMessage(`{"status":"done","changed":[1,2],"failed":[{"id":3,"reason":"quotes"}],"unknown":[4]}`),
				Changes: json.RawMessage(`[{"kind":"lead","id":1},{"kind":"lead","id":2},{"kind":"lead","id":3,"how":"failed"},{"kind":"lead","id":4,"how":"unknown"},{"kind":"note","id":9,"how":"created"}]`),
			},
			"done", "", "[{lead 1 } {lead 2 } {lead 3 failed} {lead 4 unknown} {note 9 created} {lead 5 }]", 0,
		},
		"of a card":        {audit.Call{Kind: "note", Answer: json.RawMessage(`{"id":7,"url":"https://acme.kommo.com/leads/detail/5"}`)}, "ok", "", "[{note 7 } {lead 5 }]", 0},
		"unchanged":        {audit.Call{Answer: json.RawMessage(`{"id":5,"url":"https://acme.kommo.com/leads/detail/5","unchanged":true}`)}, "unchanged", "", "[{lead 5 }]", 0},
		"more than a card": {audit.Call{Answer: json.RawMessage(`{"id":5,"url":"https://acme.kommo.com/leads/detail/5","element":{"kind":"element","id":8,"name":"quotes"}}`)}, "ok", "", "[{element 8 } {lead 5 }]", 0},
		"raw": {
			audit.Call{Tool: "api_post", Args: json.RawMessage(`{"path":"/leads/5/notes","body":"[{\"text\":\"quotes\"}]"}`), Answer: json.RawMessage(`{"status":200,"body":{"_embedded":{"notes":[{"id":9}]}}}`)},
			"ok", "", "[{lead 5 } {note 9 }]", 0,
		},
		"raw and refused": {
			audit.Call{Tool: "api_patch", Failed: true, Args: json.RawMessage(`{"path":"companies?with=quotes","body":[{"id":6,"name":"quotes"}]}`), Answer: json.RawMessage(`{"error":{"code":"invalid"}}`)},
			"error", "invalid", "[{company 6 }]", 0,
		},
		"no object": {audit.Call{Args: json.RawMessage(`[`), Answer: json.RawMessage(`null`)}, "ok", "", "[]", 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, path := open(t)
			l.Write(t.Context(), tt.call)
			lines, raw := read(t, path)
			e := lines[0]
			if e.Result != tt.result || e.Code != tt.code || fmt.Sprint(e.Records) != tt.records || e.Pending != tt.pending || e.Account != "acme.kommo.com" || e.Who["kind"] != "local" {
				t.Errorf("%+v", e)
			}
			if strings.Contains(raw, "quotes") || strings.Contains(raw, "447700900123") {
				t.Error(raw)
			}
		})
	}
}

// TestRecordsWithoutNumbers: files, incoming leads and groups of fields.
func TestRecordsWithoutNumbers(t *testing.T) {
	for name, tt := range map[string]struct {
		call audit.Call
		want string
	}{
		"file":          {audit.Call{Args: json.RawMessage(`{"file_uuid":"5e370fb3-28e3-4f48-8c9f-a8e6bc5c7375"}`)}, `[{"kind":"file","uid":"5e370fb3-28e3-4f48-8c9f-a8e6bc5c7375"}]`},
		"made":          {audit.Call{Answer: json.RawMessage(`{"created":[{"kind":"field_group"}],"group_id":"leads_27101006000"}`)}, `[{"kind":"field_group","uid":"leads_27101006000"}]`},
		"gone":          {audit.Call{Kind: "field_group", Answer: json.RawMessage(`{"before":{"group_id":"leads_27101006000"}}`)}, `[{"kind":"field_group","uid":"leads_27101006000"}]`},
		"incoming lead": {audit.Call{Args: json.RawMessage(`{"uid":"f8c2cede4417b267952ad72906b4cfb39efb2e8879466cbd1053325e0f23"}`)}, `[{"kind":"incoming_lead","uid":"f8c2cede4417b267952ad72906b4cfb39efb2e8879466cbd1053325e0f23"}]`},
		"a text":        {audit.Call{Args: json.RawMessage(`{"uid":"Maria Lopez","file_uuid":"447700900123"}`)}, `[]`},
	} {
		raw, err := audit.LineOf(tt.call)
		if err != nil || !strings.Contains(string(raw), `"records":`+tt.want) {
			t.Errorf("%s: %v %s", name, err, raw)
		}
	}
}

// TestStatesOfMany: each record's own, redacted as everywhere.
func TestStatesOfMany(t *testing.T) {
	raw, err := audit.LineOf(audit.Call{Changes: json.RawMessage(`[{"kind":"lead","id":1,"before":{"stage":"New","fields":{"Passport":"X1"}},"after":{"stage":"Won","fields":{"Passport":"X2"}}}]`)})
	want := `{"kind":"lead","id":1,"before":{"fields":{"Passport":{"chars":2}},"stage":"New"},"after":{"fields":{"Passport":{"chars":2}},"stage":"Won"}}`
	if err != nil || !strings.Contains(string(raw), want) {
		t.Errorf("%v %s", err, raw)
	}
}

// TestSettingsAreShown: how an account is set up is no customer's text; what stands
// beside it in the arguments may be.
func TestSettingsAreShown(t *testing.T) {
	raw, err := audit.LineOf(audit.Call{
		Kind: "pipeline", Args: json.RawMessage(`{"name":"After sales"}`),
		Answer: json.RawMessage(`{"id":1,"before":{"name":"Sales","stages":["New"]},"after":{"name":"After sales"}}`),
	})
	if err != nil || !strings.Contains(string(raw), `"before":{"name":"Sales","stages":["New"]},"after":{"name":"After sales"},"given":{"name":{"chars":11}}`) {
		t.Errorf("%v %s", err, raw)
	}
}

// TestSecretsInArguments: addresses of webhooks carry them, so that even with texts
// their server alone is kept.
func TestSecretsInArguments(t *testing.T) {
	l, path := open(t, audit.WithTexts())
	l.Write(t.Context(), audit.Call{Tool: "set_webhook", Args: json.RawMessage(`{"destination":"https://user:pw@hooks.example.com/kommo/sEcReT?key=sEcReT","confirm_token":"sEcReT"}`)})
	if _, raw := read(t, path); strings.Contains(raw, "sEcReT") || strings.Contains(raw, "pw@") || !strings.Contains(raw, "https://hooks.example.com") {
		t.Error(raw)
	}
}

// TestDeliveredLater: for whom it was accepted.
func TestDeliveredLater(t *testing.T) {
	l, path := open(t)
	l.Write(t.Context(), audit.Call{By: audit.Actor(principal.Principal{Kind: principal.Hook, ID: "h1"}), Account: "other.kommo.com", PendingID: 4})
	lines, _ := read(t, path)
	if e := lines[0]; e.Who["kind"] != "hook" || e.Who["id"] != "h1" || e.Account != "other.kommo.com" || e.Pending != 4 {
		t.Errorf("%+v", e)
	}
}

// TestFile: its owner's alone, also if it was there before, and opened again when it
// was moved away.
func TestFile(t *testing.T) {
	l, path := open(t)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	l.Write(t.Context(), update())
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	l.Write(t.Context(), update())
	for _, name := range []string{path, path + ".1"} {
		if lines, _ := read(t, name); len(lines) != 1 {
			t.Errorf("%d lines in %s", len(lines), name)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// TestReopen: for programs that say that they have moved the file.
func TestReopen(t *testing.T) {
	l, path := open(t)
	l.Write(t.Context(), update())
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.Rename(filepath.Dir(path), filepath.Dir(path)+"-gone"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err == nil {
		t.Error("a log without its directory is content")
	}
	if err := (*audit.Log)(nil).Reopen(); err != nil {
		t.Error(err)
	}
}

// TestManyWriters: no line is torn, by two logs of one file either.
func TestManyWriters(t *testing.T) {
	l, path := open(t)
	second := audit.New(path)
	t.Cleanup(func() { _ = second.Close() })
	var writers sync.WaitGroup
	for i := range 64 {
		writers.Go(func() {
			for range 5 {
				[]*audit.Log{l, second}[i%2].Write(t.Context(), update())
			}
		})
	}
	writers.Wait()
	if lines, _ := read(t, path); len(lines) != 64*5 {
		t.Errorf("%d lines", len(lines))
	}
}

// TestFailuresAreLoud and break nothing.
func TestFailuresAreLoud(t *testing.T) {
	var log bytes.Buffer
	l := audit.New(filepath.Join(t.TempDir(), "no", "directory"), audit.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	l.Write(principal.WithRequest(t.Context(), "request-1"), update())
	if text := log.String(); !strings.Contains(text, "AUDIT") || !strings.Contains(text, "update_lead") || !strings.Contains(text, "request-1") || strings.Contains(text, "Maria") {
		t.Error(text)
	}
	if l.Check() == nil {
		t.Error("the check is content")
	}
	var none *audit.Log
	none.Write(context.Background(), update())
	if none.Check() != nil || none.Close() != nil || none.Path() != "" {
		t.Error("no log at all fails")
	}
}

// FuzzRedaction: whatever a caller sends and Kommo answers, no text below the keys
// that carry customers' words is on record.
func FuzzRedaction(f *testing.F) {
	f.Add("Maria", "name", "lead_id", int64(5))
	f.Add("+447700900123", "phone", "call_id", int64(0))
	f.Add("x\x00\"\n{", "fields", "confirm_token", int64(-1))
	f.Fuzz(func(t *testing.T, text, key, other string, id int64) {
		secret := "canary-" + fmt.Sprintf("%x", text) + "-yranac"
		args, _ := json.Marshal(map[string]any{key: secret, other: []any{secret, map[string]any{key: secret}}, "lead_id": id})
		fields := map[string]any{key: secret, other: map[string]any{"kind": secret, "stage": secret}, "list": []any{secret}}
		answer, _ := json.Marshal(map[string]any{
			"id": id, "status": secret, "warnings": []string{secret}, "name": secret, "created": []any{map[string]any{"kind": secret, "id": id, "name": secret, "url": secret}},
			"before": map[string]any{"fields": fields, "name": secret, "text": map[string]any{"stage": secret}}, "after": map[string]any{"fields": fields},
			"body": map[string]any{"_embedded": map[string]any{key: []any{map[string]any{"id": secret, "uuid": secret}}}}, "element": map[string]any{"kind": secret, "file_uuid": secret, "group_id": secret},
		})
		changes, _ := json.Marshal([]any{map[string]any{"kind": secret, "id": id, "how": key, "before": map[string]any{"name": secret, "fields": fields}}})
		rest, _ := json.Marshal(map[string]any{"path": "/leads/" + secret + "/" + key, "body": string(args), "uid": secret, "destination": secret, other: args})
		if raw, err := audit.LineOf(audit.Call{Tool: "api_patch", Args: rest, Answer: answer}); err != nil || strings.Contains(string(raw), secret) {
			t.Errorf("%v %s", err, raw)
		}
		raw, err := audit.LineOf(audit.Call{Tool: "t", Args: args, Answer: answer, Changes: changes, Failed: id%2 == 0, Message: secret})
		if err != nil || strings.Contains(string(raw), secret) {
			t.Errorf("%v %s", err, raw)
		}
	})
}
