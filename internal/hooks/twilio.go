package hooks

import (
	"crypto/sha1" //nolint:gosec // G505: Twilio's signature is HMAC-SHA1, which still holds
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxParams is how many form fields are read; Twilio sends some thirty.
const maxParams = 500

// Twilio is Twilio Voice: forms, one for the end of each leg of a call (status callback) and one for each recording, in
// either order. There is no summary and no transcript. It sends again only where the connection failed.
type Twilio struct{}

// Name is "twilio".
func (Twilio) Name() string { return "twilio" }

// Answers are the usual ones.
func (Twilio) Answers() Answers { return usual() }

// Verify checks X-Twilio-Signature, the base64 HMAC-SHA1 of the URL and the sorted form fields, with the account's auth
// token (a subaccount signs with its own). No time is signed; a repeat is known by its ids.
func (Twilio) Verify(r Request, secret string, _ time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	got, err := r.header("X-Twilio-Signature")
	if err != nil {
		return err
	}
	address, err := url.Parse(r.URL)
	if err != nil || address.Host == "" {
		return fmt.Errorf("%w: the request's own URL is unknown, which is what Twilio signs", ErrSignature)
	}
	fields := ""
	if sum := address.Query().Get("bodySHA256"); sum != "" { // a body that is no form
		own := sha256.Sum256(r.Body)
		if !same(strings.ToLower(sum), hex.EncodeToString(own[:])) {
			return fmt.Errorf("%w: the body is not the one that was signed", ErrSignature)
		}
	} else if fields, err = twilioFields(r.Body); err != nil {
		return err
	}
	found := false
	for _, u := range twilioURLs(r.URL, address) {
		want := base64.StdEncoding.EncodeToString(mac(sha1.New, secret, []byte(u), []byte(fields)))
		found = same(got, want) || found
	}
	if !found {
		return fmt.Errorf("%w: the token or the public URL differs from Twilio's", ErrSignature)
	}
	return nil
}

// twilioFields is each name with its value, sorted by name; a value that comes twice counts once.
func twilioFields(body []byte) (string, error) {
	form, err := readForm(body)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			b.WriteString(name + v)
		}
	}
	return b.String(), nil
}

func readForm(body []byte) (url.Values, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBody, MaxBody)
	}
	if strings.Count(string(body), "&") >= maxParams {
		return nil, fmt.Errorf("%w: more than %d form fields", ErrBody, maxParams)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("%w: no form", ErrBody)
	}
	return form, nil
}

// twilioURLs is the URL as it is, and with and without the scheme's own port: Twilio signs one or the other.
func twilioURLs(text string, u *url.URL) []string {
	port := "443"
	if u.Scheme == "http" {
		port = "80"
	}
	text, _, _ = strings.Cut(text, "#") // settings of the connection, never sent
	other := *u
	if u.Port() == "" {
		other.Host = u.Host + ":" + port
	} else {
		other.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return []string{text, strings.Replace(text, u.Host, other.Host, 1)}
}

// form reads fields leniently.
type form struct{ url.Values }

func (f form) text(names ...string) string {
	for _, name := range names {
		if s := clean(f.Get(name)); s != "" {
			return cut(s, maxValue)
		}
	}
	return ""
}

func (f form) seconds(name string) (time.Duration, bool) {
	n, err := strconv.ParseFloat(f.text(name), 64)
	if err != nil {
		return 0, false
	}
	return whole(n)
}

// twilioForm reads the fields from where the account's chosen method puts them.
func twilioForm(r Request) (form, error) {
	if r.Method != http.MethodGet {
		values, err := readForm(r.Body)
		return form{values}, err
	}
	address, err := url.Parse(r.URL)
	if err != nil {
		return form{}, fmt.Errorf("%w: no URL", ErrBody)
	}
	values, err := readForm([]byte(address.RawQuery))
	return form{values}, err
}

// Parse reads the final status of a call or leg, which is early in that a recording may follow, or a finished recording.
func (Twilio) Parse(r Request) (Parsed, error) {
	f, err := twilioForm(r)
	if err != nil {
		return Parsed{}, err
	}
	switch {
	case f.text("CallSid") == "":
		return Parsed{}, fmt.Errorf("%w: the form has no CallSid", ErrBody)
	case f.text("RecordingSid") != "":
		return twilioRecording(f)
	}
	status := f.text("CallStatus")
	outcome, final := twilioOutcome(status, f.text("AnsweredBy"))
	if !final {
		return ignored(fmt.Sprintf("status %q is not the end of a call", status)), nil
	}
	out := Report{CallID: f.text("ParentCallSid", "CallSid"), Outcome: outcome}
	if status != "completed" || outcome != conversation {
		out.EndReason = first(f.text("AnsweredBy"), status)
	}
	var measured bool
	out.Duration, measured = f.seconds("CallDuration")
	if end, err := mail.ParseDate(f.text("Timestamp")); err == nil && sane(end) {
		out.StartedAt = end.Add(-out.Duration).UTC() // no start is sent; the timestamp is when the leg ended
	}
	out.Phone, out.Direction = twilioParties(f)
	out.Withheld = out.Phone == "" && out.Direction == inbound && f.text("From") == ""
	if f.text("ParentCallSid") != "" {
		return twilioLeg(out, measured)
	}
	return finish(out, measured)
}

// twilioLeg folds what <Dial> made into the call it belongs to. That a leg was not answered says little about the call
// (another agent's phone rang too), so only an answered one is told. It adds to its parent's report unless it alone
// knows the customer's number.
func twilioLeg(r Report, measured bool) (Parsed, error) {
	if r.Outcome != conversation {
		return ignored("a leg of the call that nobody answered; the call has its own report"), nil
	}
	r.Addition = r.Phone == ""
	r.StartedAt = time.Time{} // the call began before its leg
	return finish(r, measured)
}

// twilioParties tells the customer's number from ours. A party that is client:name, or a SIP user without a number, is
// one of us: what it calls is the customer, though Twilio says inbound, since the call comes in to Twilio. Of a leg
// between two numbers that <Dial> made, the direction does not say whose number is whose.
func twilioParties(f form) (number, direction string) {
	from, to := f.text("From"), f.text("To")
	direction = way(f.text("Direction"))
	switch {
	case twilioOurs(from):
		if twilioOurs(to) {
			return "", ""
		}
		return to, outbound
	case f.text("ParentCallSid") != "":
		return "", ""
	case twilioOurs(to) && direction == outbound:
		return "", direction // our own agent was called; the customer is on the leg that follows
	}
	return customer(direction, from, to), direction
}

// twilioOurs tells client:name and SIP users that are no numbers.
func twilioOurs(party string) bool {
	scheme, rest, ok := strings.Cut(strings.ToLower(party), ":")
	switch {
	case !ok:
		return false
	case scheme == "client":
		return true
	case scheme != "sip" && scheme != "sips":
		return false
	}
	user, _, _ := strings.Cut(rest, "@")
	digits := strings.TrimPrefix(user, "+")
	return len(digits) < 7 || strings.Trim(digits, "0123456789") != ""
}

func twilioOutcome(status, answeredBy string) (outcome string, final bool) {
	switch status {
	case "completed":
		if strings.HasPrefix(answeredBy, "machine") || answeredBy == "fax" {
			return noAnswer, true // an answering machine; nothing tells whether a message was left
		}
		return conversation, true
	case "busy":
		return busy, true
	case "no-answer":
		return noAnswer, true
	case "failed":
		return notAvailable, true
	case "canceled":
		return noAnswer, true // given up while it rang
	}
	return "", false
}

// twilioRecording is an addition: it has no numbers, and may come before the status.
func twilioRecording(f form) (Parsed, error) {
	status, link := f.text("RecordingStatus"), f.text("RecordingUrl")
	if link == "" || status != "" && status != "completed" {
		return ignored(fmt.Sprintf("no recording to link to (status %q, error %q)", status, f.text("ErrorCode"))), nil
	}
	if !strings.HasSuffix(link, ".mp3") && !strings.HasSuffix(link, ".wav") {
		link += ".mp3"
	}
	return finish(Report{CallID: f.text("ParentCallSid", "CallSid"), RecordingURL: link, Addition: true}, false)
}
