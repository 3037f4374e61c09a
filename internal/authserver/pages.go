package authserver

import (
	"net/http"
	"net/url"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// consentPage shows who asks, for what, and where the answer goes. Names are what
// clients call themselves, so the hosts, which cannot be made up, stand beside them.
func (s *Server) consentPage(w http.ResponseWriter, req request, action string, csrf pages.Field) {
	to, err := url.Parse(req.redirect)
	if err != nil {
		s.problemPage(w, http.StatusBadRequest, "The app's address cannot be read.", "Tell whoever makes the app.")
		return
	}
	facts := pages.Facts{{Name: "App", Value: req.client.Name}}
	switch {
	case req.client.Host != "":
		facts = append(facts, pages.Fact{Name: "Published by", Value: req.client.Host})
	case req.client.Made:
		facts = append(facts, pages.Fact{Name: "Let in by", Value: "whoever runs " + s.cfg.Public.Host})
	}
	facts = append(facts, pages.Fact{Name: "Sends you back to", Value: place(to)})
	blocks := []pages.Block{facts}
	if note := warning(req.client, to); note != "" {
		blocks = append(blocks, pages.Note{Tone: pages.Wary, Text: note})
	}
	if mixed(req.client.Name) {
		blocks = append(blocks, pages.Note{Tone: pages.Wary, Text: "Its name mixes letters of alphabets that look alike, as imitations do."})
	}
	blocks = append(blocks,
		pages.Section{Title: "It will be able to", Blocks: []pages.Block{pages.List{Items: rights(modeOf(req.scope))}}},
		pages.Text("On the next page, Kommo's own, you choose the account. The app gets no password and no key of Kommo's; it works through this server, as you."),
		pages.Form{Action: action, Hidden: []pages.Field{csrf}, Buttons: []pages.Button{
			{Label: "Allow and go on to Kommo", Name: "decision", Value: "allow"},
			{Label: "Deny", Name: "decision", Value: "deny", Quiet: true},
		}},
	)
	// The isolates keep a name in another script from turning the sentence around.
	pages.Render(w, http.StatusOK, pages.Page{
		Title: "Allow “\u2068" + req.client.Name + "\u2069” to work in your Kommo account?", Site: s.cfg.Public.Host, Blocks: blocks,
	})
}

// place says where an address leads, for people.
func place(to *url.URL) string {
	switch {
	case loopback(to):
		return "a program on this computer (" + to.Hostname() + ")"
	case to.Scheme != "https":
		return "an app on this device (" + to.Scheme + ":)"
	}
	return to.Hostname()
}

// warning is what to look at twice.
func warning(c client, to *url.URL) string {
	known := c.Host != "" || c.Made
	const check = " Go on only if you started this yourself, in an app that you trust."
	switch {
	case !known && to.Scheme == "https":
		return "This app registered itself, and nobody has checked its name: go by where it sends you back to." + check
	case !known:
		return "This app registered itself, and nobody has checked its name." + check
	case to.Scheme != "https":
		return "Any program on this device can say that it is this app." + check
	}
	return ""
}

// rights are a mode in words.
func rights(m principal.Mode) []string {
	out := []string{"read leads, contacts, companies, tasks, notes and calls, and the names of users, pipelines and fields"}
	if m.Allows(principal.Write) {
		out = append(out, "create and change them, and move leads between stages")
	}
	if m.Allows(principal.Full) {
		out = append(out, "delete what your Kommo user may delete")
	}
	return out
}

func (s *Server) problemPage(w http.ResponseWriter, status int, message, next string) {
	pages.Render(w, status, pages.Page{
		Title: "The app was not connected", Tone: pages.Bad, Site: s.cfg.Public.Host, Blocks: []pages.Block{pages.Text(message), pages.Text(next)},
	})
}

// onward leads on after our form.
func (s *Server) onward(w http.ResponseWriter, r *http.Request, title, to string) {
	pages.GoOn(w, r, to, pages.Page{Title: title, Site: s.cfg.Public.Host})
}
