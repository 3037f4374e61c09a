package authserver_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
)

// Before client and redirect URI are known to belong together nobody is sent
// anywhere.
func TestErrorsBeforeTheRedirectIsKnownStayHere(t *testing.T) {
	g := newRig(t)
	id := g.register("https://app.example/callback")
	for name, c := range map[string]struct {
		change func(url.Values)
		raw    string
		status int
	}{
		"no client":          {change: func(v url.Values) { v.Del("client_id") }, status: 400},
		"an unknown client":  {change: func(v url.Values) { v.Set("client_id", "nobody") }, status: 400},
		"a long client":      {change: func(v url.Values) { v.Set("client_id", strings.Repeat("x", 600)) }, status: 400},
		"two clients":        {change: func(v url.Values) { v.Add("client_id", id) }, status: 400},
		"no redirect":        {change: func(v url.Values) { v.Del("redirect_uri") }, status: 400},
		"another redirect":   {change: func(v url.Values) { v.Set("redirect_uri", "https://evil.example/callback") }, status: 400},
		"a longer redirect":  {change: func(v url.Values) { v.Set("redirect_uri", "https://app.example/callback/x") }, status: 400},
		"with a query":       {change: func(v url.Values) { v.Set("redirect_uri", "https://app.example/callback?x=1") }, status: 400},
		"another port":       {change: func(v url.Values) { v.Set("redirect_uri", "https://app.example:8443/callback") }, status: 400},
		"with a slash":       {change: func(v url.Values) { v.Set("redirect_uri", "https://app.example/callback/") }, status: 400},
		"in capitals":        {change: func(v url.Values) { v.Set("redirect_uri", "https://APP.example/callback") }, status: 400},
		"a user name":        {change: func(v url.Values) { v.Set("redirect_uri", "https://app.example@evil.example/callback") }, status: 400},
		"two redirects":      {change: func(v url.Values) { v.Add("redirect_uri", "https://app.example/callback") }, status: 400},
		"a script":           {change: func(v url.Values) { v.Set("redirect_uri", "javascript:alert(1)") }, status: 400},
		"a damaged address":  {raw: "client_id=%zz", status: 400},
		"far too long":       {change: func(v url.Values) { v.Set("x", strings.Repeat("x", 20<<10)) }, status: 400},
		"http for a client":  {change: func(v url.Values) { v.Set("client_id", "http://app.example/client.json") }, status: 400},
		"no such document":   {change: func(v url.Values) { v.Set("client_id", "https://app.example/client.json") }, status: 502},
		"a document of ours": {change: func(v url.Values) { v.Set("client_id", "https://127.0.0.1/client.json") }, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			v := g.asks(id, "https://app.example/callback")
			raw := c.raw
			if c.change != nil {
				c.change(v)
				raw = v.Encode()
			}
			a := g.get("/authorize?" + raw)
			if a.status != c.status || a.header.Get("Location") != "" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("answered %d, Location %q, want a page with %d", a.status, a.header.Get("Location"), c.status)
			}
			if strings.Contains(a.body, "evil.example") || strings.Contains(a.body, "alert(1)") {
				t.Error("the page repeats what it was sent")
			}
		})
	}
}

func TestRedirectsAreComparedLetterByLetterButForPortsOnLoopback(t *testing.T) {
	for _, c := range []struct {
		registered, asked string
		want              bool
	}{
		{"http://127.0.0.1:3000/callback", "http://127.0.0.1:3000/callback", true},
		{"http://127.0.0.1:3000/callback", "http://127.0.0.1:4000/callback", true},
		{"http://127.0.0.1/callback", "http://127.0.0.1:4000/callback", true},
		{"http://[::1]/callback", "http://[::1]:4000/callback", true},
		{"http://127.0.0.1:3000", "http://127.0.0.1:4000/", true},
		{"http://127.0.0.1:3000/callback?a=1", "http://127.0.0.1:4000/callback?a=1", true},
		{"http://127.0.0.1:3000/callback", "http://localhost:3000/callback", false},
		{"http://localhost:3000/callback", "http://127.0.0.1:3000/callback", false},
		{"http://127.0.0.1:3000/callback", "http://127.0.0.2:3000/callback", false},
		{"http://127.0.0.1:3000/callback", "http://127.0.0.1:3000/callback/", false},
		{"http://127.0.0.1:3000/callback", "http://127.0.0.1:3000/other", false},
		{"http://127.0.0.1:3000/a/callback", "http://127.0.0.1:3000/a%2Fcallback", false},
		{"http://127.0.0.1:3000/callback", "http://127.0.0.1:3000/callback?x=1", false},
		{"http://127.0.0.1:3000/callback", "http://127.0.0.1:3000/callback?", false},
		{"http://127.0.0.1:3000/callback", "https://127.0.0.1:3000/callback", false},
		{"http://127.0.0.1:3000/callback", "http://evil.example:3000/callback", false},
		{"http://localhost/callback", "http://localhost.evil.example/callback", false},
		{"https://app.example/callback", "https://app.example:443/callback", false},
		{"https://app.example/", "https://app.example", false},
		{"cursor://a/b", "cursor://a:3/b", false},
	} {
		if got := authserver.RedirectFits(c.registered, c.asked); got != c.want {
			t.Errorf("%s for %s: %v", c.asked, c.registered, got)
		}
	}
}

func TestErrorsAfterThatGoToTheClient(t *testing.T) {
	g := newRig(t)
	id := g.register("https://app.example/callback?tenant=7")
	for name, c := range map[string]struct {
		change func(url.Values)
		code   string
		state  string
	}{
		"no response type":      {func(v url.Values) { v.Del("response_type") }, "invalid_request", "state-of-the-client"},
		"a token at once":       {func(v url.Values) { v.Set("response_type", "token") }, "unsupported_response_type", "state-of-the-client"},
		"in a fragment":         {func(v url.Values) { v.Set("response_mode", "fragment") }, "invalid_request", "state-of-the-client"},
		"no challenge":          {func(v url.Values) { v.Del("code_challenge") }, "invalid_request", "state-of-the-client"},
		"no method":             {func(v url.Values) { v.Del("code_challenge_method") }, "invalid_request", "state-of-the-client"},
		"plain":                 {func(v url.Values) { v.Set("code_challenge_method", "plain") }, "invalid_request", "state-of-the-client"},
		"a short challenge":     {func(v url.Values) { v.Set("code_challenge", "abc") }, "invalid_request", "state-of-the-client"},
		"two scopes":            {func(v url.Values) { v.Add("scope", "kommo:full") }, "invalid_request", "state-of-the-client"},
		"two states":            {func(v url.Values) { v.Add("state", "x") }, "invalid_request", ""},
		"a long state":          {func(v url.Values) { v.Set("state", strings.Repeat("x", 7<<10)) }, "invalid_request", ""},
		"a long scope":          {func(v url.Values) { v.Set("scope", strings.Repeat("x", 2<<10)) }, "invalid_scope", "state-of-the-client"},
		"another resource":      {func(v url.Values) { v.Set("resource", "https://other.example/mcp") }, "invalid_target", "state-of-the-client"},
		"the door for machines": {func(v url.Values) { v.Set("resource", g.url+"/keys/mcp") }, "invalid_target", "state-of-the-client"},
		"an empty resource":     {func(v url.Values) { v.Set("resource", "") }, "invalid_target", "state-of-the-client"},
		"two resources":         {func(v url.Values) { v.Add("resource", g.url+"/mcp") }, "invalid_target", "state-of-the-client"},
		"nobody to be asked":    {func(v url.Values) { v.Set("prompt", "none") }, "interaction_required", "state-of-the-client"},
		"a request object":      {func(v url.Values) { v.Set("request", "x.y.z") }, "request_not_supported", "state-of-the-client"},
	} {
		t.Run(name, func(t *testing.T) {
			v := g.asks(id, "https://app.example/callback?tenant=7")
			c.change(v)
			a := g.get("/authorize?" + v.Encode())
			if a.status != http.StatusFound || !strings.HasPrefix(a.header.Get("Location"), "https://app.example/callback?tenant=7&") {
				t.Fatalf("answered %d, Location %q", a.status, a.header.Get("Location"))
			}
			if q := a.query(t); q.Get("error") != c.code || q.Get("state") != c.state || q.Get("iss") != g.url || q.Get("error_description") == "" || q.Has("code") {
				t.Errorf("the client is told %v", q)
			}
		})
	}
}

func TestWhatIsOfNoUseIsIgnored(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	for name, change := range map[string]func(url.Values){
		"prompt and nonce":      func(v url.Values) { v.Set("prompt", "login consent"); v.Set("nonce", "n") },
		"response_mode query":   func(v url.Values) { v.Set("response_mode", "query") },
		"no resource":           func(v url.Values) { v.Del("resource") },
		"resource with a slash": func(v url.Values) { v.Set("resource", g.url+"/mcp/") },
		"resource in capitals":  func(v url.Values) { v.Set("resource", strings.Replace(g.url, "http:", "HTTP:", 1)+"/mcp") },
		"no scope":              func(v url.Values) { v.Del("scope") },
		"no state":              func(v url.Values) { v.Del("state") },
		"strange characters":    func(v url.Values) { v.Set("state", `a'b"c<d>e%f&g=h+i j{k}`) },
	} {
		t.Run(name, func(t *testing.T) {
			v := g.asks(id, loopbackRedirect)
			change(v)
			back := g.authorize(v)
			if back.Get("code") == "" || back.Get("state") != v.Get("state") || back.Has("state") != v.Has("state") {
				t.Errorf("the client is told %v", back)
			}
		})
	}
}

func TestThePageSaysWhoAsksForWhat(t *testing.T) {
	g := newRig(t)
	id, _ := g.registerAs(map[string]any{
		"client_name": "Nice <b>app</b>\u202e\u200b\n of yours " + strings.Repeat("x", 100), "redirect_uris": []string{"https://app.example/callback"},
	})
	a := g.get("/authorize?" + g.asks(id, "https://app.example/callback").Encode())
	for _, want := range []string{"Nice &lt;b&gt;app&lt;/b&gt; of yours xxx", "…", "app.example", "registered itself", "go by where it sends you back to", "create and change", "127.0.0.1"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<b>", "\u202e", "\u200b", "delete", "<script", "https://app.example"} {
		if strings.Contains(a.body, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	csp := a.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "form-action 'self'") {
		t.Errorf("its policy is %q", csp)
	}
	if a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("its header is %v", a.header)
	}
	for name, imitates := range map[string]bool{"\u0421laude": true, "Cl\u03b1ude": true, "Claude": false, "Клод": false, "Claude für Café": false, "クロード Claude": false} {
		id, _ := g.registerAs(map[string]any{"client_name": name, "redirect_uris": []string{"https://app.example/callback"}})
		if a := g.get("/authorize?" + g.asks(id, "https://app.example/callback").Encode()); strings.Contains(a.body, "alphabets that look alike") != imitates {
			t.Errorf("%q is said to imitate: %v", name, !imitates)
		}
	}
	piled, _ := g.registerAs(map[string]any{"client_name": "e\u0301" + strings.Repeat("\u0489", 30) + "x", "redirect_uris": []string{"https://app.example/callback"}})
	if a := g.get("/authorize?" + g.asks(piled, "https://app.example/callback").Encode()); !strings.Contains(a.body, "e\u0301\u0489x") {
		t.Error("a pile of marks is shown")
	}
	app := g.register("cursor://anysphere.cursor-mcp/oauth/callback")
	if a := g.get("/authorize?" + g.asks(app, "cursor://anysphere.cursor-mcp/oauth/callback").Encode()); !strings.Contains(a.body, "an app on this device (cursor:)") {
		t.Error("the page does not say that an app gets the answer")
	}
	if a := g.get("/authorize?" + g.asks(g.register(loopbackRedirect), loopbackRedirect).Encode()); !strings.Contains(a.body, "a program on this computer (127.0.0.1)") {
		t.Error("the page does not say that a program gets the answer")
	}
}

func TestThePersonDenies(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	a := g.press(g.get("/authorize?"+g.asks(id, loopbackRedirect).Encode()), "deny")
	if q := a.query(t); q.Get("error") != "access_denied" || q.Get("state") != "state-of-the-client" || q.Get("iss") != g.url || q.Has("code") {
		t.Errorf("the client is told %v", q)
	}
	// A browser is led on by a page: its policy for forms holds for redirects too.
	page := g.get("/authorize?" + g.asks(id, loopbackRedirect).Encode())
	action, csrf := formAction.FindStringSubmatch(page.body), formToken.FindStringSubmatch(page.body)
	b := g.form(html.UnescapeString(action[1]), url.Values{"csrf": {csrf[1]}, "decision": {"deny"}}, "Accept", "text/html")
	if b.status != http.StatusOK || !strings.Contains(b.body, `http-equiv="refresh"`) || !strings.Contains(b.body, "error=access_denied") {
		t.Errorf("a browser gets %d %s", b.status, b.body)
	}
}

func TestThePersonDeniesAtKommo(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	onward := g.press(g.get("/authorize?"+g.asks(id, loopbackRedirect).Encode()), "allow")
	refused := g.get(onward.header.Get("Location") + "&deny=1")
	back := g.get(refused.header.Get("Location"))
	if q := back.query(t); q.Get("error") != "access_denied" || q.Get("state") != "state-of-the-client" || q.Get("iss") != g.url {
		t.Errorf("the client is told %v", q)
	}
	if again := g.get(refused.header.Get("Location")); again.status != http.StatusTeapot {
		t.Errorf("a second answer leads to %d", again.status)
	}
}

// Only our own page, in the browser that it was drawn for, takes an answer, and for
// what it showed.
func TestAnAnswerIsTheBrowsersOwn(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	page := g.get("/authorize?" + g.asks(id, loopbackRedirect).Encode())
	action := html.UnescapeString(formAction.FindStringSubmatch(page.body)[1])
	csrf := formToken.FindStringSubmatch(page.body)[1]
	allow := url.Values{"csrf": {csrf}, "decision": {"allow"}}
	other := newBrowser(t)
	form := func(v url.Values) *strings.Reader { return strings.NewReader(v.Encode()) }
	const kind = "application/x-www-form-urlencoded"
	wider := strings.Replace(action, "kommo%3Awrite", "kommo%3Afull", 1)
	if wider == action {
		t.Fatal("the action has no scope to change")
	}
	for name, a := range map[string]answer{
		"another browser": g.do(other, http.MethodPost, action, form(allow), "Content-Type", kind),
		"another site":    g.form(action, allow, "Origin", "https://evil.example"),
		"cross-site":      g.form(action, allow, "Sec-Fetch-Site", "cross-site"),
		"no token":        g.form(action, url.Values{"decision": {"allow"}}),
		"a wrong token":   g.form(action, url.Values{"decision": {"allow"}, "csrf": {csrf + "0"}}),
		"a wider scope":   g.form(wider, allow),
	} {
		if a.status != http.StatusForbidden || a.header.Get("Location") != "" {
			t.Errorf("%s: answered %d %q", name, a.status, a.header.Get("Location"))
		}
	}
	if a := g.form(action, allow); a.status != http.StatusSeeOther {
		t.Errorf("the browser's own is answered %d", a.status)
	}
}

// The answer of Kommo's page counts in the browser that gave ours alone, so that
// nobody gets another person's account by sending them a link.
func TestTheWayBackBelongsToTheBrowser(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	onward := g.press(g.get("/authorize?"+g.asks(id, loopbackRedirect).Encode()), "allow")
	link := onward.header.Get("Location")
	victim := newBrowser(t)
	g.do(victim, http.MethodGet, "/authorize?"+g.asks(id, loopbackRedirect).Encode(), http.NoBody) // it has a cookie of its own
	consent := g.do(victim, http.MethodGet, link, http.NoBody)
	back := g.do(victim, http.MethodGet, consent.header.Get("Location"), http.NoBody)
	if strings.Contains(back.header.Get("Location"), "code=") {
		t.Errorf("another browser's answer gave a code: %q", back.header.Get("Location"))
	}
	u, _ := url.Parse(link)
	here, _ := url.Parse(g.url)
	a := connect.Answer{State: u.Query().Get("state")}
	for _, a.Bound = range []string{"", "x", victim.Jar.Cookies(here)[0].Value} {
		if to, waiting, _ := g.server.Finish(t.Context(), a, "1"); waiting {
			t.Errorf("another browser is sent to %q", to)
		}
		if to, waiting := g.server.Fail(t.Context(), a, "x", "y"); waiting {
			t.Errorf("another browser ends it, and is sent to %q", to)
		}
	}
	a.Bound = g.browser.Jar.Cookies(here)[0].Value
	if to, waiting, err := g.server.Finish(t.Context(), a, "1"); !waiting || err != nil || !strings.HasPrefix(to, loopbackRedirect) {
		t.Errorf("its own is sent to %q, %v, %v", to, waiting, err)
	}
	if to, waiting, _ := g.server.Finish(t.Context(), a, "1"); waiting {
		t.Errorf("a second answer is sent to %q", to)
	}
	if to, waiting, err := g.server.Finish(t.Context(), connect.Answer{}, "1"); waiting || err != nil {
		t.Errorf("an empty answer ends %q, %v", to, err)
	}
}

func TestOfManyAnswersAtOnceOneGoesOn(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	onward := g.press(g.get("/authorize?"+g.asks(id, loopbackRedirect).Encode()), "allow")
	u, _ := url.Parse(onward.header.Get("Location"))
	here, _ := url.Parse(g.url)
	a := connect.Answer{State: u.Query().Get("state"), Bound: g.browser.Jar.Cookies(here)[0].Value}
	var all sync.WaitGroup
	var on atomic.Int32
	for range 8 {
		all.Go(func() {
			if _, waiting, err := g.server.Finish(t.Context(), a, "1"); waiting || err != nil {
				on.Add(1)
			}
		})
	}
	all.Wait()
	if on.Load() != 1 {
		t.Errorf("%d go on", on.Load())
	}
}

// Two apps in two tabs of one browser get each their own.
func TestTwoConsentsInOneBrowser(t *testing.T) {
	g := newRig(t)
	first, second := g.register("http://127.0.0.1:4001/callback"), g.register("http://127.0.0.1:4002/callback")
	one := g.press(g.get("/authorize?"+g.asks(first, "http://127.0.0.1:4001/callback").Encode()), "allow")
	two := g.press(g.get("/authorize?"+g.asks(second, "http://127.0.0.1:4002/callback").Encode()), "allow")
	for redirect, a := range map[string]answer{"http://127.0.0.1:4002/callback": two, "http://127.0.0.1:4001/callback": one} {
		back := g.get(g.get(a.header.Get("Location")).header.Get("Location"))
		if !strings.HasPrefix(back.header.Get("Location"), redirect+"?") {
			t.Errorf("the browser ends at %q, want %s", back.header.Get("Location"), redirect)
		}
	}
}

func TestConsentsAreBounded(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	page := g.get("/authorize?" + g.asks(id, loopbackRedirect).Encode())
	last := 0
	for range 70 {
		if last = g.press(page, "allow").status; last != http.StatusSeeOther {
			break
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the last of many is answered %d", last)
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	if _, err := authserver.New(authserver.Config{}); err == nil {
		t.Error("a server without an address was made")
	}
	g := newRig(t)
	for at, good := range map[string]bool{
		"https://mcp.example": true, "http://mcp.example": false, "http://localhost:8080": true, "http://127.0.0.1": true, "http://127.0.0.1.mcp.example": false, "ftp://127.0.0.1": false,
	} {
		u, _ := url.Parse(at)
		_, err := authserver.New(authserver.Config{
			Public: u, Store: g.store,
			Link:   func(context.Context, string, string) (string, error) { return "", nil },
			Active: func(context.Context, string) (bool, error) { return true, nil },
		})
		if (err == nil) != good {
			t.Errorf("at %s: %v", at, err)
		}
	}
}
