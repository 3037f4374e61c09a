package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// names lists the names of the leads that the query finds, in order.
func (g *rig) names(query string) string {
	g.t.Helper()
	var out []string
	for _, row := range g.get("/leads?" + query).rows("leads") {
		out = append(out, row["name"].(string))
	}
	return strings.Join(out, ",")
}

func TestLeadFilters(t *testing.T) {
	g := newRig(t)
	u := g.member("ana", memberRights("A"))
	pipelineID, stages := g.stages()
	var other int64
	g.state(func(a *account) { other = addPipeline(a, "Other", false, "New").ID })
	ids := g.made("leads", "/leads", fmt.Sprintf(`[
		{"name":"a","price":10,"created_at":1700000000,"updated_at":1750000000},
		{"name":"b","price":20,"responsible_user_id":%d,"created_by":%[1]d,"created_at":1700000100,"updated_at":1750000200},
		{"name":"c","price":30,"status_id":142,"closed_at":1700000500,"created_at":1700000200,"updated_at":1750000100},
		{"name":"d","price":40.5,"pipeline_id":%d,"status_id":142,"created_at":1700000300,"updated_at":1750000300}]`, u.ID, other))
	g.state(func(a *account) { a.closestTask[ref{"leads", ids[0]}] = 1_760_000_900 })
	for query, want := range map[string]string{
		"":                                   "a,c,b,d", // updated_at ascending
		fmt.Sprintf("filter[id]=%d", ids[1]): "b",
		fmt.Sprintf("filter[id][]=%d&filter[id][]=%d", ids[1], ids[3]): "b,d",
		fmt.Sprintf("filter%%5Bid%%5D%%5B0%%5D=%d", ids[2]):            "c",
		"filter[name]=A":                                                        "a",
		"filter[name][]=a&filter[name][]=b":                                     "a,b",
		"filter[price][from]=20&filter[price][to]=30":                           "c,b",
		"filter[price][from]=40.5":                                              "d",
		"filter[price]=10":                                                      "a",
		fmt.Sprintf("filter[pipeline_id]=%d", other):                            "d",
		fmt.Sprintf("filter[responsible_user_id][]=%d", u.ID):                   "b",
		fmt.Sprintf("filter[created_by]=%d", u.ID):                              "b",
		"filter[created_at][from]=1700000100&filter[created_at][to]=1700000200": "c,b",
		"filter[updated_at][from]=1750000200":                                   "b,d",
		"filter[updated_at]=1750000250":                                         "",
		"filter[closed_at][from]=1700000500&filter[closed_at][to]=1700000500":   "c",
		"filter[closest_task_at][from]=1":                                       "a",
		fmt.Sprintf("filter[statuses][0][pipeline_id]=%d&filter[statuses][0][status_id]=142", pipelineID): "c",
		fmt.Sprintf("filter[statuses][0][pipeline_id]=%d&filter[statuses][0][status_id]=142&filter[statuses][1][pipeline_id]=%d&filter[statuses][1][status_id]=%d",
			other, pipelineID, stages[1]): "a,b,d",
		"filter[statuses][0][pipeline_id]=&filter[statuses][0][status_id]=142": "c,d",
		"filter[statuses][0][status_id]=142":                                   "a,c,b,d", // half a pair is ignored
		"filter[nonsense]=1":                                                   "a,c,b,d",
		"order[id]=desc":                                                       "d,c,b,a",
		"order[created_at]=asc":                                                "a,b,c,d",
		"order[updated_at]=desc":                                               "d,b,c,a",
		"order[name]=desc":                                                     "a,c,b,d",
		"order=created_at":                                                     "a,c,b,d",
		"order[id]=asc&limit=2&page=2":                                         "c,d",
		"filter[id]=5":                                                         "",
		fmt.Sprintf("filter[price][from]=20&filter[pipeline_id]=%d", pipelineID): "c,b",
	} {
		if got := g.names(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestFilteringOffIgnoresFilters(t *testing.T) {
	g := newRig(t, WithSwitches(Switches{FilteringOff: true}))
	g.made("leads", "/leads", `[{"name":"abc"},{"name":"xyz"}]`)
	if got := g.names("filter[id]=1"); got != "abc,xyz" {
		t.Errorf("filtered: %s", got)
	}
	if got := g.names("query=abc"); got != "abc" {
		t.Errorf("query does not work: %s", got)
	}
}

func TestLeadQueryLooksIntoContacts(t *testing.T) {
	g := newRig(t)
	contact := g.plant("contacts", "Ana Lopez", "+1 (555) 010-0042", "ana@example.com")
	company := g.plant("companies", "Lopez Roofing")
	ids := g.made("leads", "/leads", fmt.Sprintf(`[{"name":"Roof job"},
		{"name":"Second","_embedded":{"contacts":[{"id":%d}]}},
		{"name":"Third 555","_embedded":{"companies":[{"id":%d}]}}]`, contact, company))
	for query, want := range map[string]string{
		"ROOF": "Roof job,Third 555", "roof job": "Roof job", "5550100042": "Second", "555": "Second,Third 555", "%2B1555": "Second",
		"ana@": "Second", "lopez": "Second,Third 555", "nobody": "", "ro": "", fmt.Sprint(ids[0]): "Roof job",
	} {
		if got := g.names("query=" + strings.ReplaceAll(query, " ", "+")); got != want {
			t.Errorf("query %s: %q, want %q", query, got, want)
		}
	}
	if got := g.names(fmt.Sprintf("query=roof&filter[id]=%d", ids[0])); got != "Roof job" {
		t.Errorf("query and filter: %q", got)
	}
}

func TestMatchQueryComparesPhonesByDigits(t *testing.T) {
	for _, tc := range []struct {
		search, text string
		want         bool
	}{
		{"5550001", "+1 (555) 000-1", true},
		{"+1 555 0001", "15550001", true},
		{"89161234567", "+79161234567", false}, // 8… and +7… differ
		{"9161234567", "+79161234567", true},
		{"122024", "Order 12 of 2024", false},
		{"12", "12", false},
		{"", "abc", false},
		{"+--", "+1555", false},
	} {
		if got := matchQuery(tc.search, []string{tc.text}); got != tc.want {
			t.Errorf("%q in %q: %v", tc.search, tc.text, got)
		}
	}
}
