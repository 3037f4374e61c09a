package authserver

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// The paths of the endpoints, below the public address.
const (
	AuthorizePath = "/authorize"
	TokenPath     = "/token"
	RevokePath    = "/revoke"
	RegisterPath  = "/register"

	mcpPath      = "/mcp"
	resourcePath = "/.well-known/oauth-protected-resource"
	metadataPath = "/.well-known/oauth-authorization-server"
)

// Config is what a Server needs.
type Config struct {
	Public       *url.URL       // our address as the world sees it: the issuer
	Store        *store.Store   // keeps clients, codes and tokens
	Mode         principal.Mode // the most that this server does, whatever a token allows
	Registration bool           // whether clients may register themselves
	Clients      int            // most registrations that are kept; 0: 10,000
	Zone         string         // of Kommo, where it is known: amocrm.ru has a consent page of its own
	Version      string

	// Link is a new link to Kommo's consent page, whose answer belongs to bound.
	Link func(ctx context.Context, bound, zone string) (string, error)
	// Active tells whether an account is connected.
	Active func(ctx context.Context, account string) (bool, error)

	// Address is where a request comes from; nil: the connection's peer.
	Address func(*http.Request) string

	Documents http.RoundTripper // fetches documents of clients; nil: over https from public addresses alone
	Log       *slog.Logger      // nil: none
	Now       func() time.Time  // nil: the system's clock
}

// Server is the authorization server. It is safe for concurrent use.
type Server struct {
	cfg       Config
	issuer    string
	resource  string
	documents *documents
	limits    limits

	deliveries deliveries

	tidyMu sync.Mutex
	tidied time.Time // when what has expired was forgotten last
}

// New is the server of an address.
func New(cfg Config) (*Server, error) {
	if cfg.Public == nil || cfg.Store == nil || cfg.Link == nil || cfg.Active == nil {
		return nil, errors.New("authserver: Public, Store, Link and Active are needed")
	}
	if cfg.Public.Scheme != "https" && !loopback(cfg.Public) {
		return nil, errors.New("authserver: the public address has to be https, or http on this machine: tokens are sent to it")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Clients <= 0 {
		cfg.Clients = maxClients
	}
	if cfg.Address == nil {
		cfg.Address = peer
	}
	if cfg.Documents == nil {
		cfg.Documents = publicTransport(publicAddress, nil)
	}
	at := *cfg.Public
	at.Path, at.RawPath, at.Host = strings.TrimRight(at.Path, "/"), "", strings.ToLower(at.Host)
	s := &Server{cfg: cfg, issuer: at.String(), limits: newLimits(cfg.Now)}
	s.resource = s.issuer + mcpPath
	s.documents = newDocuments(cfg, s.limits.fetches)
	return s, nil
}

// Mount puts the endpoints on a mux.
func (s *Server) Mount(mux *http.ServeMux) {
	places := map[string]http.HandlerFunc{
		metadataPath:           s.serveMetadata,
		resourcePath:           s.serveResource, // for clients that know no path of it
		resourcePath + mcpPath: s.serveResource,
		TokenPath:              s.serveToken,
		RevokePath:             s.serveRevoke,
	}
	// An issuer with a path has its metadata behind it; a proxy that takes the path
	// away asks for the short form.
	if path := strings.TrimSuffix(s.cfg.Public.EscapedPath(), "/"); path != "" {
		places[metadataPath+path] = s.serveMetadata
		places[resourcePath+path+mcpPath] = s.serveResource
	}
	for path, serve := range maps.Clone(places) { // with a slash behind, as people type it
		if strings.HasSuffix(path, mcpPath) {
			places[path+"/{$}"] = serve
		}
	}
	if s.cfg.Registration {
		places[RegisterPath] = s.serveRegister
	}
	for path, serve := range places {
		mux.Handle(path, anyOrigin(serve))
	}
	mux.HandleFunc("GET "+AuthorizePath, s.serveAuthorize)
	mux.HandleFunc("POST "+AuthorizePath, s.serveDecision)
}

// anyOrigin lets pages of all sites call, the Inspector for one: nothing here goes by
// a cookie.
func anyOrigin(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
			h.Set("Access-Control-Max-Age", "3600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next(w, r)
	})
}
