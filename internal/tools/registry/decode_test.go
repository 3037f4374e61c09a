package registry_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// with is the input of a call with lead_id 42, defaults filled in, and changes.
func with(change func(*listIn)) listIn {
	in := listIn{LeadID: 42, Limit: 20, Sort: "updated_desc"}
	change(&in)
	return in
}

func TestArgumentsAreTakenAsMeant(t *testing.T) {
	for _, tc := range []struct {
		name, args string
		want       listIn
	}{
		{"as is, defaults filled", `{"lead_id":42}`, with(func(*listIn) {})},
		{"text for integer", `{"lead_id":" 42 "}`, with(func(*listIn) {})},
		{"plus", `{"lead_id":"+42"}`, with(func(*listIn) {})},
		{"leading zeros", `{"lead_id":"0042","price":"007.5"}`, with(func(in *listIn) { in.Price = new(7.5) })},
		{"whole float for integer", `{"lead_id":42.0,"limit":1e1}`, with(func(in *listIn) { in.Limit = 10 })},
		{"large integer stays exact", `{"lead_id":"9007199254740993"}`, with(func(in *listIn) { in.LeadID = 9007199254740993 })},
		{"text for number", `{"lead_id":42,"price":"12.5"}`, with(func(in *listIn) { in.Price = new(12.5) })},
		{"number for text", `{"lead_id":42,"query":9007199254740993}`, with(func(in *listIn) { in.Query = "9007199254740993" })},
		{"text for true", `{"lead_id":42,"open":"True"}`, with(func(in *listIn) { in.Open = new(true) })},
		{"text for false", `{"lead_id":42,"open":"false"}`, with(func(in *listIn) { in.Open = new(false) })},
		{"bare value for list", `{"lead_id":42,"tags":"VIP"}`, with(func(in *listIn) { in.Tags = []string{"VIP"} })},
		{"bare number for list of texts", `{"lead_id":42,"tags":7}`, with(func(in *listIn) { in.Tags = []string{"7"} })},
		{"list as JSON text", `{"lead_id":42,"tags":"[\"a\", 2]"}`, with(func(in *listIn) { in.Tags = []string{"a", "2"} })},
		{"bracket that is no list", `{"lead_id":42,"tags":"[VIP]"}`, with(func(in *listIn) { in.Tags = []string{"[VIP]"} })},
		{"texts for list of integers", `{"lead_id":42,"users":["1",2]}`, with(func(in *listIn) { in.Users = []int64{1, 2} })},
		{"null is absent", `{"lead_id":42,"limit":null,"tags":null,"query":null}`, with(func(*listIn) {})},
		{"object", `{"lead_id":42,"fields":{"Budget":9007199254740993,"City":null}}`, with(func(in *listIn) {
			in.Fields = map[string]any{"Budget": json.Number("9007199254740993"), "City": nil}
		})},
		{"object as JSON text", `{"lead_id":42,"fields":"{\"Budget\": 500}"}`, with(func(in *listIn) {
			in.Fields = map[string]any{"Budget": json.Number("500")}
		})},
		{"object as list of pairs", `{"lead_id":42,"fields":[{"name":"Budget","value":500},{"name":"City","value":"Rome"}]}`, with(func(in *listIn) {
			in.Fields = map[string]any{"Budget": json.Number("500"), "City": "Rome"}
		})},
		{"object as JSON text of pairs", `{"lead_id":42,"fields":"[{\"name\":\"Budget\",\"value\":true}]"}`, with(func(in *listIn) {
			in.Fields = map[string]any{"Budget": true}
		})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got listIn
			if r := echo(t, &got).Call(t.Context(), []byte(tc.args)); r.IsError {
				t.Fatal(r.Text)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestArgumentsAreRefusedWithALesson(t *testing.T) {
	for _, tc := range []struct {
		name, args, field string
		want              string
	}{
		{"missing", `{}`, "lead_id", `lead_id is missing: expected a whole number of at least 1. Example: {"lead_id": 42}`},
		{"no arguments at all", ``, "lead_id", `lead_id is missing`},
		{"required given as null", `{"lead_id":null}`, "lead_id", `lead_id is missing`},
		{"wrong type", `{"lead_id":"abc"}`, "lead_id", `lead_id: got "abc", expected a whole number of at least 1. Example: {"lead_id": 42}`},
		{"fraction", `{"lead_id":1.5}`, "lead_id", `lead_id: got 1.5, expected a whole number`},
		{"text with separators", `{"lead_id":"1,000"}`, "lead_id", `lead_id: got "1,000", expected`},
		{"out of range", `{"lead_id":42,"limit":500}`, "limit", `limit: got 500, expected a whole number from 1 to 100. Example: {"limit": 20}`},
		{"below minimum", `{"lead_id":42,"price":-1}`, "price", `price: got -1, expected a number of at least 0. Example: {"price": 1}`},
		{"enum", `{"lead_id":42,"sort":"up"}`, "sort", `sort: got "up", expected one of updated_desc, created_desc. Example: {"sort": "updated_desc"}`},
		{"enum in list", `{"lead_id":42,"kinds":["lead","deal"]}`, "kinds", `kinds[1]: got "deal", expected one of lead, contact. Example: {"kinds": ["lead"]}`},
		{"too many", `{"lead_id":42,"tags":["a","b","c","d"]}`, "tags", `tags: got a list of 4 values, expected a list of at most 3 values, each text. Example: {"tags": ["VIP"]}`},
		{"object for text", `{"lead_id":42,"query":{"a":1}}`, "query", `query: got an object with 1 key, expected text of 1 to 50 characters. Example: {"query": "Lopez"}`},
		{"empty text", `{"lead_id":42,"query":""}`, "query", `query: got "", expected text of 1 to 50 characters`},
		{"bad date", `{"lead_id":42,"started_at":"yesterday"}`, "started_at", `started_at: got "yesterday", expected a time with zone as in 2026-03-31T15:04:05Z. Example: {"started_at": "2026-03-31T15:04:05Z"}`},
		{"not a boolean", `{"lead_id":42,"open":"yes"}`, "open", `open: got "yes", expected true or false. Example: {"open": true}`},
		{"not an object", `{"lead_id":42,"fields":7}`, "fields", `fields: got 7, expected an object of name to value`},
		{"broken object text", `{"lead_id":42,"fields":"{\"a\":"}`, "fields", `fields: got a string that is no JSON object`},
		{"pairs twice", `{"lead_id":42,"fields":[{"name":"A","value":1},{"name":"A","value":2}]}`, "fields", `fields: "A" is given twice`},
		{"pairs without name", `{"lead_id":42,"fields":[{"value":1}]}`, "fields", `fields: got a list with an object with 1 key, expected an object such as {"Budget": 500}`},
		{"pairs with more", `{"lead_id":42,"fields":[{"name":"A","value":1,"enum":3}]}`, "fields", `list of {"name": "Budget", "value": 500}`},
		{"key twice", `{"lead_id":42,"lead_id":43}`, "", `"lead_id" is given twice: give it once.`},
		{"key twice below", `{"lead_id":42,"fields":{"a":1,"a":2}}`, "", `"a" is given twice at fields`},
		{"list for object", `[1]`, "", `The arguments are [1], expected one JSON object`},
		{"text for object", `"{}"`, "", `The arguments are "{}", expected one JSON object`},
		{"broken JSON", `{"lead_id":`, "", `The arguments are not valid JSON`},
		{"two documents", `{} {}`, "", `There is something behind the end`},
		{"beyond 64 bits", `{"lead_id":99999999999999999999}`, "lead_id", `lead_id: got 99999999999999999999, which is too large`},
		{"huge exponent", `{"lead_id":1e999999999}`, "", `1e999999999 is not a number anything here can take at lead_id`},
		{"huge exponent in text", `{"lead_id":"1e999999999"}`, "lead_id", `lead_id: got "1e999999999", expected a whole number`},
		{"nested too deeply", `{"fields":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`, "", `nested too deeply`},
		{"long value is clipped", `{"lead_id":"` + strings.Repeat("x", 500) + `"}`, "lead_id", `got "` + strings.Repeat("x", 60) + `…", expected`},
		{"dirty value is cleaned", "{\"lead_id\":\"x\u202e\u200by\\n\"}", "lead_id", `got "xy", expected`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got listIn
			tool := echo(t, &got)
			r := tool.Call(t.Context(), []byte(tc.args))
			e := errorOf(t, r)
			if e.Code != "invalid_argument" || e.Field != tc.field || !strings.Contains(e.Message, tc.want) {
				t.Errorf("got %+v\nwant field %q, message with %s", e, tc.field, tc.want)
			}
			if !strings.Contains(r.Text, tc.want) || !strings.Contains(r.Text, "\nNext: ") {
				t.Errorf("text %q", r.Text)
			}
			if err := tool.Verify(r); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnknownArgumentsAreRefusedWithTheNearest(t *testing.T) {
	for _, tc := range []struct{ given, want string }{
		{"leadId", "lead_id"},
		{"Lead-ID", "lead_id"},
		{"lead", "lead_id"},
		{"entity_id", "lead_id"},
		{"deal_id", "lead_id"},
		{"id", "lead_id"},
		{"limt", "limit"},
		{"per_page", "limit"},
		{"custom_fields_values", "fields"},
		{"tag", "tags"},
		{"search", "query"},
		{"Query", "query"},
		{"amount", "price"},
		{"zzzzzzzzzz", ""},
		{strings.Repeat("q", 300), ""},
	} {
		t.Run(tc.given, func(t *testing.T) {
			var in listIn
			r := echo(t, &in).Call(t.Context(), fmt.Appendf(nil, `{"lead_id":42,%q:1}`, tc.given))
			first, rest, _ := strings.Cut(r.Text, "\n")
			if tc.want != "" && !strings.HasSuffix(first, fmt.Sprintf("did you mean %q?", tc.want)) {
				t.Errorf("got %q, want %q offered", first, tc.want)
			}
			if tc.want == "" && strings.Contains(first, "did you mean") {
				t.Errorf("a far guess: %q", first)
			}
			if !r.IsError || !strings.Contains(rest, "Valid arguments: query, lead_id, limit, price, open, sort, tags, kinds, users, fields, started_at.") {
				t.Errorf("the valid arguments are not named: %q", rest)
			}
		})
	}
}

func TestAllProblemsComeAtOnce(t *testing.T) {
	var in listIn
	tool := echo(t, &in)
	r := tool.Call(t.Context(), []byte(`{"leadId":4,"limit":0,"sort":"up","open":"?"}`))
	e := errorOf(t, r)
	if lines := strings.Split(e.Message, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], "Unknown argument") {
		t.Errorf("want the unknown one first and three more, without calling lead_id missing: %q", lines)
	}
	r = tool.Call(t.Context(), []byte(`{"a1":1,"a2":1,"a3":1,"a4":1,"a5":1,"a6":1,"a7":1,"lead_id":1}`))
	if lines := strings.Split(errorOf(t, r).Message, "\n"); len(lines) != 6 || lines[5] != "2 further argument problems not shown." {
		t.Errorf("want five and a count: %q", lines)
	}
}

func TestAToolWithoutArgumentsSaysSo(t *testing.T) {
	tool := failing(registry.Read, nil)
	for _, args := range []string{"", "null", "{}", " "} {
		if r := tool.Call(t.Context(), []byte(args)); r.IsError {
			t.Errorf("%q: %s", args, r.Text)
		}
	}
	if r := tool.Call(t.Context(), []byte(`{"x":1}`)); !strings.Contains(r.Text, "takes no arguments") {
		t.Errorf("got %q", r.Text)
	}
}

func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		`{"lead_id":"42","tags":"a","fields":[{"name":"x","value":1}]}`, `{"lead_id":1e30,"users":"[1,\"2\"]"}`,
		`{"fields":"{\"a\":1}","price":"+1.5e3","open":"TRUE"}`, `[]`, `{"a":{"a":1,"a":2}}`, `{"lead_id":-0,"limit":"00"}`,
	} {
		f.Add([]byte(seed))
	}
	var in listIn
	tool := registry.Define(listSpec(), func(_ context.Context, got listIn) (listOut, error) {
		in = got
		return listOut{Items: []row{}}, nil
	})
	f.Fuzz(func(t *testing.T, args []byte) {
		r := tool.Call(t.Context(), args)
		if err := tool.Verify(r); err != nil {
			t.Errorf("%s: %v", args, err)
		}
		if !r.IsError && (in.LeadID < 1 || in.Limit < 1 || in.Limit > 100 || len(in.Tags) > 3) {
			t.Errorf("%s passed as %+v", args, in)
		}
		if r.IsError && errorOf(t, r).Code != "invalid_argument" {
			t.Errorf("%s: %s", args, r.Text)
		}
	})
}
