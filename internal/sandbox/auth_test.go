package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTokenIsAJWTWithTheClaimsClientsRead(t *testing.T) {
	g := newRig(t)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(g.token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"aud", "jti", "iat", "nbf", "exp", "sub", "account_id", "base_domain", "api_domain", "scopes"} {
		if m[key] == nil {
			t.Errorf("no %s in %s", key, payload)
		}
	}
	if m["base_domain"] != "kommo.com" || m["api_domain"] != "api-c.kommo.com" {
		t.Errorf("domains %v %v", m["base_domain"], m["api_domain"])
	}
}

func TestBadTokensAre401(t *testing.T) {
	g := newRig(t)
	good := g.token
	i := strings.LastIndexByte(good, '.')
	for name, token := range map[string]string{
		"none": "", "garbage": "abc", "two dots": "a.b.c", "forged": good[:i+1] + base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
		"expired": g.s.TokenWith(g.host, TokenOptions{TTL: -time.Second}), "unknown user": g.s.UserToken(g.host, 999),
	} {
		g.token = token
		r := g.get("/account")
		if r.status != 401 {
			t.Errorf("%s: %d", name, r.status)
			continue
		}
		r.eq(map[string]any{"title": "Unauthorized", "type": "https://httpstatus.es/401", "status": 401, "detail": "Invalid user name or password"})
		if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("%s: content type %q", name, ct)
		}
	}
	g.token = g.s.TokenWith(g.host, TokenOptions{TTL: time.Hour})
	g.get("/account").want(200)
	g.tick(3600)
	g.get("/account").want(401)
}

func TestScopes(t *testing.T) {
	g := newRig(t)
	g.token = g.s.TokenWith(g.host, TokenOptions{Scopes: []string{"notifications"}})
	r := g.get("/leads").want(403)
	r.eq(map[string]any{"title": "Forbidden", "type": "https://httpstatus.es/403", "status": 403, "detail": "Invalid scope"})
}

// member adds a user with these rights to the rig's account.
func (g *rig) member(name string, r rights) *user {
	a := g.s.byHost[g.host]
	a.mu.Lock()
	defer a.mu.Unlock()
	return addUser(a, name, name+"@example.com", r)
}

func TestMembersMayNotAdminister(t *testing.T) {
	g := newRig(t)
	g.token = g.s.UserToken(g.host, g.member("ana", memberRights("A")).ID)
	g.get("/account").want(200)
	g.get("/leads/pipelines").want(200)
	for _, call := range [][3]string{
		{"GET", "/users", ""},
		{"GET", "/users/1", ""},
		{"GET", "/roles", ""},
		{"POST", "/users", `[{}]`},
		{"POST", "/leads/pipelines", `[{}]`},
		{"POST", "/leads/loss_reasons", `[{"name":"x"}]`},
	} {
		g.do(call[0], call[1], call[2]).want(403).eq("Forbidden", "title")
	}
}

func TestRightsNarrowWhatIsSeenAndWritten(t *testing.T) {
	g := newRig(t)
	team := int64(435_500)
	inTeam := func(l string) rights { r := memberRights(l); r.GroupID = &team; return r }
	own, mate, none := g.member("own", memberRights("M")), g.member("mate", inTeam("G")), g.member("none", memberRights("D"))
	peer := g.member("peer", inTeam("M"))
	body := fmt.Sprintf(`[{"name":"a","responsible_user_id":%d},{"name":"b","responsible_user_id":%d},{"name":"c"}]`, own.ID, peer.ID)
	ids := g.made("leads", "/leads", body)
	for _, tc := range []struct {
		user *user
		sees int
	}{{own, 1}, {peer, 1}, {mate, 1}, {none, 0}} {
		g.token = g.s.UserToken(g.host, tc.user.ID)
		if n := len(g.get("/leads").rows("leads")); n != tc.sees {
			t.Errorf("%s sees %d leads, want %d", tc.user.Name, n, tc.sees)
		}
	}
	g.token = g.s.UserToken(g.host, own.ID)
	g.get(leadPath(ids[0])).want(200)
	g.get(leadPath(ids[2])).want(403)
	g.patch(leadPath(ids[0]), `{"name":"x"}`).want(200).eq(ids[0], "id")
	g.patch(leadPath(ids[2]), `{"name":"x"}`).want(403)
	g.token = g.s.UserToken(g.host, none.ID)
	g.post("/leads", `[{"name":"x"}]`).want(403)
}

func TestStatusRightsHideAStage(t *testing.T) {
	g := newRig(t)
	r := memberRights("A")
	p := mainPipeline(g.s.byHost[g.host])
	r.StatusRights = []statusRight{{"leads", p.ID, p.Statuses[2].ID, stageRights{View: "D", Edit: "D", Delete: "D"}}}
	u := g.member("ana", r)
	g.made("leads", "/leads", fmt.Sprintf(`[{"name":"a"},{"name":"b","status_id":%d}]`, p.Statuses[2].ID))
	g.token = g.s.UserToken(g.host, u.ID)
	if n := len(g.get("/leads").rows("leads")); n != 1 {
		t.Errorf("%d leads", n)
	}
}

func TestContextUserActsWithItsOwnRights(t *testing.T) {
	g := newRig(t)
	ana := g.member("ana", memberRights("A"))
	free := memberRights("A")
	free.IsFree = true
	idle := g.member("idle", free)
	as := func(id int64) []string { return []string{"X-Context-User-ID", fmt.Sprint(id)} }
	g.do("GET", "/account", "", as(ana.ID)...).want(200).eq(ana.ID, "current_user_id")
	g.do("GET", "/users", "", as(ana.ID)...).want(403)
	g.do("GET", "/account", "", as(idle.ID)...).want(401)
	g.do("GET", "/account", "", as(999)...).want(401)
	g.token = g.s.UserToken(g.host, ana.ID)
	g.do("GET", "/account", "", as(users(g.s.byHost[g.host]).ids[0])...).want(401)
}
