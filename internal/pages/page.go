package pages

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // of the style and the templates
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Tone is what a page or a note is about; it chooses a mark and a colour.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good" // it worked
	Bad   Tone = "bad"  // it did not work
	Wary  Tone = "wary" // look twice before going on
)

// Page is one page.
type Page struct {
	Title  string // of the page and the window
	Tone   Tone
	Site   string // the server's host, as people know it; shown above the title
	Blocks []Block

	// Alone parts the page from the window that opened it. Where a client's page
	// opens ours and waits for word of it, as in an authorization, leave it false.
	Alone bool
	// Onward is where the page leads by itself, at once.
	Onward string
	// After is how long Onward waits.
	After time.Duration
}

// Block is a part of a page: Text, Note, List, Facts, Code, Section, Form or Link.
type Block interface{ block() string }

// Text is a paragraph. What stands between backquotes is set as code.
type Text string

// Note is a paragraph that stands out.
type Note struct {
	Tone Tone
	Text string
}

// List is a list, with numbers where the order matters. Items are as Text.
type List struct {
	Items   []string
	Ordered bool
}

// Facts are names with their values.
type Facts []Fact

// Fact is one of them.
type Fact struct{ Name, Value string }

// Code is text to copy: one click selects all of it.
type Code struct {
	Label string // what it is; always shown
	Text  string
}

// Section is a part with a heading of its own; folded, it opens by a click.
type Section struct {
	Title  string
	Folded bool
	Blocks []Block
}

// Link leads on. URL is an address of https, of http on this machine, or of a
// program (cursor://...); another leads nowhere.
type Link struct {
	Label, URL string
	Button     bool
}

// Form posts to a path of this server. Who answers it checks TrustedPost and Token.
type Form struct {
	Action  string
	Hidden  []Field
	Choices []Choice
	Inputs  []Input
	Buttons []Button
}

// Input is a line to write. Where it may be left empty the label says so.
type Input struct {
	Label, Detail, Name string
	Secret              bool // not shown while it is written, and kept by no browser
}

// Field is a value that goes with a form.
type Field struct{ Name, Value string }

// Choice is a question with several answers, of which one is given.
type Choice struct {
	Question string
	Name     string
	Options  []Option
}

// Option is one answer.
type Option struct {
	Value, Label, Detail string
	Checked              bool
}

// Button sends a form. With a name it says which of several was pressed.
type Button struct {
	Label, Name, Value string
	Quiet              bool // the lesser choice
}

func (Text) block() string    { return "text" }
func (Note) block() string    { return "note" }
func (List) block() string    { return "list" }
func (Facts) block() string   { return "facts" }
func (Code) block() string    { return "code" }
func (Section) block() string { return "section" }
func (Form) block() string    { return "form" }
func (Link) block() string    { return "link" }

//go:embed style.css
var style string

//go:embed page.html
var layout string

// Render answers with a page. Nothing of it is kept by caches or shown in frames.
func Render(w http.ResponseWriter, status int, p Page) {
	css := strings.TrimSpace(style)
	var out bytes.Buffer
	err := parsed().Execute(&out, map[string]any{"Page": p, "Style": template.CSS(css)}) //nolint:gosec // G203: our own file
	if err != nil {
		http.Error(w, "the page could not be drawn", http.StatusInternalServerError)
		return
	}
	guardPage(w.Header(), p, css)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// guardPage sets what the browser must not do with a page.
func guardPage(h http.Header, p Page, css string) {
	sum := sha256.Sum256([]byte(css))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// The address may hold a code: no other site is told it. A form needs the
	// browser to say where it comes from, which no-referrer forbids; it tells ours alone.
	h.Set("Referrer-Policy", "no-referrer")
	if hasForm(p.Blocks) {
		h.Set("Referrer-Policy", "same-origin")
	}
	if p.Alone {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
}

func hasForm(blocks []Block) bool {
	for _, b := range blocks {
		switch b := b.(type) {
		case Form:
			return true
		case Section:
			if hasForm(b.Blocks) {
				return true
			}
		}
	}
	return false
}

// GoOn sends the browser on after one of our forms. A redirect will not do: a
// browser holds the whole chain of redirects behind a form to form-action, and
// where this one ends, at Kommo or at a client, is not for us to list. So a page
// leads on, at once and by itself; for programs, which ask for no HTML, it is a
// redirect.
func GoOn(w http.ResponseWriter, r *http.Request, to string, p Page) {
	if leads(to) == "" {
		Render(w, http.StatusBadRequest, Page{Title: "This leads nowhere", Tone: Bad, Site: p.Site, Blocks: []Block{
			Text("The address to go on to is none that a browser may be sent to."),
		}})
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	p.Onward = to
	p.Blocks = append(p.Blocks, Link{Label: "Continue", URL: to, Button: true})
	Render(w, http.StatusOK, p)
}

// parsed is the layout, read anew for each page: pages are rare, and nothing is
// shared between them.
func parsed() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"kind":  func(b Block) string { return b.block() },
		"leads": func(to string) template.URL { return template.URL(leads(to)) }, //nolint:gosec // G203: leads lets none through that runs a script
		"spans": spans,
		"words": toneWords,
		"wait":  func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) },
		"slug":  slug,
	}).Parse(layout))
}

// toneWords say the tone to those who see neither mark nor colour.
func toneWords(t Tone) string {
	switch t {
	case Good:
		return "Done"
	case Bad:
		return "Problem"
	case Wary:
		return "Take care"
	default:
		return ""
	}
}

type span struct {
	Text string
	Code bool
}

// spans parts a text at its backquotes.
func spans(text any) []span {
	var out []span
	var whole string
	switch t := text.(type) {
	case Text:
		whole = string(t)
	case string:
		whole = t
	}
	for i, part := range strings.Split(whole, "`") {
		if part != "" {
			out = append(out, span{part, i%2 == 1})
		}
	}
	return out
}

// slug makes a name for an element of a page.
func slug(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		}
		return '-'
	}, text)
}
