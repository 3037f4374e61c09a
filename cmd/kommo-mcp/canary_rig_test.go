package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
)

// canaries are secrets, and everything that was shown or kept meanwhile.
type canaries struct {
	t       *testing.T
	secrets map[string]string // by what they are

	mu    sync.Mutex        // several clients may show at once
	shown map[string]string // by where
}

func (c *canaries) secret(what, text string) {
	c.t.Helper()
	if len(text) < 8 {
		c.t.Fatalf("%s is no secret to look for: %q", what, text)
	}
	c.secrets[what] = text
}

func (c *canaries) show(where, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown[where] += text
}

// leaks are the secrets that are found, in whatever form.
func (c *canaries) leaks() (out []string) {
	var secrets []canary.Secret
	for what, secret := range c.secrets {
		secrets = append(secrets, canary.Secret{Name: what, Value: secret})
	}
	for where, text := range c.shown {
		for _, leak := range canary.Search(text, secrets...) {
			out = append(out, fmt.Sprintf("%s shows in %s as %s: …%s…", leak.Name, where, leak.Form, leak.Excerpt))
		}
	}
	slices.Sort(out)
	return out
}

// run runs a command and notes what it prints.
func (c *canaries) run(env map[string]string, in string, args ...string) string {
	c.t.Helper()
	_, out, errOut := run(c.t, env, in, args...)
	c.show(strings.Join(args, " "), out+errOut)
	return out
}

// served is a running http command, and a client that notes what it hears.
type served struct {
	*canaries

	base   string
	client string     // that authorize has registered
	used   url.Values // with which its code was exchanged
	stop   func()
	code   func() int // waits for the end
}

func (c *canaries) serve(env map[string]string) *served {
	c.t.Helper()
	ctx, stop := context.WithCancel(c.t.Context())
	s := c.serveUntil(ctx, env)
	s.stop = func() {
		stop()
		s.code()
	}
	return s
}

// serveUntil serves until ctx ends, as at a signal.
func (c *canaries) serveUntil(ctx context.Context, env map[string]string) *served {
	c.t.Helper()
	log := &lockedBuffer{}
	ended := make(chan int, 1)
	a := &app{env: lookup(env), in: strings.NewReader(""), out: log, errOut: log}
	go func() { ended <- a.run(ctx, []string{"http", "--toolsets", "all", "--mode", "full"}) }()
	address := regexp.MustCompile(`url=(https?://\S+)/mcp`)
	deadline := time.Now().Add(20 * time.Second)
	for !address.MatchString(log.String()) {
		select {
		case code := <-ended:
			c.t.Fatalf("http ended with %d: %s", code, log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("http is not ready: %s", log)
		}
	}
	s := &served{canaries: c, base: address.FindStringSubmatch(log.String())[1]}
	s.code = func() int {
		code := <-ended
		c.show("the server's log", log.String())
		return code
	}
	return s
}

// ask notes the answer, unless it is meant to bring a secret to its owner.
func (s *served) ask(owner bool, method, path, body string, header ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if !owner {
		head := &bytes.Buffer{}
		_ = res.Header.Write(head)
		s.show("an answer of "+method+" "+req.URL.Path[:min(12, len(req.URL.Path))], head.String()+string(raw))
	}
	return res.StatusCode, string(raw)
}

func toolCall(tool, args string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + args + `}}`
}

// authorize takes a client through registration, both consents and the exchange, and
// notes all that is secret on the way.
func (s *served) authorize(account string) (access, refresh string) {
	t := s.t
	t.Helper()
	status, body := s.ask(true, http.MethodPost, "/register", `{"client_name":"Canary","redirect_uris":["http://127.0.0.1:9/callback"],"token_endpoint_auth_method":"none"}`)
	var client struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal([]byte(body), &client); err != nil || client.ID == "" {
		t.Fatalf("registration: %d %s", status, body)
	}
	form := s.allowed(client.ID, account)
	access, refresh = s.tokens(form)
	s.client, s.used = client.ID, form
	return access, refresh
}

// allowed takes a client through both consents, notes all that is secret on the way,
// and is the form with which it exchanges its code.
func (s *served) allowed(client, account string) url.Values {
	t := s.t
	t.Helper()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := func(method, at, body string) (string, string) {
		t.Helper()
		req, _ := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
		if body != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		return res.Header.Get("Location"), string(raw)
	}
	const verifier = "canary-verifier-0123456789-0123456789-0123456789"
	s.secret("the code verifier", verifier)
	ask := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "state": {"state-of-the-client"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"}, "resource": {s.base + "/mcp"}, "scope": {"kommo:read kommo:write"},
	}
	_, page := visit(http.MethodGet, s.base+"/authorize?"+ask.Encode(), "")
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page)
	csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
	if action == nil || csrf == nil {
		t.Fatalf("no form: %s", page)
	}
	at, _ := url.Parse(html.UnescapeString(action[1]))
	base, _ := url.Parse(s.base + "/")
	onward, _ := visit(http.MethodPost, base.ResolveReference(at).String(), url.Values{"csrf": {csrf[1]}, "decision": {"allow"}}.Encode())
	for _, c := range jar.Cookies(base) {
		s.secret("the browser's cookie "+c.Name, c.Value)
	}
	back := answerOf(t, onward, account)
	query, _ := url.Parse(back)
	s.secret("Kommo's code of the connection", query.Query().Get("code"))
	s.secret("the state of the connection", query.Query().Get("state"))
	toClient, page := visit(http.MethodGet, back, "")
	if toClient == "" {
		if m := regexp.MustCompile(`url=([^"]+)"`).FindStringSubmatch(page); m != nil {
			toClient = html.UnescapeString(m[1])
		}
	}
	given, err := url.Parse(toClient)
	if err != nil || given.Query().Get("code") == "" {
		t.Fatalf("no code: %q %s", toClient, page)
	}
	s.secret("our code", given.Query().Get("code"))
	return url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "code": {given.Query().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/callback"},
		"code_verifier": {verifier}, "resource": {s.base + "/mcp"},
	}
}

// tokens asks the token endpoint, and notes what it gives.
func (s *served) tokens(form url.Values) (access, refresh string) {
	s.t.Helper()
	status, body := s.ask(true, http.MethodPost, "/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(body), &pair); err != nil || pair.Access == "" {
		s.t.Fatalf("tokens: %d %s", status, body)
	}
	n := len(s.secrets)
	s.secret(fmt.Sprint("our access token ", n), pair.Access)
	s.secret(fmt.Sprint("our refresh token ", n), pair.Refresh)
	return pair.Access, pair.Refresh
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
