package sandbox

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// consentPage stands for Kommo's "Allow access?" window. Its links are the answers
// that a person would give.
const consentPage = `<!DOCTYPE html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1"><title>Kommo sandbox: access</title></head><body>
<h1>Allow access?</h1><p>Integration {{.ClientID}}</p>
<ul>{{range .Choices}}<li><a href="{{.Allow}}">Allow in {{.Host}}</a></li>{{end}}</ul>
<p><a href="{{.Deny}}">Deny</a></p>
<h2>For tests</h2>
<ul>{{range .Choices}}<li><a href="{{.Install}}">Install the widget in {{.Host}}</a></li><li><a href="{{.Uninstall}}">Uninstall from {{.Host}}</a></li>{{end}}</ul></body></html>`

// consent answers GET /oauth. With account=HOST, or on an account's host, or where
// there is one account only, it redirects at once with a code, as if the person had
// agreed; deny=1 redirects with the refusal; uninstall=1 with an account disables
// the integration there, as its owner does in the settings; install=1 with an account
// installs its widget, of which Kommo itself tells; otherwise it shows a page to choose
// from. A code is for the account's first administrator, or, with user=ID, for that
// user.
func consent(c *call) answer {
	client, known := c.s.oauth.clients[c.q.get("client_id")]
	if !known {
		return html(http.StatusBadRequest, "<html><body>Integration not found</body></html>")
	}
	if c.q.get("deny") != "" {
		return redirectBack(client, url.Values{"error": {"access_denied"}}, c.q)
	}
	a := c.s.chosenAccount(c)
	if a == nil {
		return c.s.choicePage(c, client)
	}
	if c.q.get("uninstall") != "" {
		c.s.Disconnect(a.host, client.ClientID)
		return html(http.StatusOK, "<html><body>Uninstalled</body></html>")
	}
	if c.q.get("install") != "" {
		c.s.Install(a.host, client.ClientID)
		return html(http.StatusOK, "<html><body>Installed</body></html>")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	v := c.s.answerOf(a, client.ClientID)
	if id, err := strconv.ParseInt(c.q.get("user"), 10, 64); err == nil && users(a).get(id) != nil {
		c.s.oauth.mu.Lock()
		c.s.oauth.codes[v.Get("code")].user = id
		c.s.oauth.mu.Unlock()
	}
	return redirectBack(client, v, c.q)
}

// answerOf is what an agreement comes back with. It needs the account's lock.
func (s *Sandbox) answerOf(a *account, clientID string) url.Values {
	platform := "2"
	if strings.HasSuffix(a.host, ".ru") {
		platform = "1"
	}
	return url.Values{"code": {s.newCode(a, clientID)}, "referer": {a.host}, "platform": {platform}, "client_id": {clientID}}
}

func (s *Sandbox) chosenAccount(c *call) *account {
	if host := c.q.get("account"); host != "" {
		return s.byHost[strings.ToLower(host)]
	}
	if len(s.accounts) > 1 && s.byHost[hostname(c.r.Host)] == nil {
		return nil // the person chooses
	}
	return c.a
}

func redirectBack(client Integration, v url.Values, q query) answer {
	v.Set("client_id", client.ClientID)
	if state := q.get("state"); state != "" {
		v.Set("state", state)
	}
	return answer{status: http.StatusFound, header: http.Header{"Location": {backTo(client, v)}}}
}

// backTo is the redirect URI with an answer.
func backTo(client Integration, v url.Values) string {
	sep := "?"
	if strings.Contains(client.RedirectURI, "?") {
		sep = "&"
	}
	return client.RedirectURI + sep + v.Encode()
}

func (s *Sandbox) choicePage(c *call, client Integration) answer {
	type choice struct{ Host, Allow, Uninstall, Install string }
	data := struct {
		ClientID, Deny string
		Choices        []choice
	}{ClientID: client.ClientID, Deny: "/oauth?" + c.q.set("deny", "1").encode()}
	for _, a := range s.accounts {
		data.Choices = append(data.Choices, choice{
			a.host, "/oauth?" + c.q.set("account", a.host).encode(), "/oauth?" + c.q.set("account", a.host).set("uninstall", "1").encode(),
			"/oauth?" + c.q.set("account", a.host).set("install", "1").encode(),
		})
	}
	var b strings.Builder
	if err := template.Must(template.New("consent").Parse(consentPage)).Execute(&b, data); err != nil {
		return problem(http.StatusInternalServerError, err.Error())
	}
	return html(http.StatusOK, b.String())
}
