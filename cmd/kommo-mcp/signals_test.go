//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestSignals is about the program as people run it: a process of its own.
func TestSignals(t *testing.T) {
	binary, err := exec.LookPath("kommo-mcp") // of TestMain, as for the scripts
	if err != nil {
		t.Fatal(err)
	}
	for name, holds := range map[string]func(*testing.T, string){
		"calls are finished":                finishesCalls,
		"a second one ends at once":         endsAtOnce,
		"a listen stream is whole":          listensWhole,
		"a hangup opens the audit log anew": opensAnew,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait for slow writes
			holds(t, binary)
		})
	}
}

// process is a running http command.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	log  *lockedBuffer
	left chan error // what Wait says
	sb   *sandbox.Sandbox
	dir  string // of its state
}

// startProcess serves a sandbox whose writes take their time.
func startProcess(t *testing.T, binary string, slow time.Duration, args ...string) *process {
	t.Helper()
	sb := sandbox.New(sandbox.WithoutRateLimit())
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	p := &process{t: t, log: &lockedBuffer{}, left: make(chan error, 1), sb: sb, dir: t.TempDir()}
	p.cmd = command(t.Context(), binary, append([]string{"http", "--addr", "127.0.0.1:0", "--toolsets", "default,bulk"}, args...)...)
	p.cmd.Env = []string{
		"KOMMO_BASE_URL=" + srv.URL, "KOMMO_ACCESS_TOKEN=" + sb.Token(sandbox.DefaultHost), "KOMMO_MCP_STATE_DIR=" + p.dir, "KOMMO_MCP_KEYRING=off",
	}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.left <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	address := regexp.MustCompile(`url=(http://\S+)/mcp`)
	within(t, func() bool { return address.MatchString(p.log.String()) })
	p.base = address.FindStringSubmatch(p.log.String())[1]
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		sb.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: slow, Method: method, PathPrefix: "/", Times: -1})
	}
	return p
}

// heard is an answer, or why there was none.
type heard struct {
	status int
	text   string
	err    error
	closes bool
}

// ask asks over a connection of its own.
func (p *process) ask(ctx context.Context, path, body string, header ...string) heard {
	own := &http.Transport{}
	defer own.CloseIdleConnections()
	client := &http.Client{Transport: own}
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(body))
	if err != nil {
		return heard{err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return heard{err: err}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return heard{res.StatusCode, string(raw), err, res.Close}
}

// writesArrived waits until Kommo has been sent so many writes.
func (p *process) writesArrived(n int) {
	p.t.Helper()
	within(p.t, func() bool {
		got := 0
		for _, a := range p.sb.Arrivals() {
			if a.Method == http.MethodPost || a.Method == http.MethodPatch {
				got++
			}
		}
		return got >= n
	})
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// ended is what the process says at its end, which has to come soon.
func (p *process) ended(soon time.Duration) error {
	p.t.Helper()
	select {
	case err := <-p.left:
		return err
	case <-time.After(soon):
		p.t.Fatalf("it runs %v later: %s", soon, p.log)
		return nil
	}
}

const streamMeta = `"_meta":{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// finishesCalls: SIGTERM comes in the middle of a tool call, of one that
// streams its progress, and of a call posted over plain HTTP. Readiness ends first,
// whoever still comes is served for a while, then nobody new is; all answers arrive
// whole, what was written is on record, and the process ends well.
func finishesCalls(t *testing.T, binary string) {
	t.Helper()
	p := startProcess(t, binary, 4*time.Second, "--drain", "2")
	preview := p.ask(t.Context(), "/mcp", toolCall("update_leads", `{"lead_ids":[40885001],"price":7}`))
	confirm := regexp.MustCompile(`\\?"confirm_token\\?":\\?"([\w-]+)`).FindStringSubmatch(preview.text)
	if confirm == nil {
		t.Fatalf("%+v", preview)
	}
	asked := map[string]func() heard{
		"a tool call": func() heard {
			return p.ask(t.Context(), "/mcp", toolCall("add_note", `{"lead_id":40885001,"text":"written at the end"}`))
		},
		"a stream": func() heard {
			body := `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"update_leads","arguments":{"lead_ids":[40885001],"price":7,"confirm_token":"` + confirm[1] + `"},` + streamMeta + `}}`
			return p.ask(t.Context(), "/mcp", body, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "update_leads")
		},
		"a call": func() heard {
			return p.ask(t.Context(), "/v1/calls", `{"phone":"+1 202 555 0142","lead_id":40885001,"summary":"Posted at the end","direction":"inbound"}`)
		},
	}
	answers := map[string]chan heard{}
	for name, ask := range asked {
		answer := make(chan heard, 1)
		answers[name] = answer
		go func() { answer <- ask() }()
	}
	p.writesArrived(3)
	p.signal(syscall.SIGTERM)
	var ready heard
	within(t, func() bool {
		ready = p.ask(t.Context(), "/readyz", "")
		return ready.status != http.StatusOK
	})
	if ready.status != http.StatusServiceUnavailable || ready.text != "stopping\n" || !ready.closes {
		t.Errorf("/readyz after the signal: %+v", ready)
	}
	if late := p.ask(t.Context(), "/mcp", toolCall("get_lead", `{"lead_id":40885001}`)); late.status != http.StatusOK {
		t.Errorf("while it drains: %+v", late)
	}
	within(t, func() bool {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.base, "http://"), time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	for name, answer := range answers {
		select {
		case a := <-answer:
			t.Errorf("%s was answered before new connections were refused: %+v", name, a)
		default:
		}
	}
	for name, want := range map[string]string{"a tool call": `"created"`, "a stream": `"changed":[40885001]`, "a call": `"status":"logged"`} {
		a := <-answers[name]
		if a.err != nil || a.status != http.StatusOK || !strings.Contains(strings.ReplaceAll(a.text, `\"`, `"`), want) || strings.Contains(a.text, `"isError":true`) {
			t.Errorf("%s: %+v", name, a)
		}
		if streams := strings.HasPrefix(a.text, "event: message\n"); streams != (name == "a stream") || streams && !strings.Contains(a.text, "notifications/progress") {
			t.Errorf("%s: %s", name, a.text)
		}
	}
	if err := p.ended(20 * time.Second); err != nil {
		t.Errorf("%v: %s", err, p.log)
	}
	raw, err := os.ReadFile(filepath.Join(p.dir, auditFile))
	if n := bytes.Count(raw, []byte("\n")); err != nil || n != 3 {
		t.Errorf("%d lines on record, %v: %s", n, err, raw)
	}
}

// endsAtOnce, whatever is in flight.
func endsAtOnce(t *testing.T, binary string) {
	t.Helper()
	p := startProcess(t, binary, 8*time.Second)
	go p.ask(t.Context(), "/mcp", toolCall("add_note", `{"lead_id":40885001,"text":"x"}`))
	p.writesArrived(1)
	p.signal(syscall.SIGTERM)
	within(t, func() bool {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.base, "http://"), time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	p.signal(syscall.SIGTERM)
	err := p.ended(5 * time.Second) // the call would take eight
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("%v", err)
	}
}

// listensWhole: the product's, which ends at once since nothing can be
// subscribed to, with the acknowledgement first.
func listensWhole(t *testing.T, binary string) {
	t.Helper()
	p := startProcess(t, binary, 0)
	body := `{"jsonrpc":"2.0","id":"listen:0","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + streamMeta + `}}`
	a := p.ask(t.Context(), "/mcp", body, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "subscriptions/listen")
	var events []string
	for lines := bufio.NewScanner(strings.NewReader(a.text)); lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			events = append(events, data)
		}
	}
	if a.status != http.StatusOK || len(events) != 2 || !strings.Contains(events[0], "acknowledged") || !strings.Contains(events[1], `"result"`) {
		t.Errorf("%+v", a)
	}
	p.signal(syscall.SIGTERM)
	if err := p.ended(5 * time.Second); err != nil {
		t.Error(err)
	}
}

// opensAnew and ends nothing.
func opensAnew(t *testing.T, binary string) {
	t.Helper()
	p := startProcess(t, binary, 0)
	path := filepath.Join(p.dir, auditFile)
	note := func() {
		t.Helper()
		if a := p.ask(t.Context(), "/mcp", toolCall("add_note", `{"lead_id":40885001,"text":"x"}`)); a.status != http.StatusOK {
			t.Fatalf("%+v: %s", a, p.log)
		}
	}
	note()
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	within(t, func() bool { return strings.Contains(p.log.String(), "audit log opened anew") })
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 0 {
		t.Errorf("%v %v", info, err)
	}
	note()
	for _, name := range []string{path, path + ".1"} {
		if raw, err := os.ReadFile(name); err != nil || bytes.Count(raw, []byte("\n")) != 1 {
			t.Errorf("%s: %q %v", name, raw, err)
		}
	}
}
