package directory_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const demoHost = "demo.kommo.com"

// demo is a client and a directory against the sandbox; token chooses whose they are.
func demo(t *testing.T, token func(*sandbox.Sandbox) string) (*kommo.Client, *directory.Directory) {
	t.Helper()
	s := sandbox.New(sandbox.WithoutRateLimit())
	server, err := sandbox.Listen(t.Context(), "127.0.0.1:0", s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	account, err := kommo.ParseAccount(demoHost)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token(s)}),
		kommo.WithBaseURL(base), kommo.WithTransport(transport))
	d := directory.New(client)
	t.Cleanup(d.Close)
	return client, d
}

func admin(s *sandbox.Sandbox) string { return s.Token(demoHost) }

func parse(text string) (time.Time, bool, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, true, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, false, err
}

// TestFieldsThereAndBack writes a field of each type and reads them again: the types' forms are Kommo's, not
// just ours.
func TestFieldsThereAndBack(t *testing.T) {
	client, d := demo(t, admin)
	leads, err := client.Leads.List(t.Context(), kommo.LeadFilter{ListOptions: kommo.ListOptions{Limit: 1}})
	if err != nil || len(leads.Items) != 1 {
		t.Fatalf("no lead to write to: %v", err)
	}
	id := leads.Items[0].ID
	table := map[string]struct{ plain, want string }{
		"Roof type":            {`"metal"`, `"Metal"`},
		"Services":             {`["battery","Repair"]`, `["Battery","Repair"]`},
		"Ownership":            {`"Tenant"`, `"Tenant"`},
		"System size, kW":      {`7.25`, `7.25`},
		"Budget":               {`"15000"`, `15000`},
		"Financing":            {`false`, `false`},
		"Install date":         {`"2026-12-01"`, `"2026-12-01"`},
		"Survey appointment":   {`"2026-12-01T15:00:00-05:00"`, `"2026-12-01T15:00:00-05:00"`},
		"Contract number":      {`"C-12"`, `"C-12"`},
		"Site notes":           {`"a\nb"`, `"a\nb"`},
		"Proposal":             {`"https://example.com/p"`, `"https://example.com/p"`},
		"Site address":         {`"12 Oak"`, `"12 Oak"`},
		"Billing address":      {`{"city":"Albany","country":"US"}`, `{"city":"Albany","country":"US"}`},
		"Warranty anniversary": {`"2020-02-29"`, `"2020-02-29"`},
		"Contract party":       {`"Acme LLC"`, `{"name":"Acme LLC"}`},
		"utm_source":           {`"mail"`, `"mail"`},
	}
	plain, clear := map[string]any{}, map[string]any{}
	for field, tt := range table {
		var v any
		if err := json.Unmarshal([]byte(tt.plain), &v); err != nil {
			t.Fatal(err)
		}
		plain[field], clear[field] = v, nil
	}
	written, cleared := writeAndRead(t, client, d, id, plain), writeAndRead(t, client, d, id, clear)
	for field, tt := range table {
		got, err := json.Marshal(written[field])
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: wrote %s, read %s, %v; want %s", field, tt.plain, got, err, tt.want)
		}
		if cleared[field] != nil {
			t.Errorf("%s: after it was cleared it reads %v", field, cleared[field])
		}
	}
}

func writeAndRead(t *testing.T, client *kommo.Client, d *directory.Directory, lead int64, plain map[string]any) map[string]any {
	t.Helper()
	writes, err := d.FieldWrites(t.Context(), kommo.Leads, plain, parse)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Leads.Update(t.Context(), lead, kommo.LeadWrite{Fields: writes}); err != nil {
		t.Fatal(err)
	}
	got, err := client.Leads.Get(t.Context(), lead)
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Snapshot(t.Context(), directory.FieldsOf(kommo.Leads))
	if err != nil {
		t.Fatal(err)
	}
	return names.PlainFields(kommo.Leads, got.Fields)
}

func TestTokenWithoutAdminRights(t *testing.T) {
	_, d := demo(t, admin)
	users, err := d.Users(t.Context())
	if err != nil || len(users.Items) < 2 {
		t.Fatalf("users: %+v, %v", users, err)
	}
	var seller directory.User
	for _, u := range users.Items {
		if !u.Admin && u.Active {
			seller = u
		}
	}
	_, limited := demo(t, func(s *sandbox.Sandbox) string { return s.UserToken(demoHost, seller.ID) })
	got, err := limited.Users(t.Context())
	if err != nil || got.Unavailable == "" {
		t.Errorf("users of a token without rights: %+v, %v", got, err)
	}
	if me, err := limited.User(t.Context(), "me"); err != nil || me.ID != seller.ID {
		t.Errorf("me is %+v, %v; want %d", me, err, seller.ID)
	}
	if _, err := limited.User(t.Context(), "Marcus"); !problem.HasCode(err, problem.Unavailable) {
		t.Errorf("a name gave %v", err)
	}
	if err := limited.Warm(t.Context(), directory.InPipelines, directory.InLossReasons, directory.InContactFields, directory.InCompanyFields); err != nil {
		t.Errorf("what everybody may read: %v", err)
	}
}

func TestStageRefusedByKommoIsResolvedAgain(t *testing.T) {
	client, d := demo(t, admin)
	leads, err := client.Leads.List(t.Context(), kommo.LeadFilter{ListOptions: kommo.ListOptions{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Stage(t.Context(), "Residential solar / Negotiation", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Leads.Update(t.Context(), leads.Items[0].ID, kommo.LeadWrite{PipelineID: s.PipelineID, StatusID: s.ID + 100_000})
	if err == nil || !d.InvalidateFor(err) {
		t.Errorf("a stage that does not exist was refused with %v, and that is not taken for a stale name", err)
	}
	if _, err := client.Leads.Update(t.Context(), leads.Items[0].ID, kommo.LeadWrite{PipelineID: s.PipelineID, StatusID: s.ID}); err != nil {
		t.Errorf("the stage as resolved: %v", err)
	}
}
