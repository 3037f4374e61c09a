package kommo

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestLooseTypesRead: a value of another type than documented, as PHP writes
// it, reads as the value it stands for.
func TestLooseTypesRead(t *testing.T) {
	const tidy = `{"id":42,"name":"Roof","price":1200,"price_with_minor_units":12.5,"status_id":142,"loss_reason_id":9,
		"created_at":1760000000,"is_deleted":true,"custom_fields_values":[{"field_id":7,"field_name":"12","values":[{"value":"a","enum_id":3}]}],
		"_embedded":{"tags":[{"id":5,"name":"7"}],"contacts":[{"id":1,"is_main":true},{"id":2,"is_main":false}],"loss_reason":[{"id":9,"name":"Price"}]}}`
	var want Lead
	if err := json.Unmarshal([]byte(tidy), &want); err != nil {
		t.Fatal(err)
	}
	for name, loose := range map[string]string{
		"numbers as texts": `{"id":"42","name":"Roof","price":"1200","price_with_minor_units":"12.5","status_id":"142","loss_reason_id":"9",
			"created_at":"1760000000","is_deleted":"1","custom_fields_values":[{"field_id":"7","field_name":12,"values":[{"value":"a","enum_id":"3"}]}],
			"_embedded":{"tags":[{"id":"5","name":7}],"contacts":[{"id":"1","is_main":1},{"id":" 2","is_main":0}],"loss_reason":[{"id":"9","name":"Price"}]}}`,
		"lists as objects, whole numbers as floats": `{"id":42.0,"name":"Roof","price":1200,"price_with_minor_units":12.5,"status_id":142.0,"loss_reason_id":9,
			"created_at":1760000000,"is_deleted":"true","custom_fields_values":{"3":{"field_id":7,"field_name":"12","values":{"0":{"value":"a","enum_id":3}}}},
			"_embedded":{"tags":[{"id":5,"name":"7"}],"contacts":{"10":{"id":2,"is_main":false},"9":{"id":1,"is_main":true}},"loss_reason":{"id":"9","name":"Price"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var got Lead
			if err := unmarshal([]byte(loose), &got); err != nil {
				t.Fatal(err)
			}
			got.Price = want.Price // a Decimal keeps its spelling
			if !reflect.DeepEqual(got, want) {
				t.Errorf("read as %+v, want %+v", got, want)
			}
		})
	}
}

// TestNothingsRead: what PHP writes for none reads as none.
func TestNothingsRead(t *testing.T) {
	for _, raw := range []string{
		`{"id":5,"responsible_user_id":null,"name":false,"loss_reason_id":"","custom_fields_values":"","is_deleted":null,"_embedded":[]}`,
		`{"id":"5","group_id":false,"name":null,"custom_fields_values":{},"is_deleted":"","_embedded":{"tags":{}}}`,
	} {
		var got Lead
		if err := unmarshal([]byte(raw), &got); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if got.ID != 5 || got.Name != "" || got.Fields != nil || got.Deleted || got.Embedded.Tags != nil {
			t.Errorf("%s reads as %+v", raw, got)
		}
	}
}

// TestMisfitsFail: what could mean anything is still refused.
func TestMisfitsFail(t *testing.T) {
	for _, raw := range []string{
		`[]`, `[1]`, `"x"`, `{"id":"abc"}`, `{"id":1.5}`, `{"id":{}}`, `{"id":[1]}`, `{"id":1e300}`, `{"name":{"a":1}}`, `{"name":["a"]}`,
		`{"is_deleted":"perhaps"}`, `{"is_deleted":2}`, `{"custom_fields_values":{"a":{}}}`, `{"custom_fields_values":7}`, `{"_embedded":[1]}`, `{"_embedded":{"tags":[1]}}`,
	} {
		var got Lead
		if err := unmarshal([]byte(raw), &got); err == nil {
			t.Errorf("%s reads as %+v", raw, got)
		}
	}
}

// TestStrangersAreNoEmptyLists: a page of something else must not say that
// there is nobody with a number.
func TestStrangersAreNoEmptyLists(t *testing.T) {
	for body, empty := range map[string]bool{
		`{}`: false, `{"status":"ok"}`: false, `{"_embedded":5}`: false, `{"_embedded":{"leads":[]}}`: false, `[]`: false, `{"_embedded":{"contacts":{}}}`: false,
		`{"_embedded":{"contacts":[]}}`: true, `{"_embedded":{"contacts":null}}`: true, `{"_embedded":[]}`: true, `{"_embedded":{}}`: true, `{"_total_items":"0"}`: true,
	} {
		c, _ := recorded(t, body)
		page, err := c.Contacts.List(t.Context(), CardListFilter{})
		if empty != (err == nil) || !empty && !HasCode(err, CodeBadResponse) || len(page.Items) != 0 {
			t.Errorf("%s: %+v, %v", body, page.Items, err)
		}
	}
}

// FuzzLoose: no data makes the repair fall over, and what is tidy is left alone.
func FuzzLoose(f *testing.F) {
	for _, seed := range []string{`{"id":"42"}`, `{"_embedded":{"tags":{"1":{"id":"5"}}}}`, `{"price_with_minor_units":"1.5"}`, `[]`, `{"name":1e5}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var tidy, loose Lead
		err := json.Unmarshal(raw, &tidy)
		looseErr := unmarshal(raw, &loose)
		if err == nil && (looseErr != nil || !reflect.DeepEqual(tidy, loose)) {
			t.Errorf("tidy %s reads otherwise: %v", raw, looseErr)
		}
		if json.Valid(raw) && !json.Valid(fit(raw, reflect.TypeFor[Lead]())) {
			t.Errorf("%s becomes damaged", raw)
		}
	})
}
