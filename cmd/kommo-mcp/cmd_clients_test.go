package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// madeClient is a client as clients add prints it.
type madeClient struct {
	clientRow

	Secret    string `json:"client_secret"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Resource  string `json:"resource"`
	Scope     string `json:"scope"`
}

const clientRedirect = "http://127.0.0.1:9/callback"

// signInServer is a server that signs people in and lets no client register.
func signInServer(t *testing.T) (*served, map[string]string) {
	t.Helper()
	addr := freeAddr(t)
	_, env := oauthRig(t, "http://"+addr+"/oauth/callback")
	maps.Copy(env, map[string]string{"KOMMO_MCP_ADDR": addr, "KOMMO_MCP_PUBLIC_URL": "http://" + addr, "KOMMO_MCP_REGISTRATION": "off"})
	s := (&canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}).serve(env)
	t.Cleanup(s.stop)
	return s, env
}

// exchange asks the token endpoint as a client that shows its secret in the way named.
func (s *served) exchange(c madeClient, method string, form url.Values) (status int, access, refresh string) {
	s.t.Helper()
	header := []string{"Content-Type", "application/x-www-form-urlencoded"}
	form = maps.Clone(form)
	form.Set("client_id", c.ID)
	switch method {
	case "client_secret_basic":
		form.Del("client_id")
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
		header = append(header, "Authorization", r.Header.Get("Authorization"))
	case "client_secret_post":
		form.Set("client_secret", c.Secret)
	}
	status, body := s.ask(true, http.MethodPost, "/token", form.Encode(), header...)
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(body), &pair); err != nil {
		s.t.Fatalf("%d %s", status, body)
	}
	return status, pair.Access, pair.Refresh
}

// TestAClientMadeByHandSignsPeopleIn: through the whole server, where nobody may
// register; a confidential one by its secret alone, until it is removed.
func TestAClientMadeByHandSignsPeopleIn(t *testing.T) {
	s, env := signInServer(t)
	if status, _ := s.ask(true, http.MethodPost, "/register", `{"redirect_uris":["`+clientRedirect+`"]}`); status != http.StatusNotFound {
		t.Fatalf("registration is off, and answers %d", status)
	}
	call := func(access string) int {
		status, _ := s.ask(true, http.MethodPost, "/mcp", toolCall("get_account", "{}"), "Authorization", "Bearer "+access)
		return status
	}
	for _, method := range []string{"client_secret_basic", "client_secret_post", "none"} {
		args := []string{"clients", "add", "--name", "A host", "--redirect", "https://host.example/cb,with,commas", "--redirect", clientRedirect}
		if method == "none" {
			args = append(args, "--public")
		}
		c := printed[madeClient](t, env, exitOK, args...)
		if (c.Secret == "") != (method == "none") || c.Token != s.base+"/token" || c.Authorize != s.base+"/authorize" || c.Resource != s.base+"/mcp" || len(c.Redirects) != 2 {
			t.Fatalf("%s: made %+v", method, c)
		}
		form := s.allowed(c.ID, sandbox.DefaultHost)
		if method != "none" {
			wrong := c
			wrong.Secret = "kmcp_cs_wrong"
			if status, access, _ := s.exchange(wrong, method, form); status != http.StatusUnauthorized || access != "" {
				t.Errorf("%s: a wrong secret is answered %d", method, status)
			}
			if status, access, _ := s.exchange(c, "none", form); status != http.StatusUnauthorized || access != "" {
				t.Errorf("%s: no secret is answered %d", method, status)
			}
		}
		status, access, refresh := s.exchange(c, method, form)
		if status != http.StatusOK || call(access) != http.StatusOK {
			t.Fatalf("%s: the code is answered %d, a call %d", method, status, call(access))
		}
		again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
		if status, access, refresh = s.exchange(c, method, again); status != http.StatusOK || call(access) != http.StatusOK {
			t.Fatalf("%s: the refresh is answered %d", method, status)
		}
		if _, out, errOut := run(t, env, "", "clients", "remove", c.ID); !strings.Contains(out, "sign-ins that ended: 1") {
			t.Errorf("removed: %s%s", out, errOut)
		}
		again.Set("refresh_token", refresh)
		if status, _, _ := s.exchange(c, method, again); status != http.StatusUnauthorized || call(access) != http.StatusUnauthorized {
			t.Errorf("%s: removed, and answered %d; its token %d", method, status, call(access))
		}
		if status, page := s.ask(true, http.MethodGet, "/authorize?client_id="+c.ID+"&redirect_uri="+url.QueryEscape(clientRedirect), ""); status != http.StatusBadRequest || !strings.Contains(page, "kommo-mcp clients add") {
			t.Errorf("%s: removed, and asked for access: %d %s", method, status, page)
		}
	}
}

// TestClientsAreLookedAfter: the secret is shown once and kept nowhere; names,
// redirect URIs and the secret can be changed.
func TestClientsAreLookedAfter(t *testing.T) {
	s, env := signInServer(t)
	code, out, errOut := run(t, env, "", "clients", "add", "--name", "Copilot\u200b Studio", "--redirect", "https://host.example/first")
	values := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	secret, id := values["client_secret"], values["client_id"]
	if code != exitOK || !strings.HasPrefix(secret, "kmcp_cs_") || id == "" || values["scope"] != "kommo:read kommo:write" || strings.Contains(errOut, secret) || !strings.Contains(errOut, id) {
		t.Fatalf("%d %q %q", code, out, errOut)
	}
	later := printed[madeClient](t, env, exitOK, "clients", "update", id, "--redirect", clientRedirect, "--renew")
	if later.ID != id || later.Name != "Copilot Studio" || later.Secret == secret || len(later.Redirects) != 1 {
		t.Errorf("changed to %+v", later)
	}
	form := s.allowed(id, sandbox.DefaultHost)
	former := later
	former.Secret = secret
	if status, _, _ := s.exchange(former, "client_secret_post", form); status != http.StatusUnauthorized {
		t.Errorf("the former secret is answered %d", status)
	}
	if status, _, _ := s.exchange(later, "client_secret_post", form); status != http.StatusOK {
		t.Errorf("the new secret is answered %d", status)
	}
	list := printed[[]clientRow](t, env, exitOK, "clients")
	_, table, _ := run(t, env, "", "clients", "list", "--all")
	if len(list) != 1 || list[0].ID != id || list[0].Used == "" || list[0].Kind != "confidential" || !strings.Contains(table, clientRedirect) || strings.Contains(table, "kmcp_cs_") {
		t.Errorf("listed: %+v %s", list, table)
	}
	if d := printed[diagnosis](t, env, exitOK, "doctor"); d.of("clients").Result != "ok" {
		t.Errorf("doctor: %+v", d.of("clients"))
	}
	alone := maps.Clone(env)
	delete(alone, "KOMMO_MCP_PUBLIC_URL")
	if _, text, _ := run(t, alone, "", "doctor"); !strings.Contains(text, "warn  clients") {
		t.Errorf("doctor, where nobody signs in: %s", text)
	}
}

func TestClientsAreCheckedWhenMade(t *testing.T) {
	env := map[string]string{"KOMMO_MCP_STATE_DIR": t.TempDir()}
	for want, args := range map[string][]string{
		"missing flags":                      {"add"},
		`"javascript:alert(1)" is not to be`: {"add", "--name", "x", "--redirect", "https://host.example/", "--redirect", "javascript:alert(1)"},
		`"http://host.example/" is not`:      {"add", "--name", "x", "--redirect", "http://host.example/"},
		"one private scheme":                 {"add", "--name", "x", "--redirect", "cursor://a/b", "--redirect", "vscode://a/b"},
		"more than one line":                 {"add", "--name", "x\ny", "--redirect", "https://host.example/"},
		"--name is empty":                    {"add", "--name", " ", "--redirect", "https://host.example/"},
		"--name is empty:":                   {"update", "c_none", "--name", ""},
		`"" is not to be taken`:              {"update", "c_none", "--redirect", ""},
		"nothing is to be changed":           {"update", "c_none"},
		`"ftp://x/" is not to be`:            {"update", "c_none", "--redirect", "ftp://x/"},
	} {
		if code, out, errOut := run(t, env, "", append([]string{"clients"}, args...)...); code != exitUsage || !strings.Contains(errOut, want) || out != "" {
			t.Errorf("%v: %d %q %q", args, code, out, errOut)
		}
	}
	_, _, errOut := run(t, env, "", "clients", "add", "--name", "x", "--redirect", "https://host.example/")
	if !strings.Contains(errOut, "No server of these settings signs people in") {
		t.Errorf("said: %s", errOut)
	}
	for _, args := range [][]string{{"remove", "c_none"}, {"update", "c_none", "--renew"}} {
		if code, _, errOut := run(t, env, "", append([]string{"clients"}, args...)...); code != exitFail || !strings.Contains(errOut, "c_none") || !strings.Contains(errOut, "Candidates: c_") {
			t.Errorf("%v: %d %s", args, code, errOut)
		}
	}
}
