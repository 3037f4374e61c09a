package connect

import (
	"errors"
	"net/http"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// failure is a page that says what went wrong and what to do now.
type failure struct {
	status int
	tone   pages.Tone
	title  string
	blocks []pages.Block
	again  bool // starting again may help
	tell   bool // whoever runs the server should hear of it
}

// failed shows why an account was not connected. What came with the address is not
// repeated.
func (s *Site) failed(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err, s.Public.Host)
	if f.status >= http.StatusInternalServerError {
		s.Logger.ErrorContext(r.Context(), "account not connected", "error", err)
	}
	s.show(w, r, f)
}

// FailurePage is the page for an error of auth.Service.Complete, for those who take
// Kommo's answer elsewhere than at a Site. How to start again is theirs to say.
func FailurePage(err error, site string) (status int, p pages.Page) {
	f := failureOf(err, site)
	return f.status, pages.Page{Title: f.title, Tone: f.tone, Site: site, Blocks: f.blocks}
}

// show draws a failure. The way to start again needs the page for it.
func (s *Site) show(w http.ResponseWriter, r *http.Request, f failure) {
	blocks := f.blocks
	if f.again && s.Open {
		blocks = append(blocks, s.startForm(pages.Cookie(w, r, s.https), "Start again"))
	} else if f.again {
		blocks = append(blocks, pages.Text("Start again from the program that brought you here."))
	}
	if facts := reference(w); f.tell && facts != nil {
		blocks = append(blocks, facts)
	}
	pages.Render(w, f.status, s.page(f.title, f.tone, blocks...))
}

// failureOf chooses the page for an error.
func failureOf(err error, site string) failure {
	p, ok := errors.AsType[*problem.Problem](err)
	switch {
	case !ok, p.Code == problem.Unavailable:
		return failure{http.StatusServiceUnavailable, pages.Bad, "The connection could not be kept", []pages.Block{
			pages.Text("This server cannot read or write what it has to remember, so nothing was connected. Trying again helps once that is repaired."),
			pages.Text("Tell whoever runs " + site + "; `kommo-mcp doctor` shows them the cause."),
		}, true, true}
	case p.Code == problem.Declined:
		return failure{http.StatusForbidden, pages.Wary, "Access was not allowed", []pages.Block{
			pages.Text("You, or somebody at this computer, did not allow access on Kommo's page. Nothing was connected and nothing in Kommo was changed."),
			pages.Text("Start again if it was a mistake. If Kommo did not offer to allow it, ask an administrator of your Kommo account: only they can."),
		}, true, false}
	case errors.Is(err, auth.ErrStale):
		return stale()
	case errors.Is(err, auth.ErrZone):
		return failure{http.StatusBadRequest, pages.Bad, "This did not come from Kommo", []pages.Block{
			pages.Text("The address that your browser was sent to names no account of Kommo, so nothing was sent anywhere and nothing was connected."),
			pages.Text("Start again from here, and go to Kommo in no other way. If somebody gave you a link to this address, do not trust it."),
		}, true, false}
	case errors.Is(err, auth.ErrSettings):
		return failure{http.StatusInternalServerError, pages.Bad, "This server is not set up correctly", []pages.Block{
			pages.Text("Kommo does not know this server as the integration that it says it is. Nothing was connected. This is not your mistake, and trying again does not help until it is put right."),
			pages.Text("Tell whoever runs " + site + "."),
			pages.Section{Title: "For whoever runs this server", Folded: true, Blocks: []pages.Block{pages.Text(p.Message), pages.Text(p.Next)}},
		}, false, true}
	case p.Code == problem.KommoUnavailable, p.Code == problem.BadResponse:
		return failure{http.StatusBadGateway, pages.Bad, "Kommo is not answering", []pages.Block{
			pages.Text("You allowed access, but Kommo gave no clear answer when this server came to fetch it. Nothing was connected."),
			pages.Text("Wait a few minutes and start again. You will be asked once more, since each answer of Kommo's page is good only once."),
		}, true, true}
	case p.Code == problem.Unauthorized:
		return failure{http.StatusBadRequest, pages.Bad, "Kommo did not accept the answer", []pages.Block{
			pages.Text("Kommo gives an answer that is good once and for 20 minutes, and says that this one is not good any more. Nothing was connected."),
		}, true, false}
	}
	return failure{http.StatusBadRequest, pages.Bad, "This is no answer from Kommo", []pages.Block{
		pages.Text("Something is missing in the address that your browser was sent to, or something is in it that does not belong there. Nothing was connected."),
		pages.Text("Start again, and do not change or copy the address on the way."),
	}, true, false}
}

func stale() failure {
	return failure{http.StatusBadRequest, pages.Wary, "This link does not work any more", []pages.Block{
		pages.Text("Nothing was connected by it. One of these is the reason:"),
		pages.List{Items: []string{
			"It was used before. Going back or reloading the page uses it again.",
			"More than 20 minutes have passed since it was made.",
			"It was made for somebody else, or in another browser or a private window.",
		}},
	}, true, false}
}

// notThisBrowser answers a browser that did not ask.
func (s *Site) notThisBrowser(w http.ResponseWriter, r *http.Request) {
	f := stale()
	f.title = "This browser did not ask for this"
	f.blocks = []pages.Block{
		pages.Text("Kommo's answer has to come back to the browser in which the connection was started, within 20 minutes. Nothing was connected."),
		pages.List{Items: []string{
			"If you started in another browser or a private window, go on there, or start again here.",
			"If you started in this one, it does not keep cookies: allow them for " + s.Public.Host + " and start again.",
			"If somebody sent you this link, do not use it.",
		}},
	}
	s.show(w, r, f)
}

// nothingCame answers somebody who opens the callback's address by hand.
func (s *Site) nothingCame(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, failure{http.StatusNotFound, pages.Plain, "Nothing to do here", []pages.Block{
		pages.Text("Kommo sends your browser to this address after you have allowed access. It is of no use by itself."),
	}, true, false})
}

// tooMany keeps strangers from making this server ask Kommo without end.
func (s *Site) tooMany(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "10")
	s.show(w, r, failure{http.StatusTooManyRequests, pages.Wary, "Too many at once", []pages.Block{
		pages.Text("Many people are connecting accounts at this moment. Wait a few seconds and start again."),
	}, true, false})
}

// refusePost answers a form that is not ours, or not of this browser.
func (s *Site) refusePost(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, failure{http.StatusForbidden, pages.Wary, "The page was open for too long", []pages.Block{
		pages.Text("It was opened more than 20 minutes ago, in another browser, or does not belong to this server. Nothing was done."),
		pages.Text("If this comes again, allow cookies for " + s.Public.Host + "."),
	}, true, false})
}
