package directory

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

func candidateNames(t *testing.T, err error, code problem.Code, field string) []string {
	t.Helper()
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Code != code || p.Field != field {
		t.Fatalf("got %#v, want a problem %s about %s", err, code, field)
	}
	var out []string
	for _, c := range p.Candidates {
		out = append(out, c.Name+"|"+c.Detail)
	}
	return out
}

func TestStage(t *testing.T) {
	d, _, _ := rig(t)
	ventas, partners, old := int64(70), int64(80), int64(90)
	for _, tt := range []struct {
		query    string
		pipeline *int64
		want     [2]int64
	}{
		{"primer contacto", nil, [2]int64{70, 72}},
		{"NEGOCIACION", &partners, [2]int64{80, 81}},
		{"Ventas / negociacion", nil, [2]int64{70, 73}},
		{"partners / eu / negociación", nil, [2]int64{80, 81}},
		{"won", &ventas, [2]int64{70, 142}},
		{"won", &partners, [2]int64{80, 142}},
		{"signed", nil, [2]int64{80, 142}},
		{"lost", &partners, [2]int64{80, 143}},
		{"142", &ventas, [2]int64{70, 142}},
		{"82", nil, [2]int64{80, 82}},
		{"contract", nil, [2]int64{80, 82}}, // the archived pipeline has one called so letter by letter
		{"contract", &old, [2]int64{90, 91}},
		{"91", nil, [2]int64{90, 91}},
		{"unsorted", &ventas, [2]int64{70, 71}},
	} {
		got, err := d.Stage(t.Context(), tt.query, tt.pipeline)
		if err != nil || [2]int64{got.PipelineID, got.ID} != tt.want {
			t.Errorf("Stage(%q) = %+v, %v; want %v", tt.query, got, err, tt.want)
		}
	}
	if _, err := d.Stage(t.Context(), "signed", &ventas); err == nil || !strings.Contains(err.Error(), "in the pipeline “Ventas”") {
		t.Errorf("a stage of another pipeline: %v", err) // it does exist in the account
	}
	_, err := d.Stage(t.Context(), "negociacion", nil)
	if got := candidateNames(t, err, problem.Ambiguous, "stage"); !slices.Equal(got, []string{"Negociación|Ventas", "Negociación|Partners / EU"}) {
		t.Errorf("candidates %q", got)
	}
	_, err = d.Stage(t.Context(), "won", nil)
	candidateNames(t, err, problem.Ambiguous, "stage")
	if !strings.Contains(err.Error(), "“Ventas / Closed - won”") {
		t.Errorf("the refusal does not show how to name the pipeline: %v", err)
	}
	_, err = d.Stage(t.Context(), "closed", &ventas)
	candidateNames(t, err, problem.Ambiguous, "stage")
	if strings.Contains(err.Error(), "pipeline") {
		t.Errorf("naming the pipeline again would not help: %v", err)
	}
	_, err = d.Stage(t.Context(), "Negotiatxon", &partners)
	if got := candidateNames(t, err, problem.NotFound, "stage"); got[0] != "Negociación|Partners / EU" || len(got) != 4 {
		t.Errorf("candidates %q", got)
	}
	unknown := int64(7777)
	_, err = d.Stage(t.Context(), "won", &unknown)
	candidateNames(t, err, problem.NotFound, "pipeline")
}

func TestStageNear(t *testing.T) {
	d, _, _ := rig(t)
	for query, want := range map[string][2]int64{
		"negociacion": {80, 81}, "won": {80, 142}, "primer": {70, 72}, "Ventas / won": {70, 142},
	} {
		if got, err := d.StageNear(t.Context(), query, 80); err != nil || [2]int64{got.PipelineID, got.ID} != want {
			t.Errorf("StageNear(%q) = %+v, %v", query, got, err)
		}
	}
	_, err := d.StageNear(t.Context(), "sined", 80)
	if got := candidateNames(t, err, problem.NotFound, "stage"); got[0] != "Signed|Partners / EU" {
		t.Errorf("candidates %q", got)
	}
}

func TestStagesForSearch(t *testing.T) {
	d, _, _ := rig(t)
	for _, tt := range []struct {
		names     []string
		pipelines []int64
		want      [][2]int64
	}{
		{[]string{"negociacion"}, nil, [][2]int64{{70, 73}, {80, 81}}},
		{[]string{"negociacion", "73"}, []int64{70}, [][2]int64{{70, 73}}},
		{[]string{"open"}, []int64{80}, [][2]int64{{80, 81}, {80, 82}}},
		{[]string{"open"}, []int64{70}, [][2]int64{{70, 71}, {70, 72}, {70, 74}, {70, 73}}}, // leads not accepted yet are open, too
		{[]string{"won"}, nil, [][2]int64{{70, 142}, {80, 142}, {90, 142}}},
		{[]string{"143"}, []int64{70, 80}, [][2]int64{{70, 143}, {80, 143}}},
		{[]string{"Ventas / won"}, nil, [][2]int64{{70, 142}}},
		{nil, nil, nil},
	} {
		got, err := d.Stages(t.Context(), tt.names, tt.pipelines)
		var ids [][2]int64
		for _, s := range got {
			ids = append(ids, [2]int64{s.PipelineID, s.ID})
		}
		if err != nil || !slices.Equal(ids, tt.want) {
			t.Errorf("Stages(%q, %v) = %v, %v; want %v", tt.names, tt.pipelines, ids, err, tt.want)
		}
	}
	_, err := d.Stages(t.Context(), []string{"n"}, []int64{70, 99})
	candidateNames(t, err, problem.NotFound, "pipeline")
	_, err = d.Stages(t.Context(), []string{"nope"}, nil)
	candidateNames(t, err, problem.NotFound, "stage")
}

func TestUser(t *testing.T) {
	d, _, _ := rig(t)
	for query, want := range map[string]int64{
		"me": 12, "ME ": 12, "anna": 11, "Bruno Diaz": 12, "ruiz@ACME.example": 13, "ruiz": 13, "13": 13,
		"anna perez": 14, "zoe": 15, "15": 15,
	} {
		got, err := d.User(t.Context(), query)
		if err != nil || got.ID != want {
			t.Errorf("User(%q) = %+v, %v; want %d", query, got, err, want)
		}
		if got.Active != (want < 14) {
			t.Errorf("User(%q) is active: %v", query, got.Active)
		}
	}
	_, err := d.User(t.Context(), "an")
	if got := candidateNames(t, err, problem.Ambiguous, "responsible"); !slices.Equal(got, []string{"Ana María Ruiz|Soporte", "Anna López|Sales department"}) {
		t.Errorf("candidates %q", got)
	}
	_, err = d.User(t.Context(), "Bruna")
	if got := candidateNames(t, err, problem.NotFound, "responsible"); got[0] != "Bruno Díaz|Soporte" || len(got) != 3 {
		t.Errorf("candidates %q", got)
	}
	candidateNames(t, ForField(err, "follow_up_responsible"), problem.NotFound, "follow_up_responsible")
}

func TestUsersThatMayNotBeRead(t *testing.T) {
	d, a, clock := rig(t)
	a.fail(usersPath, 403, forbidden)
	if u, err := d.User(t.Context(), "987"); err != nil || u.ID != 987 {
		t.Errorf("an id gave %+v, %v", u, err)
	}
	if u, err := d.User(t.Context(), "me"); err != nil || u.ID != 12 {
		t.Errorf("me gave %+v, %v", u, err)
	}
	_, err := d.User(t.Context(), "anna")
	candidateNames(t, err, problem.Unavailable, "responsible")
	users, err := d.Users(t.Context())
	if err != nil || users.Unavailable == "" || len(users.Items) != 0 {
		t.Errorf("users are %+v, %v", users, err)
	}
	if n := a.requests(usersPath); n != 1 {
		t.Errorf("%d requests for what is forbidden, want 1", n)
	}
	s, err := d.Snapshot(t.Context(), InUsers)
	if err != nil || s.UserName(11) != "user 11" || s.UserName(0) != "robot" {
		t.Errorf("snapshot: %v", err)
	}
	a.fail(usersPath, 200, `{"_embedded":{"users":[{"id":11,"name":"Anna","rights":{"is_active":true}}]}}`)
	clock.advance(freshFor)
	if err := d.Refresh(t.Context(), InUsers); err != nil {
		t.Fatal(err)
	}
	if u, err := d.User(t.Context(), "anna"); err != nil || u.ID != 11 {
		t.Errorf("once allowed: %+v, %v", u, err)
	}
}

func TestOtherNames(t *testing.T) {
	d, _, _ := rig(t)
	if p, err := d.Pipeline(t.Context(), "ventas"); err != nil || p.ID != 70 || !p.Main || len(p.Stages) != 6 {
		t.Errorf("pipeline: %+v, %v", p, err)
	}
	if p, err := d.Pipeline(t.Context(), "old"); err != nil || !p.Archive {
		t.Errorf("archived pipeline: %+v, %v", p, err)
	}
	if g, err := d.Group(t.Context(), "0"); err != nil || g.Name != "Sales department" {
		t.Errorf("group: %+v, %v", g, err)
	}
	if g, err := d.TaskType(t.Context(), "visita tecnica"); err != nil || g.ID != 3301 {
		t.Errorf("task type: %+v, %v", g, err)
	}
	if g, err := d.TaskType(t.Context(), "follow_up"); err != nil || g.ID != 1 {
		t.Errorf("task type by code: %+v, %v", g, err)
	}
	if g, err := d.LossReason(t.Context(), "presupuesto"); err != nil || g.ID != 502 {
		t.Errorf("loss reason: %+v, %v", g, err)
	}
	_, err := d.LossReason(t.Context(), "Too cheap")
	if got := candidateNames(t, err, problem.NotFound, "loss_reason"); len(got) != 2 {
		t.Errorf("candidates %q", got)
	}
	_, err = d.Pipeline(t.Context(), "Sales")
	if got := candidateNames(t, err, problem.NotFound, "pipeline"); len(got) != 2 {
		t.Errorf("an archived pipeline is offered: %q", got)
	}
}

func TestAccount(t *testing.T) {
	d, _, clock := rig(t)
	a, err := d.Account(t.Context())
	if err != nil || a.Location().String() != "America/Mexico_City" || a.Currency != "MXN" || !a.FiltersOn || a.DriveURL != "https://drive-b.kommo.com" || a.AmojoID != "am-1" {
		t.Fatalf("account: %+v, %v", a, err)
	}
	clock.advance(-5 * 3600e9) // 05:00 UTC is still the day before in Mexico
	if got := a.Today(clock.Now()).Format("2006-01-02 15:04 -0700"); got != "2026-11-20 00:00 -0600" {
		t.Errorf("today is %s", got)
	}
}

func TestNameNotFoundIsLookedUpOnceMore(t *testing.T) {
	d, a, _ := rig(t)
	if _, err := d.Stage(t.Context(), "primer contacto", nil); err != nil {
		t.Fatal(err)
	}
	a.set(pipelinesPath, pipelinesBody(`{"id":75,"name":"Prueba","sort":25,"type":0,"pipeline_id":70}`))
	if s, err := d.Stage(t.Context(), "prueba", nil); err != nil || s.ID != 75 {
		t.Errorf("a stage added meanwhile: %+v, %v", s, err)
	}
	if n := a.requests(pipelinesPath); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	if _, err := d.Stage(t.Context(), "no such stage", nil); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("got %v", err)
	}
	if n := a.requests(pipelinesPath); n != 3 {
		t.Errorf("%d requests after a name that does not exist, want 3", n)
	}
	if _, err := d.Stage(t.Context(), "negociacion", nil); !problem.HasCode(err, problem.Ambiguous) || a.requests(pipelinesPath) != 3 {
		t.Errorf("an unclear name: %v, %d requests", err, a.requests(pipelinesPath))
	}
}

func TestNameNotFoundInFreshDataIsRefusedAtOnce(t *testing.T) {
	d, a, _ := rig(t)
	if _, err := d.Pipeline(t.Context(), "nothing like it"); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("got %v", err)
	}
	if n := a.requests(pipelinesPath); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestKommoFailsWhileANameIsLookedUp(t *testing.T) {
	d, a, _ := rig(t)
	if err := d.Warm(t.Context(), InPipelines, InAccount); err != nil {
		t.Fatal(err)
	}
	a.fail(pipelinesPath, 500, `{"title":"ErrInternalServer","status":500}`)
	if _, err := d.Pipeline(t.Context(), "new one"); !kommo.HasCode(err, kommo.CodeServer) {
		t.Errorf("got %v, want Kommo's failure: nobody knows whether the name exists", err)
	}
	if p, err := d.Pipeline(t.Context(), "ventas"); err != nil || p.ID != 70 {
		t.Errorf("a known name while Kommo fails: %v", err)
	}
}

func TestWarmLoadsEachSectionOnce(t *testing.T) {
	d, a, _ := rig(t)
	for range 2 {
		if err := d.Warm(t.Context(), InAccount, InPipelines, InUsers, InLossReasons, InCompanyFields, InContactFields); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{accountPath, pipelinesPath, usersPath, reasonsPath, companyFields, contactFields} {
		if n := a.requests(path); n != 1 {
			t.Errorf("%d requests for %s, want 1", n, path)
		}
	}
	if err := d.Warm(t.Context(), "nonsense"); err == nil {
		t.Error("an unknown section is no error")
	}
}

func TestInvalidateFor(t *testing.T) {
	d, a, _ := rig(t)
	if err := d.Warm(t.Context(), InPipelines, InUsers); err != nil {
		t.Fatal(err)
	}
	refused := func(path, code string) error {
		return &kommo.Error{Status: 400, Code: kommo.CodeInvalid, Fields: []kommo.FieldError{{Path: path, Code: code}}}
	}
	for _, err := range []error{nil, errors.New("x"), refused("name", "NotSupportedChoice"), refused("status_id", "InvalidType")} {
		if d.InvalidateFor(err) {
			t.Errorf("%v is not about a name", err)
		}
	}
	if _, err := d.Pipelines(t.Context()); err != nil || a.requests(pipelinesPath) != 1 {
		t.Fatalf("%d requests, %v", a.requests(pipelinesPath), err)
	}
	for _, path := range []string{
		"status_id", "0.pipeline_id", "_embedded.contacts.0.responsible_user_id", "loss_reason_id",
		"custom_fields_values.0.values.0.enum_id", "task_type_id",
	} {
		if !d.InvalidateFor(refused(path, "NotSupportedChoice")) {
			t.Errorf("%s is an id from here", path)
		}
	}
	if _, err := d.Pipelines(t.Context()); err != nil || a.requests(pipelinesPath) != 2 {
		t.Errorf("%d requests, want a second one before the answer; %v", a.requests(pipelinesPath), err)
	}
	if _, err := d.Users(t.Context()); err != nil || a.requests(usersPath) != 2 {
		t.Errorf("%d requests for users, %v", a.requests(usersPath), err)
	}
}

func TestSnapshotNames(t *testing.T) {
	d, a, _ := rig(t)
	s, err := d.Snapshot(t.Context(), InPipelines, InUsers, InLossReasons, InUsers)
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		s.PipelineName(70): "Ventas", s.PipelineName(1): "pipeline 1",
		s.StageName(80, 142): "Signed", s.StageName(1, 142): "won", s.StageName(1, 143): "lost", s.StageName(70, 9): "stage 9",
		s.UserName(12): "Bruno Díaz", s.UserName(123): "user 123", s.UserName(0): "robot",
		s.LossReasonName(501): "Too expensive", s.LossReasonName(0): "", s.LossReasonName(5): "loss reason 5",
		s.TaskTypeName(2): "Meeting", s.TaskTypeName(9): "task type 9", s.GroupName(9): "Soporte", s.GroupName(4): "group 4",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	a.fail(contactFields, 500, `{}`)
	s, err = d.Snapshot(t.Context(), InUsers, InContactFields)
	if err == nil || s.UserName(12) != "Bruno Díaz" {
		t.Errorf("with one section failing: %v, %q", err, s.UserName(12))
	}
}

func TestStaleNamesAnswerWhileTheyAreRefreshed(t *testing.T) {
	d, a, clock := rig(t)
	if _, err := d.Pipeline(t.Context(), "ventas"); err != nil {
		t.Fatal(err)
	}
	clock.advance(freshFor)
	if _, err := d.Pipeline(t.Context(), "ventas"); err != nil {
		t.Fatal(err)
	}
	d.pipelines.mu.Lock()
	f := d.pipelines.flight
	d.pipelines.mu.Unlock()
	if f != nil {
		<-f.done
	}
	if n := a.requests(pipelinesPath); n != 2 {
		t.Errorf("%d requests, want one more behind the stale answer", n)
	}
}
