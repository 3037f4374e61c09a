package hooks

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// outcomes are all that the rest of the product knows.
func outcomes() []string {
	return []string{"", conversation, leftMessage, noAnswer, notAvailable, busy, "wrong_number", "call_back_later"}
}

func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 10 {
		f.Fatalf("%d samples, %v", len(files), err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, s := range []string{`{}`, `[]`, `{"message":{"type":"end-of-call-report","startedAt":1e308}}`, `{"event":"call.ended","data":[]}`, "CallSid=a&CallStatus=busy", "CallSid=a&CallStatus=completed&CallDuration=1000000", `{"status":1,"call_length":-1e99}`} {
		f.Add([]byte(s))
	}
}

// checkReport holds what every report promises.
func checkReport(t *testing.T, r Report, size int) {
	t.Helper()
	switch {
	case !slices.Contains(outcomes(), r.Outcome):
		t.Errorf("outcome %q", r.Outcome)
	case r.Direction != "" && r.Direction != inbound && r.Direction != outbound:
		t.Errorf("direction %q", r.Direction)
	case r.Duration < 0 || r.Duration > maxSeconds*time.Second:
		t.Errorf("duration %s", r.Duration)
	case !r.StartedAt.IsZero() && (r.StartedAt.Year() < 1999 || r.StartedAt.Year() > 2100):
		t.Errorf("start %s", r.StartedAt)
	case len(r.CallID) > maxID, len(r.Data) > maxData, len(r.ActionItems) > maxItems, len(r.EndReason) > maxValue, len(r.AgentName) > maxValue,
		len(r.Phone) > maxPhone, len(r.RecordingURL) > maxLink, r.RecordingURL != "" && !strings.HasPrefix(strings.ToLower(r.RecordingURL), "http"):
		t.Errorf("not bounded: %+v", r)
	case len(r.Transcript) > 4*size+100, len(r.Summary) > 4*size:
		t.Errorf("a text of %d bytes from a body of %d", len(r.Transcript), size)
	case r.CallID == "" && r.Phone == "" && !r.Withheld && !r.Test:
		t.Errorf("a report of nothing: %+v", r)
	case r.Addition && (r.CallID == "" || r.Phone != ""):
		t.Errorf("an addition to nothing, or a call: %+v", r)
	case r.Phone != "" && r.Withheld:
		t.Errorf("withheld, and yet %s", r.Phone)
	}
	for _, s := range []string{r.CallID, r.Phone, r.Summary, r.Transcript, r.EndReason, r.AgentName, r.RecordingURL, r.Sentiment} {
		if !utf8.ValidString(s) {
			t.Errorf("no UTF-8: %q", s)
		}
	}
}

func fuzzParse(f *testing.F, p Platform) {
	f.Helper()
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := p.Parse(Request{Method: http.MethodPost, Body: raw})
		switch {
		case err != nil:
			if !errors.Is(err, ErrBody) || len(parsed.Reports) > 0 {
				t.Errorf("%v with %+v", err, parsed)
			}
		case (len(parsed.Reports) == 0) == (parsed.Ignored == ""):
			t.Errorf("neither or both: %+v", parsed)
		}
		for _, r := range parsed.Reports {
			checkReport(t, r, len(raw))
		}
	})
}

func FuzzParseAircall(f *testing.F)    { fuzzParse(f, Aircall{}) }
func FuzzParseBland(f *testing.F)      { fuzzParse(f, Bland{}) }
func FuzzParseElevenLabs(f *testing.F) { fuzzParse(f, ElevenLabs{}) }
func FuzzParseRetell(f *testing.F)     { fuzzParse(f, Retell{}) }
func FuzzParseSynthflow(f *testing.F)  { fuzzParse(f, Synthflow{}) }
func FuzzParseTwilio(f *testing.F)     { fuzzParse(f, Twilio{}) }
func FuzzParseVapi(f *testing.F)       { fuzzParse(f, Vapi{}) }

// FuzzVerify throws anything at every Verify: it never panics, never accepts, and says why in a known way.
func FuzzVerify(f *testing.F) {
	for _, h := range []string{"", "v=1795168800000,d=00", "t=1795168800,v0=00", "sha256=00", "Bearer x", "AAAA="} {
		f.Add([]byte(body), h, "1795168800", "https://crm.example.com/hook?bodySHA256=00")
	}
	f.Add([]byte("CallSid=a"), "x", "", ":")
	f.Add(slices.Concat([]byte(`{"token":"`), make([]byte, 100), []byte(`"}`)), "x", "x", "https://[::1]:443/")
	known := []error{ErrUnsigned, ErrSignature, ErrStale, ErrBody}
	const secret = "a secret that no input holds: 5c1f2a77"
	f.Fuzz(func(t *testing.T, raw []byte, signature, stamp, address string) {
		h := http.Header{"X-Timestamp": {stamp}}
		for _, name := range append(synthflowHeaders(), "X-Signature", "X-Vapi-Secret", "Authorization", "X-Retell-Signature", "ElevenLabs-Signature", "X-Webhook-Signature", "X-Twilio-Signature") {
			h.Set(name, signature)
		}
		for _, p := range All() {
			err := p.Verify(Request{Method: http.MethodPost, URL: address, Header: h, Body: raw}, secret, signed())
			if !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
				t.Errorf("%s: %v", p.Name(), err)
			}
		}
	})
}
