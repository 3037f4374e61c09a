package registry_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type wipeIn struct {
	LeadIDs []int64 `json:"lead_ids" jsonschema_description:"The numbers of existing leads"`
	Confirm string  `json:"confirm_token,omitempty" jsonschema_description:"The token of the preview"`
}

type wipeOut struct {
	Status string  `json:"status"`
	Done   []int64 `json:"done"`
	Token  string  `json:"confirm_token,omitempty"`
	Until  string  `json:"expires_at,omitempty"`
}

func (o wipeOut) WithToken(token string, until time.Time) wipeOut {
	o.Token, o.Until = token, until.UTC().Format(time.RFC3339)
	return o
}

// wiper writes to leads, two in a call, and remembers which.
type wiper struct {
	mu      sync.Mutex
	written []int64
}

func (w *wiper) seen() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.written)
}

func (w *wiper) tool(name string) registry.Tool {
	type outcome = registry.Outcome[wipeOut, []int64]
	return registry.DefineConfirmed(registry.Spec{
		Name: name, Title: "Mark leads", Class: registry.Update,
		Description: "Marks leads after a preview, two in a call. It serves to test that nothing is written before somebody agreed.",
	}, registry.Job[wipeIn, wipeOut, []int64]{
		Preview: func(_ context.Context, in wipeIn) (outcome, error) {
			o := outcome{Answer: wipeOut{Status: "preview", Done: []int64{}}, Question: "Mark them\u200b?"}
			if len(in.LeadIDs) > 0 {
				o.Plan = &in.LeadIDs
			}
			return o, nil
		},
		Commit: func(ctx context.Context, _ wipeIn, plan []int64) (outcome, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			n := min(2, len(plan))
			for i, id := range plan[:n] {
				w.written = append(w.written, id)
				registry.Progress(ctx)(i+1, len(plan), "marking")
			}
			o := outcome{Answer: wipeOut{Status: "done", Done: plan[:n]}}
			if n < len(plan) {
				rest := plan[n:]
				o.Answer.Status, o.Plan = "stopped", &rest
			}
			return o, nil
		},
	})
}

// desk is a confirmed tool with a clock and a principal to turn.
type desk struct {
	*testing.T

	w    *wiper
	tool registry.Tool
	at   time.Time
	who  string
	of   string // the account
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, w: &wiper{}, at: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), who: "ana"}
	d.tool = d.open(d.w.tool("set_marks"))
	return d
}

func (d *desk) open(tool registry.Tool) registry.Tool {
	if err := registry.Check([]registry.Tool{tool}); err != nil {
		d.Fatal(err)
	}
	return registry.Configure([]registry.Tool{tool}, registry.Options{
		Now: func() time.Time { return d.at }, Principal: func(context.Context) string { return d.who },
	})[0]
}

func (d *desk) call(tool registry.Tool, ids, token string) (wipeOut, registry.Result) {
	d.Helper()
	args := `{"lead_ids":` + ids
	if token != "" {
		args += `,"confirm_token":"` + token + `"`
	}
	ctx := principal.With(d.Context(), principal.Principal{Kind: principal.Key, ID: d.who, Account: d.of})
	res := tool.Call(ctx, json.RawMessage(args+"}"))
	if err := tool.Verify(res); err != nil {
		d.Error(err)
	}
	var out wipeOut
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		d.Fatal(err)
	}
	return out, res
}

// refused calls with a token that must not work, and finds nothing written.
func (d *desk) refused(why string, tool registry.Tool, ids, token string) {
	d.Helper()
	before := len(d.w.seen())
	_, res := d.call(tool, ids, token)
	if !res.IsError || !strings.Contains(res.Text, "nothing was written") || !strings.Contains(res.Text, why) {
		d.Errorf("not refused as %q: %s", why, res.Text)
	}
	if n := len(d.w.seen()); n != before {
		d.Errorf("%d leads were written", n-before)
	}
}

func TestTokenWorksOnce(t *testing.T) {
	d := newDesk(t)
	preview, _ := d.call(d.tool, "[1,2]", "")
	if preview.Status != "preview" || preview.Token == "" || preview.Until != "2026-11-20T12:10:00Z" || len(d.w.seen()) != 0 {
		t.Fatalf("%+v, written %v", preview, d.w.seen())
	}
	done, _ := d.call(d.tool, "[1,2]", preview.Token)
	if done.Status != "done" || done.Token != "" || !slices.Equal(d.w.seen(), []int64{1, 2}) {
		t.Errorf("%+v, written %v", done, d.w.seen())
	}
	d.refused("used already", d.tool, "[1,2]", preview.Token)
}

// Nobody hears the answer of a call that was cancelled: the same token goes on where
// it stopped, as long as it lives, and nothing is done twice.
func TestCancelledCallGoesOnWithItsToken(t *testing.T) {
	d := newDesk(t)
	preview, _ := d.call(d.tool, "[1,2,3,4,5]", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res := d.tool.Call(ctx, json.RawMessage(`{"lead_ids":[1,2,3,4,5],"confirm_token":"`+preview.Token+`"}`))
	if !res.IsError || !strings.Contains(string(res.Structured), `"code":"canceled"`) || !slices.Equal(d.w.seen(), []int64{1, 2}) {
		t.Fatalf("%s, written %v", res.Text, d.w.seen())
	}
	d.refused("other arguments", d.tool, "[1,2]", preview.Token)
	out, _ := d.call(d.tool, "[1,2,3,4,5]", preview.Token)
	if out.Status != "stopped" || !slices.Equal(d.w.seen(), []int64{1, 2, 3, 4}) {
		t.Errorf("%+v, written %v", out, d.w.seen())
	}
	d.refused("used already", d.tool, "[1,2,3,4,5]", preview.Token)
}

func TestNothingToDoNeedsNoToken(t *testing.T) {
	d := newDesk(t)
	if out, res := d.call(d.tool, "[]", ""); out.Token != "" || res.IsError {
		t.Error(res.Text)
	}
}

func TestTokenIsBound(t *testing.T) {
	d := newDesk(t)
	preview, _ := d.call(d.tool, "[1,2]", "")
	token := preview.Token
	d.refused("does not belong", d.tool, "[1,3]", token)
	d.who = "bob"
	d.refused("does not belong", d.tool, "[1,2]", token)
	d.who = "ana"
	d.refused("does not belong", d.open(d.w.tool("set_others")), "[1,2]", token)
	d.refused("does not belong", d.open(d.w.tool("set_marks")), "[1,2]", token) // another run of the server
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		forged := slices.Clone(raw)
		forged[i] ^= 1
		d.refused("does not belong", d.tool, "[1,2]", base64.RawURLEncoding.EncodeToString(forged))
	}
	d.refused("does not belong", d.tool, "[1,2]", token[:len(token)-2])
	d.refused("does not belong", d.tool, "[1,2]", "yes")
	d.at = d.at.Add(9*time.Minute + 59*time.Second)
	if out, res := d.call(d.tool, "[1,2]", token); out.Status != "done" {
		t.Errorf("the attempts used the token up: %s", res.Text)
	}
}

func TestTokenExpires(t *testing.T) {
	d := newDesk(t)
	preview, _ := d.call(d.tool, "[1]", "")
	d.at = d.at.Add(10 * time.Minute)
	d.refused("expired", d.tool, "[1]", preview.Token)
}

// TestTokenForTwoAtOnce: of any number of callers one gets the plan.
func TestTokenForTwoAtOnce(t *testing.T) {
	d := newDesk(t)
	preview, _ := d.call(d.tool, "[1,2]", "")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			d.tool.Call(t.Context(), json.RawMessage(`{"lead_ids":[1,2],"confirm_token":"`+preview.Token+`"}`))
		})
	}
	all.Wait()
	if got := d.w.seen(); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("written %v", got)
	}
}

// TestGoingOn: what was left is carried on with the token of the answer.
func TestGoingOn(t *testing.T) {
	d := newDesk(t)
	out, _ := d.call(d.tool, "[1,2,3,4,5]", "")
	for range 3 {
		out, _ = d.call(d.tool, "[1,2,3,4,5]", out.Token)
	}
	if out.Status != "done" || out.Token != "" || !slices.Equal(d.w.seen(), []int64{1, 2, 3, 4, 5}) {
		t.Errorf("%+v, written %v", out, d.w.seen())
	}
}

// TestManyPreviewsAreForgotten: the memory for plans is bounded.
func TestManyPreviewsAreForgotten(t *testing.T) {
	d := newDesk(t)
	first, _ := d.call(d.tool, "[1]", "")
	for range 500 {
		d.call(d.tool, "[1]", "")
	}
	d.refused("used already", d.tool, "[1]", first.Token)
}

// TestNobodyPushesTheOthersPreviewsOut: neither with as many as an account may have,
// nor with as many as all together may: then who has the most loses the oldest.
func TestNobodyPushesTheOthersPreviewsOut(t *testing.T) {
	d := newDesk(t)
	d.of = "31000001"
	mine, _ := d.call(d.tool, "[1]", "")
	for i := range 25 {
		d.of = fmt.Sprint("4100", i)
		for range 500 {
			d.call(d.tool, "[1]", "")
		}
	}
	d.of = "31000001"
	if out, res := d.call(d.tool, "[1]", mine.Token); out.Status != "done" {
		t.Errorf("the only preview of an account is gone: %s", res.Text)
	}
	left := 0
	for i := range 25 {
		d.of = fmt.Sprint("4100", i)
		last, _ := d.call(d.tool, "[2]", "")
		if out, _ := d.call(d.tool, "[2]", last.Token); out.Status == "done" {
			left++
		}
	}
	if left != 25 {
		t.Errorf("the last previews of %d accounts of 25 hold", left)
	}
}

func TestConfirmedToolNeedsTheArgument(t *testing.T) {
	type in struct {
		Name string `json:"name" jsonschema_description:"Some name of something"`
	}
	tool := registry.DefineConfirmed(registry.Spec{Name: "set_marks"}, registry.Job[in, wipeOut, int]{})
	if err := registry.Check([]registry.Tool{tool}); err == nil || !strings.Contains(err.Error(), "confirm_token") {
		t.Errorf("%v", err)
	}
}
