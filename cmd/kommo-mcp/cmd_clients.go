package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

type clientsCmd struct {
	Add    clientsAddCmd    `cmd:"" help:"Make a client id, and a secret, for a host that wants them typed in; the secret is shown once."`
	List   clientsListCmd   `cmd:"" default:"withargs" help:"List the clients that were made by hand."`
	Update clientsUpdateCmd `cmd:"" help:"Change the name or redirect URIs of a client that was made by hand, or give it a new secret."`
	Remove clientsRemoveCmd `cmd:"" help:"Forget a client: all its sign-ins end."`
}

// clients looks after the clients of the authorization server.
func (p *product) clients() *authserver.Clients { return authserver.NewClients(p.state, time.Now) }

type clientsAddCmd struct {
	listing

	Name     string   `required:"" help:"What to call it; people see it when they are asked for access." placeholder:"TEXT"`
	Redirect []string `required:"" sep:"none" help:"Where the host wants people sent back to, letter by letter; may be given several times." placeholder:"URI"`
	Public   bool     `help:"Without a secret, for an app on a person's machine that cannot keep one."`
}

// Help is shown below the flags.
func (clientsAddCmd) Help() string {
	return "For MCP hosts that ask for a client id and secret, and for all that have no document of their own where KOMMO_MCP_REGISTRATION is off. The client is kept until it is removed. Its secret is kept as a digest and cannot be shown again; kommo-mcp clients update --renew makes another. " +
		"A host that shows its redirect URI only after it has id and secret gets any of its pages at first, and the right one by clients update. " +
		"Example: kommo-mcp clients add --name \"Copilot Studio\" --redirect https://global.consent.azure-apim.net/redirect/kommo"
}

// Run prints what to type in.
func (c *clientsAddCmd) Run(ctx context.Context, a *app) error {
	if err := checkClient(&c.Name, c.Redirect); err != nil {
		return usageError{err}
	}
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	secret, made, err := p.clients().Add(ctx, authserver.Client{Name: c.Name, Redirects: c.Redirect, Secret: !c.Public})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "Client %s (%s) was made. %s\n", made.ID, made.Name, keeping(secret))
	return p.showClient(a, c.JSON, secret, made)
}

// checkClient refuses names and redirect URIs that no client may have.
func checkClient(name *string, redirects []string) error {
	errs := []error{notEmpty("--name", name)}
	if len(orEmpty(name)) > 100 || strings.ContainsAny(orEmpty(name), "\r\n") {
		errs = append(errs, errors.New("--name is longer than 100 bytes, or holds more than one line"))
	}
	if why := authserver.CheckRedirects(redirects); why != "" && len(redirects) > 0 { // kong asks for one where one is needed
		errs = append(errs, errors.New("--redirect: "+why))
	}
	return errors.Join(errs...)
}

// keeping says what to do with a secret.
func keeping(secret string) string {
	if secret == "" {
		return "It is public: it has no secret, and none is to be typed in."
	}
	return "Its secret is shown this once; send it as client_secret_basic or client_secret_post, whichever the host does."
}

// endpoints are what some hosts want typed in too.
type endpoints struct {
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Resource  string `json:"resource"`
	Scope     string `json:"scope"`
}

// endpoints are those of the authorization server; nil where there is none.
func (p *product) endpoints() *endpoints {
	if !p.oneClick() {
		return nil
	}
	scope := "kommo:read kommo:write"
	if p.cfg.Mode == string(principal.Read) {
		scope = "kommo:read"
	}
	base := p.publicBase()
	return &endpoints{Authorize: base + authserver.AuthorizePath, Token: base + authserver.TokenPath, Resource: base + "/mcp", Scope: scope}
}

// showClient prints what a host wants to know of its client.
func (p *product) showClient(a *app, asJSON bool, secret string, made authserver.Client) error {
	at := p.endpoints()
	if at == nil {
		fmt.Fprintln(a.errOut, "No server of these settings signs people in: it takes KOMMO_CLIENT_ID, KOMMO_CLIENT_SECRET, and KOMMO_REDIRECT_URL below KOMMO_MCP_PUBLIC_URL.")
	}
	if asJSON {
		return a.printJSON(struct {
			clientRow
			Secret string `json:"client_secret,omitempty"`
			*endpoints
		}{clientRowOf(made), secret, at})
	}
	lines := "client_id=" + made.ID + "\n"
	if secret != "" {
		lines += "client_secret=" + secret + "\n"
	}
	if at != nil {
		lines += fmt.Sprintf("authorization_endpoint=%s\ntoken_endpoint=%s\nresource=%s\nscope=%s\n", at.Authorize, at.Token, at.Resource, at.Scope)
	}
	_, err := fmt.Fprint(a.out, lines)
	return err
}

type clientsUpdateCmd struct {
	listing

	ID       string   `arg:"" name:"client" help:"As clients list shows it."`
	Name     *string  `help:"What to call it from now on." placeholder:"TEXT"`
	Redirect []string `sep:"none" help:"Where people may be sent back to, in place of all that were; may be given several times." placeholder:"URI"`
	Renew    bool     `help:"Give it a new secret, shown once; the former is good no longer, sign-ins go on with the new one."`
}

// Run changes a client.
func (c *clientsUpdateCmd) Run(ctx context.Context, a *app) error {
	if c.Name == nil && len(c.Redirect) == 0 && !c.Renew {
		return usageError{errors.New("nothing is to be changed: give --name, --redirect or --renew")}
	}
	if err := checkClient(c.Name, c.Redirect); err != nil {
		return usageError{err}
	}
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	secret, now, err := p.clients().Update(ctx, c.ID, authserver.Change{Name: orEmpty(c.Name), Redirects: c.Redirect, NewSecret: c.Renew})
	if err != nil {
		return err
	}
	if secret != "" {
		fmt.Fprintln(a.errOut, keeping(secret))
	}
	return p.showClient(a, c.JSON, secret, now)
}
