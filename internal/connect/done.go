package connect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

const (
	keyPurpose   = "key"
	modeField    = "mode"
	accountField = "account"
	// madeHere is what keys and hooks made here are called in lists.
	madeHere = "made on the connection page"
	// maxGiven is how many keys, and how many hooks, an account may have before this
	// page makes no more.
	maxGiven = 20
)

// done shows what to do with the account that this browser has connected.
func (s *Site) done(w http.ResponseWriter, r *http.Request) {
	bound, known := pages.Known(r, s.https)
	if !known {
		s.noSession(w, r)
		return
	}
	is, ok, err := s.connected(r.Context(), bound, "")
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.noSession(w, r)
		return
	}
	p := s.page(is.host+" is connected", pages.Good,
		pages.Text("Kommo has given this server access to "+is.host+". What is left is to tell the program that you work with. One click on a box selects all that is in it."))
	if !s.https {
		p.Blocks = append(p.Blocks, pages.Note{Tone: pages.Wary, Text: "This server is reached without https, so only programs on this machine can use it. Claude on the web, ChatGPT, n8n Cloud and voice platforms need a public https address."})
	}
	if is.limited {
		p.Blocks = append(p.Blocks, pages.Note{Tone: pages.Wary, Text: "You are no administrator of this account, so all that is done here has your rights: what you may not see is not found, users appear as numbers, and it ends when your user is removed. For all of it have an administrator connect the account again; nothing made here ends by that."})
	}
	p.Blocks = append(p.Blocks, pages.Code{Label: "The address of this server", Text: s.base + "/mcp"})
	p.Blocks = append(p.Blocks, s.clients()...)
	p.Blocks = append(p.Blocks, s.machines(bound, is))
	if s.offersHooks() {
		p.Blocks = append(p.Blocks, s.platforms(bound, is))
	}
	p.Blocks = append(p.Blocks, pages.Section{Title: "Disconnecting", Folded: true, Blocks: []pages.Block{
		pages.Text("In Kommo, open Settings > Integrations, choose the integration and uninstall it. This server then forgets the account, and its access keys, addresses and sign-ins stop working."),
	}})
	p.Alone = true
	pages.Render(w, http.StatusOK, p)
}

func (s *Site) noSession(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, failure{http.StatusNotFound, pages.Wary, "Nothing was connected here lately", []pages.Block{
		pages.Text("This page can be seen for 20 minutes, in the browser with which an account was connected. An account that is connected stays so; connecting it again brings this page back and ends nothing."),
	}, true, false})
}

// formFor is a form about one account: another window may be at another one.
func (s *Site) formFor(bound, purpose, path string, is session) pages.Form {
	return pages.Form{Action: s.at(path), Hidden: []pages.Field{pages.OnceToken(bound, purpose), {Name: accountField, Value: is.account}}}
}

// machines is the part for programs that cannot ask a person to sign in.
func (s *Site) machines(bound string, is session) pages.Section {
	out := pages.Section{Title: "n8n, voice agents and your own programs: an access key", Folded: true, Blocks: []pages.Block{
		pages.Text("n8n, Vapi, ElevenLabs, Retell, Synthflow and programs send an access key with each request. A key works in this one account. Whoever has it can use it, so give each program its own."),
	}}
	if s.Keys == nil || !s.Open {
		out.Blocks = append(out.Blocks, pages.Text("Ask whoever runs "+s.Public.Host+" for a key, and use it with the address `"+s.base+"/keys/mcp`."))
		return out
	}
	form := s.formFor(bound, keyPurpose, keyPath, is)
	form.Buttons = []pages.Button{{Label: "Create an access key"}}
	if s.Mode.Allows(principal.Write) {
		form.Choices = []pages.Choice{{Question: "What may it do?", Name: modeField, Options: []pages.Option{
			{Value: string(principal.Write), Label: "Read and write", Detail: "Looks up, creates and changes records, and logs calls. Deletes nothing.", Checked: true},
			{Value: string(principal.Read), Label: "Only read", Detail: "Looks up records and reports. Changes nothing."},
		}}}
	}
	out.Blocks = append(out.Blocks, form)
	return out
}

// asked is the account of a form that was sent, if it is one that this browser has
// connected; else the answer is given.
func (s *Site) asked(w http.ResponseWriter, r *http.Request, purpose string) (is session, ok bool) {
	bound, ok := pages.TrustedPost(w, r, s.Public, purpose)
	if !ok {
		s.refusePost(w, r)
		return is, false
	}
	is, ok, err := s.connected(r.Context(), bound, r.PostForm.Get(accountField))
	is.bound = bound
	switch {
	case err != nil:
		s.failed(w, r, err)
	case !ok:
		s.noSession(w, r)
	}
	return is, ok && err == nil
}

// tooManyOf says that an account has enough of what is made here.
func (s *Site) tooManyOf(w http.ResponseWriter, r *http.Request, what string) {
	s.show(w, r, failure{http.StatusConflict, pages.Wary, "This account has many " + what + " already", []pages.Block{
		pages.Text("No more are made here. Ask whoever runs " + s.Public.Host + " to revoke those that are not used."),
		pages.Link{Label: "Back", URL: s.at(donePath)},
	}, false, false})
}

// newKey makes a key for an account that this browser has connected, and shows it
// this once.
func (s *Site) newKey(w http.ResponseWriter, r *http.Request) {
	is, ok := s.asked(w, r, keyPurpose)
	if !ok {
		return
	}
	if s.Keys == nil {
		s.refusePost(w, r)
		return
	}
	mode := s.keyMode(r)
	secret, again, err := s.Keys.NewKey(r.Context(), order(r, is, keyPurpose, string(mode)), is.account, madeHere, mode)
	if err != nil {
		s.notMade(w, r, "keys", err)
		return
	}
	if !again {
		s.Logger.InfoContext(r.Context(), "access key made on the connection page", "account", is.account, "mode", string(mode))
	}
	s.showKey(w, is.host, secret, mode)
}

// order is what makes one thing of a form, however often it is sent: two clicks, or a
// reload, are answered with the same. A form that was filled in otherwise is another
// order, since a browser that goes back may show the former form.
func order(r *http.Request, is session, what ...string) access.Once {
	mac := hmac.New(sha256.New, []byte(is.bound))
	for _, part := range append(what, is.account, pages.OnceOf(r)) {
		fmt.Fprintf(mac, "%d %s ", len(part), part)
	}
	return access.Once{Seed: hex.EncodeToString(mac.Sum(nil)), Most: maxGiven}
}

// notMade says why nothing was made.
func (s *Site) notMade(w http.ResponseWriter, r *http.Request, what string, err error) {
	switch {
	case errors.Is(err, access.ErrMany):
		s.tooManyOf(w, r, what)
	case errors.Is(err, access.ErrSpent):
		s.show(w, r, failure{http.StatusConflict, pages.Wary, "This was made before, and revoked since", []pages.Block{
			pages.Text("Nothing was made now. To have another, go back and ask for it there."),
			pages.Link{Label: "Back", URL: s.at(donePath)},
		}, false, false})
	default:
		s.failed(w, r, err)
	}
}

// keyMode is what was chosen, and at most what this page offers.
func (s *Site) keyMode(r *http.Request) principal.Mode {
	chosen := principal.Mode(r.PostForm.Get(modeField))
	if !slices.Contains([]principal.Mode{principal.Read, principal.Write}, chosen) || !s.Mode.Allows(chosen) {
		return principal.Read
	}
	return chosen
}

func (s *Site) showKey(w http.ResponseWriter, host, secret string, mode principal.Mode) {
	may := "read and write"
	if mode == principal.Read {
		may = "only read"
	}
	blocks := []pages.Block{
		pages.Note{Tone: pages.Wary, Text: "Copy the key now. It is shown this once and cannot be shown again; a lost one is replaced by a new one."},
		pages.Code{Label: "Access key", Text: secret},
		pages.Facts{{Name: "Works in", Value: host}, {Name: "It may", Value: may}},
	}
	blocks = append(blocks, s.keyClients(secret, mode)...)
	blocks = append(blocks, pages.Link{Label: "Back to the other programs", URL: s.at(donePath)})
	p := s.page("Your access key", pages.Good, blocks...)
	p.Alone = true
	pages.Render(w, http.StatusOK, p)
}
