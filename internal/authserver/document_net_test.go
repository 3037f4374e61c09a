package authserver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

// names is a name server that answers each question for addresses with the next of
// its list.
type names struct {
	mu    sync.Mutex
	next  []netip.Addr
	asked int
}

// resolver asks it over UDP.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = conn.Close(); serving.Wait() })
	serving.Go(func() {
		buf := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if out := n.answer(buf[:size]); out != nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// count is how many questions had an answer.
func (n *names) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

func (n *names) answer(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}
	ip := n.next[min(n.asked, len(n.next)-1)]
	switch {
	case q.Type == dnsmessage.TypeA && ip.Is4():
		n.asked++
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}}}
	case q.Type == dnsmessage.TypeAAAA && ip.Is6():
		n.asked++
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}}}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// TestNamesThatLeadInside: whatever a name server says of a name, and however it
// changes its mind, no connection goes inside. There is no moment between the look at
// an address and its use: what is looked at is what is connected to.
func TestNamesThatLeadInside(t *testing.T) {
	var connected atomic.Int32
	inside, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = inside.Close() })
	_, port, _ := net.SplitHostPort(inside.Addr().String())
	for _, at := range []string{
		"127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1",
		"2002:7f00:1::", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "fe80::1",
	} {
		n := &names{next: []netip.Addr{netip.MustParseAddr(at)}}
		transport := authserver.PublicTransport(authserver.PublicAddress, n.resolver(t))
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://rebound.example:"+port+"/client.json", http.NoBody)
		began := time.Now()
		res, err := transport.RoundTrip(r)
		if err == nil {
			_ = res.Body.Close()
			t.Errorf("%s was reached", at)
		}
		if n.count() == 0 || time.Since(began) > 3*time.Second {
			t.Errorf("%s: asked %d times, %v: %v", at, n.count(), time.Since(began), err)
		}
	}
	// A name that changes its mind between two questions: the first answer is looked at,
	// and the second is never asked for.
	n := &names{next: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}}
	var looked []string
	transport := authserver.PublicTransport(func(a netip.Addr) bool { looked = append(looked, a.String()); return len(looked) == 1 }, n.resolver(t))
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://rebound.example:"+port+"/client.json", http.NoBody)
	if res, err := transport.RoundTrip(r); err == nil {
		_ = res.Body.Close()
	}
	if strings.Join(looked, " ") != "127.0.0.1" || n.count() != 1 || connected.Load() != 1 {
		t.Errorf("looked at %v, asked %d times, %d connections", looked, n.count(), connected.Load())
	}
}

// wired serves documents over a real connection, with the transport of the product.
func wired(t *testing.T, serve http.HandlerFunc) (*rig, *atomic.Int32) {
	t.Helper()
	var requests atomic.Int32
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.Add(1); serve(w, r) }))
	t.Cleanup(web.Close)
	transport := authserver.PublicTransport(func(netip.Addr) bool { return true }, nil)
	transport.TLSClientConfig.RootCAs = web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, web.Listener.Addr().String())
	}
	g := newRig(t, func(cfg *authserver.Config) { cfg.Documents = transport })
	g.server.FetchWithin(2 * time.Second)
	return g, &requests
}

// TestAnswersOfStrangers: what a client's host may send.
func TestAnswersOfStrangers(t *testing.T) {
	const id = "https://client.example.com/client.json" // the certificate of the test server knows example.com and what is below it
	good, _ := json.Marshal(map[string]any{"client_id": id, "client_name": "App", "redirect_uris": []string{"https://app.example/callback"}})
	plain := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/json") }
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 3<<20))
	_ = z.Close()
	for name, c := range map[string]struct {
		id    string
		serve http.HandlerFunc
		want  int
	}{
		"a document": {id, func(w http.ResponseWriter, r *http.Request) {
			plain(w)
			if r.Header.Get("Accept-Encoding") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
				w.WriteHeader(http.StatusTeapot)
			}
			_, _ = w.Write(good)
		}, 200},
		"another's certificate": {"https://client.example.org/client.json", func(w http.ResponseWriter, _ *http.Request) { plain(w); _, _ = w.Write(good) }, 502},
		"packed": {id, func(w http.ResponseWriter, _ *http.Request) {
			plain(w)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}, 400},
		"endless": {id, func(w http.ResponseWriter, r *http.Request) {
			plain(w)
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 4096)); err != nil {
					return
				}
			}
		}, 400},
		"slow": {id, func(w http.ResponseWriter, r *http.Request) {
			plain(w)
			_, _ = w.Write(good[:10])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 502},
		"silent": {id, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 502},
		"a large header": {id, func(w http.ResponseWriter, _ *http.Request) {
			plain(w)
			w.Header().Set("X-Large", strings.Repeat("x", 64<<10))
			_, _ = w.Write(good)
		}, 502},
		"elsewhere": {id, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other.json", http.StatusPermanentRedirect)
		}, 502},
		"a lie about its length": {id, func(w http.ResponseWriter, _ *http.Request) {
			plain(w)
			w.Header().Set("Content-Length", "4000")
			_, _ = w.Write(good)
		}, 502},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, requests := wired(t, c.serve)
			began, never := time.Now(), name == "slow" || name == "silent"
			if !never { // a busy machine takes its time
				g.server.FetchWithin(time.Minute)
			}
			a := g.get("/authorize?" + g.asks(c.id, "https://app.example/callback").Encode())
			if a.status != c.want || a.header.Get("Location") != "" {
				t.Errorf("answered %d %s", a.status, a.body)
			}
			if n := requests.Load(); n > 1 {
				t.Errorf("%d requests came", n)
			}
			if took := time.Since(began); never && took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
