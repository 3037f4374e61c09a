package sandbox

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestUnknownRoutesEchoTheURLWithoutThePrefix(t *testing.T) {
	g := newRig(t)
	r := g.del("/calls/316925483").want(404)
	r.eq("Cannot DELETE https://demo.kommo.com/calls/316925483!", "detail")
	r.eq("Not Found", "title")
	r.eq("https://httpstatus.es/404", "type")
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	if body := g.del("/leads/5").want(405).raw; len(body) != 0 {
		t.Errorf("405 has a body: %q", body)
	}
	if v := g.s.Violations(); len(v) != 2 {
		t.Errorf("violations %q, want two unknown routes", v)
	}
}

func TestAccountsAreChosenByHost(t *testing.T) {
	g := newRig(t, WithAccount("acme.amocrm.ru", Blank()))
	g.made("leads", "/leads", `[{"name":"only here"}]`)
	demo := g.get("/account").want(200).at("id")

	g.host = "acme.amocrm.ru"
	g.get("/account").want(401).eq("Неверный логин или пароль", "detail") // the other account's token
	g.token = g.s.Token(g.host)
	r := g.get("/account").want(200)
	r.eq("acme", "subdomain")
	r.eq("https://acme.amocrm.ru/api/v4/account", "_links", "self", "href")
	if r.at("id") == demo {
		t.Error("both hosts answer the same account")
	}
	g.get("/leads").want(204)

	g.host = "nobody.kommo.com"
	g.get("/account").want(401)
}

func TestASoleAccountAnswersOnAnyHost(t *testing.T) {
	g := newRig(t)
	g.host = "127.0.0.1:18080"
	g.get("/account").want(200).eq("http://127.0.0.1:18080/api/v4/account", "_links", "self", "href")
}

func TestHeadersAndGzip(t *testing.T) {
	g := newRig(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", g.url+"/api/v4/account", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = g.host
	req.Header.Set("Authorization", "Bearer "+g.token)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(req) // the header set by hand keeps it compressed
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Content-Type") != "application/hal+json" || res.Header.Get("X-Request-Id") == "" {
		t.Errorf("headers %v", res.Header)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil || !json.Valid(data) {
		t.Errorf("%v in %q", err, data)
	}
}

func TestArrivalsRecordEveryRequest(t *testing.T) {
	g := newRig(t)
	g.post("/leads?x=1", `[{"name":"a"}]`).want(200)
	g.get("/leads/1").want(204)
	list := g.s.Arrivals()
	if len(list) != 2 {
		t.Fatalf("%d arrivals", len(list))
	}
	a := list[0]
	if a.Method != "POST" || a.Host != DefaultHost || a.Path != "/api/v4/leads" || a.Query != "x=1" || string(a.Body) != `[{"name":"a"}]` || a.Status != 200 {
		t.Errorf("arrival %+v", a)
	}
	if list[1].At.Before(a.At) || list[1].Status != 204 {
		t.Errorf("second arrival %+v", list[1])
	}
	g.s.ForgetArrivals()
	if len(g.s.Arrivals()) != 0 {
		t.Error("still there after ForgetArrivals")
	}
}

func TestViolationsNameWhatLaxReadsForgive(t *testing.T) {
	g := newRig(t)
	g.get("/leads?filter[id][]=1&with=contacts,source&order[id]=desc&limit=250&page=1").want(204)
	g.get("/leads?filter[statuses][0][pipeline_id]=1&filter[statuses][0][status_id]=2&filter[custom_fields_values][55][]=x").want(204)
	if v := g.s.Violations(); len(v) != 0 {
		t.Fatalf("documented requests are violations: %q", v)
	}
	g.get("/leads?filter[idd]=1").want(204)
	g.get("/leads?with=contact").want(204)
	g.get("/leads?order[name]=asc").want(204)
	g.get("/leads?limit=500").want(204)
	g.do("POST", "/leads", `[{}]`, "Content-Type", "text/plain").want(200)
	v := strings.Join(g.s.Violations(), "\n")
	for _, want := range []string{"unknown query key filter[idd]", "unknown with=contact", "unknown order order[name]=asc", "limit 500", `content type "text/plain"`} {
		if !strings.Contains(v, want) {
			t.Errorf("no %q in\n%s", want, v)
		}
	}
}

func TestListenServesLoopbackOnly(t *testing.T) {
	if _, err := Listen(t.Context(), "0.0.0.0:0", New()); err == nil {
		t.Fatal("listens on every interface")
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := New()
	srv, err := Listen(ctx, "127.0.0.1:0", s)
	if err != nil {
		t.Fatal(err)
	}
	get := func() (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/api/v4/account", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.Token(DefaultHost))
		return http.DefaultClient.Do(req)
	}
	res, err := get()
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
	cancel()
	srv.Close() // also waits for the one that the context began
	if res, err := get(); err == nil {
		res.Body.Close()
		t.Error("still served after the context ended")
	}
}

func TestSwitchesThatComeAndGo(t *testing.T) {
	g := newRig(t, WithSwitches(Switches{UnpaidEvery: 2}))
	g.get("/account").want(200)
	g.get("/account").want(402).eq("Payment Required", "title")
	g.get("/account").want(200)
	g = newRig(t, WithSwitches(Switches{TransientEvery: 1}))
	if d, _ := g.get("/account").want(400).at("detail").(string); !strings.Contains(d, "retry") {
		t.Errorf("detail %q", d)
	}
}

func TestClockIsTheOneGiven(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	s := New(WithClock(func() time.Time { return at }))
	if got := s.accounts[0].now(); got != 1_700_000_000 {
		t.Errorf("now %d", got)
	}
}

func TestParallelWritesGetIDsOfTheirOwn(t *testing.T) {
	g := newRig(t)
	const writers = 50
	ids := make(chan int64, writers)
	for range writers {
		go func() {
			r := httptest.NewRequest("POST", "/api/v4/leads", strings.NewReader(`[{"name":"x"}]`))
			r.Host = g.host
			r.Header.Set("Authorization", "Bearer "+g.token)
			w := httptest.NewRecorder()
			g.s.ServeHTTP(w, r)
			var body struct {
				Embedded struct{ Leads []struct{ ID int64 } } `json:"_embedded"`
			}
			if json.Unmarshal(w.Body.Bytes(), &body) != nil || len(body.Embedded.Leads) != 1 {
				ids <- 0
				return
			}
			ids <- body.Embedded.Leads[0].ID
		}()
	}
	seen := map[int64]bool{0: true}
	for range writers {
		id := <-ids
		if seen[id] {
			t.Fatalf("id %d twice, or no id", id)
		}
		seen[id] = true
	}
	if n := len(g.s.Arrivals()); n != writers {
		t.Errorf("%d arrivals", n)
	}
}

// TestASubdomainIsServedInEveryZone: clients have amocrm.ru built in, and accounts
// of kommo.com answer under their old name.
func TestASubdomainIsServedInEveryZone(t *testing.T) {
	g := newRig(t, WithAccount("second.kommo.com", Blank()))
	for _, host := range []string{"demo.amocrm.ru", "demo.amocrm.com", "DEMO.kommo.com:443"} {
		g.host = host
		g.get("/account").want(200).eq("demo", "subdomain")
	}
	for _, host := range []string{"second.amocrm.ru", "other.amocrm.ru", "demo.example.com"} {
		g.host = host
		g.get("/account").want(401)
	}
}

func TestABurstPassesExactlyTheRate(t *testing.T) {
	g := newRig(t, WithRate(7))
	status := make(chan int, 50)
	for range 50 {
		go func() {
			r := httptest.NewRequest("GET", "/api/v4/account", http.NoBody)
			r.Host = g.host
			r.Header.Set("Authorization", "Bearer "+g.token)
			w := httptest.NewRecorder()
			g.s.ServeHTTP(w, r)
			status <- w.Code
		}()
	}
	for range 50 {
		if code := <-status; code != 200 && code != 429 {
			t.Errorf("status %d", code)
		}
	}
	var passed []time.Time
	for _, a := range g.s.Arrivals() {
		if !a.Limited {
			passed = append(passed, a.At)
		}
	}
	slices.SortFunc(passed, time.Time.Compare)
	if len(passed) < 7 {
		t.Fatalf("%d passed, want at least 7", len(passed))
	}
	for i := range len(passed) - 7 { // more than 7 only where a second went by
		if d := passed[i+7].Sub(passed[i]); d < time.Second {
			t.Errorf("eight passed within %v", d)
		}
	}
}

func TestTheRecordForgetsTheOldest(t *testing.T) {
	var r recorder
	for range maxArrivals + 1 {
		r.add(&Arrival{})
	}
	for range maxViolations + 1 {
		r.violate(&Arrival{}, "x")
	}
	if len(r.arrivals) != maxArrivals/2+1 || len(r.violations) != maxViolations/2+1 {
		t.Errorf("%d arrivals, %d violations", len(r.arrivals), len(r.violations))
	}
}
