package connect_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

// forbidden is a way to Kommo that nobody may take.
type forbidden struct{ sent int }

func (f *forbidden) RoundTrip(*http.Request) (*http.Response, error) {
	f.sent++
	return nil, http.ErrHandlerTimeout
}

// closed is a site without anything connected, whose requests to Kommo are counted.
func closed(f *testing.F) (http.Handler, *forbidden) {
	f.Helper()
	way := &forbidden{}
	st := store.NewMemory(time.Now)
	f.Cleanup(func() { _ = st.Close() })
	public := &url.URL{Scheme: "https", Host: "mcp.example.com"}
	app := auth.App{ClientID: clientID, Secret: canary, RedirectURL: "https://mcp.example.com/oauth/callback"}
	at := time.Unix(1_795_000_000, 0)
	clock := testclock.At(at)
	site := connect.New(connect.Parts{
		Auth: auth.New(f.Context(), st, app, auth.WithTransport(way), auth.WithClock(clock)), Store: st, App: app, Public: public, Open: true, Clock: ticking{clock},
	})
	mux := http.NewServeMux()
	site.Mount(f.Context(), mux)
	return mux, way
}

// ticking lets a minute pass at each look, so that no limit comes in between.
type ticking struct{ *testclock.Clock }

func (c ticking) Now() time.Time { c.Advance(time.Minute); return c.Clock.Now() }

func ask(h http.Handler, path, rawQuery string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.URL.RawQuery = rawQuery
	r.AddCookie(&http.Cookie{Name: "__Host-kommo_connect", Value: strings.Repeat("A", 52)})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// FuzzCallback: whatever comes without a question of ours is refused by a page that
// repeats none of it, and Kommo hears nothing; only a widget's code is asked about.
func FuzzCallback(f *testing.F) {
	for _, s := range []string{
		"code=a&state=b&referer=acme.kommo.com", "error=access_denied&state=b", "state=%00", "a=1&a=2", "a;b", "%zz", "",
		"from_widget=1&code=x&referer=acme.kommo.com", "from_widget=1&code=x&referer=evil.example", "state=%3Cscript%3E",
	} {
		f.Add(s)
	}
	h, way := closed(f)
	f.Fuzz(func(t *testing.T, rawQuery string) {
		before := way.sent
		w := ask(h, "/oauth/callback", rawQuery)
		q, err := url.ParseQuery(rawQuery)
		widget := err == nil && q.Has("from_widget") && !q.Has("state")
		if w.Code < 400 || (way.sent != before && !widget) {
			t.Fatalf("%q: %d, %d requests", rawQuery, w.Code, way.sent-before)
		}
		if strings.Contains(w.Body.String(), canary) || w.Header().Get("Location") != "" {
			t.Fatalf("%q: %s", rawQuery, w.Body)
		}
		for _, values := range q {
			for _, v := range values {
				if len(v) > 12 && strings.ContainsAny(v, "<>\"'&") && strings.Contains(w.Body.String(), v) {
					t.Fatalf("%q is repeated as it is", v)
				}
			}
		}
	})
}

// FuzzDisconnect: without Kommo's signature nothing is asked and nothing is done.
func FuzzDisconnect(f *testing.F) {
	good := sign(canary, clientID+"|123")
	for _, s := range []string{
		"account_id=123&client_uuid=" + clientID + "&signature=" + good, "account_id=124&signature=" + good, "account_id=123&signature=", "signature=%00", "account_id=1;2", "a=1&a=2",
		"account_id=-123&signature=" + good, "account_id=0123&signature=" + strings.ToUpper(good),
	} {
		f.Add(s)
	}
	h, way := closed(f)
	f.Fuzz(func(t *testing.T, rawQuery string) {
		w := ask(h, "/oauth/disconnect", rawQuery)
		q, err := url.ParseQuery(rawQuery)
		signed := err == nil && strings.EqualFold(q.Get("signature"), sign(canary, clientID+"|"+q.Get("account_id")))
		if (w.Code == http.StatusOK) && !signed || way.sent != 0 || strings.Contains(w.Body.String(), canary) {
			t.Fatalf("%q: %d %s", rawQuery, w.Code, w.Body)
		}
	})
}
