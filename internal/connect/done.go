package connect

import (
	"net/http"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

const (
	keyPurpose = "key"
	modeField  = "mode"
	// keyLabel is what keys made here are called in lists.
	keyLabel = "made on the connection page"
	// maxKeys is how many keys an account may have before this page makes no more.
	maxKeys = 20
)

// done shows what to do with the account that this browser has connected.
func (s *Site) done(w http.ResponseWriter, r *http.Request) {
	bound, known := pages.Known(r, s.https)
	if !known {
		s.noSession(w, r)
		return
	}
	_, host, ok, err := s.connected(r.Context(), bound)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.noSession(w, r)
		return
	}
	blocks := []pages.Block{pages.Text("Kommo has given this server access to " + host + ". What is left is to tell the program that you work with. One click on a box selects all that is in it.")}
	blocks = append(blocks, pages.Code{Label: "The address of this server", Text: s.base + "/mcp"})
	blocks = append(blocks, s.clients()...)
	blocks = append(blocks, s.machines(bound))
	blocks = append(blocks, pages.Section{Title: "Disconnecting", Folded: true, Blocks: []pages.Block{
		pages.Text("In Kommo, open Settings > Integrations, choose the integration and uninstall it. This server then forgets the account, and its access keys and sign-ins stop working."),
	}})
	p := s.page(host+" is connected", pages.Good, blocks...)
	p.Alone = true
	pages.Render(w, http.StatusOK, p)
}

func (s *Site) noSession(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, failure{http.StatusNotFound, pages.Wary, "Nothing was connected here lately", []pages.Block{
		pages.Text("This page can be seen for 20 minutes, in the browser with which an account was connected. An account that is connected stays so."),
	}, true, false})
}

// machines is the part for programs that cannot ask a person to sign in.
func (s *Site) machines(bound string) pages.Section {
	out := pages.Section{Title: "n8n, Vapi, ElevenLabs, Retell, your own programs", Folded: true, Blocks: []pages.Block{
		pages.Text("These send an access key with each request. A key works in this one account. Whoever has it can use it, so give each program its own."),
	}}
	if s.Keys == nil || !s.Open {
		out.Blocks = append(out.Blocks, pages.Text("Ask whoever runs "+s.Public.Host+" for a key, and use it with the address `"+s.base+"/keys/mcp`."))
		return out
	}
	form := pages.Form{
		Action: s.at(keyPath), Hidden: []pages.Field{pages.Token(bound, keyPurpose)},
		Buttons: []pages.Button{{Label: "Create an access key"}},
	}
	if s.Mode.Allows(principal.Write) {
		form.Choices = []pages.Choice{{Question: "What may it do?", Name: modeField, Options: []pages.Option{
			{Value: string(principal.Write), Label: "Read and write", Detail: "Looks up, creates and changes records, and logs calls. Deletes nothing.", Checked: true},
			{Value: string(principal.Read), Label: "Only read", Detail: "Looks up records and reports. Changes nothing."},
		}}}
	}
	out.Blocks = append(out.Blocks, form)
	return out
}

// newKey makes a key for the account that this browser has connected, and shows it
// this once.
func (s *Site) newKey(w http.ResponseWriter, r *http.Request) {
	bound, ok := pages.TrustedPost(w, r, s.Public, keyPurpose)
	if !ok || s.Keys == nil {
		s.refusePost(w, r)
		return
	}
	ctx := r.Context()
	account, host, ok, err := s.connected(ctx, bound)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.noSession(w, r)
		return
	}
	n, err := s.Keys.CountKeys(ctx, account)
	if err == nil && n >= maxKeys {
		s.show(w, r, failure{http.StatusConflict, pages.Wary, "This account has many keys already", []pages.Block{
			pages.Text("No more are made here. Ask whoever runs " + s.Public.Host + " to revoke those that are not used."),
			pages.Link{Label: "Back", URL: s.at(donePath)},
		}, false, false})
		return
	}
	mode := s.keyMode(r)
	var secret string
	if err == nil {
		secret, err = s.Keys.NewKey(ctx, account, keyLabel, mode)
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.Logger.InfoContext(ctx, "access key made on the connection page", "account", account, "mode", string(mode))
	s.showKey(w, host, secret, mode)
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
	blocks = append(blocks, s.keyClients(secret)...)
	blocks = append(blocks, pages.Link{Label: "Back to the other programs", URL: s.at(donePath)})
	p := s.page("Your access key", pages.Good, blocks...)
	p.Alone = true
	pages.Render(w, http.StatusOK, p)
}
