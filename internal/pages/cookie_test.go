package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
)

func address(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCookieOfABrowser(t *testing.T) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/connect", http.NoBody)
	bound := pages.Cookie(w, r, true)
	set := w.Result().Cookies()[0]
	if set.Name != "__Host-kommo_connect" || !set.HttpOnly || !set.Secure || set.SameSite != http.SameSiteLaxMode || set.Path != "/" || set.MaxAge != 1200 || set.Domain != "" || set.Value != bound {
		t.Errorf("the cookie is %+v", set)
	}
	r.AddCookie(set)
	if again := pages.Cookie(httptest.NewRecorder(), r, true); again != bound {
		t.Error("a browser that comes back is not known")
	}
	if _, ok := pages.Known(r, false); ok {
		t.Error("the cookie of https counts without it")
	}
	r.AddCookie(&http.Cookie{Name: set.Name, Value: strings.Repeat("A", 52)})
	if _, ok := pages.Known(r, true); ok {
		t.Error("of two cookies one was believed")
	}
	for _, bad := range []string{"", "short", strings.Repeat("a", 52), strings.Repeat("A", 53)} {
		r := httptest.NewRequest(http.MethodGet, "/connect", http.NoBody)
		r.AddCookie(&http.Cookie{Name: "kommo_connect", Value: bad})
		if got := pages.Cookie(httptest.NewRecorder(), r, false); got == bad || len(got) != 52 {
			t.Errorf("%q was taken for a cookie of ours", bad)
		}
	}
}

func TestTrustedPost(t *testing.T) {
	const public = "https://mcp.example.com"
	type change func(r *http.Request, form url.Values)
	for name, c := range map[string]struct {
		change change
		public string
		want   bool
	}{
		"as a browser sends it":       {func(*http.Request, url.Values) {}, public, true},
		"an old browser, no metadata": {func(r *http.Request, _ url.Values) { r.Header.Del("Sec-Fetch-Site") }, public, true},
		"a program":                   {func(r *http.Request, _ url.Values) { r.Header.Del("Sec-Fetch-Site"); r.Header.Del("Origin") }, public, true},
		"another site":                {func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, public, false},
		"a sister host":               {func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "same-site") }, public, false},
		"another origin":              {func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://evil.example") }, public, false},
		"no origin at all":            {func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "null") }, public, false},
		"two origins":                 {func(r *http.Request, _ url.Values) { r.Header.Add("Origin", public) }, public, false},
		"no token":                    {func(_ *http.Request, f url.Values) { f.Del("csrf") }, public, false},
		"a wrong token":               {func(_ *http.Request, f url.Values) { f.Set("csrf", "x") }, public, false},
		"two tokens":                  {func(_ *http.Request, f url.Values) { f.Add("csrf", "x") }, public, false},
		"a token of another form": {func(_ *http.Request, f url.Values) {
			f.Set("csrf", pages.Token(strings.Repeat("B", 52), "other").Value)
		}, public, false},
		"no cookie":                 {func(r *http.Request, _ url.Values) { r.Header.Del("Cookie") }, public, false},
		"a GET":                     {func(r *http.Request, _ url.Values) { r.Method = http.MethodGet }, public, false},
		"the host, not the address": {func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://"+r.Host) }, public, false},
		"on loopback, another port": {func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "http://127.0.0.1:9") }, "http://127.0.0.1:8080", false},
		"on loopback, its own": {func(r *http.Request, _ url.Values) {
			r.Host = "127.0.0.1:8081"
			r.Header.Set("Origin", "http://127.0.0.1:8081")
		}, "http://127.0.0.1:8080", true},
	} {
		t.Run(name, func(t *testing.T) {
			at := address(t, c.public)
			bound := strings.Repeat("B", 52)
			field := pages.Token(bound, "start")
			form := url.Values{field.Name: {field.Value}}
			r := httptest.NewRequest(http.MethodPost, "/connect", http.NoBody)
			cookie := "kommo_connect="
			if at.Scheme == "https" {
				cookie = "__Host-kommo_connect="
			}
			r.Header = http.Header{"Cookie": {cookie + bound}, "Origin": {public}, "Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/x-www-form-urlencoded"}}
			c.change(r, form)
			sent := httptest.NewRequest(r.Method, "/connect", strings.NewReader(form.Encode()))
			sent.Header, sent.Host = r.Header, r.Host
			w := httptest.NewRecorder()
			got, ok := pages.TrustedPost(w, sent, at, "start")
			if renewed := len(w.Result().Cookies()) == 1; renewed != c.want {
				t.Errorf("the cookie is renewed: %v", renewed)
			}
			if ok != c.want || (ok && got != bound) {
				t.Errorf("trusted: %v, want %v", ok, c.want)
			}
		})
	}
}
