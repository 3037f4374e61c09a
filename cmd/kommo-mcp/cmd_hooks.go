package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

type hooksCmd struct {
	Create hooksCreateCmd `cmd:"" help:"Make an address to which a platform posts the calls of one account."`
	List   hooksListCmd   `cmd:"" default:"withargs" help:"List the hooks."`
	Revoke hooksRevokeCmd `cmd:"" help:"Forget a hook: it takes nothing any more."`
}

// maxSecret is how long a platform's secret may be.
const maxSecret = 4096

// hooks looks after the hooks of the state.
func (p *product) hooks() *access.Hooks {
	return access.NewHooks(p.state, time.Now, func(ctx context.Context, account string) (bool, error) { return auth.Active(ctx, p.state, account) })
}

// takeHooks lets platforms post to the addresses that were given out.
func (p *product) takeHooks(w *server.Web) {
	given := p.hooks()
	w.Hook = func(ctx context.Context, platform, part string) (server.NamedHook, bool, error) {
		h, ok, err := given.Find(ctx, platform, part)
		if err != nil || !ok {
			return server.NamedHook{}, false, err
		}
		return server.NamedHook{Secret: h.Secret, Who: h.Principal()}, true, nil
	}
}

type hooksCreateCmd struct {
	listing

	Platform   string  `required:"" help:"vapi, retell, elevenlabs, bland, synthflow, aircall or twilio." placeholder:"NAME"`
	Account    *string `help:"Connected account, as accounts list shows it; the server's own if left out." placeholder:"NAME"`
	SecretFile *string `help:"File with the secret with which the platform signs, - for standard input. Without one the address alone is the key." placeholder:"FILE"`
	Label      string  `help:"What to call it." placeholder:"TEXT"`
}

// Help is shown below the flags.
func (hooksCreateCmd) Help() string {
	return "The address alone goes to standard output; it is kept as a digest and cannot be shown again. With --secret-file posts have to carry the platform's signature made with that secret. " +
		"What to enter where in each platform: docs/voice-agents.md. Example: kommo-mcp hooks create --platform retell --account acme --secret-file retell.key"
}

// Run shows the address, once.
func (c *hooksCreateCmd) Run(ctx context.Context, a *app) error {
	platform, ok := hooks.Find(strings.ToLower(c.Platform))
	if !ok {
		return usageError{fmt.Errorf("there is no platform %q: use one of %s", c.Platform, strings.Join(platformNames(), ", "))}
	}
	hook := access.Hook{Platform: platform.Name(), Label: strings.TrimSpace(c.Label)}
	if err := errors.Join(checkLabel(hook.Label), notEmpty("--account", c.Account), notEmpty("--secret-file", c.SecretFile)); err != nil {
		return usageError{err}
	}
	secret, err := a.secretFrom(orEmpty(c.SecretFile))
	if err != nil {
		return usageError{err}
	}
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	host := ""
	if hook.Account, host, err = p.accountOfKey(ctx, orEmpty(c.Account)); err != nil {
		return err
	}
	part, hook, err := p.hooks().Create(ctx, hook, secret)
	if err != nil {
		return err
	}
	address := p.publicBase() + server.CallsEndpoint + "/" + hook.Platform + "/" + part
	if err := c.show(a, address, hookRowOf(hook, p.hosts(ctx))); err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "Hook %s for %s was made. Its address is shown this once: keep it secret.\n", hook.ID, host)
	if secret == "" {
		fmt.Fprintln(a.errOut, "Whoever knows the address may post: where the platform can sign, give its secret with --secret-file.")
	}
	if p.cfg.PublicURL == nil {
		fmt.Fprintln(a.errOut, "Platforms cannot reach this address: put your public one in front, and set KOMMO_MCP_PUBLIC_URL.")
	}
	return nil
}

// show prints the address by itself, so that it can be piped, or with what belongs to it.
func (c *hooksCreateCmd) show(a *app, address string, row hookRow) error {
	if c.JSON {
		return a.printJSON(struct {
			Address string `json:"address"`
			hookRow
		}{address, row})
	}
	_, err := fmt.Fprintln(a.out, address)
	return err
}

// publicBase is the server's address as the world sees it, as far as that is known.
func (p *product) publicBase() string {
	if p.cfg.PublicURL != nil {
		return strings.TrimSuffix(p.cfg.PublicURL.String(), "/")
	}
	scheme := "http"
	if p.cfg.Edge.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + p.cfg.Addr
}

// secretFrom reads a secret from a file: arguments are visible to other users.
func (a *app) secretFrom(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	in := a.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxSecret+1))
	switch secret := bareSecret(string(raw)); {
	case err != nil:
		return "", err
	case len(raw) > maxSecret:
		return "", fmt.Errorf("the secret has more than %d bytes", maxSecret)
	case secret == "":
		return "", errors.New("the file of the secret is empty")
	default:
		return secret, nil
	}
}

func platformNames() []string {
	var out []string
	for _, p := range hooks.All() {
		out = append(out, p.Name())
	}
	return out
}
