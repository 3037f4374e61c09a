package kommo

import "testing"

func TestTags(t *testing.T) {
	list := `{"_links":{"next":{"href":"n"}},"_embedded":{"tags":[{"id":3,"name":"vip","color":"FFC8C8"},{"id":4,"name":"cold","color":null}]}}`
	c, r := recorded(t, list, list, "",
		`{"_total_items":2,"_embedded":{"tags":[{"id":6,"name":"b","color":null,"request_id":"1"},{"id":5,"name":"a","color":"FFC8C8","request_id":"0"}]}}`)
	page := must(c.Tags.List(t.Context(), Contacts, TagFilter{ListOptions: ListOptions{Limit: 2}, Query: "v", Name: "vip", IDs: []int64{3}}))(t)
	if got := page.Items; *got[0].Color != "FFC8C8" || got[1].Color != nil || !page.HasNext {
		t.Errorf("read as %+v", page)
	}
	if all := must(Collect(c.Tags.All(t.Context(), Leads, TagFilter{})))(t); len(all) != 2 {
		t.Errorf("walked %d", len(all))
	}
	made := must(c.Tags.Create(t.Context(), Leads, []TagWrite{{Name: "a", Color: "FFC8C8"}, {Name: "b"}}))(t)
	if made[0].ID != 5 || made[1].Name != "b" {
		t.Errorf("made %+v, want the order of the request", made)
	}
	r.want(t, get("/contacts/tags", "filter[id][0]=3&filter[name]=vip&limit=2&query=v"),
		get("/leads/tags", "limit=250"), get("/leads/tags", "limit=250&page=2"),
		post("/leads/tags", `[{"name":"a","color":"FFC8C8"},{"name":"b"}]`))
}

func TestTagsWithoutIDsAreUnknown(t *testing.T) {
	for _, body := range []string{`{"_embedded":{"tags":[{"name":"a"}]}}`, `{"_embedded":{"tags":{}}}`} {
		c, _ := recorded(t, body)
		if made, err := c.Tags.Create(t.Context(), Leads, []TagWrite{{Name: "a"}}); !HasCode(err, CodeUnknownOutcome) || len(made) != 0 {
			t.Errorf("%s: %+v, %v", body, made, err)
		}
	}
}

func TestTagSets(t *testing.T) {
	sameJSON(t, CardEmbedding{}, `{}`)
	sameJSON(t, CardEmbedding{Tags: TagSet{}}, `{"tags":null}`)
	sameJSON(t, CardEmbedding{Tags: TagNames([]string{"a"})}, `{"tags":[{"name":"a"}]}`)
}
