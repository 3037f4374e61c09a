package torture

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	outageHost   = "outage.kommo.com"
	outagePeople = 90
	wayThere     = 60 * time.Millisecond // and as long back
)

// wire leads straight into the sandbox, without a network: the clock of the test
// stands still only if nobody waits for a socket.
type wire struct {
	box  *sandbox.Sandbox
	away atomic.Bool

	mu       sync.Mutex
	arrivals []time.Time
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
	select {
	case <-time.After(wayThere):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if w.away.Load() {
		return nil, fmt.Errorf("connection refused")
	}
	w.mu.Lock()
	w.arrivals = append(w.arrivals, time.Now())
	w.mu.Unlock()
	in := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), bytes.NewReader(body))
	in.Host, in.Header = req.Host, req.Header
	rec := httptest.NewRecorder()
	w.box.ServeHTTP(rec, in)
	<-time.After(wayThere)
	res := rec.Result()
	res.Request = req
	return res, nil
}

// TestTwoHoursWithoutKommo: what was accepted meanwhile is written in order per
// card, as fast as the account allows, and people are served first.
func TestTwoHoursWithoutKommo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := setting[int](t, "outage")
		w := &wire{box: sandbox.New(sandbox.WithAccount(outageHost, sandbox.Blank()))}
		jobs, api := outageRig(t, w)
		var leads []int64
		for i := range outagePeople {
			leads = append(leads, customer(t, api, i))
		}
		ctx, stop := context.WithCancel(t.Context())
		var worker sync.WaitGroup
		worker.Go(func() { jobs.RunOutbox(ctx) })
		w.away.Store(true)
		begun := time.Now()
		for i := range calls {
			out, err := jobs.LogCall(t.Context(), outageCall(i))
			if err != nil || out.Status != crm.CallQueued {
				t.Fatalf("call %d: %s, %v", i, out.Status, err)
			}
			if next := time.Duration(i+1) * 2 * time.Hour / time.Duration(calls); next > time.Since(begun) {
				<-time.After(next - time.Since(begun))
			}
		}
		w.away.Store(false)
		w.arrivals = nil
		back := time.Now()
		slowest := talkMeanwhile(t, jobs)
		drained := time.Now()
		stop()
		worker.Wait()
		first := w.arrivals[0]
		rate := float64(len(w.arrivals)) / drained.Sub(first).Seconds()
		t.Logf("outage: %d calls in %v without Kommo; written %.0f s after it was back, with %d requests at %.2f a second; the first after %.0f s; slowest of the calls of people meanwhile %.2f s",
			calls, back.Sub(begun).Round(time.Second), drained.Sub(back).Seconds(), len(w.arrivals), rate, first.Sub(back).Seconds(), slowest.Seconds())
		if rate < 6.5 {
			t.Errorf("only %.2f requests a second", rate)
		}
		if slowest > 2*time.Second {
			t.Errorf("somebody waited %v", slowest)
		}
		inOrder(t, api, leads, calls)
	})
}

func outageRig(t *testing.T, w *wire) (*crm.Service, *kommo.Client) {
	t.Helper()
	base, err := kommo.ParseBase("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	address, err := kommo.ParseAccount(outageHost)
	if err != nil {
		t.Fatal(err)
	}
	api := kommo.New(address, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.box.Token(outageHost)}), kommo.WithBaseURL(base), kommo.WithTransport(w))
	names := directory.New(api)
	t.Cleanup(names.Close)
	st := store.NewMemory(time.Now)
	jobs := crm.New(api, names, kommo.SystemClock{}, crm.WithStore(st))
	t.Cleanup(func() { jobs.Close(); _ = st.Close() })
	if err := names.Warm(t.Context(), directory.InAccount, directory.InPipelines, directory.InUsers, directory.InLeadFields); err != nil {
		t.Fatal(err)
	}
	return jobs, api
}

func customer(t *testing.T, api *kommo.Client, i int) int64 {
	t.Helper()
	made, err := api.Leads.CreateComplex(t.Context(), []kommo.ComplexLead{{Name: "Deal", Embedded: kommo.ComplexParts{
		Contacts: []kommo.ContactWrite{{Name: "Customer", Fields: []kommo.FieldValueWrite{{
			FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{{Value: number(i), EnumCode: "WORK"}},
		}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return made[0].ID
}

func outageCall(i int) crm.Call {
	c := crm.Call{Phone: number(i % outagePeople), CallID: fmt.Sprintf("queued-%06d", i), Summary: fmt.Sprintf("Call number %d.", i)}
	if i%3 == 0 {
		c.FollowUpText = fmt.Sprintf("Answer call %d", i)
	}
	return c
}

// talkMeanwhile logs a call of somebody else every ten seconds until the outbox is
// empty, and says how long the slowest took.
func talkMeanwhile(t *testing.T, jobs *crm.Service) (slowest time.Duration) {
	t.Helper()
	for i := 0; ; i++ {
		list, err := jobs.Pending(t.Context(), 1)
		if err != nil || list.Dead > 0 {
			t.Fatalf("%+v, %v", list, err)
		}
		if list.Waiting == 0 {
			return slowest
		}
		if i%10 == 0 {
			slowest = max(slowest, liveCall(t, jobs, i))
		}
		<-time.After(time.Second)
	}
}

func liveCall(t *testing.T, jobs *crm.Service, i int) time.Duration {
	t.Helper()
	begun := time.Now()
	out, err := jobs.LogCall(t.Context(), crm.Call{
		Phone: number(95 + i/10%5), CallID: fmt.Sprintf("live-%d", i), Summary: "Live call.", UnknownCaller: crm.UnknownContactOnly, FollowUpText: fmt.Sprintf("Live task %d", i),
	})
	if err != nil || out.Status != crm.CallLogged {
		t.Fatalf("live call %d: %+v, %v", i, out, err)
	}
	return time.Since(begun)
}

// inOrder wants each call once on its card, in the order in which they came.
func inOrder(t *testing.T, api *kommo.Client, leads []int64, calls int) {
	t.Helper()
	total := 0
	for _, lead := range leads {
		var uniqs []string
		for n, err := range api.Notes.AllOf(t.Context(), kommo.Leads, lead, kommo.NoteFilter{Order: kommo.Order{By: "id"}}) {
			if err != nil {
				t.Fatal(err)
			}
			if call, ok := n.Call(); ok {
				uniqs = append(uniqs, call.Unique)
			}
		}
		if !slices.IsSorted(uniqs) {
			t.Errorf("lead %d: out of order: %v", lead, uniqs)
		}
		total += len(uniqs)
	}
	same(t, "calls on their cards", total, calls)
}
