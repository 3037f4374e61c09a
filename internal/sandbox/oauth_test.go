package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

var testApp = Integration{ClientID: "c1", Secret: "s1", RedirectURI: "https://app.test/cb"}

func oauthRig(t *testing.T, opts ...Option) *rig {
	t.Helper()
	return newRig(t, append([]Option{WithIntegration(testApp)}, opts...)...)
}

func exchange(g *rig, params map[string]string) reply {
	g.t.Helper()
	all := map[string]string{"client_id": "c1", "client_secret": "s1", "redirect_uri": "https://app.test/cb"}
	maps.Copy(all, params)
	var parts []string
	for k, v := range all {
		parts = append(parts, fmt.Sprintf("%q:%q", k, v))
	}
	return g.do("POST", "//oauth2/access_token", "{"+strings.Join(parts, ",")+"}")
}

func byCode(code string) map[string]string {
	return map[string]string{"grant_type": "authorization_code", "code": code}
}

func byRefresh(token any) map[string]string {
	return map[string]string{"grant_type": "refresh_token", "refresh_token": token.(string)}
}

func TestCodeBuysTokensThatRotate(t *testing.T) {
	g := oauthRig(t)
	g.token = ""
	code := g.s.Code(g.host, "c1")
	r := exchange(g, byCode(code)).want(200)
	r.eq("Bearer", "token_type")
	r.eq(86400, "expires_in")
	r.eq(1_760_000_000, "server_time")
	exchange(g, byCode(code)).want(400).eq("Authorization code has been revoked", "hint")

	second := exchange(g, byRefresh(r.at("refresh_token"))).want(200)
	dead := exchange(g, byRefresh(r.at("refresh_token"))).want(400)
	dead.eq("Token has been revoked", "hint")
	dead.eq("https://developers.amocrm.ru/v3/errors/OAuthProblemJson", "type")
	g.token = second.at("access_token").(string)
	g.get("/account").want(200)
	g.tick(86400)
	g.get("/account").want(401)
}

func TestTokenEndpointTakesForms(t *testing.T) {
	g := oauthRig(t)
	form := url.Values{
		"client_id": {"c1"}, "client_secret": {"s1"}, "redirect_uri": {"https://app.test/cb"},
		"grant_type": {"authorization_code"}, "code": {g.s.Code(g.host, "c1")},
	}
	g.do("POST", "//oauth2/access_token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded").want(200)
}

func TestTokenErrorsCarryAHint(t *testing.T) {
	g := oauthRig(t, WithAccount("acme.kommo.com", Blank()), WithIntegration(Integration{ClientID: "c2", Secret: "s2", RedirectURI: "https://b.test"}))
	old := g.s.Code(g.host, "c1")
	g.tick(int64((21 * time.Minute).Seconds()))
	for _, tc := range []struct {
		params map[string]string
		hint   string
	}{
		{map[string]string{"client_id": "zz"}, "Check the `client_id` parameter"},
		{map[string]string{"client_secret": "zz"}, "Check the `client_secret` parameter"},
		{map[string]string{"redirect_uri": "https://app.test/cb/"}, "Redirect URI is not associated with client"},
		{map[string]string{"grant_type": "password"}, "Check the `grant_type` parameter"},
		{byCode(old), "Authorization code has expired"},
		{byCode("garbage"), "Cannot decrypt the authorization code"},
		{byCode(g.s.Code(g.host, "c2")), "Cannot decrypt the authorization code"},
		{byCode(g.s.Code("acme.kommo.com", "c1")), "Invalid account"},
		{byRefresh("garbage"), "Invalid refresh token"},
	} {
		exchange(g, tc.params).want(400).eq(tc.hint, "hint")
	}
	if g.s.Code(g.host, "zz") != "" || g.s.Code("zz.kommo.com", "c1") != "" {
		t.Error("a code for nobody")
	}
}

func TestDisconnectKillsTokensAtOnce(t *testing.T) {
	g := oauthRig(t)
	r := exchange(g, byCode(g.s.Code(g.host, "c1"))).want(200)
	admin := g.token
	g.token = r.at("access_token").(string)
	g.get("/account").want(200)
	g.s.Disconnect(g.host, "c1")
	g.get("/account").want(401)
	exchange(g, byRefresh(r.at("refresh_token"))).want(400)
	g.token = admin
	g.get("/account").want(200)
	exchange(g, byCode(g.s.Code(g.host, "c1"))).want(200)
}

func TestSubdomainLookups(t *testing.T) {
	g := oauthRig(t, WithAccount("acme.amocrm.ru", Blank()))
	r := exchange(g, byCode(g.s.Code(g.host, "c1"))).want(200)
	g.token, g.host = r.at("access_token").(string), "www.kommo.com"
	got := g.do("GET", "//oauth2/account/subdomain", "").want(200)
	got.eq("demo", "subdomain")
	got.eq("demo.kommo.com", "domain")
	got.eq("com", "top_level_domain")
	g.host, g.token = "api-c.kommo.com", ""
	refresh := r.at("refresh_token").(string)
	g.tick(2 * 86400) // the access token is dead by now
	g.do("GET", "//oauth2/account/current/subdomain", "", "X-Refresh-Token", refresh).want(200).eq("demo", "subdomain")
	g.do("GET", "//oauth2/account/current/subdomain", "", "X-Refresh-Token", "zz").want(401)
	g.do("GET", "//oauth2/account/subdomain", "").want(401)
}

// visit opens the consent page without following its redirect.
func visit(g *rig, query string) *http.Response {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), "GET", g.url+"/oauth?"+query, http.NoBody)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Host = "www.kommo.com"
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestConsentRedirectsBackWithACode(t *testing.T) {
	g := oauthRig(t)
	res := visit(g, "client_id=c1&state=xyz&mode=popup")
	loc, err := res.Location()
	if err != nil || res.StatusCode != http.StatusFound {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	q := loc.Query()
	if loc.Host != "app.test" || q.Get("state") != "xyz" || q.Get("client_id") != "c1" || q.Get("referer") != DefaultHost || q.Get("platform") != "2" {
		t.Errorf("redirect %s", loc)
	}
	exchange(g, byCode(q.Get("code"))).want(200)

	deny, err := visit(g, "client_id=c1&state=xyz&deny=1").Location()
	if err != nil || deny.Query().Get("error") != "access_denied" || deny.Query().Get("state") != "xyz" {
		t.Errorf("refusal %v %v", deny, err)
	}
	if res := visit(g, "client_id=zz"); res.StatusCode != 400 {
		t.Errorf("unknown integration: %d", res.StatusCode)
	}
}

func TestConsentAsksWhichAccount(t *testing.T) {
	g := oauthRig(t, WithAccount("acme.amocrm.ru", Blank()))
	if res := visit(g, "client_id=c1&state=xyz"); res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	loc, err := visit(g, "client_id=c1&state=xyz&account=acme.amocrm.ru").Location()
	if err != nil || loc.Query().Get("referer") != "acme.amocrm.ru" || loc.Query().Get("platform") != "1" {
		t.Errorf("%v %v", loc, err)
	}
}

// TestTheListenersAddressServesTheTokensAccount: a client that knows nothing of
// Host may use the address as it is, whichever account its token is of.
func TestTheListenersAddressServesTheTokensAccount(t *testing.T) {
	g := oauthRig(t, WithAccount("acme.kommo.com", Blank()))
	tokens := map[string]string{g.host: g.token, "acme.kommo.com": g.s.Token("acme.kommo.com")}
	for _, address := range []string{"127.0.0.1:18080", "localhost:18080", "[::1]:18080", "[::1]"} {
		for host, token := range tokens {
			g.host, g.token = address, token
			sub, _, _ := strings.Cut(host, ".")
			g.get("/account").want(200).eq(sub, "subdomain")
		}
		g.token = ""
		g.get("/account").want(401)
		if page := string(g.do("GET", "//oauth?client_id=c1", "").want(200).raw); !strings.Contains(page, "acme.kommo.com") || !strings.Contains(page, DefaultHost) {
			t.Errorf("no choice of accounts: %s", page)
		}
	}
	g.host, g.token = "nobody.kommo.com", tokens["acme.kommo.com"]
	g.get("/account").want(401)
}
