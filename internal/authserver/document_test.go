package authserver_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

const documentID = "https://app.example/client.json"

func appDocument() map[string]any {
	return map[string]any{"client_id": documentID, "client_name": "App", "redirect_uris": []string{"https://app.example/callback"}}
}

func (g *rig) askByDocument() answer {
	g.Helper()
	return g.get("/authorize?" + g.asks(documentID, "https://app.example/callback").Encode())
}

func TestDocumentsThatAreNotTaken(t *testing.T) {
	with := func(name string, v any) map[string]any {
		d := appDocument()
		d[name] = v
		return d
	}
	plain := func(status int, kind, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		serve  func(http.ResponseWriter)
		status int
	}{
		"another client_id":     {document(with("client_id", "https://app.example/other.json")), 400},
		"no client_id":          {document(map[string]any{"redirect_uris": []string{"https://app.example/callback"}}), 400},
		"no redirects":          {document(with("redirect_uris", []string{})), 400},
		"a bad redirect":        {document(with("redirect_uris", []string{"https://app.example/callback", "javascript:x"})), 400},
		"a secret":              {document(with("client_secret", "x")), 400},
		"a method with secrets": {document(with("token_endpoint_auth_method", "client_secret_post")), 400},
		"no code":               {document(with("grant_types", []string{"client_credentials"})), 400},
		"too long":              {document(with("x", strings.Repeat("x", 5<<10))), 400},
		"no JSON":               {plain(200, "application/json", "<html>"), 400},
		"more than one":         {plain(200, "application/json", `{} {}`), 400},
		"a list":                {plain(200, "application/json", `[]`), 400},
		"a web page":            {plain(200, "text/html", `{}`), 502},
		"no kind":               {plain(200, "", `{}`), 502},
		"a redirect":            {func(w http.ResponseWriter) { w.Header().Set("Location", "https://other.example/"); w.WriteHeader(302) }, 502},
		"an outage":             {plain(503, "application/json", `{}`), 502},
		"nothing there":         {plain(404, "application/json", `{}`), 502},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			g.docs.set(documentID, c.serve)
			if a := g.askByDocument(); a.status != c.status || a.header.Get("Location") != "" {
				t.Errorf("answered %d", a.status)
			}
			if g.docs.count() != 1 {
				t.Errorf("%d requests were made", g.docs.count())
			}
		})
	}
}

func TestAddressesThatAreNoDocuments(t *testing.T) {
	g := newRig(t)
	for _, id := range []string{
		"http://app.example/client.json", "https://app.example", "https://app.example/", "https://user@app.example/client.json", "https://app.example/client.json#x",
		"https://app.example:8443/client.json", "https://app.example:/client.json", "https://127.0.0.1/client.json", "https://[::1]/client.json", "https://localhost/client.json",
		"https://APP.example/client.json", "https://app.example./client.json", "https://app.example/a/../client.json", "https://app.example//client.json",
		"https://app.example/client.json ", "ftp://app.example/client.json", "https://аpp.example/client.json", "https://2130706433/client.json", "https://app.example\\@x/y",
		"HTTPS://app.example/client.json", "https://0177.0.0.1/client.json", "https://127.1/client.json", "https://0x7f.1/client.json", "https://127.0.0.1./client.json",
		"https://.example/client.json", "https://app.1example/client.json", "https://0/client.json", "https://[::ffff:127.0.0.1]/client.json", "https://app.example/" + strings.Repeat("x", 600),
	} {
		if a := g.get("/authorize?" + g.asks(id, "https://app.example/callback").Encode()); a.status != http.StatusBadRequest {
			t.Errorf("%q is answered %d", id, a.status)
		}
	}
	if g.docs.count() != 0 {
		t.Errorf("%d requests were made", g.docs.count())
	}
}

func TestADocumentsHostIsDown(t *testing.T) {
	g := newRig(t)
	g.docs.set(documentID, document(appDocument()))
	if a := g.askByDocument(); a.status != http.StatusOK || !strings.Contains(a.body, "app.example") || strings.Contains(a.body, "registered itself") {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	g.askByDocument()
	if g.docs.count() != 1 {
		t.Errorf("a fresh document was asked for %d times", g.docs.count())
	}
	down := func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	g.docs.set(documentID, down)
	for _, wait := range []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour} {
		g.clock.Advance(wait)
		if a := g.askByDocument(); a.status != http.StatusOK {
			t.Errorf("%v later it is answered %d", wait, a.status)
		}
	}
	before := g.docs.count()
	g.askByDocument()
	if g.docs.count() != before {
		t.Error("a host that is down is asked each time")
	}
	g.clock.Advance(30 * 24 * time.Hour)
	if a := g.askByDocument(); a.status != http.StatusBadGateway {
		t.Errorf("a month later it is answered %d", a.status)
	}
	// What its host takes back is no outage.
	g.docs.set(documentID, document(appDocument()))
	g.clock.Advance(time.Minute)
	g.askByDocument()
	g.docs.set(documentID, document(map[string]any{"client_id": documentID}))
	g.clock.Advance(10 * time.Minute)
	if a := g.askByDocument(); a.status != http.StatusBadRequest {
		t.Errorf("a document that was emptied is answered %d", a.status)
	}
}

// A host says how long its document may be kept, within bounds.
func TestDocumentsAreKeptAsTheirHostsSay(t *testing.T) {
	for _, c := range []struct {
		header []string
		fresh  time.Duration
	}{
		{nil, 10 * time.Minute},
		{[]string{"Cache-Control", "public, max-age=1800"}, 30 * time.Minute},
		{[]string{"Cache-Control", "public", "Cache-Control", "MAX-AGE=1800"}, 30 * time.Minute},
		{[]string{"Cache-Control", "max-age=1800", "Age", "600"}, 20 * time.Minute},
		{[]string{"Cache-Control", "max-age=31536000, immutable"}, time.Hour},
		{[]string{"Cache-Control", "max-age=99999999999999"}, time.Minute},
		{[]string{"Cache-Control", "max-age=0"}, time.Minute},
		{[]string{"Cache-Control", "max-age=-1"}, time.Minute},
		{[]string{"Cache-Control", "max-age=x"}, time.Minute},
		{[]string{"Cache-Control", "max-age=600, max-age=3000"}, time.Minute},
		{[]string{"Cache-Control", "no-store, max-age=1800"}, time.Minute},
		{[]string{"Cache-Control", "max-age=1800, no-cache"}, time.Minute},
		{[]string{"Cache-Control", "max-age=1800", "Age", "-5"}, 30 * time.Minute},
		{[]string{"Age", "599"}, 10 * time.Minute},
	} {
		g := newRig(t)
		g.docs.set(documentID, func(w http.ResponseWriter) {
			for i := 0; i < len(c.header); i += 2 {
				w.Header().Add(c.header[i], c.header[i+1])
			}
			document(appDocument())(w)
		})
		g.askByDocument()
		g.clock.Advance(c.fresh - time.Second)
		g.askByDocument()
		early := g.docs.count()
		g.clock.Advance(time.Second)
		g.askByDocument()
		if early != 1 || g.docs.count() != 2 {
			t.Errorf("%v: %d requests before %v, %d after", c.header, early, c.fresh, g.docs.count())
		}
	}
}

// A client to which access was given is known after a restart, though its host is
// down.
func TestADocumentsHostIsDownAfterARestart(t *testing.T) {
	g := newRig(t)
	g.docs.set(documentID, document(appDocument()))
	back := g.authorize(g.asks(documentID, "https://app.example/callback"))
	g.pair(g.exchange(documentID, "https://app.example/callback", back.Get("code")))
	g.docs.set(documentID, func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
	again := newRig(t, func(cfg *authserver.Config) { cfg.Store, cfg.Documents, cfg.Now = g.store, g.docs, g.clock.Now })
	if a := again.askByDocument(); a.status != http.StatusOK {
		t.Errorf("answered %d", a.status)
	}
}

func TestOneFetchForAllWhoAskAtOnce(t *testing.T) {
	g := newRig(t)
	ready := make(chan struct{})
	g.docs.set(documentID, func(w http.ResponseWriter) { <-ready; document(appDocument())(w) })
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if a := g.askByDocument(); a.status != http.StatusOK {
				t.Errorf("answered %d", a.status)
			}
		})
	}
	close(ready)
	all.Wait()
	if g.docs.count() != 1 {
		t.Errorf("%d requests were made", g.docs.count())
	}
	r := g.docs.asked[0]
	if r.Method != http.MethodGet || r.Header.Get("Accept") != "application/json" || r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" {
		t.Errorf("the request is %s %v", r.Method, r.Header)
	}
}

func TestStrangersShareARateOfFetches(t *testing.T) {
	g := newRig(t)
	g.docs.set(documentID, document(appDocument()))
	g.askByDocument()
	last := 0
	for i := range 30 {
		id := documentID + strings.Repeat("x", i+1)
		if last = g.get("/authorize?" + g.asks(id, "https://app.example/callback").Encode()).status; last == http.StatusTooManyRequests {
			break
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the last of many is answered %d", last)
	}
	if a := g.askByDocument(); a.status != http.StatusOK {
		t.Errorf("one that is known is answered %d", a.status)
	}
}

// The server's own client goes to public addresses alone.
func TestFetchesStayOnThePublicInternet(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.215.14": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.1": true, "172.15.0.1": true, "172.32.0.1": true,
		"2606:4700::1111": true, "64:ff9b::101:101": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "127.1.2.3": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false,
		"100.64.0.1": false, "100.127.255.255": false, "169.254.169.254": false, "192.0.0.8": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.1": false,
		"203.0.113.9": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "192.88.99.1": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false,
		"fec0::1": false, "ff02::1": false, "2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false, "100::1": false, "5f00::1": false, "4000::1": false,
	} {
		if got := authserver.PublicAddress(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
	g := newRig(t, func(cfg *authserver.Config) { cfg.Documents = nil })
	a := g.get("/authorize?" + g.asks("https://app.localhost/client.json", "https://app.example/callback").Encode())
	if a.status != http.StatusBadGateway {
		t.Errorf("a name of this machine is answered %d %s", a.status, a.body)
	}
}

// The address counts that the connection is made to, whatever name led there.
func TestTheTransportLooksAtTheAddressItConnectsTo(t *testing.T) {
	var reached atomic.Int32
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached.Add(1); w.WriteHeader(204) }))
	var connected atomic.Int32
	web.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connected.Add(1)
		}
	}
	web.StartTLS()
	defer web.Close()
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	var looked []netip.Addr
	try := func(host string, allowed func(netip.Addr) bool) error {
		transport := authserver.PublicTransport(func(a netip.Addr) bool { looked = append(looked, a); return allowed(a) }, nil)
		transport.TLSClientConfig.RootCAs = web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		transport.TLSClientConfig.ServerName = "example.com"
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+net.JoinHostPort(host, port)+"/", http.NoBody)
		res, err := transport.RoundTrip(r)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1"} {
		if err := try(host, authserver.PublicAddress); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	if reached.Load() != 0 || connected.Load() != 0 {
		t.Errorf("%d connections and %d requests came", connected.Load(), reached.Load())
	}
	if err := try("127.0.0.1", func(netip.Addr) bool { return true }); err != nil || reached.Load() != 1 {
		t.Errorf("where it is allowed nothing comes either: %v", err)
	}
	if len(looked) < 4 {
		t.Errorf("%d addresses were looked at", len(looked))
	}
}
