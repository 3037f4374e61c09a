package resources_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// rig is the demo account with a server that offers its resources.
type rig struct {
	*testing.T

	box *sandbox.Sandbox
	api *kommo.Client
	set *resources.Set
	srv *mcpserver.MCPServer
}

// newRig is for the administrator, or for the user of that name.
func newRig(t *testing.T, user string) *rig {
	t.Helper()
	r := &rig{T: t, box: sandbox.New(sandbox.WithoutRateLimit())}
	web := httptest.NewServer(r.box)
	t.Cleanup(web.Close)
	admin := r.client(web.URL, r.box.Token(sandbox.DefaultHost))
	r.api = admin
	if user != "" {
		users, err := kommo.Collect(admin.Users.All(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(users, func(u kommo.User) bool { return u.Name == user })
		r.api = r.client(web.URL, r.box.UserToken(sandbox.DefaultHost, users[at].ID))
	}
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	service := crm.New(r.api, names, kommo.SystemClock{})
	t.Cleanup(service.Close)
	r.serve(func(context.Context) (*crm.Service, error) { return service, nil })
	r.box.ForgetArrivals()
	return r
}

func (r *rig) client(url, token string) *kommo.Client {
	base, err := kommo.ParseBase(url)
	if err != nil {
		r.Fatal(err)
	}
	account, err := kommo.ParseAccount(sandbox.DefaultHost)
	if err != nil {
		r.Fatal(err)
	}
	transport := kommo.NewTransport(nil)
	r.Cleanup(transport.CloseIdleConnections)
	return kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		kommo.WithBaseURL(base), kommo.WithTransport(transport), kommo.WithMaxRetries(0))
}

func (r *rig) serve(account crm.Provider) {
	set, err := resources.New(account)
	if err != nil {
		r.Fatal(err)
	}
	r.set, r.srv = set, mcpserver.NewMCPServer("test", "1")
	set.AddTo(r.srv)
}

// read asks for a resource as a client does; the second answer is the error.
func (r *rig) read(uri string) (text, failure string) {
	r.Helper()
	ask, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": map[string]any{"uri": uri}})
	if err != nil {
		r.Fatal(err)
	}
	raw, err := json.Marshal(r.srv.HandleMessage(r.Context(), ask))
	if err != nil {
		r.Fatal(err)
	}
	var answer struct {
		Result struct{ Contents []struct{ Text string } }
		Error  struct{ Message string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		r.Fatal(err)
	}
	if len(answer.Result.Contents) > 0 {
		text = answer.Result.Contents[0].Text
	}
	return text, answer.Error.Message
}

func (r *rig) complete(uri, typed string) *mcp.Completion {
	r.Helper()
	out, err := r.set.CompleteResourceArgument(r.Context(), uri, mcp.CompleteArgument{Name: "id", Value: typed}, mcp.CompleteContext{})
	if err != nil {
		r.Fatal(err)
	}
	return out
}

func (r *rig) leads(f kommo.CardFilter) []kommo.Lead {
	r.Helper()
	page, err := r.api.Leads.List(r.Context(), kommo.LeadFilter{CardFilter: f})
	if err != nil {
		r.Fatal(err)
	}
	return page.Items
}

func TestEveryResourceReads(t *testing.T) {
	r := newRig(t, "")
	lead := r.leads(kommo.CardFilter{})[0]
	for uri, words := range map[string]string{
		"kommo://account":         `"time_zone":"America/New_York`,
		"kommo://pipelines":       `"name":"Residential solar"`,
		"kommo://users":           `"name":"Marcus Reed"`,
		"kommo://roles":           `"users":[`,
		"kommo://outbox":          `{"notice":"Texts in this resource`,
		"kommo://fields/leads":    `"name":"Roof type"`,
		"kommo://fields/contacts": `"code":"PHONE"`,
		"kommo://leads/" + strconv.FormatInt(lead.ID, 10): `"notice":"Texts in this resource`,
	} {
		if text, failure := r.read(uri); failure != "" || !strings.Contains(text, words) {
			t.Errorf("%s: %s %s", uri, failure, text[:min(len(text), 300)])
		}
	}
	if v := r.box.Violations(); len(v) > 0 {
		t.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	for _, uri := range []string{"kommo://leads/987654321", "kommo://leads/x", "kommo://fields/tasks", "kommo://nothing"} {
		if text, failure := r.read(uri); failure == "" {
			t.Errorf("%s: %s", uri, text)
		}
	}
}

// A role is told in words, with the names of who has it.
func TestRoles(t *testing.T) {
	r := newRig(t, "")
	text, _ := r.read("kommo://roles")
	var got struct {
		Items []struct {
			ID    int64
			Name  string
			Users []string
		}
		Unavailable string
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	roles, err := kommo.Collect(r.api.Roles.All(t.Context(), "users"))
	if err != nil || len(roles) == 0 || len(got.Items) != len(roles) {
		t.Fatalf("%d of %d roles, %v", len(got.Items), len(roles), err)
	}
	for i, role := range roles {
		if got.Items[i].Name != role.Name || len(got.Items[i].Users) != len(role.Embedded.Users) {
			t.Errorf("%+v of %+v", got.Items[i], role)
		}
	}
	plain := newRig(t, "Marcus Reed")
	if text, failure := plain.read("kommo://roles"); failure != "" || !strings.Contains(text, `"items":[],"unavailable":"The roles can be read by administrators`) {
		t.Errorf("without rights: %s %s", failure, text)
	}
}

func TestMissingResourcesSayWhatThereIs(t *testing.T) {
	r := newRig(t, "")
	for uri, want := range map[string]string{
		"kommo://fields/bogus": "leads, contacts and companies",
		"kommo://leads/abc":    "positive number",
		"kommo://leads/1":      "search_leads",
	} {
		if _, failure := r.read(uri); !strings.Contains(failure, uri) || !strings.Contains(failure, want) {
			t.Errorf("%s: %q does not tell of %q", uri, failure, want)
		}
	}
}

func TestCompletionOffersRecentCardsAndThoseOfAName(t *testing.T) {
	r := newRig(t, "")
	holloway := r.leads(kommo.CardFilter{Query: "Holloway"})
	if len(holloway) < 2 {
		t.Fatal("the seed has changed: Holloway has two leads")
	}
	newest := r.leads(kommo.CardFilter{Order: kommo.Order{By: "updated_at", Desc: true}})[0]
	for _, typed := range []string{"", "Hollo", "  holloway: gar", newest.Name[:2], strconv.FormatInt(newest.ID, 10)} {
		r.box.ForgetArrivals()
		got := r.complete("kommo://leads/{id}", typed)
		if n := len(r.box.Arrivals()); n != 1 {
			t.Errorf("%q costs %d requests", typed, n)
		}
		if len(got.Values) == 0 || len(got.Values) > 100 {
			t.Errorf("%q: %d values", typed, len(got.Values))
		}
	}
	if got := r.complete("kommo://leads/{id}", "Hollo"); !slices.Contains(got.Values, strconv.FormatInt(holloway[0].ID, 10)) ||
		!slices.Contains(got.Values, strconv.FormatInt(holloway[1].ID, 10)) {
		t.Errorf("Hollo: %q", got.Values)
	}
	if got := r.complete("kommo://leads/{id}", ""); got.Values[0] != strconv.FormatInt(newest.ID, 10) || !got.HasMore {
		t.Errorf("nothing typed: first %s, want %d, more %t", got.Values[0], newest.ID, got.HasMore)
	}
	id := strconv.FormatInt(newest.ID, 10)
	for _, v := range r.complete("kommo://leads/{id}", id[:len(id)-1]).Values {
		if !strings.HasPrefix(v, id[:len(id)-1]) {
			t.Errorf("digits of %s offer %s", id, v)
		}
	}
	for _, uri := range []string{"kommo://contacts/{id}", "kommo://companies/{id}"} {
		if got := r.complete(uri, ""); len(got.Values) == 0 {
			t.Errorf("%s: nothing", uri)
		}
	}
	if got := r.complete("kommo://else/{id}", ""); len(got.Values) != 0 {
		t.Errorf("%q", got.Values)
	}
}

// Completion must not disturb the typing: what fails offers nothing.
func TestCompletionThatFailsOffersNothing(t *testing.T) {
	r := newRig(t, "")
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Times: -1})
	if got := r.complete("kommo://leads/{id}", "Hollo"); got.Values == nil || len(got.Values) != 0 {
		t.Errorf("%+v", got)
	}
	r.serve(func(context.Context) (*crm.Service, error) {
		return nil, problem.New(problem.NoToken, "no token is set")
	})
	if got := r.complete("kommo://contacts/{id}", ""); len(got.Values) != 0 {
		t.Errorf("%+v", got)
	}
	if _, failure := r.read("kommo://account"); !strings.Contains(failure, "no token is set") {
		t.Errorf("without a token: %s", failure)
	}
}
