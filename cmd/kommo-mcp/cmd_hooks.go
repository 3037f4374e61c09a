package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
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
	Platform   string `required:"" help:"vapi, retell, elevenlabs, bland, synthflow, aircall or twilio." placeholder:"NAME"`
	Account    string `help:"Connected account, as accounts list shows it; the server's own if left out." placeholder:"NAME"`
	SecretFile string `help:"File with the secret with which the platform signs, - for standard input. Without one the address alone is the key." placeholder:"FILE"`
	Label      string `help:"What to call it." placeholder:"TEXT"`
}

// Run shows the address, once.
func (c *hooksCreateCmd) Run(ctx context.Context, a *app) error {
	platform, ok := hooks.Find(strings.ToLower(c.Platform))
	if !ok {
		return usageError{fmt.Errorf("there is no platform %q: use one of %s", c.Platform, strings.Join(platformNames(), ", "))}
	}
	secret, err := a.secretFrom(c.SecretFile)
	if err != nil {
		return usageError{err}
	}
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	hook := access.Hook{Platform: platform.Name(), Label: c.Label}
	if c.Account != "" {
		found, err := auth.Find(ctx, p.state, c.Account)
		if err != nil {
			return err
		}
		hook.Account = found.Account
	}
	part, hook, err := p.hooks().Create(ctx, hook, secret)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s%s/%s/%s\n", p.publicBase(), server.CallsEndpoint, hook.Platform, part)
	fmt.Fprintf(a.errOut, "Hook %s was made. Its address is shown this once: keep it secret.\n", hook.ID)
	if secret == "" {
		fmt.Fprintln(a.errOut, "Whoever knows the address may post: where the platform can sign, give its secret with --secret-file.")
	}
	if p.cfg.PublicURL == nil {
		fmt.Fprintln(a.errOut, "Platforms cannot reach this address: put your public one in front, and set KOMMO_MCP_PUBLIC_URL.")
	}
	return nil
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

type hooksListCmd struct{}

// Run prints a line a hook.
func (c *hooksListCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	list, err := p.hooks().List(ctx)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, h := range list {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\tmade %s\tused %s\t%s\n", h.ID, orUnknown(h.Platform), ownOr(h.Account), signing(h), h.Created.Format(time.DateOnly), usedOn(h.Used), h.Label)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.errOut, "There are no hooks: kommo-mcp hooks create makes one.")
	}
	return out.Flush()
}

func signing(h access.Hook) string {
	switch {
	case h.Unreadable:
		return "unreadable: its encryption key is not here"
	case h.Signed:
		return "signed"
	default:
		return "unsigned"
	}
}

func ownOr(account string) string {
	if account == "" {
		return "own account"
	}
	return "account " + account
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func usedOn(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.DateOnly)
}

type hooksRevokeCmd struct {
	ID string `arg:"" name:"hook" help:"From hooks list."`
}

// Run forgets a hook.
func (c *hooksRevokeCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	h, err := p.hooks().Revoke(ctx, c.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "revoked %s (%s, %s)\n", h.ID, orUnknown(h.Platform), ownOr(h.Account))
	return err
}

func platformNames() []string {
	var out []string
	for _, p := range hooks.All() {
		out = append(out, p.Name())
	}
	return out
}
