package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/throttle"
)

// The paths, below the public URL. The callback's is that of the redirect URL.
const (
	startPath      = "/connect"
	donePath       = "/connect/done"
	keyPath        = "/connect/key"
	hookPath       = "/connect/hook"
	DisconnectPath = "/oauth/disconnect" // to be entered in Kommo as the integration's hook for its end
)

// Parts is what a Site is made of.
type Parts struct {
	Auth    *auth.Service
	Store   *store.Store
	App     auth.App
	Public  *url.URL       // the server as people know it; the redirect URL is on the same host
	Zone    string         // of the accounts, where it is known
	Open    bool           // anybody may connect an account: the page is served, widgets may be installed
	Waiting Waiting        // nil: there is no authorization server
	Keys    Keys           // nil: no access keys are made here
	Hooks   Hooks          // nil: no addresses for platforms are made here
	Mode    principal.Mode // the most that this server does
	// Limited tells whether who connected an account is no administrator of it; nil:
	// nobody is asked.
	Limited func(ctx context.Context, account string) bool
	// Address tells where a request comes from; nil: all from one place.
	Address func(r *http.Request) string
	Clock   kommo.Clock  // nil: the system's
	Logger  *slog.Logger // nil: none
}

// Keys makes access keys for people who have just connected an account.
type Keys interface {
	// NewKey makes a key for a connected account. Its secret is not kept, but follows
	// from the order: again tells that the order came before, and the key was made then.
	NewKey(ctx context.Context, once access.Once, account, label string, mode principal.Mode) (secret string, again bool, err error)
}

// Hooks makes addresses to which voice platforms post finished calls.
type Hooks interface {
	// Platforms are those there are, by the names that stand in addresses.
	Platforms() []string
	// NewHook makes an address for a connected account and returns its path below the
	// public URL, of which a part is secret and follows from the order: again tells that
	// the order came before. secret is what the platform signs with; empty: the address
	// alone is the key.
	NewHook(ctx context.Context, once access.Once, account, label, platform, secret string) (path string, again bool, err error)
}

// Site is the pages and what comes from Kommo.
type Site struct {
	Parts

	base     string // of the public URL, without a slash at its end
	https    bool
	answers  *throttle.Throttle // questions of browsers, and codes that they bring
	installs *throttle.Throttle // codes that come without a browser

	asking  sync.WaitGroup
	mu      sync.Mutex
	pending map[string]chan struct{} // accounts whose end is being looked into
}

// New is the site made of p.
func New(p Parts) *Site {
	if p.Clock == nil {
		p.Clock = kommo.SystemClock{}
	}
	if p.Logger == nil {
		p.Logger = slog.New(slog.DiscardHandler)
	}
	if p.Address == nil {
		p.Address = func(*http.Request) string { return "" }
	}
	if p.Mode == "" {
		p.Mode = principal.Write
	}
	return &Site{
		Parts: p, base: strings.TrimSuffix(p.Public.String(), "/"), https: p.Public.Scheme == "https",
		// Strangers may call the callback: what each makes us ask Kommo is bounded, and so
		// is what all do. Widgets are installed by Kommo's few addresses, and a word of
		// one that is refused never comes again.
		answers: throttle.New(p.Clock.Now, 10, 200, 2, 60), installs: throttle.New(p.Clock.Now, 2, 60, 0.5, 20),
		pending: map[string]chan struct{}{},
	}
}

// Mount serves the site. ctx ends the looking into what Kommo said of ends.
func (s *Site) Mount(ctx context.Context, mux *http.ServeMux) {
	for _, path := range s.callbackPaths() {
		mux.HandleFunc("GET "+path, s.callback)
	}
	mux.HandleFunc("GET "+donePath, s.done)
	mux.HandleFunc("GET "+DisconnectPath, func(w http.ResponseWriter, r *http.Request) { s.disconnect(ctx, w, r) })
	if !s.Open {
		return
	}
	mux.HandleFunc("GET "+startPath, s.explain)
	mux.HandleFunc("POST "+startPath, s.start)
	mux.HandleFunc("POST "+keyPath, s.newKey)
	mux.HandleFunc("POST "+hookPath, s.newHook)
}

// Close waits for what is being looked into.
func (s *Site) Close() { s.asking.Wait() }

// callbackPaths are the path of the redirect URL, and what a proxy that takes the
// path of the public URL away leaves of it.
func (s *Site) callbackPaths() []string {
	u, err := url.Parse(s.App.RedirectURL)
	if err != nil || u.Path == "" || u.Path == "/" {
		return []string{"/{$}"}
	}
	paths := []string{u.Path}
	if below, ok := strings.CutPrefix(u.Path, strings.TrimSuffix(s.Public.Path, "/")+"/"); ok && "/"+below != u.Path {
		paths = append(paths, "/"+below)
	}
	return paths
}

// at is the address of a path as browsers of this server use it.
func (s *Site) at(path string) string { return strings.TrimSuffix(s.Public.EscapedPath(), "/") + path }

// page fills in what all pages have.
func (s *Site) page(title string, tone pages.Tone, blocks ...pages.Block) pages.Page {
	return pages.Page{Title: title, Tone: tone, Site: s.Public.Host, Blocks: blocks}
}

// from is what requests of one sender have in common.
func (s *Site) from(r *http.Request) string { return throttle.Sender(s.Address(r)) }

func (s *Site) now() time.Time { return s.Clock.Now() }

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
