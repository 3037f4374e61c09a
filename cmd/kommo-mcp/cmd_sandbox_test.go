package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// sandboxed is a running sandbox command and what it printed.
type sandboxed struct {
	t      *testing.T
	base   string
	token  string
	stderr string
	log    *lockedBuffer // all of stderr, which goes on
}

// lockedBuffer is a stderr that is read while the command writes on.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func startSandbox(t *testing.T) sandboxed {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stdout, out := io.Pipe()
	errOut := &lockedBuffer{}
	ended := make(chan int, 1)
	a := &app{env: func(string) (string, bool) { return "", false }, in: strings.NewReader(""), out: out, errOut: errOut}
	go func() {
		ended <- a.run(ctx, []string{"sandbox", "--addr", "127.0.0.1:0", "--redirect-url", "http://127.0.0.1:9/back"})
		_ = out.Close()
	}()
	lines := bufio.NewScanner(stdout)
	s := sandboxed{t: t, log: errOut}
	for _, v := range []struct {
		name string
		to   *string
	}{{"KOMMO_BASE_URL=", &s.base}, {"KOMMO_ACCESS_TOKEN=", &s.token}} {
		value, ok := "", false
		if lines.Scan() {
			value, ok = strings.CutPrefix(lines.Text(), v.name)
		}
		if !ok || value == "" {
			t.Fatalf("want a line %s…, got %q", v.name, lines.Text())
		}
		*v.to = value
	}
	s.stderr = errOut.String() // complete before stdout begins
	t.Cleanup(func() {
		stop()
		if lines.Scan() {
			t.Errorf("more on stdout: %q", lines.Text())
		}
		if code := <-ended; code != exitOK {
			t.Errorf("exit code %d", code)
		}
	})
	return s
}

// told is what stderr says under a label.
func (s sandboxed) told(label string) string {
	s.t.Helper()
	m := regexp.MustCompile(`(?m)^ *` + label + ` +(\S+)`).FindStringSubmatch(s.stderr)
	if m == nil {
		s.t.Fatalf("no %s in %s", label, s.stderr)
	}
	return m[1]
}

// do sends a request and decodes the answer; Host is that of the account.
func (s sandboxed) do(method, target, host, token, body string, out any) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Host = host
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && out != nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		s.t.Fatalf("%s %s: %v in %d %s", method, target, err, res.StatusCode, raw)
	}
	return res
}

// write sends JSON to the first account, which must take it.
func (s sandboxed) write(path, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: status %d", path, res.StatusCode)
	}
}

func (s sandboxed) subdomain(host, token string) string {
	s.t.Helper()
	var account struct{ Subdomain string }
	s.do(http.MethodGet, s.base+"/api/v4/account", host, token, "", &account)
	return account.Subdomain
}

// TestSandboxServesTwoAccounts, each under its Host and each by its token.
func TestSandboxServesTwoAccounts(t *testing.T) {
	s := startSandbox(t)
	second := s.told("token")
	for _, tt := range []struct{ host, token, want string }{
		{"demo.kommo.com", s.token, "demo"},
		{"second.kommo.com", second, "second"},
		{"", s.token, "demo"},
		{"", second, "second"},
		{"demo.kommo.com", second, ""},
		{"second.kommo.com", s.token, ""},
	} {
		if got := s.subdomain(tt.host, tt.token); got != tt.want {
			t.Errorf("%q serves %q, want %q", tt.host, got, tt.want)
		}
	}
}

// TestSandboxGrantsAccess goes the whole way of OAuth with what stderr tells.
func TestSandboxGrantsAccess(t *testing.T) {
	s := startSandbox(t)
	page := s.do(http.MethodGet, s.told("consent page")+"&account=second.kommo.com", "", "", "", nil)
	back, err := url.Parse(page.Header.Get("Location"))
	if err != nil || back.Host != "127.0.0.1:9" || back.Path != "/back" {
		t.Fatalf("sent back to %v, error %v", back, err)
	}
	q := back.Query()
	if q.Get("state") != "anything" || q.Get("referer") != "second.kommo.com" {
		t.Errorf("sent back with %v", q)
	}
	var grant struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		Hint         string
	}
	form := url.Values{
		"client_id": {s.told("client id")}, "client_secret": {s.told("secret")}, "redirect_uri": {s.told("redirect URL")},
		"grant_type": {"authorization_code"}, "code": {q.Get("code")},
	}
	exchange := func() {
		s.do(http.MethodPost, s.base+"/oauth2/access_token", "second.kommo.com", "", form.Encode(), &grant)
	}
	exchange()
	first := grant
	form.Set("grant_type", "refresh_token")
	form.Set("refresh_token", first.RefreshToken)
	exchange()
	if grant.RefreshToken == first.RefreshToken || s.subdomain("second.kommo.com", grant.AccessToken) != "second" {
		t.Errorf("the refreshed grant does not work: %+v", grant)
	}
	exchange()
	if grant.Hint == "" {
		t.Error("a refresh token worked twice")
	}
}

// TestSandboxSendsWebhooks to this machine, and says of others that it does not.
func TestSandboxSendsWebhooks(t *testing.T) {
	s := startSandbox(t)
	got := make(chan url.Values, 1)
	inbox := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got <- r.PostForm
	}))
	t.Cleanup(inbox.Close)
	for _, destination := range []string{inbox.URL + "/in", "https://hooks.example.com/in?key=not-to-be-seen"} {
		s.write("/api/v4/webhooks", `{"destination":"`+destination+`","settings":["add_lead"]}`)
	}
	s.write("/api/v4/leads", `[{"name":"New roof"}]`)
	select {
	case form := <-got:
		if name := form.Get("leads[add][0][name]"); name != "New roof" {
			t.Errorf("told of %v", form)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no webhook came")
	}
	if log := s.log.String(); !strings.Contains(log, "webhook not sent") || !strings.Contains(log, "host=hooks.example.com") || strings.Contains(log, "not-to-be-seen") {
		t.Errorf("logged %s", log)
	}
}
