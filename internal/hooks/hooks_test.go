package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// body is what the vectors of the platforms' facts sign, at signed.
const body = `{"id":"c1"}`

func signed() time.Time { return time.Unix(1795168800, 0) }

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.TrimSpace(string(b)))
}

// drop in edit removes a key.
type drop struct{}

// edit changes a JSON sample at "key.key" paths.
func edit(t testing.TB, raw []byte, changes map[string]any) []byte {
	t.Helper()
	var root map[string]any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	for path, value := range changes {
		keys := strings.Split(path, ".")
		at := root
		for _, k := range keys[:len(keys)-1] {
			inner, ok := at[k].(map[string]any)
			if !ok {
				inner = map[string]any{}
				at[k] = inner
			}
			at = inner
		}
		if _, gone := value.(drop); gone {
			delete(at, keys[len(keys)-1])
			continue
		}
		at[keys[len(keys)-1]] = value
	}
	out, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// theReport parses a body that must hold one report.
func theReport(t *testing.T, p Platform, body []byte) Report {
	t.Helper()
	parsed, err := p.Parse(Request{Method: http.MethodPost, Body: body})
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if len(parsed.Reports) != 1 || parsed.Ignored != "" {
		t.Fatalf("got %d reports, ignored %q\n%s", len(parsed.Reports), parsed.Ignored, body)
	}
	return parsed.Reports[0]
}

func wantReport(t *testing.T, p Platform, body []byte, want Report) {
	t.Helper()
	if diff := cmp.Diff(want, theReport(t, p, body)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func wantIgnored(t *testing.T, p Platform, body string) {
	t.Helper()
	parsed, err := p.Parse(Request{Method: http.MethodPost, Body: []byte(body)})
	if err != nil || len(parsed.Reports) != 0 || parsed.Ignored == "" {
		t.Errorf("got %+v, %v for %s", parsed, err, body)
	}
}

// variant is a change to a sample and what becomes of the report.
type variant struct {
	name   string
	change map[string]any
	want   func(*Report)
}

// checkVariants applies each change to the sample and compares with the sample's own report, changed by want.
func checkVariants(t *testing.T, p Platform, raw []byte, variants []variant) {
	t.Helper()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			want := theReport(t, p, raw)
			v.want(&want)
			wantReport(t, p, edit(t, raw, v.change), want)
		})
	}
}

// checkSignature tries a good request and what every platform must refuse: no secret, another secret, no header, and a
// signature with its last letter changed.
func checkSignature(t *testing.T, p Platform, good Request, secret, header string) {
	t.Helper()
	verify := func(r Request, secret string) error { return p.Verify(r, secret, signed()) }
	if err := verify(good, secret); err != nil {
		t.Errorf("the vector is refused: %v", err)
	}
	if err := verify(good, ""); !errors.Is(err, ErrNoSecret) {
		t.Errorf("no secret: %v", err)
	}
	if err := verify(good, secret+"x"); !errors.Is(err, ErrSignature) {
		t.Errorf("another secret: %v", err)
	}
	bare := good
	bare.Header = good.Header.Clone()
	bare.Header.Del(header)
	if err := verify(bare, secret); !errors.Is(err, ErrUnsigned) {
		t.Errorf("no signature: %v", err)
	}
	for _, wrong := range []string{"x", "v=1", "t=1,v0=", "v=1,d=1", strings.Repeat("a", 1000)} {
		bare.Header.Set(header, wrong)
		if err := verify(bare, secret); !errors.Is(err, ErrSignature) {
			t.Errorf("signature %.20s: %v", wrong, err)
		}
	}
}

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestFind(t *testing.T) {
	for _, p := range All() {
		if found, ok := Find(p.Name()); !ok || found != p || p.Name() != strings.ToLower(p.Name()) {
			t.Errorf("%s is not found", p.Name())
		}
	}
	if len(All()) != 7 {
		t.Errorf("%d platforms", len(All()))
	}
	if _, ok := Find("Vapi "); ok {
		t.Error("found what is not there")
	}
}

func TestAnswersFitThePlatforms(t *testing.T) {
	for _, p := range All() {
		a := p.Answers()
		if a.Accepted != 200 || a.Ignored != 200 {
			t.Errorf("%s: %+v", p.Name(), a)
		}
		switch p.Name() {
		case "elevenlabs": // 200 exactly for what is genuine
			if a.Malformed != 200 || a.Refused != 401 || a.Unavailable != 503 {
				t.Errorf("elevenlabs: %+v", a)
			}
		case "aircall": // is switched off by anything else
			if a.Refused != 200 || a.Malformed != 200 || a.Unavailable != 200 {
				t.Errorf("aircall: %+v", a)
			}
		default: // 503 is what is sent again, where anything is
			if a.Refused != 401 || a.Malformed != 422 || a.Unavailable != 503 {
				t.Errorf("%s: %+v", p.Name(), a)
			}
		}
	}
}

func TestBadBodies(t *testing.T) {
	for _, p := range All() {
		if p.Name() == "twilio" {
			continue
		}
		for _, b := range []string{"", " ", "null", "[]", "7", "{", `{"a":1} {}`, strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)} {
			if _, err := p.Parse(Request{Body: []byte(b)}); !errors.Is(err, ErrBody) {
				t.Errorf("%s: %v for %.20q", p.Name(), err, b)
			}
		}
		wantIgnored(t, p, `{}`)
		if _, err := p.Parse(Request{Body: append([]byte(`{}`), bytes.Repeat([]byte(" "), MaxBody)...)}); !errors.Is(err, ErrBody) {
			t.Errorf("%s: %v for a body that is too long", p.Name(), err)
		}
	}
}

func TestByteOrderMarkIsNoObstacle(t *testing.T) {
	wantIgnored(t, Bland{}, "\xef\xbb\xbf{}\n")
}

func TestFinish(t *testing.T) {
	base := Report{CallID: "c", Phone: "+12025550123", Outcome: conversation, Summary: "s"}
	for name, tt := range map[string]struct {
		change   func(*Report)
		measured bool
		want     func(*Report)
	}{
		"a call":                   {func(*Report) {}, true, func(*Report) {}},
		"withheld":                 {func(r *Report) { r.Phone = "Anonymous" }, true, func(r *Report) { r.Phone, r.Withheld = "", true }},
		"withheld on a keypad":     {func(r *Report) { r.Phone = "+266696687" }, true, func(r *Report) { r.Phone, r.Withheld = "", true }},
		"filler number":            {func(r *Report) { r.Phone = "+1 (555) 123-4567" }, true, func(r *Report) { r.Test = true }},
		"area code of 555":         {func(r *Report) { r.Phone = "+15552345678" }, true, func(r *Report) { r.Test = true }},
		"area code of 0":           {func(r *Report) { r.Phone = "+10552345678" }, true, func(r *Report) { r.Test = true }},
		"exchange of 0":            {func(r *Report) { r.Phone = "+12020123456" }, true, func(r *Report) { r.Test = true }},
		"one digit":                {func(r *Report) { r.Phone = "+00000000" }, true, func(r *Report) { r.Test = true }},
		"unassigned by the ITU":    {func(r *Report) { r.Phone = "+99912345678" }, true, func(r *Report) { r.Test = true }},
		"number of the documents":  {func(r *Report) { r.Phone = "+15005550006" }, true, func(*Report) {}},
		"number abroad":            {func(r *Report) { r.Phone = "+5511087654321" }, true, func(*Report) {}},
		"local number":             {func(r *Report) { r.Phone = "555 123 4567" }, true, func(*Report) {}},
		"talk of no length":        {func(r *Report) { r.Summary = "" }, true, func(r *Report) { r.Test = true }},
		"talk of unknown length":   {func(r *Report) { r.Summary = "" }, false, func(*Report) {}},
		"attempt of no length":     {func(r *Report) { r.Summary, r.Outcome = "", noAnswer }, true, func(*Report) {}},
		"ringing is no talk":       {func(r *Report) { r.Duration, r.Outcome = time.Minute, busy }, true, func(r *Report) { r.Duration = 0 }},
		"a number without end":     {func(r *Report) { r.Phone = strings.Repeat("1", 300) }, true, func(r *Report) { r.Phone = "" }},
		"a recording":              {func(r *Report) { r.RecordingURL = "https://r.example.com/1?a=b" }, true, func(*Report) {}},
		"a script":                 {func(r *Report) { r.RecordingURL = "javascript:alert(1)" }, true, func(r *Report) { r.RecordingURL = "" }},
		"a path":                   {func(r *Report) { r.RecordingURL = "/recordings/1" }, true, func(r *Report) { r.RecordingURL = "" }},
		"a link with a password":   {func(r *Report) { r.RecordingURL = "https://a:b@r.example.com/1" }, true, func(r *Report) { r.RecordingURL = "" }},
		"a link without end":       {func(r *Report) { r.RecordingURL = "https://r.example.com/" + strings.Repeat("a", 3000) }, true, func(r *Report) { r.RecordingURL = "" }},
		"no id":                    {func(r *Report) { r.CallID = "" }, true, func(*Report) {}},
		"no number":                {func(r *Report) { r.Phone = "" }, true, func(*Report) {}},
		"no id, withheld":          {func(r *Report) { r.CallID, r.Phone = "", "private" }, true, func(r *Report) { r.Phone, r.Withheld = "", true }},
		"a web call without an id": {func(r *Report) { r.CallID, r.Phone, r.Test = "", "", true }, true, func(*Report) {}},
	} {
		in := base
		tt.change(&in)
		want := in
		tt.want(&want)
		got, err := finish(in, tt.measured)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff([]Report{want}, got.Reports); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, bad := range []Report{{}, {Summary: "s"}, {CallID: strings.Repeat("x", 300), Phone: "+12025550123"}} {
		if got, err := finish(bad, true); !errors.Is(err, ErrBody) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestInstant(t *testing.T) {
	want := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for _, s := range []string{
		"1795168800", "1795168800.4", "1795168800000", "1.7951688e9", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000Z",
		"2026-11-20T11:00:00+01:00", "2026-11-20T11:00:00+0100", "2026-11-20 10:00:00+00:00", "2026-11-20T10:00:00.0000000001Z",
	} {
		if got := instant(s).Truncate(time.Second); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v", s, got)
		}
	}
	for _, s := range []string{"", "0", "-5", "1", "1e300", "NaN", "Inf", "soon", "2026-11-20", "2026-11-20T10:00:00", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"} {
		if got := instant(s); !got.IsZero() {
			t.Errorf("%s: %v", s, got)
		}
	}
}

func TestRelabel(t *testing.T) {
	for in, want := range map[string]string{
		"AI: Hello.\nUser: Hi.\n":                        "Agent: Hello.\nCustomer: Hi.",
		"\nbot: Hello.\nhuman: At 10:30?":                "Agent: Hello.\nCustomer: At 10:30?",
		"user: Hi \n assistant: Hello":                   "Customer: Hi\nAgent: Hello",
		"User: one\ntwo\nthree: four":                    "Customer: one\ntwo\nthree: four",
		"System: SECRET\nmore of it\nUser: Hi\nTool: {}": "Customer: Hi",
		"free text": "free text",
		"":          "",
	} {
		if got := relabel(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestFactsAreBounded(t *testing.T) {
	d, err := readDoc([]byte(`{"a":[1,"two",{"x":1}],"b":{"value":3},"c":null,"d":{"deep":{}},"e":true,"f":"` + strings.Repeat("é", 2000) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	var f facts
	for k, v := range d.entries("@this") {
		f.put(k, v)
	}
	f.m["f"] = f.m["f"][:4] + f.m["f"][len(f.m["f"])-3:]
	if diff := cmp.Diff(map[string]string{"a": "1, two", "b": "3", "e": "true", "f": "éé…"}, f.m); diff != "" {
		t.Error(diff)
	}
	var many facts
	for i := range 1000 {
		many.put(strings.Repeat("n", i), d.at("b"))
	}
	if len(many.m) > maxData {
		t.Errorf("%d entries", len(many.m))
	}
}
