package kommo

import (
	"slices"
	"testing"
	"time"
)

func TestWalkEndsAtRepeatedPage(t *testing.T) {
	page := leadPage(`{"id":1,"name":"page=1"},{"id":2}`, "next")
	again := leadPage(`{"id":1,"name":"page=2"},{"id":2}`, "next")
	c, r := recorded(t, page, again, again)
	leads := must(Collect(c.Leads.All(t.Context(), LeadFilter{})))(t)
	if len(leads) != 2 || len(r.asked) != 2 {
		t.Errorf("%d leads in %d requests, want 2 in 2", len(leads), len(r.asked))
	}
}

func TestWalkEndsAtError(t *testing.T) {
	c, _ := recorded(t, leadPage(`{"id":1}`, "next"), `{"_embedded":{"leads":{}}}`)
	leads, err := Collect(c.Leads.All(t.Context(), LeadFilter{}))
	if !HasCode(err, CodeBadResponse) || len(leads) != 1 {
		t.Errorf("%d leads and error %v", len(leads), err)
	}
	if got := errorOf(t, err).Op; got != "leads.list" {
		t.Errorf("the error names %q", got)
	}
}

func TestWalkStopsWhenTold(t *testing.T) {
	c, r := recorded(t, leadPage(`{"id":1},{"id":2}`, "next"))
	for range c.Leads.All(t.Context(), LeadFilter{}) {
		break
	}
	if len(r.asked) != 1 {
		t.Errorf("%d requests, want 1", len(r.asked))
	}
}

func TestPageWithoutItemsHasNoNext(t *testing.T) {
	c, r := recorded(t, leadPage("", "next"))
	leads := must(Collect(c.Leads.All(t.Context(), LeadFilter{})))(t)
	if len(leads) != 0 || len(r.asked) != 1 {
		t.Errorf("%d leads in %d requests", len(leads), len(r.asked))
	}
}

func TestLenientNumbers(t *testing.T) {
	for text, want := range map[string]int64{`7`: 7, `"7"`: 7, `7.9`: 7, `"7.0"`: 7, `null`: 0, `""`: 0, `false`: 0, `-3`: -3, `1e3`: 1000} {
		var i Int
		var u Unix
		if err := i.UnmarshalJSON([]byte(text)); err != nil || int64(i) != want {
			t.Errorf("Int of %s is %d, %v", text, i, err)
		}
		if err := u.UnmarshalJSON([]byte(text)); err != nil || int64(u) != want {
			t.Errorf("Unix of %s is %d, %v", text, u, err)
		}
	}
	for _, text := range []string{`"abc"`, `{}`, `[]`, `"NaN"`, `1e300`} {
		var i Int
		if err := i.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s reads as %d, want an error", text, i)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	for text, want := range map[string]RequestIDs{`"a"`: {"a"}, `0`: {"0"}, `["0","w-7"]`: {"0", "w-7"}, `[1]`: {"1"}, `null`: nil, `""`: nil} {
		var r RequestIDs
		if err := r.UnmarshalJSON([]byte(text)); err != nil || !slices.Equal(r, want) {
			t.Errorf("%s reads as %q, %v", text, r, err)
		}
	}
}

func TestUnixThereAndBack(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	if got := UnixOf(at).Time(); !got.Equal(at) {
		t.Errorf("%v comes back as %v", at, got)
	}
	if UnixOf(time.Time{}) != 0 || !Unix(0).Time().IsZero() {
		t.Error("none is not none")
	}
}
