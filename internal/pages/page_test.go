package pages_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
)

const nasty = `"><script>alert(1)</script>&'`

// everything is a page with each kind of block, all of whose texts are hostile.
func everything() pages.Page {
	return pages.Page{Title: nasty, Site: nasty, Tone: pages.Good, Blocks: []pages.Block{
		pages.Text(nasty), pages.Text("a `b` c"),
		pages.Note{Tone: pages.Wary, Text: nasty},
		pages.List{Items: []string{nasty}},
		pages.List{Ordered: true, Items: []string{nasty}},
		pages.Facts{{nasty, nasty}},
		pages.Code{Label: nasty, Text: nasty},
		pages.Link{Label: nasty, URL: "https://example.com/?" + nasty},
		pages.Link{Label: "x", URL: "javascript:alert(1)"},
		pages.Section{Title: nasty, Blocks: []pages.Block{pages.Text(nasty)}},
		pages.Section{Title: nasty, Folded: true, Blocks: []pages.Block{
			pages.Form{Action: "/go", Hidden: []pages.Field{{nasty, nasty}}, Choices: []pages.Choice{{nasty, nasty, []pages.Option{{nasty, nasty, nasty, true}}}}, Inputs: []pages.Input{{Label: nasty, Detail: nasty, Name: nasty}}, Buttons: []pages.Button{{Label: nasty, Name: nasty, Value: nasty}}},
		}},
	}}
}

func TestNothingGoesOutUnescaped(t *testing.T) {
	w := httptest.NewRecorder()
	pages.Render(w, http.StatusTeapot, everything())
	body := w.Body.String()
	if w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
	for _, bad := range []string{"<script", "javascript:", "ZgotmplZ"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if got := strings.Count(body, "alert(1)"); got < 20 {
		t.Errorf("only %d of the texts are shown", got)
	}
	if !strings.Contains(body, "a <code>b</code> c") {
		t.Error("what stands between backquotes is not set as code")
	}
}

func TestHeadersOfAPage(t *testing.T) {
	w := httptest.NewRecorder()
	pages.Render(w, http.StatusOK, pages.Page{Title: "x", Alone: true, Blocks: []pages.Block{pages.Text("y")}})
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(w.Body.String())
	if style == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Content-Type":            "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
	}
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	w = httptest.NewRecorder()
	pages.Render(w, http.StatusOK, everything())
	if got := w.Header().Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("a form under %q sends no origin", got)
	}
	if got := w.Header().Get("Cross-Origin-Opener-Policy"); got != "" {
		t.Errorf("a page that a client opened is parted from it by %q", got)
	}
}

func TestGoOnLeadsOnlyWhereABrowserMayBeSent(t *testing.T) {
	for to, leads := range map[string]bool{
		"https://claude.ai/api/mcp/auth_callback?code=1&state=a%3Bb": true, "http://127.0.0.1:3334/callback?code=1": true, "http://localhost:1/x": true, "http://[::1]:1/x": true,
		"cursor://anysphere.cursor-mcp/oauth/callback?code=1": true, "vscode://x.y/z": true, "com.example.app:/cb?code=1": true, "/connect/done": true,
		"javascript:alert(1)": false, "JavaScript:alert(1)": false, "data:text/html,x": false, "vbscript:x": false, "file:///etc/passwd": false, "blob:https://x/y": false,
		"http://example.com/": false, "//example.com/": false, "/\\example.com": false, "https:///x": false, "": false, "java\nscript:alert(1)": false, "\x20https://x.example/": false,
		"view-source:https://x.example": false, "connect": false,
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/go", http.NoBody)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		pages.GoOn(w, r, to, pages.Page{Title: "On"})
		if got := w.Code == http.StatusOK && strings.Contains(w.Body.String(), `http-equiv="refresh"`); got != leads {
			t.Errorf("%q: leads %v, want %v", to, got, leads)
		}
		r.Header.Del("Accept")
		w = httptest.NewRecorder()
		pages.GoOn(w, r, to, pages.Page{Title: "On"})
		if got := w.Code == http.StatusSeeOther; got != leads || (leads && w.Header().Get("Location") != to) {
			t.Errorf("%q, for a program: %d to %q", to, w.Code, w.Header().Get("Location"))
		}
	}
}
