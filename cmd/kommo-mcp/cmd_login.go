package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

type loginCmd struct {
	NoBrowser bool `help:"Print the link and do not open it."`
}

// Help is shown below the flags.
func (loginCmd) Help() string {
	return "Needs KOMMO_CLIENT_ID, KOMMO_CLIENT_SECRET (or KOMMO_CLIENT_SECRET_FILE) and KOMMO_REDIRECT_URL of your integration in Kommo. " +
		"Where the redirect URL is on this machine (http://127.0.0.1:8080/oauth/callback), the answer is taken there by itself; " +
		"else paste the address that the browser ends at, or pipe it in. An account that is connected already gets new tokens; its keys and hooks stay."
}

// loginTime is how long the person may take on Kommo's page.
const loginTime = 20 * time.Minute

// login is one question for consent and how its answer is taken.
type login struct {
	app   *app
	auth  *auth.Service
	bound string // of this process alone: nobody else can give the answer
	state string // of the link

	mu    sync.Mutex // browsers may bring the answer twice, also at once
	grant store.Grant
}

// Run connects one account.
func (c *loginCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wireAccounts()
	if err != nil {
		return err
	}
	defer p.close()
	if err := needApp(p.cfg.App); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	l := &login{app: a, auth: p.accounts(ctx), bound: rand.Text()}
	link, err := l.auth.Link(ctx, l.bound, p.cfg.Account.Zone)
	if err != nil {
		return err
	}
	if u, err := url.Parse(link); err == nil {
		l.state = u.Query().Get("state")
	}
	at := redirectHost(p.cfg.App.RedirectURL)
	if addr := loopbackAddr(at); addr != "" {
		err = l.listen(ctx, addr, at, link, !c.NoBrowser)
	} else {
		err = l.paste(ctx, link)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "connected %s (account %s)\n", l.grant.Host, l.grant.Account)
	l.next(ctx, p)
	return err
}

// next says what the account is used for from now on.
func (l *login) next(ctx context.Context, p *product) {
	subdomain, _, _ := strings.Cut(l.grant.Host, ".")
	switch chosen, err := p.state.DefaultAccount(ctx); {
	case p.cfg.Token != "":
		fmt.Fprintln(l.app.errOut, "KOMMO_ACCESS_TOKEN is set and goes before connected accounts: take it away to use this one.")
	case err == nil && chosen == l.grant.Account:
		fmt.Fprintln(l.app.errOut, "It is the default account: stdio, http and call use it. kommo-mcp doctor checks it.")
	default:
		fmt.Fprintf(l.app.errOut, "Another account is the default: set KOMMO_SUBDOMAIN=%s to use this one, or run kommo-mcp accounts default %s.\n", subdomain, subdomain)
	}
}

func needApp(app auth.App) error {
	var missing []string
	for _, s := range []struct{ name, value string }{
		{"KOMMO_CLIENT_ID", app.ClientID}, {"KOMMO_CLIENT_SECRET", app.Secret.Reveal()}, {"KOMMO_REDIRECT_URL", app.RedirectURL},
	} {
		if s.value == "" {
			missing = append(missing, s.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("%s: not set. Create an integration in Kommo (Settings > Integrations) with the redirect URL http://127.0.0.1:8080/oauth/callback, or one of your server, and copy its values",
		strings.Join(missing, ", "))}
}

// listen takes the answer where Kommo sends the browser: on exactly the redirect URL.
func (l *login) listen(ctx context.Context, addr string, at *url.URL, link string, open bool) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		fmt.Fprintf(l.app.errOut, "%s cannot be listened on (%v). Another program has the address, maybe kommo-mcp http: end it and start again, or go on by hand. The page that the browser ends at may not load or show an error; its address is what counts.\n", addr, err)
		return l.paste(ctx, link)
	}
	done := make(chan error, 1)
	srv := &http.Server{Handler: l.handler(at, done), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }() // ends with Shutdown
	defer func() {
		// The page is still being written when the answer is in.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		_ = srv.Shutdown(end)
	}()
	fmt.Fprintf(l.app.errOut, "Open this link and allow access:\n\n%s\n\n", link)
	if open && l.app.browse != nil {
		if err := l.app.browse(ctx, link); err != nil {
			fmt.Fprintln(l.app.errOut, "No browser could be opened: open the link yourself.")
		}
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return unanswered(ctx)
	}
}

// handler answers the browser. What is not the answer to this question changes
// nothing: any page of the browser may send such a request.
func (l *login) handler(at *url.URL, done chan<- error) http.Handler {
	path := at.EscapedPath()
	if path == "" {
		path = "/"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.EscapedPath() != path || !isHost(r.Host, at) || !l.mine(r.URL.Query()) {
			pages.Render(w, http.StatusNotFound, pages.Page{Title: "Not the answer that is waited for", Tone: pages.Wary, Site: at.Host, Blocks: []pages.Block{
				pages.Text("The command `kommo-mcp login` waits for the answer to the link that it opened last."),
			}})
			return
		}
		host, err := l.complete(r.Context(), r.URL.Query())
		if err != nil {
			status, p := connect.FailurePage(err, at.Host)
			p.Blocks = append(p.Blocks, pages.Text("To start again, run `kommo-mcp login` again."))
			pages.Render(w, status, p)
		} else {
			pages.Render(w, http.StatusOK, pages.Page{Title: host + " is connected", Tone: pages.Good, Site: at.Host, Blocks: []pages.Block{
				pages.Text("You can close this window and go on in the terminal."),
			}})
		}
		select {
		case done <- err:
		default: // a second click
		}
	})
}

// isHost tells whether a Host header is that of an address; browsers leave the usual
// port out.
func isHost(header string, at *url.URL) bool {
	return sameOrigin(&url.URL{Scheme: at.Scheme, Host: header}, at)
}

func (l *login) mine(q url.Values) bool {
	return subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.state)) == 1
}

// complete takes the answer once: when it comes again, the account is connected.
func (l *login) complete(ctx context.Context, q url.Values) (host string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grant.Account != "" {
		return l.grant.Host, nil
	}
	l.grant, err = l.auth.Complete(ctx, q, l.bound)
	return l.grant.Host, err
}

// openBrowser asks the desktop to open a link. The state in it is no secret worth
// keeping from those who can list processes: it is good with this process alone.
func openBrowser(ctx context.Context, link string) error {
	name, args := "xdg-open", []string{link}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", link}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, args...)
	cmd.Env = withoutSettings(os.Environ())
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // nobody needs its end
	return nil
}

// withoutSettings is an environment without ours: secrets are among them, and what a
// browser is given stays with it, and with all that it starts, for as long as it runs.
func withoutSettings(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(strings.ToUpper(v), "KOMMO_") })
}
