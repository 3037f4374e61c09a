package torture

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// rateArg makes the test binary a process that asks as fast as it may: URL of the
// sandbox, state directory, host, token.
const rateArg = "rate-child"

// askOften asks with ten goroutines until the input ends.
func askOften(args []string, in io.Reader) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	api, err := newClient(args[0], args[2], args[3], kommo.WithAttemptTimeout(5*time.Second),
		kommo.WithCommonRate(sharedRate{ctx, store.NewLanes(args[1], time.Now), args[2]}))
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = api.Leads.List(ctx, kommo.LeadFilter{ListOptions: kommo.ListOptions{Limit: 1}}) // refusals are what is looked at
			}
		})
	}
	_, err = io.Copy(io.Discard, in)
	stop()
	wg.Wait()
	return err
}

// TestRateOfThreeProcesses: however many processes share the state directory, the
// account sees at most seven requests in any rolling second, and nearly as many.
// A 429 in one of them stops all.
func TestRateOfThreeProcesses(t *testing.T) {
	const host, second = "rate.kommo.com", time.Second
	box := sandbox.New(sandbox.WithAccount(host, sandbox.Blank()))
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", box)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	box.Inject(sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: http.StatusTooManyRequests, After: 44,
		Body: `{"title":"Too Many Requests","status":429,"detail":"limit","retry_after":2}`,
	})
	end := askFrom(t, 3, srv.URL, filepath.Join(t.TempDir(), "state"), host, box.Token(host))
	<-time.After(9 * second)
	end()
	arrivals := box.Arrivals()
	slices.SortFunc(arrivals, func(a, b sandbox.Arrival) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	complaint := slices.IndexFunc(arrivals, func(a sandbox.Arrival) bool { return a.Status == http.StatusTooManyRequests && !a.Limited })
	if complaint < 0 || complaint+8 > len(arrivals) {
		t.Fatalf("of %d requests none was refused", len(arrivals))
	}
	// Lanes send 1,060 ms apart. A busy machine notes an arrival late, and the race
	// detector makes it busy: that is allowed for. Processes that did not share the
	// rate would send 21 in this time.
	const noted = 120 * time.Millisecond
	for i := 7; i < len(arrivals); i++ {
		if d := arrivals[i].At.Sub(arrivals[i-7].At); d < second+60*time.Millisecond-noted {
			t.Errorf("eight requests within %v", d)
		}
	}
	for _, a := range arrivals[complaint+1:] {
		if d := a.At.Sub(arrivals[complaint].At); d > 150*time.Millisecond && d < 900*time.Millisecond {
			t.Errorf("a request %v after the 429", d)
		}
	}
	calm := arrivals[:complaint]
	t.Logf("rate: %d processes, %d requests, %.2f a second until the 429", 3, len(arrivals), perSecond(calm))
	if rate := perSecond(calm); rate < 6 { // 6.6 where nothing else runs
		t.Errorf("only %.2f requests a second", rate)
	}
}

// perSecond is the rate from the first request of a seven to that of the last.
func perSecond(a []sandbox.Arrival) float64 {
	last := (len(a) - 1) / 7 * 7
	return float64(last) / a[last].At.Sub(a[0].At).Seconds()
}

func askFrom(t *testing.T, processes int, args ...string) (end func()) {
	t.Helper()
	var ends []func()
	for range processes {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], append([]string{rateArg}, args...)...)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, func() {
			_ = in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	return func() {
		for _, f := range ends {
			f()
		}
	}
}
