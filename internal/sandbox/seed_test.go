package sandbox

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func demoRig(t *testing.T, opts ...Option) *rig {
	t.Helper()
	return newRig(t, append(opts, WithAccount("demo.kommo.com", DemoSeed()), WithAccount("second.kommo.com", SecondSeed()))...)
}

func TestDemoSeedHasWhatDemosAndTestsNeed(t *testing.T) {
	g := demoRig(t)
	g.get("/account").want(200).eq("Sunridge Roofing & Solar", "name")
	if n := len(g.get("/leads?limit=250").want(200).rows("leads")); n != 200 {
		t.Errorf("%d leads", n)
	}
	if n := len(g.get("/leads/pipelines").want(200).rows("pipelines")); n != 3 {
		t.Errorf("%d pipelines", n)
	}
	if n := len(g.get("/leads/loss_reasons").want(200).rows("loss_reasons")); n != 6 {
		t.Errorf("%d loss reasons", n)
	}
	won, lost, zero, fraction := 0, 0, 0, 0
	for _, l := range g.get("/leads?limit=250&with=contacts").rows("leads") {
		price := l["price_with_minor_units"].(float64)
		if price == 0 {
			zero++
		}
		if price != float64(int64(price)) {
			fraction++
		}
		switch l["status_id"].(float64) {
		case statusWon:
			won++
		case statusLost:
			lost++
			if l["loss_reason_id"] == nil {
				t.Errorf("lost lead %v has no reason", l["id"])
			}
		}
		now := float64(g.unix.Load())
		if at := l["updated_at"].(float64); at > now || at < l["created_at"].(float64) || l["created_at"].(float64) < now-366*86400 {
			t.Errorf("lead %v: created %v, updated %v, now %v", l["id"], l["created_at"], at, now)
		}
	}
	if won < 30 || lost < 30 || won+lost > 130 || zero == 0 || fraction == 0 {
		t.Errorf("won %d, lost %d, price 0 %d, fractional %d", won, lost, zero, fraction)
	}
}

func TestDemoSeedUsers(t *testing.T) {
	g := demoRig(t)
	rows := g.get("/users?with=role,group&limit=250").want(200).rows("users")
	admins, inactive, anas := 0, 0, 0
	for _, u := range rows {
		r := u["rights"].(map[string]any)
		if r["is_admin"] == true {
			admins++
		}
		if r["is_active"] == false {
			inactive++
		}
		if name := u["name"].(string); name[:4] == "Ana " {
			anas++
		}
	}
	if len(rows) != 7 || admins != 2 || inactive != 1 || anas != 2 {
		t.Errorf("%d users, %d admins, %d inactive, %d called Ana", len(rows), admins, inactive, anas)
	}
	g.get("/account").eq(rows[0]["id"], "current_user_id")
	marcus := int64(rows[1]["id"].(float64))
	g.token = g.s.UserToken(g.host, marcus)
	g.get("/users").want(403)
	g.get("/leads?limit=5").want(200)
}

func TestSeedsAreTheSameAtEveryStart(t *testing.T) {
	one, two := demoRig(t), demoRig(t)
	for _, path := range []string{"/leads?limit=250&with=contacts", "/leads/pipelines", "/users?with=uuid,amojo_id"} {
		if a, b := string(one.get(path).raw), string(two.get(path).raw); a != b {
			t.Errorf("%s differs between two starts:\n%.300s\n%.300s", path, a, b)
		}
	}
	one.host = "second.kommo.com"
	one.token = one.s.Token(one.host)
	one.get("/account").want(200).eq("Casa Verde Interiors", "name")
	if n := len(one.get("/leads?limit=250").want(200).rows("leads")); n != 20 {
		t.Errorf("the second account has %d leads", n)
	}
}

// Whoever tries one command after the other in demo mode must meet the same records, hours apart too.
func TestSeedsKeepTheirIDsAtAnyTime(t *testing.T) {
	named := func(hours int) map[string]any {
		g := demoRig(t, WithClock(func() time.Time { return time.Unix(1_760_000_000, 0).Add(time.Duration(hours) * time.Hour) }))
		out := map[string]any{}
		for path, key := range map[string]string{"/tasks": "tasks", "/leads/notes": "notes", "/leads": "leads", "/contacts": "contacts"} {
			for _, row := range g.get(path + "?limit=250").want(200).rows(key) {
				out[fmt.Sprint(key, " ", int64(row["id"].(float64)))] = []any{row["text"], row["name"], row["entity_id"], row["note_type"], row["price"]}
			}
		}
		return out
	}
	first := named(0)
	for _, hours := range []int{1, 7, 30, 1000} {
		for id, row := range named(hours) {
			if !reflect.DeepEqual(first[id], row) {
				t.Errorf("%d hours later %s is %v, was %v", hours, id, row, first[id])
			}
		}
	}
}

// BenchmarkDemoSeed measures what demo mode adds to the time from process start to
// the first answer, of which 50 ms are allowed.
func BenchmarkDemoSeed(b *testing.B) {
	for b.Loop() {
		New(WithAccount(DefaultHost, DemoSeed()))
	}
}
