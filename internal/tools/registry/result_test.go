package registry_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// answering is a tool that answers with out, within max characters.
func answering[Out any](out Out, maxChars int, change func(*registry.Spec)) registry.Tool {
	s := listSpec()
	if change != nil {
		change(&s)
	}
	tool := registry.Define(s, func(context.Context, struct{}) (Out, error) { return out, nil })
	return registry.Configure([]registry.Tool{tool}, registry.Options{MaxChars: maxChars})[0]
}

func people(s *registry.Spec) { s.PeopleText = true }

// called calls without arguments, verifies the answer and decodes it.
func called(t *testing.T, tool registry.Tool) (registry.Result, map[string]any) {
	t.Helper()
	r := tool.Call(t.Context(), nil)
	if err := tool.Verify(r); err != nil || r.IsError {
		t.Fatalf("%v: %s", err, r.Text)
	}
	var doc map[string]any
	if err := json.Unmarshal(r.Structured, &doc); err != nil {
		t.Fatal(err)
	}
	return r, doc
}

type card struct {
	ID     int64             `json:"id"`
	Name   string            `json:"name,omitempty"`
	URL    string            `json:"url,omitempty"`
	Text   string            `json:"text,omitempty"`
	Notes  []string          `json:"notes"`
	Fields map[string]string `json:"fields,omitempty"`
}

func TestAnAnswerIsCompactAndClean(t *testing.T) {
	out := card{ID: 9007199254740993, Name: "A\u202e & <b>\u200b", URL: "https://acme.kommo.com/?a=1&b=2", Notes: []string{}, Fields: map[string]string{"K\u200bey": "<|im_start|>"}}
	r, _ := called(t, answering(out, 0, nil))
	want := `{"id":9007199254740993,"name":"A & <b>","url":"https://acme.kommo.com/?a=1&b=2","notes":[],"fields":{"Key":"< |im_start|>"}}`
	if r.Text != want || string(r.Structured) != want {
		t.Errorf("got %s\nwant %s", r.Text, want)
	}
}

func TestPeopleTextCarriesTheNotice(t *testing.T) {
	r, doc := called(t, answering(card{ID: 1, Notes: []string{}}, 0, people))
	if doc["notice"] != registry.Notice || !strings.HasPrefix(r.Text, `{"notice":"`) {
		t.Errorf("got %s", r.Text)
	}
	if r, _ = called(t, answering(struct{}{}, 0, people)); r.Text != `{"notice":"`+registry.Notice+`"}` {
		t.Errorf("empty answer with notice: %s", r.Text)
	}
}

func rows(n, length int) listOut {
	out := listOut{Items: []row{}}
	for i := range n {
		out.Items = append(out.Items, row{int64(i + 1), strings.Repeat("é", length)})
	}
	return out
}

func TestACutListStaysHonest(t *testing.T) {
	r, doc := called(t, answering(rows(100, 100), 5000, people))
	items, _ := doc["items"].([]any)
	if n := len(items); n == 0 || n >= 100 || doc["has_more"] != true || doc["next_cursor"] != "after" {
		t.Fatalf("%d rows, has_more %v, next_cursor %v", n, doc["has_more"], doc["next_cursor"])
	}
	said := fmt.Sprint(doc["truncated"])
	want := fmt.Sprintf("%d of the 100 rows found for this page are shown, because the answer would be longer than 5000 characters: %d are left. Continue with next_cursor, or narrow with query or tags.", len(items), 100-len(items))
	if said != want {
		t.Errorf("got %q\nwant %q", said, want)
	}
	if n := utf8.RuneCountInString(r.Text); n > 5000 || n < 4700 {
		t.Errorf("%d characters: the room is not used or overrun", n)
	}
}

func TestAListThatFitsIsNotCut(t *testing.T) {
	if _, doc := called(t, answering(rows(20, 60), 0, nil)); doc["truncated"] != nil || doc["has_more"] != false {
		t.Errorf("got %v", doc)
	}
}

func TestOneRowThatIsTooLongIsShortened(t *testing.T) {
	_, doc := called(t, answering(rows(3, 9000), 2000, people))
	items, _ := doc["items"].([]any)
	said := fmt.Sprint(doc["truncated"])
	if len(items) != 1 || !strings.Contains(said, "2 are left") || !strings.Contains(said, "texts are cut to") {
		t.Errorf("%d rows, %s", len(items), said)
	}
}

func TestALongTextIsCutWithAMarker(t *testing.T) {
	url := "https://acme.kommo.com/" + strings.Repeat("p", 500)
	out := card{ID: 1, Name: "Lopez", URL: url, Text: strings.Repeat("я", 60_000), Notes: []string{strings.Repeat("n", 300)}}
	r, doc := called(t, answering(out, 0, nil))
	text := fmt.Sprint(doc["text"])
	if !strings.HasSuffix(text, " more characters]") || !strings.HasPrefix(text, "яяя") {
		t.Errorf("no marker: …%s", text[max(0, len(text)-60):])
	}
	if doc["url"] != url || doc["name"] != "Lopez" || fmt.Sprint(doc["notes"]) != "["+strings.Repeat("n", 300)+"]" {
		t.Error("more than the longest text was cut")
	}
	if n := utf8.RuneCountInString(r.Text); n > 40_000 || n < 39_900 {
		t.Errorf("%d characters: the room is not used or overrun", n)
	}
}

func TestLongListsAreCutWhenTextsAreShort(t *testing.T) {
	out := card{ID: 1, Notes: make([]string, 5000)}
	for i := range out.Notes {
		out.Notes[i] = fmt.Sprintf("note number %d", i)
	}
	_, doc := called(t, answering(out, 3000, nil))
	notes, _ := doc["notes"].([]any)
	if !strings.Contains(fmt.Sprint(doc["truncated"]), fmt.Sprintf("lists show at most %d values; narrow with query or tags.", len(notes))) {
		t.Errorf("%d notes, %v", len(notes), doc["truncated"])
	}
}

func TestAMapIsCutLikeAList(t *testing.T) {
	out := card{ID: 1, Notes: []string{}, Fields: map[string]string{}}
	for i := range 500 {
		out.Fields[fmt.Sprintf("field %d", i)] = "x"
	}
	_, doc := called(t, answering(out, 2000, nil))
	if fields, _ := doc["fields"].(map[string]any); len(fields) < 50 || len(fields) > 150 || doc["truncated"] == nil {
		t.Errorf("%d fields, %v", len(fields), doc["truncated"])
	}
	if e := errorOf(t, answering(out, 100, nil).Call(t.Context(), nil)); e.Code != "internal" {
		t.Errorf("an answer that cannot be cut: %+v", e)
	}
}

func TestNoAnswerPassesTheCap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		out := card{ID: 1, Text: rapid.StringN(0, 3000, -1).Draw(rt, "text"), Notes: rapid.SliceOfN(rapid.StringN(1, 400, -1), 0, 30).Draw(rt, "notes")}
		tool := answering(out, 1500, nil)
		r := tool.Call(t.Context(), nil)
		if r.IsError || utf8.RuneCount(r.Structured) > 1500 || r.Text != string(r.Structured) {
			rt.Fatalf("%d characters: %s", utf8.RuneCount(r.Structured), r.Text)
		}
		if !json.Valid(r.Structured) {
			rt.Fatal("the cut broke the JSON")
		}
	})
}

func TestVerifyFindsBrokenPromises(t *testing.T) {
	tool := answering(card{}, 0, nil)
	for name, doc := range map[string]string{
		"wrong type":   `{"id":"x"}`,
		"null":         `{"notes":null}`,
		"empty text":   `{"id":1,"name":""}`,
		"empty object": `{"id":1,"fields":{}}`,
		"error":        `{"error":{"code":"x","message":"y"}}`,
		"no JSON":      `{`,
		"too long":     `{"name":"` + strings.Repeat("x", 41_000) + `"}`,
	} {
		if err := tool.Verify(registry.Result{Text: doc, Structured: json.RawMessage(doc)}); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := tool.Verify(registry.Result{Text: "other", Structured: json.RawMessage(`{"id":1}`)}); err == nil {
		t.Error("different texts pass")
	}
	if err := tool.Verify(registry.Result{Text: `{"id":1,"notes":[]}`, Structured: json.RawMessage(`{"id":1,"notes":[]}`)}); err != nil {
		t.Errorf("a good answer fails: %v", err)
	}
}
