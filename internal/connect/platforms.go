package connect

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

const (
	hookPurpose   = "hook"
	platformField = "platform"
	secretField   = "secret"
	maxSecret     = 4096
)

// place is where in a platform an address is entered, and what it signs with.
type place struct {
	name, where, secret string
}

// placeOf is what there is to say of a platform; of one that is new here, its name.
func placeOf(platform string) place {
	switch platform {
	case "vapi":
		return place{"Vapi", "Enter it as the server URL of the assistant or the organisation, and limit `serverMessages` to `end-of-call-report`.", "the secret of the credential on the server object: a bearer token, X-Vapi-Secret or HMAC"}
	case "retell":
		return place{"Retell", "Enter it as the webhook URL of the agent or the account, with the events `call_ended` and `call_analyzed`.", "the API key with the webhook badge"}
	case "elevenlabs":
		return place{"ElevenLabs", "Make a post-call webhook with it, for transcription and call initiation failure, without audio. Switch retries on.", "the wsec_... that ElevenLabs shows when the webhook is made"}
	case "bland":
		return place{"Bland", "Enter it as the webhook of the call or the account.", "the signing secret under Account settings > Keys"}
	case "synthflow":
		return place{"Synthflow", "Enter it as the external webhook URL of the agent.", "the secret under Workspace settings > Security > Webhooks"}
	case "aircall":
		return place{"Aircall", "Make a webhook with it, for `call.ended`, and with Aircall's AI `summary.created` and `transcription.created` too.", "the token of the webhook"}
	case "twilio":
		return place{"Twilio", "Enter it as the status callback of the number, for the event `completed`, and as the recording status callback.", "the account's auth token"}
	}
	return place{platform, "Enter it where the platform asks for the address of its end-of-call webhook.", "the secret with which it signs"}
}

// offersHooks tells whether addresses for platforms are made here.
func (s *Site) offersHooks() bool {
	return s.Hooks != nil && s.Open && s.Mode.Allows(principal.Write)
}

// platforms is the part for platforms that post finished calls.
func (s *Site) platforms(bound string, is session) pages.Section {
	form := s.formFor(bound, hookPurpose, hookPath, is)
	form.Buttons = []pages.Button{{Label: "Create an address"}}
	choice := pages.Choice{Question: "Which platform?", Name: platformField}
	for i, name := range s.Hooks.Platforms() {
		p := placeOf(name)
		choice.Options = append(choice.Options, pages.Option{Value: name, Label: p.name, Detail: "It signs with " + p.secret + ".", Checked: i == 0})
	}
	form.Choices = []pages.Choice{choice}
	form.Inputs = []pages.Input{{
		Label: "Its signing secret (may be left empty)", Name: secretField, Secret: true,
		Detail: "With it only posts that the platform has signed are taken. Without it whoever knows the address may post.",
	}}
	return pages.Section{Title: "Finished calls from a voice platform: a webhook address", Folded: true, Blocks: []pages.Block{
		pages.Text("After each call the platform posts its report to an address of your own. The call is logged once on the right card in " + is.host + ", however often it is sent. This is the surest way, and works beside an agent that uses an access key."),
		form,
	}}
}

// newHook makes an address for an account that this browser has connected, and shows
// it this once.
func (s *Site) newHook(w http.ResponseWriter, r *http.Request) {
	is, ok := s.asked(w, r, hookPurpose)
	if !ok {
		return
	}
	platform, secret := r.PostForm.Get(platformField), strings.TrimSpace(r.PostForm.Get(secretField))
	if !s.offersHooks() || !slices.Contains(s.Hooks.Platforms(), platform) {
		s.refusePost(w, r)
		return
	}
	if len(secret) > maxSecret || strings.ContainsFunc(secret, unicode.IsControl) {
		s.show(w, r, failure{http.StatusBadRequest, pages.Bad, "This is no signing secret", []pages.Block{
			pages.Text("It is longer than any platform's, or holds more than one line. Nothing was made. Go back and copy it again."),
			pages.Link{Label: "Back", URL: s.at(donePath)},
		}, false, false})
		return
	}
	path, again, err := s.Hooks.NewHook(r.Context(), order(r, is, hookPurpose, platform, secret), is.account, madeHere, platform, secret)
	if err != nil {
		s.notMade(w, r, "addresses", err)
		return
	}
	if !again {
		s.Logger.InfoContext(r.Context(), "hook made on the connection page", "account", is.account, "platform", platform, "signed", secret != "")
	}
	s.showHook(w, is.host, s.base+path, placeOf(platform), secret != "")
}

func (s *Site) showHook(w http.ResponseWriter, host, address string, at place, signed bool) {
	posters := "anybody who knows it"
	if signed {
		posters = "only " + at.name + ", by its signature"
	}
	blocks := []pages.Block{
		pages.Note{Tone: pages.Wary, Text: "Copy the address now. It is shown this once and cannot be shown again; a lost one is replaced by a new one."},
		pages.Code{Label: "Address for " + at.name, Text: address},
		pages.Facts{{Name: "Logs calls in", Value: host}, {Name: "Takes posts from", Value: posters}},
		pages.Text(at.where),
	}
	if !signed {
		blocks = append(blocks, pages.Text("To have only signed posts taken, make another address with the secret when "+at.name+" has shown it to you, and enter that one instead."))
	}
	blocks = append(blocks,
		pages.Text("What to do with unknown callers and follow-ups can stand behind the address, for example `?unknown_caller=incoming_lead&tags=ai`."),
		pages.Link{Label: "Back to the other programs", URL: s.at(donePath)})
	p := s.page("Your webhook address", pages.Good, blocks...)
	p.Alone = true
	pages.Render(w, http.StatusOK, p)
}
