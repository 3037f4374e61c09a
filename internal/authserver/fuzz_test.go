package authserver_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

const fuzzRedirect = "https://app.example/callback"

// small is a server without a network, with a client that registered.
type small struct {
	*authserver.Server

	mux    *http.ServeMux
	clock  *testclock.Clock
	docs   *documents
	client string
}

func newSmall(f *testing.F) *small {
	f.Helper()
	c := testclock.At(time.Unix(1_795_000_000, 0))
	st := store.NewMemory(c.Now)
	f.Cleanup(func() { _ = st.Close() })
	docs := &documents{at: map[string]func(http.ResponseWriter){documentID: document(appDocument())}}
	server, err := authserver.New(authserver.Config{
		Public: &url.URL{Scheme: "https", Host: "mcp.example"}, Store: st, Mode: principal.Write, Registration: true, Now: c.Now,
		Documents: docs,
		Link: func(context.Context, string, string) (string, error) {
			return "https://www.kommo.com/oauth?state=the-state", nil
		},
		Active: func(context.Context, string) (bool, error) { return true, nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	s := &small{Server: server, mux: http.NewServeMux(), clock: c, docs: docs}
	server.Mount(s.mux)
	w := s.do(http.MethodPost, "/register", "application/json", `{"redirect_uris":["`+fuzzRedirect+`","http://127.0.0.1/callback"]}`, "")
	var m struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.ID == "" {
		f.Fatalf("registering answers %d %s", w.Code, w.Body)
	}
	s.client = m.ID
	return s
}

func (s *small) do(method, at, kind, body, cookie string) *httptest.ResponseRecorder {
	s.clock.Advance(time.Second) // so that no limit is in the way
	r := httptest.NewRequest(method, "https://mcp.example/", strings.NewReader(body))
	path, query, _ := strings.Cut(at, "?")
	r.URL.Path, r.URL.RawQuery = path, query
	r.Header.Set("Content-Type", kind)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w
}

func (s *small) query() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {s.client}, "redirect_uri": {fuzzRedirect}, "state": {"x"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}, "resource": {"https://mcp.example/mcp"},
	}
}

// token goes the whole way in the small server.
func (s *small) token(f *testing.F) (access, refresh string) {
	f.Helper()
	page := s.do(http.MethodGet, "/authorize?"+s.query().Encode(), "", "", "")
	csrf, cookie := formToken.FindStringSubmatch(page.Body.String()), page.Result().Cookies()
	if csrf == nil || len(cookie) != 1 {
		f.Fatalf("no consent page: %d %s", page.Code, page.Body)
	}
	onward := s.do(http.MethodPost, "/authorize?"+s.query().Encode(), "application/x-www-form-urlencoded", "decision=allow&csrf="+csrf[1], cookie[0].Name+"="+cookie[0].Value)
	to, waiting, err := s.Finish(f.Context(), connect.Answer{State: "the-state", Bound: cookie[0].Value}, "5")
	if err != nil || !waiting {
		f.Fatalf("nobody waits: %d %s, %v", onward.Code, onward.Body, err)
	}
	u, err := url.Parse(to)
	if err != nil {
		f.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {s.client}, "code": {u.Query().Get("code")}, "code_verifier": {verifier}}
	w := s.do(http.MethodPost, "/token", "application/x-www-form-urlencoded", form.Encode(), "")
	var p struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Access == "" || p.Refresh == "" {
		f.Fatalf("no tokens: %d %s", w.Code, w.Body)
	}
	return p.Access, p.Refresh
}

func FuzzAuthorize(f *testing.F) {
	s := newSmall(f)
	good := strings.ReplaceAll(s.query().Encode(), s.client, "CLIENT")
	f.Add(good)
	f.Add(strings.ReplaceAll(good, "CLIENT", url.QueryEscape(documentID)))
	f.Add(good + "&scope=kommo:full+x&prompt=none&state=2")
	f.Add(strings.Replace(good, url.QueryEscape(fuzzRedirect), "http%3A%2F%2F127.0.0.1%3A3%2Fcallback", 1))
	f.Add("client_id=CLIENT&redirect_uri=javascript:alert(1)")
	f.Add("client_id=https://10.0.0.1/x&redirect_uri=%00")
	f.Fuzz(func(t *testing.T, query string) {
		query = strings.ReplaceAll(query, "CLIENT", s.client) // each process has its own
		w := s.do(http.MethodGet, "/authorize?"+query, "", "", "")
		to := w.Header().Get("Location")
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusBadGateway, http.StatusTooManyRequests:
			if to != "" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%d with Location %q and %v", w.Code, to, w.Header())
			}
		case http.StatusFound:
			u, err := url.Parse(to)
			if err != nil || u.Scheme+"://"+u.Host+u.Path != fuzzRedirect && (u.Hostname() != "127.0.0.1" || u.Path != "/callback") || u.Query().Get("error") == "" || u.Query().Get("iss") != "https://mcp.example" || u.Query().Has("code") {
				t.Errorf("the browser is sent to %q", to)
			}
		default:
			t.Errorf("answered %d", w.Code)
		}
		if strings.Contains(w.Body.String(), "<script") {
			t.Error("the page has a script")
		}
		if post := s.do(http.MethodPost, "/authorize?"+query, "application/x-www-form-urlencoded", "decision=allow&csrf=x", ""); post.Code == http.StatusSeeOther || post.Code == http.StatusOK {
			t.Errorf("a POST without our form is answered %d", post.Code)
		}
	})
}

func FuzzTokenForm(f *testing.F) {
	s := newSmall(f)
	_, refresh := s.token(f)
	f.Add("grant_type=authorization_code&client_id=CLIENT&code=kmcp_ac_AAAAAAAAAAAAAAAAAAAAAAAAAAAA&code_verifier=" + verifier)
	f.Add("grant_type=refresh_token&client_id=CLIENT&refresh_token=REFRESHA")
	f.Add("grant_type=refresh_token&client_id=x&client_secret=y&refresh_token=REFRESH")
	f.Add("client_id=https%3A%2F%2Fapp.example%2Fclient.json&grant_type=refresh_token&resource=x&resource=y&token=REFRESH")
	f.Fuzz(func(t *testing.T, form string) {
		v, err := url.ParseQuery(form)
		if err == nil && v.Get("client_id") == "CLIENT" && (v.Get("refresh_token") == "REFRESH" || v.Get("token") == "REFRESH") {
			return // that is its own
		}
		form = strings.NewReplacer("CLIENT", s.client, "REFRESH", refresh).Replace(form) // each process has its own
		for _, path := range []string{"/token", "/revoke"} {
			w := s.do(http.MethodPost, path, "application/x-www-form-urlencoded", form, "")
			if path == "/revoke" && w.Code == http.StatusOK && w.Body.Len() == 0 {
				continue
			}
			var e struct {
				Code string `json:"error"`
			}
			unread := w.Code == http.StatusServiceUnavailable && v.Has("client_assertion") // the document that it names cannot be had
			if w.Code != http.StatusBadRequest && w.Code != http.StatusUnauthorized && !unread || json.Unmarshal(w.Body.Bytes(), &e) != nil || e.Code == "" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s answers %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func FuzzRegistration(f *testing.F) {
	s := newSmall(f)
	f.Add(`{"redirect_uris":["https://app.example/callback"],"client_name":"x\u202e","token_endpoint_auth_method":"client_secret_post"}`)
	f.Add(`{"redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://[::1]:3/"],"grant_types":["refresh_token","authorization_code"]}`)
	f.Add(`{"redirect_uris":["javascript:alert(1)"],"grant_types":null}`)
	f.Add(`[{}]`)
	f.Fuzz(func(t *testing.T, body string) {
		w := s.do(http.MethodPost, "/register", "application/json", body, "")
		var m struct {
			Redirects []string `json:"redirect_uris"`
			Name      string   `json:"client_name"`
			ID        string   `json:"client_id"`
			Method    string   `json:"token_endpoint_auth_method"`
			Secret    string   `json:"client_secret"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if w.Code == http.StatusBadRequest || w.Code == http.StatusTooManyRequests {
			return
		}
		if w.Code != http.StatusCreated || m.ID == "" || (m.Secret != "") != (m.Method != "none") {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		checkTaken(t, m.Redirects, m.Name)
	})
}

// checkTaken holds redirect URIs and names to what may be in them.
func checkTaken(t *testing.T, redirects []string, name string) {
	t.Helper()
	for _, raw := range redirects {
		u, err := url.Parse(raw)
		if err != nil || u.User != nil || u.Fragment != "" || strings.ContainsAny(raw, " \r\n\t\\#<>\"") && u.Scheme != "https" && u.Scheme != "http" {
			t.Errorf("the redirect %q was taken", raw)
			continue
		}
		here := u.Hostname() == "localhost" || u.Hostname() == "::1" || strings.HasPrefix(u.Hostname(), "127.") || strings.HasPrefix(u.Hostname(), "::ffff:127.") || strings.HasPrefix(u.Hostname(), "::ffff:7f")
		if u.Scheme == "http" && !here || slices.Contains([]string{"javascript", "data", "file", "vbscript", "blob"}, u.Scheme) {
			t.Errorf("the redirect %q was taken", raw)
		}
	}
	if utf8.RuneCountInString(name) > 60 || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		t.Errorf("the name %q was taken", name)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"client_id":"https://app.example/client.json","client_name":"App","redirect_uris":["https://app.example/callback"]}`))
	f.Add([]byte(`{"client_id":"https://app.example/client.json","redirect_uris":["http://localhost/callback","x:y"],"grant_types":[]}`))
	f.Add([]byte(`{"client_id":"https://app.example/client.json","client_secret":"x","redirect_uris":[1]}`))
	f.Add([]byte(`{"client_id":"https://app.example/client.json","redirect_uris":["https://app.example/"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{}]}}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, name, redirects, why := authserver.ParseDocument(documentID, "app.example", raw)
		if (why == "") != (id != "") {
			t.Errorf("it is both good and bad: %q, %q", id, why)
		}
		if why != "" {
			return
		}
		if id != documentID || name == "" || len(redirects) == 0 || len(raw) > 5<<10 {
			t.Errorf("taken: %q, %q, %v", id, name, redirects)
		}
		checkTaken(t, redirects, name)
	})
}

func FuzzDocumentURL(f *testing.F) {
	for _, id := range []string{documentID, "https://127.0.0.1/x", "https://a.b/%2e%2e/x", "https://u:p@a.b/x", "https://a.b:443/x?y#z", "HTTPS://A.B/x"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		u, ok := authserver.DocumentURL(id)
		if !ok {
			return
		}
		if u.String() != id || u.Scheme != "https" || u.Port() != "" || u.User != nil || u.Fragment != "" || u.Path == "/" || u.Path == "" || u.Host != strings.ToLower(u.Hostname()) {
			t.Errorf("%q was taken as %v", id, u)
		}
	})
}

func FuzzBearer(f *testing.F) {
	s := newSmall(f)
	access, refresh := s.token(f)
	for _, text := range []string{"ACCESS", "REFRESH", "ACCESSA", " ACCESS", "kmcp_at_", "", "kmcp_at_" + strings.Repeat("A", 52)} {
		f.Add(text)
	}
	born := s.clock.Now()
	f.Fuzz(func(t *testing.T, secret string) {
		secret = strings.NewReplacer("ACCESS", access, "REFRESH", refresh).Replace(secret) // each process has its own
		p, ok, err := s.Principal(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if want := secret == access && s.clock.Now().Sub(born) < time.Hour; ok != want {
			t.Errorf("%q is good: %v", secret, ok)
		}
		if !ok && p.ID+p.Account+string(p.Kind) != "" {
			t.Errorf("a principal comes without being one: %+v", p)
		}
	})
}
