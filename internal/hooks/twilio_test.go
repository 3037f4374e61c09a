package hooks

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTwilioReport(t *testing.T) {
	wantReport(t, Twilio{}, sample(t, "twilio_completed.form"), Report{
		CallID: "CA1", Phone: "+15005550006", Direction: inbound, StartedAt: signed().UTC(), Duration: 125 * time.Second, Outcome: conversation,
	})
	wantReport(t, Twilio{}, sample(t, "twilio_recording.form"), Report{
		CallID: "CA1", RecordingURL: "https://recordings.example.com/RE1.mp3", Addition: true,
	})
}

// form changes the sample; an empty value removes the field.
func twilioEdit(t *testing.T, name string, pairs ...string) []byte {
	t.Helper()
	values, err := url.ParseQuery(string(sample(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if values.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			values.Del(pairs[i])
		}
	}
	return []byte(values.Encode())
}

func TestTwilioVariants(t *testing.T) {
	for name, tt := range map[string]struct {
		pairs []string
		want  func(*Report)
	}{
		"unknown fields":   {[]string{"NewField", "1", "StirVerstat", "x"}, func(*Report) {}},
		"no timestamp":     {[]string{"Timestamp", ""}, func(r *Report) { r.StartedAt = time.Time{} }},
		"no duration":      {[]string{"CallDuration", ""}, func(r *Report) { r.Duration = 0; r.StartedAt = signed().Add(125 * time.Second).UTC() }},
		"day of one digit": {[]string{"Timestamp", "Fri, 6 Nov 2026 10:02:05 +0000"}, func(r *Report) { r.StartedAt = r.StartedAt.AddDate(0, 0, -14) }},
		"outbound":         {[]string{"Direction", "outbound-api"}, func(r *Report) { r.Direction, r.Phone = outbound, "+15005550009" }},
		"busy": {[]string{"CallStatus", "busy", "Direction", "outbound-api"}, func(r *Report) {
			r.Direction, r.Phone, r.Outcome, r.EndReason, r.Duration = outbound, "+15005550009", busy, "busy", 0
		}},
		"no answer":            {[]string{"CallStatus", "no-answer"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = noAnswer, "no-answer", 0 }},
		"failed":               {[]string{"CallStatus", "failed"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = notAvailable, "failed", 0 }},
		"cancelled":            {[]string{"CallStatus", "canceled"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = noAnswer, "canceled", 0 }},
		"answering machine":    {[]string{"AnsweredBy", "machine_start"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = noAnswer, "machine_start", 0 }},
		"answered by a person": {[]string{"AnsweredBy", "human"}, func(*Report) {}},
		"withheld":             {[]string{"From", "+266696687"}, func(r *Report) { r.Phone, r.Withheld = "", true }},
		"no caller":            {[]string{"From", ""}, func(r *Report) { r.Phone, r.Withheld = "", true }},
		"softphone":            {[]string{"From", "client:eva"}, func(r *Report) { r.Phone, r.Direction = "+15005550009", outbound }},
		"SIP phone":            {[]string{"From", "sip:eva@example.sip.twilio.com"}, func(r *Report) { r.Phone, r.Direction = "+15005550009", outbound }},
		"SIP caller":           {[]string{"From", "sip:+15005550006@example.com"}, func(r *Report) { r.Phone = "sip:+15005550006@example.com" }},
		"to a client":          {[]string{"To", "client:eva", "Direction", "outbound-api"}, func(r *Report) { r.Phone, r.Direction = "", outbound }},
		"among us":             {[]string{"From", "client:eva", "To", "client:max"}, func(r *Report) { r.Phone, r.Direction = "", "" }},
		"leg to an agent":      {[]string{"CallSid", "CA2", "ParentCallSid", "CA1", "Direction", "outbound-dial"}, func(r *Report) { r.Phone, r.Direction, r.Addition, r.StartedAt = "", "", true, time.Time{} }},
		"leg of a softphone": {[]string{"CallSid", "CA2", "ParentCallSid", "CA1", "Direction", "outbound-dial", "From", "client:eva"}, func(r *Report) {
			r.Phone, r.Direction, r.StartedAt = "+15005550009", outbound, time.Time{}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			want := theReport(t, Twilio{}, sample(t, "twilio_completed.form"))
			tt.want(&want)
			wantReport(t, Twilio{}, twilioEdit(t, "twilio_completed.form", tt.pairs...), want)
		})
	}
}

func TestTwilioIgnores(t *testing.T) {
	for _, status := range []string{"queued", "initiated", "ringing", "in-progress", "new"} {
		wantIgnored(t, Twilio{}, string(twilioEdit(t, "twilio_completed.form", "CallStatus", status)))
	}
	wantIgnored(t, Twilio{}, string(twilioEdit(t, "twilio_completed.form", "ParentCallSid", "CA0", "CallStatus", "no-answer")))
	for _, pairs := range [][]string{{"RecordingStatus", "absent", "ErrorCode", "16101"}, {"RecordingStatus", "in-progress"}, {"RecordingUrl", ""}} {
		wantIgnored(t, Twilio{}, string(twilioEdit(t, "twilio_recording.form", pairs...)))
	}
}

func TestTwilioBadForms(t *testing.T) {
	for _, b := range []string{"", "{}", "CallStatus=completed", "CallSid=%zz", "CallSid=CA1" + strings.Repeat("&a=b", maxParams)} {
		if _, err := (Twilio{}).Parse(Request{Method: http.MethodPost, Body: []byte(b)}); !errors.Is(err, ErrBody) {
			t.Errorf("%.40s: %v", b, err)
		}
	}
}

func TestTwilioByGet(t *testing.T) {
	r := Request{Method: http.MethodGet, URL: "https://crm.example.com/hook/twilio?" + string(sample(t, "twilio_completed.form"))}
	parsed, err := Twilio{}.Parse(r)
	if err != nil || len(parsed.Reports) != 1 || parsed.Reports[0].CallID != "CA1" {
		t.Errorf("%+v, %v", parsed, err)
	}
	r.Header = headers("X-Twilio-Signature", twilioSign("tok", r.URL))
	if err := (Twilio{}).Verify(r, "tok", signed()); err != nil {
		t.Error(err)
	}
}

func twilioSign(token, text string) string {
	m := hmac.New(sha1.New, []byte(token))
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func TestTwilioSignature(t *testing.T) {
	const vector, address = "Nn6/Jkk578WD3oyG6u388cqc/ac=", "https://crm.example.com/hook/twilio"
	const fields = "To=%2B15005550009&CallSid=CA1&From=%2B15005550006&CallStatus=completed" // in an order of its own
	good := Request{Method: http.MethodPost, URL: address, Body: []byte(fields), Header: headers("X-Twilio-Signature", vector)}
	checkSignature(t, Twilio{}, good, "tok", "X-Twilio-Signature")
	for u, want := range map[string]error{
		"https://crm.example.com:443/hook/twilio": nil, address + "#rc=3": nil, "http://crm.example.com/hook/twilio": ErrSignature,
		address + "?a=1": ErrSignature, "https://crm.example.com/hook/other": ErrSignature, "": ErrSignature, ":": ErrSignature, "/hook/twilio": ErrSignature,
	} {
		r := good
		r.URL = u
		if err := (Twilio{}).Verify(r, "tok", signed()); !errors.Is(err, want) {
			t.Errorf("%s: %v", u, err)
		}
	}
	changed := good
	changed.Body = []byte(strings.Replace(fields, "completed", "busy", 1))
	if err := (Twilio{}).Verify(changed, "tok", signed()); !errors.Is(err, ErrSignature) {
		t.Errorf("another body: %v", err)
	}
}

func TestTwilioSignatureForms(t *testing.T) {
	sum := sha256.Sum256([]byte(body))
	json := "https://crm.example.com/hook/twilio?bodySHA256=" + hex.EncodeToString(sum[:])
	for name, tt := range map[string]struct{ url, body, signedText string }{
		"port signed":          {"https://crm.example.com/t", "A=1", "https://crm.example.com:443/tA1"},
		"port of ours":         {"http://crm.example.com:8080/t", "A=1", "http://crm.example.com/tA1"},
		"empty value":          {"https://crm.example.com/t", "B=&A=1", "https://crm.example.com/tA1B"},
		"name twice":           {"https://crm.example.com/t", "A=2&A=1&A=2", "https://crm.example.com/tA1A2"},
		"body that is no form": {json, body, json},
	} {
		r := Request{Method: http.MethodPost, URL: tt.url, Body: []byte(tt.body), Header: headers("X-Twilio-Signature", twilioSign("tok", tt.signedText))}
		if err := (Twilio{}).Verify(r, "tok", signed()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := Request{Method: http.MethodPost, URL: json, Body: []byte("{}"), Header: headers("X-Twilio-Signature", twilioSign("tok", json))}
	if err := (Twilio{}).Verify(r, "tok", signed()); !errors.Is(err, ErrSignature) {
		t.Errorf("another JSON body: %v", err)
	}
}
