package crm_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

const callHost = "demo.kommo.com"

// callRig is the demo account, without a rate limit, and its jobs. Requests may
// be held back to see which are under way together.
type callRig struct {
	*testing.T

	box   *sandbox.Sandbox
	base  string // its address
	api   *kommo.Client
	jobs  *crm.Service
	clock *testclock.Clock
	began time.Time

	mu     sync.Mutex
	flying int
	waves  int // times that requests were sent with none under way
}

func newCallRig(t *testing.T, opts ...sandbox.Option) *callRig {
	t.Helper()
	r := &callRig{T: t, box: sandbox.New(append(opts, sandbox.WithoutRateLimit())...)}
	srv := httptest.NewServer(r.box)
	t.Cleanup(srv.Close)
	r.base = srv.URL
	base, err := kommo.ParseBase(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	account, err := kommo.ParseAccount(callHost)
	if err != nil {
		t.Fatal(err)
	}
	clock := &testclock.Clock{}
	r.clock = clock
	transport := kommo.NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	r.api = kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: r.box.Token(callHost)}), kommo.WithBaseURL(base),
		kommo.WithTransport(waveCounter{r, transport}), kommo.WithMaxRetries(1), kommo.WithClock(clock), kommo.WithAttemptTimeout(5*time.Second))
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	if err := names.Warm(t.Context(), directory.InAccount, directory.InPipelines, directory.InUsers, directory.InLeadFields, directory.InLossReasons); err != nil {
		t.Fatal(err)
	}
	r.jobs = crm.New(r.api, names, clock)
	t.Cleanup(r.jobs.Close)
	r.began = time.Now()
	r.forget()
	return r
}

// waveCounter counts round trips: requests sent while another is under way are
// of the same wave.
type waveCounter struct {
	r    *callRig
	next http.RoundTripper
}

func (w waveCounter) RoundTrip(req *http.Request) (*http.Response, error) {
	w.r.mu.Lock()
	if w.r.flying == 0 {
		w.r.waves++
	}
	w.r.flying++
	w.r.mu.Unlock()
	defer func() {
		w.r.mu.Lock()
		w.r.flying--
		w.r.mu.Unlock()
	}()
	return w.next.RoundTrip(req)
}

func (r *callRig) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waves = 0
	r.box.ForgetArrivals()
}

// requests lists the requests so far: "POST /leads/notes".
func (r *callRig) requests() []string {
	var out []string
	for _, a := range r.box.Arrivals() {
		out = append(out, a.Method+" "+strings.TrimPrefix(a.Path, "/api/v4"))
	}
	return out
}

// writes lists the requests that were to change something.
func (r *callRig) writes() []string {
	var out []string
	for _, line := range r.requests() {
		if !strings.HasPrefix(line, "GET ") {
			out = append(out, line)
		}
	}
	return out
}

func (r *callRig) log(c crm.Call) crm.CallResult {
	r.Helper()
	out, err := r.jobs.LogCall(r.Context(), c)
	if err != nil {
		r.Fatalf("%+v: %v", c, err)
	}
	if v := r.box.Violations(); len(v) > 0 {
		r.Fatalf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return out
}

// lead is a seeded lead by its name.
func (r *callRig) lead(name string) kommo.Lead {
	r.Helper()
	page, err := r.api.Leads.List(r.Context(), kommo.LeadFilter{CardFilter: kommo.CardFilter{Names: []string{name}}})
	if err != nil || len(page.Items) != 1 {
		r.Fatalf("lead %q: %v, %d found", name, err, len(page.Items))
	}
	return page.Items[0]
}

// drain lets a worker deliver what waits, with time enough for every pause.
func (r *callRig) drain() {
	r.Helper()
	for range 20 {
		list, err := r.jobs.Pending(r.Context(), 1)
		if err != nil {
			r.Fatal(err)
		}
		if list.Waiting == 0 {
			return
		}
		r.clock.After(10 * time.Minute)
		r.jobs.DeliverDue(r.Context())
	}
	list, _ := r.jobs.Pending(r.Context(), 10)
	r.Fatalf("the outbox does not drain: %s", mustJSON(r, list))
}

// moves counts how often a lead was moved since the rig was made.
func (r *callRig) moves(lead int64) int {
	r.Helper()
	page, err := r.api.Events.List(r.Context(), kommo.EventFilter{
		Entity: "lead", EntityIDs: []int64{lead}, Types: []string{"lead_status_changed"}, CreatedAt: kommo.Between(r.began, time.Time{}),
	})
	if err != nil {
		r.Fatal(err)
	}
	return len(page.Items)
}

// notes are the notes of a card, the newest first.
func (r *callRig) notes(of kommo.Entity, id int64) []kommo.Note {
	r.Helper()
	page, err := r.api.Notes.ListOf(r.Context(), of, id, kommo.NoteFilter{
		Order: kommo.Order{By: "id", Desc: true}, ListOptions: kommo.ListOptions{Limit: 250},
	})
	if err != nil {
		r.Fatal(err)
	}
	return page.Items
}

// callNotes are the call notes of a card with that uniq.
func (r *callRig) callNotes(of kommo.Entity, id int64, uniq string) []kommo.CallParams {
	r.Helper()
	var out []kommo.CallParams
	for _, n := range r.notes(of, id) {
		if c, ok := n.Call(); ok && c.Unique == uniq {
			out = append(out, c)
		}
	}
	return out
}

func (r *callRig) tasks(lead int64, text string) []kommo.Task {
	r.Helper()
	page, err := r.api.Tasks.List(r.Context(), kommo.TaskFilter{EntityType: kommo.Leads, EntityIDs: []int64{lead}, ListOptions: kommo.ListOptions{Limit: 250}})
	if err != nil {
		r.Fatal(err)
	}
	var out []kommo.Task
	for _, t := range page.Items {
		if t.Text == text {
			out = append(out, t)
		}
	}
	return out
}

func callEqual[T comparable](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func mustJSON(tb testing.TB, v any) string {
	tb.Helper()
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

func sortedTexts(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
