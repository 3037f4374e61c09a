package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
)

// unsampled are the tools that optIn leaves out, to be called whatever comes of it.
func unsampled(i ids, uid string) []toolCall {
	type m = map[string]any
	return []toolCall{
		{"decline_incoming_lead", m{"uid": uid}},
		{"link_incoming_lead", m{"uid": uid, "lead_id": i.openLead}},
		{"api_put", m{"path": "/leads/1/link", "body": "[]"}},
		{"api_delete", m{"path": "/leads/tags/1"}},
		{"retry_pending_call", m{"pending_id": 1}},
	}
}

// reaches try to get to another account, or another host, by what a caller may say.
func reaches() (out []toolCall) {
	for _, path := range []string{
		"//twin.kommo.com/api/v4/account", "https://twin.kommo.com/api/v4/account", "/../../twin.kommo.com/account", "/leads/..%2f..%2faccount", "/account#@twin.kommo.com",
		"@twin.kommo.com/account", "/account?host=twin.kommo.com", "\\\\twin.kommo.com\\account", "/leads/%2e%2e/account", "/account\r\nHost: twin.kommo.com",
	} {
		out = append(out, toolCall{"api_get", map[string]any{"path": path}})
	}
	return append(out,
		toolCall{"get_account", map[string]any{"subdomain": "twin", "account": "31000002"}},
		toolCall{"search_leads", map[string]any{"cursor": "eyJhY2NvdW50IjoiMzEwMDAwMDIifQ"}},
		toolCall{"update_leads", map[string]any{"lead_ids": []int64{1}, "price": 5, "confirm_token": "cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}})
}

// walkers is small in the usual tests, where each calls a few tools: Kommo's rate makes
// the whole walk take minutes. .ci/isolation has it in full.
var walkers = flag.Int("walkers", 8, "clients at once in front of the binary; from 64 on they call all tools")

const wholeWalk = 64

// TestTheBinaryKeepsTenantsApart: clients of both eras, with keys and with tokens of
// our authorization server, walk all tools, resources, prompts and completions of two
// accounts that are alike in every id, while Kommo is slow and calls are cut off; then
// both hand in calls during an outage, and the server is killed. No byte of one is in
// what the other gets, in its lines of the log and of the audit log, or in requests to
// its account.
func TestTheBinaryKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.slow.Store(true)
	var all sync.WaitGroup
	tried := [2]map[string]bool{{}, {}}
	known := [2]ids{}
	for who := range e.seen {
		var calls []toolCall
		known[who], calls = e.samples(who)
		for _, c := range calls {
			tried[who][c.tool] = true
		}
		perTenant := *walkers / 2
		for i := range perTenant {
			each, read := 3, i < 1
			if *walkers >= wholeWalk {
				each, read = max(len(calls)/perTenant+1, 6), i < 4
			}
			all.Go(func() {
				c := e.client(who, i%2, slices.Sorted(maps.Keys(eras))[i/2%2])
				for k := range each {
					e.call(c, calls[(k*perTenant+i)%len(calls)], rand.IntN(10) == 0)
				}
				if read {
					e.readAll(c, known[who])
				}
			})
		}
		all.Go(func() { e.meddle(who) })
	}
	all.Wait()
	if known[0] != known[1] {
		t.Errorf("the accounts do not collide: %+v %+v", known[0], known[1])
	}
	for _, tool := range tools.All(nil) { // in the usual tests all are called in front of TestNoByteReachesTheOtherTenant's server
		if !tried[0][tool.Name()] || !tried[1][tool.Name()] {
			t.Errorf("%s was not called", tool.Name())
		}
	}
	e.slow.Store(false)
	e.outage(known[0])
	e.judge()
}

// client is one of a tenant, by access key or by token.
func (e *estate) client(who, way int, era string) *client.Client {
	e.Helper()
	own := http.DefaultTransport.(*http.Transport).Clone()
	e.Cleanup(own.CloseIdleConnections)
	trans, err := transport.NewStreamableHTTP(e.base+[]string{"/keys/mcp", "/mcp"}[way],
		transport.WithHTTPBasicClient(&http.Client{Transport: watch{e.T, &e.seen, who, own}}),
		transport.WithHTTPHeaders(map[string]string{"Authorization": "Bearer " + e.bearers[who][way]}))
	if err != nil {
		e.Fatal(err)
	}
	return start(e.T, client.NewClient(trans, eras[era]...))
}

// call uses a tool. One that is cut off goes away in the middle.
func (e *estate) call(c *client.Client, call toolCall, cut bool) map[string]any {
	e.Helper()
	ctx, cancel := context.WithCancel(e.Context())
	defer cancel()
	if cut {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(300))*time.Millisecond)
		defer cancel()
	}
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = call.tool, call.args
	req.Params.Meta = &mcp.Meta{ProgressToken: 1} // of all the same
	res, err := c.CallTool(ctx, req)
	if err != nil {
		if !cut {
			e.Errorf("%s: %v", call.tool, err)
		}
		return nil
	}
	out, _ := res.StructuredContent.(map[string]any)
	if raw, _ := json.Marshal(res); !cut && strings.Contains(string(raw), `"canceled"`) {
		e.Errorf("%s was cancelled by somebody else: %s", call.tool, raw)
	}
	return out
}

// samples are calls of all tools, with ids as this tenant sees them.
func (e *estate) samples(who int) (ids, []toolCall) {
	c := e.client(who, 0, "2026-07-28")
	type m = map[string]any
	get := func(tool string, args m) m { return e.call(c, toolCall{tool, args}, false) }
	known := ids{
		lead: firstID(e, get("search_leads", m{"limit": 1})), openLead: firstID(e, get("search_leads", m{"stage": "open", "limit": 1})),
		contact: firstID(e, get("search_contacts", m{"query": "example.com", "limit": 1})), task: firstID(e, get("list_tasks", m{"due": "overdue", "limit": 1})),
	}
	first := func(tool string, args m) m {
		out := get(tool, args)
		items, _ := out["items"].([]any)
		if len(items) == 0 {
			e.Fatalf("%s of %s: %v", tool, holders()[who].mark, out)
		}
		return items[0].(m)
	}
	uid, _ := first("list_incoming_leads", nil)["uid"].(string)
	file, _ := first("list_files", m{"limit": 1})["file_uuid"].(string)
	calls := slices.Concat(optIn(known, 1, uid, file), unsampled(known, uid), reaches())
	for _, name := range slices.Sorted(maps.Keys(samples(known))) {
		calls = append(calls, toolCall{name, samples(known)[name]})
	}
	return known, calls
}

// raw posts a message of the newer era with a tenant's key and answers what came.
func (e *estate) raw(who int, method, httpMethod, params string, id int, header ...string) (int, string) {
	e.Helper()
	own := http.DefaultTransport.(*http.Transport).Clone()
	defer own.CloseIdleConnections()
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s%s}}`, id, method, meta, params)
	req, err := http.NewRequestWithContext(e.Context(), httpMethod, e.base+"/keys/mcp", strings.NewReader(body))
	if err != nil {
		e.Fatal(err)
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + e.bearers[who][0], "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method,
	} {
		req.Header.Set(name, value)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (watch{e.T, &e.seen, who, own}).RoundTrip(req)
	if err != nil {
		e.Errorf("%s: %v", method, err)
		return 0, ""
	}
	var got bytes.Buffer
	_, _ = got.ReadFrom(res.Body)
	return res.StatusCode, got.String()
}

// meddle cancels ids that the other uses too, listens, asks to resume the other's
// streams, and answers questions that were put to the other.
func (e *estate) meddle(who int) {
	for id := range 40 {
		e.raw(who, "notifications/cancelled", http.MethodPost, fmt.Sprintf(`,"requestId":%d`, id), id)
		if status, got := e.raw(who, "subscriptions/listen", http.MethodPost, `,"notifications":{"toolsListChanged":true,"resourceSubscriptions":["kommo://outbox"]}`, id); strings.Contains(got, "notifications/progress") || strings.Contains(got, "elicitation/create") {
			e.Errorf("a listener hears of others: %d %s", status, got)
		}
		if status, got := e.raw(who, "none", http.MethodGet, "", id, "Last-Event-ID", fmt.Sprint(id), "Mcp-Session-Id", fmt.Sprint(id)); status != http.StatusMethodNotAllowed {
			e.Errorf("a stream to resume: %d %s", status, got)
		}
	}
	lead := `,"name":"update_leads","arguments":{"lead_ids":[40885001],"price":77}`
	_, asked := e.raw(who, "tools/call", http.MethodPost, lead, 1, "Mcp-Name", "update_leads")
	_, state, found := strings.Cut(asked, `"requestState":"`)
	state, _, _ = strings.Cut(state, `"`)
	if !found {
		e.Errorf("no question: %s", asked)
		return
	}
	answer := lead + `,"requestState":"` + state + `","inputResponses":{"confirm":{"action":"accept","content":{}}}`
	if _, got := e.raw(1-who, "tools/call", http.MethodPost, answer, 1, "Mcp-Name", "update_leads"); !strings.Contains(got, `"isError":true`) {
		e.Errorf("the answer to a question of %s is taken from the other: %s", holders()[who].mark, got)
	}
}

// outage has both hand in the same calls while Kommo is away, kills the server, and
// waits until all are written. The other's pending ids are nothing to anybody.
func (e *estate) outage(known ids) {
	e.Helper()
	e.away.Store(true)
	e.box.ForgetArrivals()
	const each = 6
	var clients [2]*client.Client
	var pending [2][]any
	for who, h := range holders() {
		clients[who] = e.client(who, who, "2026-07-28")
		for i := range each {
			out := e.call(clients[who], toolCall{"post_call_summary", map[string]any{
				"lead_id": known.openLead, "phone": "+1 202 555 0142", "summary": fmt.Sprintf("By %s %d", h.mark, i), "call_id": fmt.Sprint("outage ", i),
			}}, false)
			if out["status"] != "queued" {
				e.Errorf("%s: %v", h.mark, out)
			}
			pending[who] = append(pending[who], out["pending_id"])
		}
	}
	for who := range e.seen {
		for _, id := range pending[1-who] {
			if out := e.call(clients[who], toolCall{"retry_pending_call", map[string]any{"pending_id": id}}, false); !strings.Contains(fmt.Sprint(out), "not_found") {
				e.Errorf("the other's pending_id: %v", out)
			}
		}
		if *walkers >= wholeWalk {
			e.readAll(clients[who], known) // each read waits until Kommo is given up
		}
		e.readOne(clients[who], "kommo://outbox")
	}
	if *walkers >= wholeWalk {
		e.end(os.Kill) // what was under way then is taken up when its lease ends, half a minute later
	} else {
		e.end(syscall.SIGTERM)
	}
	e.away.Store(false)
	e.start()
	want := 2 * each
	written := func() int {
		n := 0
		for i := range each {
			for _, h := range holders() {
				n += e.posted(h.host, fmt.Sprintf("By %s %d", h.mark, i))
			}
		}
		return n
	}
	for end := time.Now().Add(60 * time.Second); written() < want && time.Now().Before(end); {
		<-time.After(200 * time.Millisecond)
	}
	for i := range each {
		for _, h := range holders() {
			if n := e.posted(h.host, fmt.Sprintf("By %s %d", h.mark, i)); n != 1 {
				e.Errorf("call %d of %s was written %d times", i, h.mark, n)
			}
		}
	}
}

// posted counts the notes with a text that were written to an account.
func (e *estate) posted(host, text string) (n int) {
	for _, a := range e.box.Arrivals() {
		if a.Method == http.MethodPost && a.Host == host && a.Status < 300 && strings.HasSuffix(a.Path, "/notes") && strings.Contains(string(a.Body), text) {
			n++
		}
	}
	return n
}

// judge reads what is left: requests, log, audit log, files.
func (e *estate) judge() {
	e.Helper()
	hs := holders()
	for _, a := range e.box.Arrivals() {
		for who, h := range hs {
			_, bearer, ok := strings.Cut(a.Header.Get("Authorization"), "Bearer ")
			if claims, err := auth.ReadClaims(bearer); ok && a.Host == h.host && (err != nil || fmt.Sprint(claims.AccountID) != h.account) {
				e.Errorf("%s %s: the token of %d went to %s", a.Method, a.Path, claims.AccountID, a.Host)
			}
			if a.Host == hs[1-who].host && bytes.Contains(a.Body, []byte("By "+h.mark)) {
				e.Errorf("%s was sent a text of %s", a.Host, h.mark)
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join(e.state, "audit.jsonl"))
	if err != nil {
		e.Fatal(err)
	}
	e.apart("the audit log", string(raw), func(h holder) string { return `"account":"` + h.account + `"` }, 8)
	e.apart("the log", e.log.String(), func(h holder) string { return "account=" + h.account }, 50)
	files, _ := filepath.Glob(filepath.Join(e.state, "*.db*"))
	for _, name := range files {
		raw, err := os.ReadFile(name)
		for _, h := range hs {
			if err != nil || bytes.Contains(raw, []byte("By "+h.mark)) || bytes.Contains(raw, []byte(h.mark+" ")) {
				e.Errorf("%s holds open texts of %s (%v)", filepath.Base(name), h.mark, err)
			}
		}
	}
	for who, h := range hs {
		if n := e.seen[who].Load(); n < 20 {
			e.Errorf("only %d answers carry the mark %s", n, h.mark)
		}
	}
	unasked(e.T, e.box.Violations())
	e.Logf("%d clients; %d and %d answers with own marks; %d lines of audit", *walkers, e.seen[0].Load(), e.seen[1].Load(), bytes.Count(raw, []byte("\n")))
}

// unasked fails for requests that leave Kommo's contract, other than those for which
// the walk asks on purpose.
func unasked(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		if !strings.Contains(v, "no such route") && !strings.Contains(v, "unknown query key host") {
			t.Errorf("contract: %v", v)
		}
	}
}

// apart holds that each line with something of one account names that account alone.
func (e *estate) apart(what, text string, of func(holder) string, atLeast int) {
	e.Helper()
	hs := holders()
	var named [2]int
	for line := range strings.Lines(text) {
		for who, h := range hs {
			other := hs[1-who]
			if strings.Contains(line, of(h)) {
				named[who]++
			}
			mine := strings.Contains(line, h.mark+" ") || strings.Contains(line, "By "+h.mark)
			if mine && (!strings.Contains(line, of(h)) || strings.Contains(line, of(other))) {
				e.Errorf("%s: of %s, under another account: %s", what, h.mark, line)
			}
		}
		if strings.Contains(line, of(hs[0])) && strings.Contains(line, of(hs[1])) {
			e.Errorf("%s: of two accounts: %s", what, line)
		}
	}
	if named[0] < atLeast || named[1] < atLeast {
		e.Errorf("%s: %v lines name the accounts; was it looked at?", what, named)
	}
}
