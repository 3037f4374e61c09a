package connect

import (
	"net/http"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

const startPurpose = "start"

// explain says what connecting means, before anything happens.
func (s *Site) explain(w http.ResponseWriter, r *http.Request) {
	bound := pages.Cookie(w, r, s.https)
	p := s.page("Connect your Kommo account", pages.Plain)
	if last, ok, err := s.connected(r.Context(), bound, ""); err == nil && ok {
		p.Blocks = append(p.Blocks,
			pages.Note{Tone: pages.Good, Text: last.host + " was connected in this browser a short time ago. Connect it again, or another account, below."},
			pages.Link{Label: "What to enter where for " + last.host, URL: s.at(donePath)})
	}
	p.Blocks = append(p.Blocks,
		pages.Text("Connect Kommo once, and the assistants and voice agents that you choose can work in it. "+s.abilities()),
		pages.Section{Title: "What happens", Blocks: []pages.Block{pages.List{Ordered: true, Items: []string{
			"Kommo's own page opens. You sign in there, if you have not already.",
			"You choose the account and allow access. Only an administrator of the account can do that.",
			"You come back here and get what to enter in Claude, ChatGPT, Cursor, n8n or your voice platform.",
		}}}},
		s.startForm(bound, "Connect Kommo"),
		pages.Section{Title: "Good to know", Blocks: []pages.Block{pages.List{Items: []string{
			"Your Kommo password is never seen by this server.",
			"The permission that Kommo gives is kept encrypted, and used only for what your assistants ask for.",
			"You can end it at any time in Kommo, under Settings > Integrations. Everything handed out here then stops working.",
		}}}},
	)
	p.Alone = true
	pages.Render(w, http.StatusOK, p)
}

// abilities says what can be done through this server, in its mode.
func (s *Site) abilities() string {
	switch s.Mode {
	case principal.Read:
		return "They can look up leads, contacts and tasks, and report on your pipelines. This server changes nothing in Kommo."
	case principal.Full:
		return "They can look up leads and contacts, log calls, create and change records, and also delete some."
	default:
		return "They can look up leads and contacts, log calls, and create and change records. They cannot delete any."
	}
}

func (s *Site) startForm(bound, label string) pages.Form {
	return pages.Form{
		Action: s.at(startPath), Hidden: []pages.Field{pages.Token(bound, startPurpose)},
		Buttons: []pages.Button{{Label: label}},
	}
}

// start sends the browser to Kommo's consent page.
func (s *Site) start(w http.ResponseWriter, r *http.Request) {
	bound, ok := pages.TrustedPost(w, r, s.Public, startPurpose)
	if !ok {
		s.refusePost(w, r)
		return
	}
	if !s.answers.Allow(s.from(r)) {
		s.tooMany(w, r)
		return
	}
	link, err := s.Auth.Link(r.Context(), bound, s.Zone)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	p := s.page("On to Kommo", pages.Plain, pages.Text("Kommo's page opens and asks whether to allow access."))
	p.Alone = true
	pages.GoOn(w, r, link, p)
}
