package torture

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// BenchmarkKnownCaller prints how long a call of a known caller with note, task and
// stage takes where Kommo answers after 120 ms: one call in each of many accounts,
// whose limit is free, with the state on disk. Budget: 6 requests in 4 round trips,
// half of the calls within 600 ms.
func BenchmarkKnownCaller(b *testing.B) {
	const accounts, latency = 21, 120 * time.Millisecond
	for b.Loop() {
		var opts []sandbox.Option
		for i := range accounts {
			opts = append(opts, sandbox.WithAccount(host(i), sandbox.Blank()))
		}
		box := sandbox.New(opts...)
		srv, err := sandbox.Listen(b.Context(), "127.0.0.1:0", box)
		if err != nil {
			b.Fatal(err)
		}
		var all []*crm.Service
		transport := kommo.NewTransport(nil)
		dir := filepath.Join(b.TempDir(), "state")
		st, lanes := store.New(dir, time.Now), store.NewLanes(dir, time.Now)
		for i := range accounts {
			all = append(all, warmService(b, srv.URL, host(i), box.Token(host(i)), transport, st, lanes))
		}
		<-time.After(1100 * time.Millisecond) // the limit is free again
		box.ForgetArrivals()
		box.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: latency, Times: -1})
		var took []time.Duration
		most, trips := 0, 0
		for i, jobs := range all {
			box.ForgetArrivals()
			begun := time.Now()
			out, err := jobs.LogCall(b.Context(), crm.Call{
				Phone: number(0), Summary: "Booked the survey. They have two roofs.", CallID: host(i), Stage: "Discussion", FollowUpText: "Prepare the survey",
			})
			took = append(took, time.Since(begun))
			if err != nil || out.Status != crm.CallLogged || len(out.Written) != 4 || len(out.Warnings) > 0 {
				b.Fatalf("%+v, %v", out, err)
			}
			arrivals := box.Arrivals()
			most, trips = max(most, len(arrivals)), max(trips, waves(arrivals, latency/2))
		}
		slices.Sort(took)
		p50 := took[len(took)/2]
		b.ReportMetric(float64(most), "requests")
		b.ReportMetric(float64(trips), "roundtrips")
		b.ReportMetric(float64(p50.Milliseconds()), "ms/p50")
		b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms/slowest")
		b.ReportMetric(0, "ns/op")
		if most > 6 || trips > 4 || p50 > 600*time.Millisecond {
			b.Errorf("%d requests, %d round trips, half of the calls within %v", most, trips, p50)
		}
		transport.CloseIdleConnections()
		srv.Close()
		_, _ = st.Close(), lanes.Close()
	}
}

// waves counts the groups of arrivals that came together.
func waves(arrivals []sandbox.Arrival, together time.Duration) int {
	n := 0
	var begun time.Time
	for _, a := range arrivals {
		if n == 0 || a.At.Sub(begun) > together {
			n, begun = n+1, a.At
		}
	}
	return n
}

func warmService(b *testing.B, url, host, token string, transport http.RoundTripper, st *store.Store, lanes *store.Lanes) *crm.Service {
	b.Helper()
	api, err := newClient(url, host, token, kommo.WithTransport(transport), kommo.WithAttemptTimeout(5*time.Second),
		kommo.WithCommonRate(sharedRate{b.Context(), lanes, host}))
	if err != nil {
		b.Fatal(err)
	}
	names := directory.New(api)
	b.Cleanup(names.Close)
	if err := names.Warm(b.Context(), directory.InAccount, directory.InPipelines); err != nil {
		b.Fatal(err)
	}
	_, err = api.Leads.CreateComplex(b.Context(), []kommo.ComplexLead{{Name: "Deal", Embedded: kommo.ComplexParts{
		Contacts: []kommo.ContactWrite{{Name: "Customer", Fields: []kommo.FieldValueWrite{{
			FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{{Value: number(0), EnumCode: "WORK"}},
		}}}},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	jobs := crm.New(api, names, kommo.SystemClock{}, crm.WithStore(st))
	b.Cleanup(jobs.Close)
	return jobs
}
