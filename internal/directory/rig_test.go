package directory

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// account is an account behind HTTP, whose answers a test may change while it runs.
type account struct {
	mu     sync.Mutex
	bodies map[string]string // by path, or path?page=2; absent means 204
	status map[string]int
	hits   map[string]int
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := r.URL.Path
	a.hits[key]++
	if p := r.URL.Query().Get("page"); p != "" && p != "1" {
		key += "?page=" + p
	}
	body, ok := a.bodies[key]
	status := a.status[key]
	if status == 0 {
		status = http.StatusOK
	}
	if !ok && status == http.StatusOK {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/hal+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (a *account) set(path, body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bodies[path] = body
}

func (a *account) fail(path string, status int, body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status[path], a.bodies[path] = status, body
}

func (a *account) requests(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hits[path]
}

const (
	accountPath   = "/api/v4/account"
	pipelinesPath = "/api/v4/leads/pipelines"
	usersPath     = "/api/v4/users"
	reasonsPath   = "/api/v4/leads/loss_reasons"
	leadFields    = "/api/v4/leads/custom_fields"
	contactFields = "/api/v4/contacts/custom_fields"
	companyFields = "/api/v4/companies/custom_fields"
	forbidden     = `{"title":"Forbidden","type":"https://httpstatus.es/403","status":403,"detail":"You don't have enough permissions"}`
)

// rig starts an account with a few of everything and its directory.
func rig(t *testing.T) (*Directory, *account, *manual) {
	t.Helper()
	a := &account{bodies: map[string]string{}, status: map[string]int{}, hits: map[string]int{}}
	a.bodies[accountPath] = `{"id":5,"name":"Acme","subdomain":"acme","current_user_id":12,"country":"MX","currency":"MXN","currency_symbol":"$",
		"is_loss_reason_enabled":true,"is_api_filter_enabled":true,"amojo_id":"am-1","drive_url":"https://drive-b.kommo.com","version":15,
		"_embedded":{"users_groups":[{"id":0,"name":"Sales department","uuid":null},{"id":9,"name":"Soporte","uuid":"u-9"}],
		"task_types":[{"id":1,"name":"Follow-up","color":null,"icon_id":null,"code":"FOLLOW_UP"},{"id":2,"name":"Meeting","code":"MEETING"},{"id":3301,"name":"Visita técnica","code":null}],
		"datetime_settings":{"timezone":"America/Mexico_City","timezone_offset":"-06:00"}}}`
	a.bodies[pipelinesPath] = pipelinesBody(`{"id":74,"name":"Demo","sort":25,"type":0,"pipeline_id":70}`)
	a.bodies[usersPath] = `{"_total_items":4,"_page":1,"_page_count":1,"_embedded":{"users":[
		{"id":11,"name":"Anna López","email":"anna@acme.example","lang":"es","rights":{"is_admin":true,"is_active":true,"group_id":0},"_embedded":{"roles":[],"groups":[{"id":0,"name":"Sales department"}]}},
		{"id":12,"name":"Bruno Díaz","email":"bruno@acme.example","lang":"es","rights":{"is_admin":false,"is_active":true,"group_id":9},"_embedded":{"roles":[{"id":4,"name":"Seller"}],"groups":[{"id":9,"name":"Soporte"}]}},
		{"id":13,"name":"Ana María Ruiz","email":"ruiz@acme.example","lang":"es","rights":{"is_admin":false,"is_active":true,"group_id":9},"_embedded":{"roles":[],"groups":[{"id":9,"name":"Soporte"}]}},
		{"id":14,"name":"Anna Pérez","email":"old@acme.example","lang":"es","rights":{"is_admin":false,"is_active":false,"group_id":0},"_embedded":{"roles":[],"groups":[]}},
		{"id":15,"name":"Zoe Former","email":"zoe@acme.example","lang":"es","rights":{"is_admin":false,"is_active":false,"group_id":0},"_embedded":{"roles":[],"groups":[]}}]}}`
	a.bodies[reasonsPath] = `{"_total_items":2,"_embedded":{"loss_reasons":[{"id":501,"name":"Too expensive","sort":10},{"id":502,"name":"Sin presupuesto","sort":20}]}}`
	a.bodies[leadFields] = `{"_total_items":3,"_page":1,"_page_count":2,"_links":{"self":{"href":"x"},"next":{"href":"https://acme.kommo.com/api/v4/leads/custom_fields?page=2&limit=250"}},
		"_embedded":{"custom_fields":[{"id":41,"name":"Presupuesto","code":"BUDGET","type":"monetary","currency":"MXN","enums":null},
		{"id":42,"name":"Color","code":null,"type":"select","enums":[{"id":402,"value":"Verde","sort":20},{"id":401,"value":"Rojo","sort":10,"code":"red"}]}]}}`
	a.bodies[leadFields+"?page=2"] = `{"_total_items":3,"_page":2,"_page_count":2,"_embedded":{"custom_fields":[{"id":43,"name":"Entrega","code":null,"type":"date","enums":null},
		{"id":44,"name":"Color","code":null,"type":"text","enums":null}]}}`
	a.bodies[contactFields] = `{"_total_items":1,"_page":1,"_page_count":1,"_embedded":{"custom_fields":[{"id":31,"name":"Phone","code":"PHONE","type":"multitext","enums":[{"id":7,"value":"WORK","sort":2},{"id":8,"value":"MOB","sort":6}]}]}}`

	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := kommo.New(kommo.Account{}, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}),
		kommo.WithBaseURL(base), kommo.WithTransport(transport), kommo.WithMaxRetries(0))
	clock := newManual()
	d := New(client, WithClock(clock))
	t.Cleanup(d.Close)
	return d, a, clock
}

// pipelinesBody is three pipelines, the first with extra stages, the last archived.
func pipelinesBody(extra string) string {
	closed := func(p int, won string) string {
		return fmt.Sprintf(`{"id":142,"name":%q,"sort":10000,"type":0,"pipeline_id":%d},{"id":143,"name":"Closed - lost","sort":11000,"type":0,"pipeline_id":%d}`, won, p, p)
	}
	return `{"_total_items":3,"_embedded":{"pipelines":[
	{"id":70,"name":"Ventas","sort":1,"is_main":true,"is_unsorted_on":true,"is_archive":false,"_embedded":{"statuses":[
		{"id":71,"name":"Incoming leads","sort":10,"type":1,"pipeline_id":70},{"id":72,"name":"Primer contacto","sort":20,"type":0,"pipeline_id":70},
		{"id":73,"name":"Negociación","sort":30,"type":0,"pipeline_id":70},` + extra + `,` + closed(70, "Closed - won") + `]}},
	{"id":80,"name":"Partners / EU","sort":2,"is_main":false,"is_archive":false,"_embedded":{"statuses":[
		{"id":81,"name":"Negociación","sort":20,"type":0,"pipeline_id":80},{"id":82,"name":"Contract sent","sort":30,"type":0,"pipeline_id":80},` + closed(80, "Signed") + `]}},
	{"id":90,"name":"Old","sort":3,"is_main":false,"is_archive":true,"_embedded":{"statuses":[
		{"id":91,"name":"Contract","sort":20,"type":0,"pipeline_id":90},` + closed(90, "Closed - won") + `]}}]}}`
}
