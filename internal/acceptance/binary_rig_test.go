package acceptance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const (
	estateClient = "00000000-0000-4000-8000-0000005a4db0"
	estateSecret = "not-a-secret-of-the-walk"
)

// estate is the binary itself in front of two accounts that are alike in all ids, each
// with an access key and with tokens of our authorization server.
type estate struct {
	*testing.T

	box    *sandbox.Sandbox
	away   atomic.Bool // Kommo answers 503 to everything
	slow   atomic.Bool // some answers take their time
	kommo  *httptest.Server
	binary string
	env    []string
	base   string
	state  string
	log    *safeBuffer

	cmd   *exec.Cmd
	ended chan struct{} // when its output ends

	bearers [2][2]string // by holder: access key, token
	seen    [2]atomic.Int64
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{T: t, log: &safeBuffer{}, state: filepath.Join(t.TempDir(), "state"), binary: filepath.Join(t.TempDir(), "kommo-mcp")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", e.binary, "../../cmd/kommo-mcp")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	addr := unusedAddr(t)
	e.base = "http://" + addr
	back := e.base + "/oauth/callback"
	e.box = sandbox.New(sandbox.WithAccount(holders()[0].host, sandbox.DemoSeed()), sandbox.WithAccount(holders()[1].host, sandbox.DemoSeed()),
		sandbox.WithIntegration(sandbox.Integration{ClientID: estateClient, Secret: estateSecret, RedirectURI: back}))
	e.kommo = httptest.NewServer(e.moody(marked(e.box)))
	t.Cleanup(e.kommo.Close)
	e.env = []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "KOMMO_BASE_URL=" + e.kommo.URL, "KOMMO_MCP_STATE_DIR=" + e.state, "KOMMO_MCP_KEYRING=off",
		"KOMMO_CLIENT_ID=" + estateClient, "KOMMO_CLIENT_SECRET=" + estateSecret, "KOMMO_REDIRECT_URL=" + back,
		"KOMMO_MCP_ADDR=" + addr, "KOMMO_MCP_PUBLIC_URL=" + e.base, "KOMMO_MCP_AUDIT=full", "KOMMO_MCP_MODE=full", "KOMMO_MCP_TOOLSETS=all",
		"KOMMO_MCP_RATE_PER_KEY=500", "KOMMO_MCP_MAX_RETRIES=0",
	}
	e.start()
	t.Cleanup(func() { e.end(os.Kill) })
	for who, h := range holders() {
		e.bearers[who][1] = e.authorize(h.host)
		e.bearers[who][0] = strings.TrimSpace(e.run("keys", "create", "--account", h.account, "--mode", "full"))
	}
	return e
}

func unusedAddr(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// moody stands for Kommo on its bad days.
func (e *estate) moody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.away.Load() && strings.HasPrefix(r.URL.Path, "/api/") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
		// Late is the answer, not the request: requests that arrive more than 50 ms later
		// than others would come closer together than Kommo allows.
		if e.slow.Load() && rand.IntN(8) == 0 {
			select {
			case <-time.After(time.Duration(rand.IntN(400)) * time.Millisecond):
			case <-r.Context().Done():
			}
		}
	})
}

// run runs one of the binary's commands beside the server.
func (e *estate) run(args ...string) string {
	e.Helper()
	cmd := exec.CommandContext(e.Context(), e.binary, args...)
	cmd.Env = e.env
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		e.Fatalf("%v: %v %s", args, err, errOut.String())
	}
	return string(out)
}

// start runs the server until it is ready.
func (e *estate) start() {
	e.Helper()
	e.cmd = exec.CommandContext(context.WithoutCancel(e.Context()), e.binary, "http")
	e.cmd.Env = e.env
	out, err := e.cmd.StderrPipe()
	if err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		e.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	e.ended = ended
	go func() {
		defer close(ended)
		once := sync.OnceFunc(func() { close(ready) })
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			_, _ = e.log.Write(append(lines.Bytes(), '\n'))
			if strings.Contains(lines.Text(), "msg=ready") {
				once()
			}
		}
	}()
	select {
	case <-ready:
	case <-ended:
		e.Fatalf("http ended: %s", e.log)
	}
}

// end ends the server by a signal, and waits until it is gone.
func (e *estate) end(by os.Signal) {
	_ = e.cmd.Process.Signal(by)
	<-e.ended
	_ = e.cmd.Wait()
}

// authorize takes a client through registration and both consents, as browsers do, and
// answers its access token.
func (e *estate) authorize(host string) string {
	e.Helper()
	own := http.DefaultTransport.(*http.Transport).Clone()
	defer own.CloseIdleConnections()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Transport: own, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := func(method, at, kind, body string) (onward, page string) {
		req, err := http.NewRequestWithContext(e.Context(), method, at, strings.NewReader(body))
		if err != nil {
			e.Fatal(err)
		}
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		res, err := browser.Do(req)
		if err != nil {
			e.Fatal(err)
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		return res.Header.Get("Location"), string(raw)
	}
	const form, verifier, client = "application/x-www-form-urlencoded", "a-verifier-that-is-long-enough-0123456789-0123456789", "http://127.0.0.1:9/callback"
	_, body := visit(http.MethodPost, e.base+"/register", "application/json", `{"client_name":"Walk","redirect_uris":["`+client+`"],"token_endpoint_auth_method":"none"}`)
	var made struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		e.Fatal(err, body)
	}
	sum := sha256.Sum256([]byte(verifier))
	ask := url.Values{
		"response_type": {"code"}, "client_id": {made.ID}, "redirect_uri": {client}, "state": {"s"}, "resource": {e.base + "/mcp"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, "scope": {"kommo:read kommo:write kommo:full"},
	}
	_, page := visit(http.MethodGet, e.base+"/authorize?"+ask.Encode(), "", "")
	csrf := e.find(page, `name="csrf" value="([^"]+)"`)
	action, _ := url.Parse(e.find(page, `action="([^"]+)"`))
	home, _ := url.Parse(e.base + "/")
	consent, _ := visit(http.MethodPost, home.ResolveReference(action).String(), form, url.Values{"csrf": {csrf}, "decision": {"allow"}}.Encode())
	back, _ := visit(http.MethodGet, consent+"&account="+host, "", "")
	given, page := visit(http.MethodGet, back, "", "")
	if given == "" {
		given = e.find(page, `url=([^"]+)"`)
	}
	at, err := url.Parse(given)
	if err != nil {
		e.Fatal(err)
	}
	_, body = visit(http.MethodPost, e.base+"/token", form, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {made.ID}, "code": {at.Query().Get("code")}, "redirect_uri": {client}, "code_verifier": {verifier}, "resource": {e.base + "/mcp"},
	}.Encode())
	var pair struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &pair); err != nil || pair.Access == "" {
		e.Fatalf("no token: %s", body)
	}
	return pair.Access
}

func (e *estate) find(page, pattern string) string {
	e.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		e.Fatalf("no %s in %s", pattern, page)
	}
	return html.UnescapeString(m[1])
}

// readOne reads a resource. Errors carry text too: watch reads it.
func (e *estate) readOne(c *client.Client, uri string) {
	req := mcp.ReadResourceRequest{}
	req.Params.URI = uri
	_, _ = c.ReadResource(e.Context(), req)
}

// readAll reads all resources, prompts and completions.
func (e *estate) readAll(c *client.Client, known ids) {
	for _, uri := range []string{
		"kommo://account", "kommo://pipelines", "kommo://users", "kommo://roles", "kommo://outbox", "kommo://fields/leads", "kommo://fields/contacts", "kommo://fields/companies",
		fmt.Sprintf("kommo://leads/%d", known.lead), fmt.Sprintf("kommo://contacts/%d", known.contact), "kommo://companies/1", "kommo://leads/1",
		"kommo://twin.kommo.com/account", "kommo://31000002/outbox", "kommo://leads/..%2faccount",
	} {
		e.readOne(c, uri)
	}
	list, err := c.ListPrompts(e.Context(), mcp.ListPromptsRequest{})
	if err != nil || len(list.Prompts) == 0 {
		e.Errorf("prompts: %v", err)
		return
	}
	for _, p := range list.Prompts {
		req := mcp.GetPromptRequest{}
		req.Params.Name, req.Params.Arguments = p.Name, map[string]string{}
		for _, a := range p.Arguments {
			req.Params.Arguments[a.Name] = "Lopez"
			complete := mcp.CompleteRequest{}
			complete.Params.Ref = mcp.PromptReference{Type: "ref/prompt", Name: p.Name}
			complete.Params.Argument.Name, complete.Params.Argument.Value = a.Name, "a"
			_, _ = c.Complete(e.Context(), complete)
		}
		_, _ = c.GetPrompt(e.Context(), req)
	}
	for uri, arg := range map[string]string{"kommo://leads/{id}": "id", "kommo://contacts/{id}": "id", "kommo://companies/{id}": "id", "kommo://fields/{entity}": "entity"} {
		req := mcp.CompleteRequest{}
		req.Params.Ref = mcp.ResourceReference{Type: "ref/resource", URI: uri}
		req.Params.Argument.Name, req.Params.Argument.Value = arg, "4"
		_, _ = c.Complete(e.Context(), req)
	}
}
