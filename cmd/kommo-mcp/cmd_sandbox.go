package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

type sandboxCmd struct {
	Addr        string `help:"Address on loopback; ${default} if left out." default:"127.0.0.1:18080" placeholder:"HOST:PORT"`
	RedirectURL string `help:"Where the consent page of the sandbox's OAuth integration sends the browser; ${default} if left out." default:"http://127.0.0.1:8080/oauth/callback" placeholder:"URL"`
	EndURL      string `name:"disconnect-url" help:"What is told when the integration is uninstalled; ${default} if left out." default:"http://127.0.0.1:8080/oauth/disconnect" placeholder:"URL"`
}

const (
	secondHost      = "second.kommo.com"
	sandboxClientID = "00000000-0000-4000-8000-0000005a4db0"
)

// Run serves two accounts until a signal comes. The two lines on stdout can be
// evaluated by a shell and stand for the first; the rest goes to stderr.
func (c *sandboxCmd) Run(ctx context.Context, a *app) error {
	integration := sandbox.Integration{ClientID: sandboxClientID, Secret: rand.Text(), RedirectURI: c.RedirectURL, DisconnectURI: c.EndURL}
	s := sandbox.New(
		sandbox.WithAccount(sandbox.DefaultHost, sandbox.DemoSeed()),
		sandbox.WithAccount(secondHost, sandbox.SecondSeed()),
		sandbox.WithIntegration(integration),
	)
	srv, err := sandbox.Listen(ctx, c.Addr, s)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer srv.Close()
	s.DeliverHooks(ctx, hookClient(), a.hookNotSent(ctx))
	c.introduce(a, s, srv.URL, integration)
	fmt.Fprintf(a.out, "KOMMO_BASE_URL=%s\nKOMMO_ACCESS_TOKEN=%s\n", srv.URL, s.Token(sandbox.DefaultHost))
	<-ctx.Done()
	return nil
}

// hookClient sends webhooks straight to this machine: through no proxy, and not on
// to where an answer points.
func hookClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// hookNotSent logs the webhooks that would leave this machine. Only the host is
// named: addresses of webhooks hold secrets.
func (a *app) hookNotSent(ctx context.Context) func(event, destination string) {
	log := a.logger()
	return func(event, destination string) {
		host := "an address that cannot be read"
		if u, err := url.Parse(destination); err == nil {
			host = u.Host
		}
		log.InfoContext(ctx, "webhook not sent: the sandbox sends to loopback addresses only",
			slog.String("event", event), slog.String("host", host))
	}
}

// introduce tells what the two lines on stdout leave out.
func (c *sandboxCmd) introduce(a *app, s *sandbox.Sandbox, base string, i sandbox.Integration) {
	consent := base + "/oauth?" + url.Values{"client_id": {i.ClientID}, "state": {"anything"}}.Encode()
	out := tabwriter.NewWriter(a.errOut, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"Account", sandbox.DefaultHost + ": the token on stdout; also served without a Host of Kommo's"},
		{"Account", secondHost + ": send it as Host, or set KOMMO_SUBDOMAIN=second"},
		{"  token", s.Token(secondHost)},
		{"OAuth", "an integration of both accounts; token endpoint " + base + "/oauth2/access_token"},
		{"  client id", i.ClientID},
		{"  secret", i.Secret},
		{"  redirect URL", i.RedirectURI + " (change it with --redirect-url)"},
		{"  consent page", consent},
		{"  uninstalling", "&account=HOST&uninstall=1 at the consent page; tells " + i.DisconnectURI},
		{"  installing", "&account=HOST&install=1 there, as from the marketplace; tells the redirect URL by itself"},
		{"Webhooks", "sent to loopback destinations; others are logged here and not sent"},
		{"Chats API", "a channel of " + sandbox.DefaultHost},
		{"  channel id", sandbox.DemoChannelID},
		{"  channel key", sandbox.DemoChannelSecret},
	} {
		fmt.Fprintf(out, "%s\t%s\n", line[0], line[1])
	}
	_ = out.Flush() // stderr: there is nobody left to tell
}
