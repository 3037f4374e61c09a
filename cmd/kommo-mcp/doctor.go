package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type doctorCmd struct {
	common
	listing
}

// Help is shown below the flags.
func (doctorCmd) Help() string {
	return "A line for each check: ok, warn (it works, and something deserves a look) or FAIL with what to do. Exit code 0 if nothing fails, 1 otherwise. " +
		"Connected accounts are asked of Kommo too, the first ten of them."
}

const (
	// tokenWarning is how long before its end a long-lived token is announced:
	// a new one takes an administrator.
	tokenWarning = 30 * 24 * time.Hour
	// clockTolerance is how far this machine's clock may be off before
	// deadlines and "today" go wrong.
	clockTolerance = 60 * time.Second
)

// Run prints one line a check and what to do about each that fails.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	r := &checkup{out: a.out, json: c.JSON}
	p, err := a.wire(ctx, c.flags())
	if err != nil {
		r.fail("settings", err.Error(), "Correct the settings named above; kommo-mcp --help and the README list them.")
		return r.verdict(a)
	}
	defer p.close()
	r.ok("settings", fmt.Sprintf("mode %s, account %s", p.cfg.Mode, or(p.cfg.Account.Host, "none")))
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	r.private(p)
	r.audit(a.env, p)
	r.accounts(ctx, p)
	r.page(p)
	r.keys(ctx, p)
	r.hooks(ctx, p)
	r.clients(ctx, p)
	r.own(ctx, p)
	r.state(ctx, p)
	r.tools(p.tools)
	return r.verdict(a)
}

// checkup collects the checks of one run.
type checkup struct {
	out    io.Writer
	json   bool
	lines  []checkLine
	failed int
}

// checkLine is one check for programs.
type checkLine struct {
	Check  string `json:"check"`
	Result string `json:"result"` // ok, warn or fail
	Text   string `json:"text"`
	Next   string `json:"next,omitempty"`
}

func (r *checkup) ok(name, text string)   { r.add(checkLine{name, "ok", text, ""}) }
func (r *checkup) warn(name, text string) { r.add(checkLine{name, "warn", text, ""}) }

func (r *checkup) fail(name, text, next string) {
	r.failed++
	r.add(checkLine{name, "fail", text, next})
}

// add keeps a line, and prints it at once for people.
func (r *checkup) add(line checkLine) {
	r.lines = append(r.lines, line)
	switch {
	case r.json:
	case line.Result == "fail":
		fmt.Fprintf(r.out, "FAIL  %-9s %s\n      %-9s -> %s\n", line.Check, line.Text, "", line.Next)
	default:
		fmt.Fprintf(r.out, "%-5s %-9s %s\n", line.Result, line.Check, line.Text)
	}
}

func (r *checkup) verdict(a *app) error {
	if r.json {
		err := a.printJSON(struct {
			OK     bool        `json:"ok"`
			Checks []checkLine `json:"checks"`
		}{r.failed == 0, r.lines})
		if err != nil {
			return err
		}
	}
	switch {
	case r.failed > 0 && !r.json:
		fmt.Fprintf(r.out, "%d of the checks failed\n", r.failed)
	case !r.json:
		fmt.Fprintln(r.out, "all is well")
	}
	if r.failed > 0 {
		return errFailed
	}
	return nil
}

// own checks the server's own account, where there is one.
func (r *checkup) own(ctx context.Context, p *product) {
	if p.client == nil {
		r.ownless(ctx, p)
		return
	}
	if p.grant == nil {
		r.token(p.cfg.Token, time.Now())
	}
	if r.account(ctx, p.client, time.Now) {
		r.rights(ctx, p.client)
	}
}

func (r *checkup) token(token string, now time.Time) {
	c, err := auth.ReadClaims(token)
	if err != nil {
		r.warn("token", err.Error()+"; was it copied whole?")
		return
	}
	switch end, left := c.Expires, c.Expires.Sub(now); {
	case end.IsZero():
		r.warn("token", "it does not say when it ends, so nobody is told in time: note the day that Kommo shows")
	case left <= 0:
		r.fail("token", "it expired on "+end.Format(time.DateOnly), "Make a new long-lived token under Keys and scopes of your integration.")
	case left <= tokenWarning:
		r.warn("token", fmt.Sprintf("it expires on %s, %s: make a new one soon", end.Format(time.DateOnly), inDays(left)))
	default:
		r.ok("token", "valid until "+end.Format(time.DateOnly))
	}
	if len(c.Scopes) > 0 && !slices.Contains(c.Scopes, "crm") {
		r.fail("scopes", "the token lacks the scope crm (it has "+strings.Join(c.Scopes, ", ")+")",
			"Tick access to account data for the integration and make a new token.")
	} else if len(c.Scopes) > 0 {
		r.ok("scopes", strings.Join(c.Scopes, ", "))
	}
}

func inDays(left time.Duration) string {
	switch days := int(left.Hours() / 24); days {
	case 0:
		return "in less than a day"
	case 1:
		return "in 1 day"
	default:
		return fmt.Sprintf("in %d days", days)
	}
}

// account asks Kommo who we are and compares the clocks.
func (r *checkup) account(ctx context.Context, client *kommo.Client, now func() time.Time) bool {
	var who struct {
		Name        string `json:"name"`
		CurrentUser int64  `json:"current_user_id"`
	}
	meta, err := client.Do(ctx, kommo.Request{Op: "account.get", Path: "/account"}, &who)
	if err != nil {
		why := registry.Explain(ctx, err)
		r.fail("account", why.Message, why.Next)
		return false
	}
	r.ok("account", fmt.Sprintf("%s at %s, acting as user %d", who.Name, client.Host(), who.CurrentUser))
	if sent, err := http.ParseTime(meta.Header.Get("Date")); err == nil {
		off := now().Sub(sent).Round(time.Second)
		if off.Abs() > clockTolerance {
			r.fail("clock", fmt.Sprintf("this machine is %s off Kommo's clock", off), "Set the clock; deadlines and today would be wrong.")
		} else {
			r.ok("clock", "in step with Kommo")
		}
	}
	return true
}

// rights tries what only some users may.
func (r *checkup) rights(ctx context.Context, client *kommo.Client) {
	for _, probe := range []struct{ name, path, without string }{
		{"leads", "/leads", "search_leads and get_lead will fail"},
		{"contacts", "/contacts", "search_contacts and post_call_summary will fail"},
		{"users", "/users", "the token's user is no administrator: users appear as ids, and names of users are not accepted"},
	} {
		_, err := client.Do(ctx, kommo.Request{Op: "doctor." + probe.name, Path: probe.path, Query: map[string][]string{"limit": {"1"}}}, nil)
		switch {
		case err == nil:
			r.ok(probe.name, "readable")
		case kommo.HasCode(err, kommo.CodeForbidden, kommo.CodeScope):
			r.warn(probe.name, "not readable with this token: "+probe.without)
		default:
			why := registry.Explain(ctx, err)
			r.fail(probe.name, why.Message, why.Next)
		}
	}
}

// private tells what of the state directory other users of this machine can reach,
// although whoever opens it closes what may be closed.
func (r *checkup) private(p *product) {
	if p.cfg.Demo {
		return
	}
	for _, open := range store.Private(p.cfg.StateDir) {
		r.warn("state", open)
	}
	for _, open := range p.cfg.OpenSecrets {
		r.warn("settings", open)
	}
}

// state tells whether calls and keys can be kept on disk, and what waits there.
func (r *checkup) state(ctx context.Context, p *product) {
	if p.cfg.Demo {
		return
	}
	if !p.state.Exists() && p.client == nil && !p.oneClick() {
		return // nothing is made where there is nothing to keep
	}
	if err := p.state.Check(); err != nil && p.oneClick() {
		r.fail("state", err.Error()+": no connection can be kept", "Set KOMMO_MCP_STATE_DIR to a directory that this user can write.")
		return
	} else if err != nil {
		r.warn("state", err.Error()+": repeats are recognized and calls kept only while a server runs; set KOMMO_MCP_STATE_DIR")
		return
	}
	waiting, dead, err := p.allCalls(ctx)
	switch {
	case err != nil:
		r.fail("state", err.Error(), "See that the disk has room.")
	case waiting+dead > 0:
		r.warn("state", fmt.Sprintf("%s: %d calls wait, %d were refused for good; see kommo-mcp outbox list", p.cfg.StateDir, waiting, dead))
	default:
		r.ok("state", p.cfg.StateDir+": no call waits")
	}
}

// allCalls counts the calls of all accounts that wait or were refused for good.
func (p *product) allCalls(ctx context.Context) (waiting, dead int, err error) {
	accounts := map[string]bool{}
	for account := range p.hosts(ctx) {
		accounts[account] = true
	}
	if p.own != nil {
		accounts[p.own.name] = true
	}
	for account := range accounts {
		w, d, err := p.callsOf(ctx, account)
		if err != nil {
			return 0, 0, err
		}
		waiting, dead = waiting+w, dead+d
	}
	return waiting, dead, nil
}

func (r *checkup) tools(chosen []registry.Tool) {
	if err := registry.Check(tools.All(nil)); err != nil {
		r.fail("tools", err.Error(), "This build is broken: take another version.")
		return
	}
	count := map[registry.Class]int{}
	for _, t := range chosen {
		count[t.Spec().Class]++
	}
	r.ok("tools", fmt.Sprintf("%d: %d read, %d create, %d update, %d delete",
		len(chosen), count[registry.Read], count[registry.Create], count[registry.Update], count[registry.Delete]))
}
