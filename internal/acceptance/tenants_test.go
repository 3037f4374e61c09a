package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/tenant"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// holder is one of two accounts that are alike in all ids: whatever is written in it
// carries its mark.
type holder struct{ account, host, mark, key string }

func holders() [2]holder {
	return [2]holder{
		{"31000001", "demo.kommo.com", "Heron", "kmcp_heron"},
		{"31000002", "twin.kommo.com", "Otter", "kmcp_otter"},
	}
}

// marked is the sandbox with the marks in all names and texts that it answers.
func marked(box http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.Host, ":")
		mark := ""
		for _, h := range holders() {
			if h.host == host {
				mark = h.mark
			}
		}
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		box.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		w.Header().Del("Content-Length")
		body := rec.Body.String()
		if mark != "" {
			body = strings.NewReplacer(`"name":"`, `"name":"`+mark+` `, `"text":"`, `"text":"`+mark+` `).Replace(body)
		}
		w.WriteHeader(rec.Code)
		_, _ = io.WriteString(w, body)
	})
}

// tenancy is one server for both.
type tenancy struct {
	*rig

	log  *safeBuffer
	seen [2]atomic.Int64 // answers with the mark of the one who asked
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type keyring struct{}

func (keyring) Principal(_ context.Context, secret string) (principal.Principal, bool, error) {
	for _, h := range holders() {
		if h.key == secret {
			return principal.Principal{Kind: principal.Key, ID: "of " + h.account, Account: h.account, Mode: principal.Full}, true, nil
		}
	}
	return principal.Principal{}, false, nil
}

func newTenancy(t *testing.T) *tenancy {
	t.Helper()
	hs := holders()
	box := sandbox.New(sandbox.WithoutRateLimit(), sandbox.WithAccount(hs[0].host, sandbox.DemoSeed()), sandbox.WithAccount(hs[1].host, sandbox.DemoSeed()))
	kommoSide := httptest.NewServer(marked(box))
	t.Cleanup(kommoSide.Close)
	y := &tenancy{rig: &rig{box: box}, log: &safeBuffer{}}
	log := slog.New(slog.NewTextHandler(y.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st := store.NewMemory(time.Now)
	t.Cleanup(func() { _ = st.Close() })
	open := func(_ context.Context, n tenant.Name) (tenant.Opened, error) {
		h := hs[0]
		if n.Account == hs[1].account {
			h = hs[1]
		}
		return openHolder(h, box, kommoSide.URL, st, log)
	}
	set := tenant.New(tenant.Config{
		Open: open, Check: func(context.Context, string) error { return nil }, Own: hs[0].account,
		Now: time.Now, After: time.After, Logger: log,
	})
	t.Cleanup(set.Close)
	chosen, err := registry.Select(tools.All(set.Provide, tools.WithMode(registry.ModeFull)), registry.Choice{Mode: registry.ModeFull, Toolsets: []string{registry.AllToolsets}})
	if err != nil {
		t.Fatal(err)
	}
	y.tools = registry.Configure(chosen, registry.Options{Logger: log, Principal: func(ctx context.Context) string { return principal.From(ctx).ID }})
	texts, err := resources.New(set.Provide)
	if err != nil {
		t.Fatal(err)
	}
	y.mcp = server.New(server.Parts{Version: "test", Tools: y.tools, Resources: texts, Logger: log})
	stop := make(chan struct{})
	y.web = httptest.NewServer(server.Handler(y.mcp, stop, server.Web{
		Keys: keyring{}, AnyKey: func(context.Context) (bool, error) { return true, nil }, Tools: y.tools, Logger: log, Edge: server.Edge{Limits: server.Limits{Rate: unlimited, Calls: unlimited}},
	}))
	t.Cleanup(func() { close(stop); y.web.CloseClientConnections(); y.web.Close() })
	return y
}

func openHolder(h holder, box *sandbox.Sandbox, base string, st *store.Store, log *slog.Logger) (tenant.Opened, error) {
	u, err := kommo.ParseBase(base)
	if err != nil {
		return tenant.Opened{}, err
	}
	account, err := kommo.ParseAccount(h.host)
	if err != nil {
		return tenant.Opened{}, err
	}
	clock := instantClock{}
	api := kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: box.Token(h.host)}),
		kommo.WithBaseURL(u), kommo.WithClock(clock), kommo.WithRate(unlimited), kommo.WithLogger(log))
	names := directory.New(api, directory.WithClock(clock), directory.WithLogger(log))
	s := crm.New(api, names, clock, crm.WithStore(st), crm.WithName(h.account), crm.WithLogger(log))
	return tenant.Opened{Service: s, Close: func() { names.Close(); s.Close(); api.CloseIdleConnections() }}, nil
}

// watch reads every byte that comes back to a client.
type watch struct {
	t    *testing.T
	seen *[2]atomic.Int64 // answers with the mark of the one who asked
	who  int
	next http.RoundTripper
}

func (w watch) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := []byte{}
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := w.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	head := &bytes.Buffer{}
	_ = res.Header.Write(head)
	w.look(string(sent), head.String()+string(body))
	return res, err
}

// look finds what is the other's.
func (w watch) look(sent, got string) {
	mine, other := holders()[w.who], holders()[1-w.who]
	for _, foreign := range []string{other.mark, other.host, other.account, other.key} {
		if i := strings.Index(got, foreign); i >= 0 && !strings.Contains(sent, foreign) {
			w.t.Errorf("%s got of %s: …%s…\nfor %.300s", mine.mark, other.mark, got[max(0, i-120):min(len(got), i+60)], sent)
		}
	}
	if strings.Contains(got, mine.mark) {
		w.seen[w.who].Add(1)
	}
}

func (y *tenancy) client(t *testing.T, who int, era string) *client.Client {
	t.Helper()
	own := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(own.CloseIdleConnections)
	trans, err := transport.NewStreamableHTTP(y.web.URL+server.KeysEndpoint,
		transport.WithHTTPBasicClient(&http.Client{Transport: watch{t, &y.seen, who, own}}),
		transport.WithHTTPHeaders(map[string]string{"Authorization": "Bearer " + holders()[who].key}))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, client.NewClient(trans, eras[era]...))
}

// TestNoByteReachesTheOtherTenant: 64 clients of both eras and both tenants walk all
// tools, resources and completions at once; their accounts are alike in every id, and
// what is kept lies in one store.
func TestNoByteReachesTheOtherTenant(t *testing.T) {
	t.Parallel()
	y := newTenancy(t)
	known := y.ids(t)
	calls := slices.Concat(optIn(known, 1, "none", "none"), unsampled(known, "none"), reaches())
	for _, name := range slices.Sorted(maps.Keys(samples(known))) {
		calls = append(calls, toolCall{name, samples(known)[name]})
	}
	const clients, each = 64, 20
	names := slices.Sorted(maps.Keys(eras))
	var all sync.WaitGroup
	for i := range clients {
		c := y.client(t, i%2, names[i/2%2])
		all.Go(func() {
			for k := range each {
				call := calls[(i*7/2+k*5)%len(calls)]
				req := mcp.CallToolRequest{}
				req.Params.Name, req.Params.Arguments = call.tool, call.args
				req.Params.Meta = &mcp.Meta{ProgressToken: 1} // of all the same
				if res, err := c.CallTool(t.Context(), req); err != nil {
					t.Errorf("%s: %v", call.tool, err)
				} else if raw, _ := json.Marshal(res); strings.Contains(string(raw), `"canceled"`) {
					t.Errorf("%s was cancelled by somebody else: %s", call.tool, raw)
				}
			}
			y.readAll(t, c, known)
		})
	}
	all.Go(func() { y.disturb(t) })
	all.Wait()
	for who, h := range holders() {
		if n := y.seen[who].Load(); n < 100 {
			t.Errorf("only %d answers carry the mark %s", n, h.mark)
		}
		if strings.Contains(y.log.String(), h.mark+" ") {
			t.Errorf("the log holds texts of %s", h.mark)
		}
	}
	unasked(t, y.box.Violations())
}

// readAll reads resources and asks for completions.
func (y *tenancy) readAll(t *testing.T, c *client.Client, known ids) {
	for _, uri := range []string{"kommo://account", "kommo://pipelines", "kommo://users", "kommo://fields/leads", fmt.Sprintf("kommo://leads/%d", known.lead), fmt.Sprintf("kommo://contacts/%d", known.contact), "kommo://leads/1"} {
		req := mcp.ReadResourceRequest{}
		req.Params.URI = uri
		_, _ = c.ReadResource(t.Context(), req) // errors carry text too: watch reads it
	}
	req := mcp.CompleteRequest{}
	req.Params.Ref = mcp.ResourceReference{Type: "ref/resource", URI: "kommo://leads/{id}"}
	req.Params.Argument.Name, req.Params.Argument.Value = "id", "3"
	_, _ = c.Complete(t.Context(), req)
}

// disturb has the second tenant cancel ids that the first uses too, and look for
// streams.
func (y *tenancy) disturb(t *testing.T) {
	h := holders()[1]
	for id := range 200 {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, id%50)
		method := []string{http.MethodPost, http.MethodPost, http.MethodGet}[id%3]
		req, err := http.NewRequestWithContext(t.Context(), method, y.web.URL+server.KeysEndpoint, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+h.key)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		res, err := (watch{t, &y.seen, 1, y.web.Client().Transport}).RoundTrip(req)
		if err != nil {
			t.Error(err)
			return
		}
		want := map[string]int{http.MethodPost: http.StatusAccepted, http.MethodGet: http.StatusMethodNotAllowed}[method]
		if res.StatusCode != want {
			t.Errorf("%s: %d", method, res.StatusCode)
		}
	}
}

// TestWhatIsGivenToOneIsNothingToTheOther: keys, calls, cursors and tokens of a
// preview that are equal, or were given to the other.
func TestWhatIsGivenToOneIsNothingToTheOther(t *testing.T) {
	t.Parallel()
	y := newTenancy(t)
	known := y.ids(t)
	for _, era := range slices.Sorted(maps.Keys(eras)) {
		heron, otter := y.client(t, 0, era), y.client(t, 1, era)
		answer := func(c *client.Client, tool string, args map[string]any) (map[string]any, bool) {
			t.Helper()
			req := mcp.CallToolRequest{}
			req.Params.Name, req.Params.Arguments = tool, args
			res, err := c.CallTool(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			out, _ := res.StructuredContent.(map[string]any)
			return out, res.IsError
		}
		for i, c := range []*client.Client{heron, otter} {
			task := map[string]any{"lead_id": known.openLead, "text": "Of " + holders()[i].mark, "due": "2030-01-15T10:00", "idempotency_key": "same key " + era}
			if out, failed := answer(c, "create_task", task); failed {
				t.Errorf("%s: the other's key gets in the way: %v", era, out)
			}
			call := map[string]any{"phone": "+1 202 555 0142", "lead_id": known.openLead, "summary": "By " + holders()[i].mark, "direction": "inbound", "call_id": "same call " + era}
			if out, _ := answer(c, "post_call_summary", call); out["status"] != crm.CallLogged {
				t.Errorf("%s: the other's call gets in the way: %v", era, out)
			}
		}
		plan := map[string]any{"lead_ids": []int64{known.openLead}, "price": 4321 + len(era) + int(era[3])}
		preview, _ := answer(heron, "update_leads", plan)
		token, _ := preview["confirm_token"].(string)
		plan["confirm_token"] = token
		if out, failed := answer(otter, "update_leads", plan); token == "" || !failed {
			t.Errorf("%s: the preview of one is carried out by the other: %q %v", era, token, out)
		}
		if out, failed := answer(heron, "update_leads", plan); failed {
			t.Errorf("%s: its own preview is refused: %v", era, out)
		}
		first, _ := answer(heron, "search_leads", map[string]any{"limit": 2})
		if out, failed := answer(otter, "search_leads", map[string]any{"limit": 2, "cursor": first["next_cursor"]}); failed || len(out["items"].([]any)) != 2 {
			t.Errorf("%s: a cursor of the other: %v", era, out)
		}
	}
}
