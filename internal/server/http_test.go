package server

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// pipes is a listener in memory, so that time-outs run in a bubble's fake time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bubble runs f against a served HTTP in fake time; the bubble fails when
// anything of either side is left running.
func bubble(t *testing.T, f func(t *testing.T, h *HTTP, client *http.Client, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		// listChanged, which the product does not offer, keeps a listen stream open.
		s := mcpserver.NewMCPServer("test", "1", mcpserver.WithToolCapabilities(true))
		s.AddTool(mcp.NewTool("forever"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			<-ctx.Done()
			return mcp.NewToolResultText("cut off"), nil
		})
		s.AddTool(mcp.NewTool("slow"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			time.Sleep(15 * time.Second) // fake time
			return mcp.NewToolResultText("all of it"), nil
		})
		p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		h := newHTTP(p, s, Web{}, nil)
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- h.Serve(ctx) }()
		transport := &http.Transport{DialContext: p.dial}
		f(t, h, &http.Client{Transport: transport}, stop)
		transport.CloseIdleConnections()
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
}

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

func request(t *testing.T, h *HTTP, method, params string) *http.Request {
	t.Helper()
	body := `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + modernMeta + `}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Mcp-Protocol-Version", "2026-07-28")
	req.Header.Set("Mcp-Method", method)
	if method == "tools/call" {
		_, name, _ := strings.Cut(params, `"name":"`)
		name, _, _ = strings.Cut(name, `"`)
		req.Header.Set("Mcp-Name", name)
	}
	return req
}

// TestSlowSenders: who sends headers or a body drop by drop is let go.
func TestSlowSenders(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want time.Duration
	}{
		"headers":                  {"POST /mcp HTTP/1.1\r\nHost: localhost\r\n", headerTimeout},
		"body":                     {"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{", readTimeout},
		"a body that nobody reads": {"POST /v1/calls/none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{", bodyLimit},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *HTTP, _ *http.Client, _ func()) {
				start := time.Now()
				conn, err := h.listener.(*pipes).dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := io.WriteString(conn, tt.text); err != nil {
					t.Fatal(err)
				}
				answer, err := io.ReadAll(conn)
				if err != nil || strings.Contains(string(answer), " 200 ") {
					t.Errorf("answer %q, error %v", answer, err)
				}
				// The server lingers half a second before it closes on a sender.
				if took := time.Since(start); took < tt.want || took > tt.want+time.Second {
					t.Errorf("let go after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// TestACallMayOutlastTheReadTimeout: the limit of a whole request ends a call,
// not the time allowed for sending it.
func TestACallMayOutlastTheReadTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, h *HTTP, client *http.Client, _ func()) {
		start := time.Now()
		res, err := client.Do(request(t, h, "tools/call", `"name":"forever","arguments":{},`))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if took := time.Since(start); took != requestLimit {
			t.Errorf("ended after %v, want %v", took, requestLimit)
		}
	})
}

// TestListenStreamStaysUntilShutdown: it outlasts every time-out, and does not
// hold up the shutdown.
func TestListenStreamStaysUntilShutdown(t *testing.T) {
	bubble(t, func(t *testing.T, h *HTTP, client *http.Client, stop func()) {
		res, err := client.Do(request(t, h, "subscriptions/listen", `"notifications":{"toolsListChanged":true},`))
		if err != nil {
			t.Fatal(err)
		}
		stream := bufio.NewReader(res.Body)
		if line, err := stream.ReadString('\n'); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("status %d, first line %q, error %v", res.StatusCode, line, err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			defer res.Body.Close()
			_, _ = io.Copy(io.Discard, stream)
		}()
		time.Sleep(time.Hour) // fake time: nothing waits
		select {
		case <-ended:
			t.Error("the stream ended before the shutdown")
		default:
		}
		start := time.Now()
		stop()
		<-ended
		if took := time.Since(start); took > time.Second {
			t.Errorf("the stream ended %v after the shutdown began", took)
		}
	})
}

// TestShutdownFinishesCalls: the call in flight gets its whole answer, and nobody new
// comes in.
func TestShutdownFinishesCalls(t *testing.T) {
	bubble(t, func(t *testing.T, h *HTTP, client *http.Client, stop func()) {
		type answer struct {
			status int
			text   string
		}
		got := make(chan answer)
		go func() {
			res, err := client.Do(request(t, h, "tools/call", `"name":"slow","arguments":{},`))
			if err != nil {
				got <- answer{text: err.Error()}
				return
			}
			defer res.Body.Close()
			raw, _ := io.ReadAll(res.Body)
			got <- answer{res.StatusCode, string(raw)}
		}()
		synctest.Wait()
		stop()
		synctest.Wait()
		select {
		case <-h.listener.(*pipes).closed:
		default:
			t.Error("new connections are still accepted")
		}
		if a := <-got; a.status != http.StatusOK || !strings.Contains(a.text, "all of it") {
			t.Errorf("%d %s", a.status, a.text)
		}
	})
}

// TestHeadersAreBounded, whatever they are called.
func TestHeadersAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, h *HTTP, client *http.Client, _ func()) {
		for size, want := range map[int]int{maxHeader / 2: http.StatusOK, maxHeader + 8192: http.StatusRequestHeaderFieldsTooLarge} {
			req := request(t, h, "tools/list", "")
			req.Header.Set("X-Padding", strings.Repeat("a", size))
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%d bytes: %d, want %d", size, res.StatusCode, want)
			}
		}
	})
}

// TestSilentGuestsHoldNobodyUp: however many open connections and send nothing whole, or
// nothing more, the rest is served at once; who has a call under way stays.
func TestSilentGuestsHoldNobodyUp(t *testing.T) {
	for name, sent := range map[string]string{
		"half a request":     "POST /mcp HTTP/1.1\r\nHost: loc",
		"nothing":            "",
		"nothing after that": "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"no body":            "POST /v1/calls/none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
		"half a body":        "POST /v1/calls/vapi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *HTTP, client *http.Client, _ func()) {
				called := make(chan int, 1)
				go func() { called <- asked(t, h, client, "tools/call", `"name":"slow","arguments":{},`) }()
				synctest.Wait()
				p := h.listener.(*pipes)
				for range maxConns + 10 {
					conn, err := p.dial(t.Context(), "", "")
					if err != nil {
						t.Fatal(err)
					}
					defer conn.Close()
					if _, err := io.WriteString(conn, sent); err != nil {
						t.Fatal(err)
					}
					go func() { _, _ = io.Copy(io.Discard, conn) }()
				}
				synctest.Wait()
				start := time.Now()
				if status := asked(t, h, &http.Client{Transport: &http.Transport{DialContext: p.dial, DisableKeepAlives: true}}, "tools/list", ""); status != http.StatusOK || time.Since(start) > time.Second {
					t.Errorf("%d after %v", status, time.Since(start))
				}
				if status := <-called; status != http.StatusOK {
					t.Errorf("the call under way: %d", status)
				}
			})
		})
	}
}

func asked(t *testing.T, h *HTTP, client *http.Client, method, params string) int {
	t.Helper()
	res, err := client.Do(request(t, h, method, params))
	if err != nil {
		t.Error(err)
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// TestWithoutRoomOneWaits: where all are being served, who comes is so when one leaves,
// and the end of the listener ends the wait.
func TestWithoutRoomOneWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		c := newCrowd(p, 1)
		come := func() chan net.Conn {
			in := make(chan net.Conn, 1)
			go func() {
				conn, err := c.Accept()
				if (conn == nil) == (err == nil) {
					t.Errorf("%v %v", conn, err)
				}
				in <- conn
			}()
			client, _ := p.dial(t.Context(), "", "")
			t.Cleanup(func() { _ = client.Close() })
			synctest.Wait()
			return in
		}
		first := <-come()
		done := first.(*guest).serves()
		second := come()
		if len(second) > 0 {
			t.Error("one came in where there is no room")
		}
		c.changed(first, http.StateIdle) // of HTTP/2, while another stream is open
		synctest.Wait()
		if len(second) > 0 {
			t.Error("one came in for who is served")
		}
		done() // so it has to go
		guest := <-second
		if _, err := first.Read(make([]byte, 1)); err == nil {
			t.Error("the silent one stayed")
		}
		done = servedOn(withGuest(t.Context(), guest))
		third := come()
		_ = guest.Close()
		_ = guest.Close()
		done()
		guest = <-third
		servedOn(withGuest(t.Context(), guest))
		last := come()
		_ = c.Close()
		_ = c.Close()
		if conn := <-last; conn != nil {
			t.Error("one came in after the end")
		}
		_ = guest.Close()
		if c.open != 0 || c.silent.Len() != 0 {
			t.Errorf("%d are left, %d of them silent", c.open, c.silent.Len())
		}
	})
}

// TestWhoDoesNotReadIsLetGo: an answer waits for its reader for a while, so that nobody
// keeps a connection, and the end of the server, by not reading.
func TestWhoDoesNotReadIsLetGo(t *testing.T) {
	bubble(t, func(t *testing.T, h *HTTP, client *http.Client, _ func()) {
		conn, err := h.listener.(*pipes).dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 2 { // the second on the same connection, long after the first
			if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%v %v", res, err)
			}
			_ = res.Body.Close()
			time.Sleep(4 * writeLimit) // fake time
		}
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(writeLimit + time.Second) // fake time; a pipe holds nothing, so that the answer waits
		if answer, err := io.ReadAll(conn); err != nil || len(answer) > 0 {
			t.Errorf("%q %v came after %v", answer, err, writeLimit)
		}
		if status := asked(t, h, client, "tools/call", `"name":"slow","arguments":{},`); status != http.StatusOK {
			t.Errorf("a call as long as that: %d", status)
		}
	})
}
