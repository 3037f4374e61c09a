package auth

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// The full measure is go test ./internal/auth -run Processes -refreshes 10000 -accounts 50.
var (
	refreshCount = flag.Int("refreshes", 400, "renewals of TestProcessesShareGrants")
	accountCount = flag.Int("accounts", 10, "accounts of TestProcessesShareGrants")
)

const (
	workerArg = "renew-as-one-of-several-processes"
	processes = 4
	// workerTimeout is above the two seconds after which an exchange is not tried again
	// at once, and so far above an answer's time that only faults reach it.
	workerTimeout = 4 * time.Second
)

// TestProcessesShareGrants: several processes renew the same accounts while
// answers get lost. No refresh token is presented again after a clear answer, and
// no grant is given up that Kommo still honours.
func TestProcessesShareGrants(t *testing.T) {
	opts := make([]sandbox.Option, 0, *accountCount)
	for i := range *accountCount {
		opts = append(opts, sandbox.WithAccount(nthHost(i), sandbox.Blank()))
	}
	g := newRig(t, opts...)
	for i := range *accountCount {
		g.connected(nthHost(i))
	}
	book := &ledger{seen: map[string]int{}, by: map[string]int{}}
	g.sb.ForgetArrivals()
	asked := loseAnswers(g.sb)
	begun := time.Now()
	runWorkers(t, g)
	took := time.Since(begun)
	book.read(t, g.sb)
	if book.exchanges != int(asked.Load()) {
		t.Errorf("of %d exchanges the sandbox remembers %d", asked.Load(), book.exchanges)
	}
	g.sb.ClearFaults()
	ended := 0
	grants, err := g.store.Grants(t.Context(), kind)
	if err != nil || len(grants) != *accountCount {
		t.Fatalf("%d grants are left of %d, %v", len(grants), *accountCount, err)
	}
	for _, grant := range grants {
		if grant.State == store.GrantEnded {
			ended++
		}
		checkHonoured(t, g, grant.Account)
	}
	t.Logf("%d renewals of %d accounts by %d processes (exchanges of each: %v) in %s: %d answers lost, %d tokens presented again after that, %d lost for good and connected anew, %d ended at the end",
		book.renewed, *accountCount, len(book.by), slices.Sorted(maps.Values(book.by)), took.Round(time.Millisecond), book.lost, book.again, book.revoked-ended, ended)
	if book.renewed < *refreshCount*3/4 || book.again == 0 || book.revoked == 0 || len(book.by) != processes {
		t.Errorf("too little happened: %+v, %v", book.totals, book.by)
	}
}

func nthHost(i int) string { return fmt.Sprintf("acme%d.kommo.com", i) }

// loseAnswers breaks one exchange in sixty in each of four ways: unseen by Kommo,
// carried out and broken off, and both answered by a proxy. Few hang, since each
// takes its time: unseen, and carried out. It counts the exchanges.
func loseAnswers(sb *sandbox.Sandbox) *atomic.Int64 {
	asked := new(atomic.Int64)
	exchange := func(r *http.Request) bool { return r.URL.Path == "/oauth2/access_token" }
	inject := func(f sandbox.Fault, match func(r *http.Request) bool) {
		f.Times, f.Match = -1, match
		sb.Inject(f)
	}
	inject(sandbox.Fault{Kind: sandbox.FaultHang}, func(r *http.Request) bool { return exchange(r) && asked.Add(1)%600 == 500 })
	inject(sandbox.Fault{Kind: sandbox.FaultHang, ApplyFirst: true}, func(r *http.Request) bool { return exchange(r) && asked.Load()%600 == 200 })
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.FaultReset},
		{Kind: sandbox.FaultLostAnswer},
		{Kind: sandbox.FaultLostAnswer, Status: http.StatusGatewayTimeout},
		{Kind: sandbox.FaultStatus, Status: http.StatusBadGateway},
	} {
		inject(f, func(r *http.Request) bool { return exchange(r) && rand.IntN(60) == 0 })
	}
	return asked
}

// runWorkers starts this test binary several times and waits for all.
func runWorkers(t *testing.T, g *rig) {
	t.Helper()
	var all sync.WaitGroup
	for nth := range processes {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], workerArg, g.store.Dir(), g.base.String(), strconv.Itoa(*refreshCount/processes), fmt.Sprint("process ", nth))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("a process failed: %v\n%s", err, out)
			}
		})
	}
	all.Wait()
}

// totals are what happened at the token endpoint.
type totals struct{ exchanges, renewed, lost, again, revoked int }

type ledger struct {
	totals
	seen map[string]int // status of the last answer to each refresh token
	by   map[string]int // exchanges of each process
}

// read goes through what the sandbox saw, in order.
func (l *ledger) read(t *testing.T, sb *sandbox.Sandbox) {
	t.Helper()
	for _, a := range sb.Arrivals() {
		var body struct {
			Refresh string `json:"refresh_token"`
		}
		if a.Path != "/oauth2/access_token" {
			continue
		}
		l.exchanges++
		if json.Unmarshal(a.Body, &body) != nil || body.Refresh == "" {
			continue
		}
		l.by[a.Header.Get("User-Agent")]++
		before, used := l.seen[body.Refresh]
		if used {
			l.again++
			if before == http.StatusOK || before == http.StatusBadRequest {
				t.Errorf("a refresh token was presented again after a clear answer (%d)", before)
			}
		}
		l.seen[body.Refresh] = a.Status
		switch a.Status {
		case http.StatusOK:
			l.renewed++
		case http.StatusBadRequest:
			l.revoked++
			if !used { // somebody has used it up, or Kommo has never given it
				t.Error("a refresh token was refused although no answer to it was lost")
			}
		default:
			l.lost++
		}
	}
}

// checkHonoured asks the sandbox, which does not use the token up by that.
func checkHonoured(t *testing.T, g *rig, account string) {
	t.Helper()
	grant, _, err := g.store.Grant(t.Context(), account, kind)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokensOf(grant)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.ep.subdomain(t.Context(), "api-c.kommo.com", Secret(tok.Refresh))
	_, refused := errors.AsType[*refusal](err)
	switch {
	case err != nil && !refused:
		t.Fatal(err)
	case grant.State == store.GrantEnded && !refused:
		t.Errorf("%s was given up although Kommo honours it", account)
	case grant.State == store.GrantActive && refused && grant.Tried.IsZero():
		t.Errorf("%s holds a token that Kommo does not honour, and does not know it", account)
	}
}

// work is one of the processes: it renews accounts at random.
func work(args []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	base, err := kommo.ParseBase(args[1])
	count, cerr := strconv.Atoi(args[2])
	if err != nil || cerr != nil {
		return 2
	}
	st := store.New(args[0], time.Now)
	defer st.Close()
	s := New(ctx, st, App{ClientID: "c1", Secret: canary, RedirectURL: redirectURL}, WithBaseURL(base), WithUserAgent(args[3]), WithTimeout(workerTimeout))
	for done := 0; done < count; {
		renewed, err := workOnce(ctx, s)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		done += renewed
	}
	return 0
}

// workOnce takes one account as a caller finds it, and has it renewed.
func workOnce(ctx context.Context, s *Service) (int, error) {
	grants, err := s.store.Grants(ctx, kind)
	if err != nil {
		return 0, err
	}
	g := grants[rand.IntN(len(grants))]
	if g.State == store.GrantEnded {
		if err := rightlyEnded(ctx, s, g.Account); err != nil {
			return 0, err
		}
		return 0, reconnect(ctx, s, g.Host)
	}
	got, err := s.renew(g.Account, g.Version, true)
	if errors.Is(err, errUnclear) {
		return 0, nil
	}
	if err == nil && got.Version > g.Version {
		return 1, nil
	}
	return 0, err
}

// rightlyEnded asks Kommo, before a new consent hides it, whether it honours the
// refresh token of a grant that was given up. Nothing is used up by that.
func rightlyEnded(ctx context.Context, s *Service, account string) error {
	g, _, err := s.store.Grant(ctx, account, kind)
	if err != nil || g.State != store.GrantEnded {
		return err // another process has connected it anew
	}
	tok, err := tokensOf(g)
	if err != nil {
		return err
	}
	_, err = s.ep.subdomain(ctx, "api-c.kommo.com", Secret(tok.Refresh))
	if _, refused := errors.AsType[*refusal](err); !refused {
		return errors.Join(fmt.Errorf("%s was given up although Kommo honours it, or does not tell", account), err)
	}
	return nil
}

// reconnect does what a person does on being told that a connection has ended.
func reconnect(ctx context.Context, s *Service, host string) error {
	link, err := s.Link(ctx, "", "")
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link+"&account="+host, http.NoBody)
	if err != nil {
		return err
	}
	res, err := s.ep.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		return err
	}
	_, err = s.Complete(ctx, to.Query(), "")
	if err != nil && slices.ContainsFunc([]string{"no clear answer", "no question"}, func(s string) bool { return strings.Contains(err.Error(), s) }) {
		return nil // lost, too: the next round asks again
	}
	return err
}
