package crm_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// rightsRig is one account in which several act, by rights of their own.
type rightsRig struct {
	*callRig

	shared *crm.Shared
	by     map[crm.Via]*crm.Service
	gone   map[crm.Via]error
}

func newRightsRig(t *testing.T) *rightsRig {
	t.Helper()
	r := &rightsRig{callRig: newCallRig(t), by: map[crm.Via]*crm.Service{}, gone: map[crm.Via]error{}}
	st := store.NewMemory(r.clock.Now)
	t.Cleanup(func() { _ = st.Close() })
	r.shared = crm.NewShared("31000001", st, r.clock.Now)
	t.Cleanup(r.shared.Close)
	r.jobs = r.as(crm.Via{By: crm.ViaGrant})
	return r
}

// as is the service by those rights.
func (r *rightsRig) as(v crm.Via) *crm.Service {
	r.Helper()
	if s, ok := r.by[v]; ok {
		return s
	}
	base, err := kommo.ParseBase(r.base)
	if err != nil {
		r.Fatal(err)
	}
	account, err := kommo.ParseAccount(callHost)
	if err != nil {
		r.Fatal(err)
	}
	transport := kommo.NewTransport(nil)
	r.Cleanup(transport.CloseIdleConnections)
	api := kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: r.box.Token(callHost)}), kommo.WithBaseURL(base),
		kommo.WithTransport(transport), kommo.WithMaxRetries(0), kommo.WithRate(10_000), kommo.WithClock(r.clock), kommo.WithContextUser(v.User))
	names := directory.New(api)
	r.Cleanup(names.Close)
	others := func(_ context.Context, v crm.Via) (*crm.Service, error) {
		if err := r.gone[v]; err != nil {
			return nil, err
		}
		return r.as(v), nil
	}
	r.by[v] = crm.New(api, names, r.clock, crm.WithShared(r.shared), crm.WithVia(v, others))
	r.Cleanup(r.by[v].Close)
	return r.by[v]
}

// accept has a call accepted while Kommo is away.
func (r *rightsRig) accept(v crm.Via, call string) {
	r.Helper()
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	out, err := r.as(v).LogCall(r.Context(), crm.Call{Phone: "+1 202 555 01" + call, Summary: "Call " + call, CallID: call, UnknownCaller: crm.UnknownContactOnly})
	r.box.ClearFaults()
	if err != nil || out.Status != crm.CallQueued {
		r.Fatalf("%v %+v", err, out)
	}
}

// actors are the users as whom notes were written, by the words of the note.
func (r *rightsRig) actors() map[string]string {
	out := map[string]string{}
	for _, a := range r.box.Arrivals() {
		for _, call := range []string{"71", "72", "73"} {
			if a.Method == "POST" && strings.HasSuffix(a.Path, "/notes") && strings.Contains(string(a.Body), "Call "+call) {
				out[call] = a.Header.Get("X-Context-User-ID")
			}
		}
	}
	return out
}

// acceptThree takes a call for each of two users, 71 and 72, and one for whoever gave
// the grant, 73.
func (r *rightsRig) acceptThree(t *testing.T) (one, other crm.Via) {
	t.Helper()
	users, err := r.api.Users.List(t.Context(), kommo.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	one, other = crm.Via{By: crm.ViaGrant, User: users.Items[0].ID}, crm.Via{By: crm.ViaGrant, User: users.Items[1].ID}
	r.accept(one, "71")
	r.accept(other, "72")
	r.accept(crm.Via{By: crm.ViaGrant}, "73")
	return one, other
}

// TestCallsAreWrittenByTheRightsTheyCameWith: whoever delivers them.
func TestCallsAreWrittenByTheRightsTheyCameWith(t *testing.T) {
	r := newRightsRig(t)
	one, other := r.acceptThree(t)
	r.gone[other] = problem.New(problem.Unauthorized, "The connection has ended.")
	r.forget()
	for range 3 {
		r.clock.After(day)
		r.jobs.DeliverDue(t.Context())
	}
	got := r.actors()
	if got["71"] != itoa(one.User) || got["73"] != "" || len(got) != 2 {
		t.Errorf("written as %v", got)
	}
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || len(list.Items) != 1 || !strings.Contains(list.Items[0].Reason, "The connection has ended.") {
		t.Fatalf("%v %s", err, mustJSON(t, list))
	}
	r.gone = nil
	r.clock.After(day)
	r.jobs.DeliverDue(t.Context())
	callEqual(t, "the one that waited is written as", r.actors()["72"], itoa(other.User))
}

const day = 24 * time.Hour

// TestAUserWhoIsGoneHoldsNobodyUp: Kommo refuses them like a bad token, and the calls
// of others are delivered all the same, in the same round.
func TestAUserWhoIsGoneHoldsNobodyUp(t *testing.T) {
	r := newRightsRig(t)
	r.accept(crm.Via{By: crm.ViaGrant, User: 99}, "71") // Kommo knows no such user
	r.accept(crm.Via{By: crm.ViaGrant}, "72")
	r.accept(crm.Via{By: crm.ViaGrant}, "73")
	r.forget()
	r.clock.After(day)
	r.jobs.DeliverDue(t.Context())
	if got := r.actors(); len(got) != 2 || got["71"] != "" {
		t.Errorf("written: %v", got)
	}
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Waiting != 1 {
		t.Errorf("%v %s", err, mustJSON(t, list))
	}
}

// TestUsersSeeWhatWaitsForThem: and cannot retry or drop what waits for others; who
// gave the grant sees all.
func TestUsersSeeWhatWaitsForThem(t *testing.T) {
	r := newRightsRig(t)
	one, other := r.acceptThree(t)
	seen := func(v crm.Via) (calls []string, ids []int64) {
		t.Helper()
		list, err := r.as(v).Pending(t.Context(), 10)
		if err != nil || list.Waiting != len(list.Items) {
			t.Fatalf("%v %s", err, mustJSON(t, list))
		}
		for _, c := range list.Items {
			calls, ids = append(calls, c.CallID), append(ids, c.ID)
		}
		return calls, ids
	}
	if got, _ := seen(one); !slices.Equal(got, []string{"71"}) {
		t.Errorf("one user sees %v", got)
	}
	if got, _ := seen(other); !slices.Equal(got, []string{"72"}) {
		t.Errorf("the other sees %v", got)
	}
	got, ids := seen(crm.Via{By: crm.ViaGrant})
	if !slices.Equal(got, []string{"71", "72", "73"}) {
		t.Fatalf("who gave the grant sees %v", got)
	}
	for _, id := range ids[1:] {
		if out, err := r.as(one).RetryPending(t.Context(), id, 0); !problem.HasCode(err, problem.NotFound) {
			t.Errorf("retry of %d: %+v %v", id, out, err)
		}
		if out, err := r.as(one).DropPending(t.Context(), id); !problem.HasCode(err, problem.NotFound) {
			t.Errorf("drop of %d: %+v %v", id, out, err)
		}
	}
	if out, err := r.as(one).RetryPending(t.Context(), ids[0], 0); err != nil || out.Status != crm.CallLogged {
		t.Errorf("its own: %+v %v", out, err)
	}
}

// TestOneJournalWhoeverAsks: an account has one memory of what was done in it, by
// whosever rights; and content that somebody adds is not written with more than
// theirs.
func TestOneJournalWhoeverAsks(t *testing.T) {
	r := newRightsRig(t)
	users, err := r.api.Users.List(t.Context(), kommo.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	call := crm.Call{Phone: "+1 202 555 0175", Summary: "Call 75", CallID: "75", UnknownCaller: crm.UnknownContactOnly}
	first, err := r.as(crm.Via{By: crm.ViaToken}).LogCall(t.Context(), call)
	if err != nil || first.Status != crm.CallLogged {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := r.as(crm.Via{By: crm.ViaGrant}).LogCall(t.Context(), call)
	if err != nil || again.Status != crm.CallRepeat || again.ID != first.ID {
		t.Errorf("by the grant it is no repeat: %+v %v", again, err)
	}
	user := crm.Via{By: crm.ViaGrant, User: users.Items[1].ID}
	r.accept(crm.Via{By: crm.ViaGrant}, "72")
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	call = crm.Call{Phone: "+1 202 555 0172", Summary: "Call 72", CallID: "72", Transcript: "Also this."}
	if out, err := r.as(user).LogCall(t.Context(), call); err != nil || out.Status != crm.CallQueued {
		t.Fatalf("%+v %v", out, err)
	}
	r.box.ClearFaults()
	r.forget()
	r.clock.After(day)
	r.jobs.DeliverDue(t.Context())
	callEqual(t, "the call with what a user added is written as", r.actors()["72"], itoa(user.User))
}
