package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// kind is what grants of Kommo's consent are kept as.
const kind = "kommo"

// consentTime is how long the answer to one link may take: as long as Kommo's
// code is good.
const consentTime = 20 * time.Minute

// Service connects accounts and keeps them connected. It is safe for concurrent
// use, and so are several of them with one state directory.
type Service struct {
	ctx     context.Context //nolint:containedctx // of the process: an exchange outlives the call that needed it
	store   *store.Store
	ep      endpoint
	clock   kommo.Clock
	jitter  func() float64
	log     *slog.Logger
	connect string // what a person does to connect again
	guests  bool   // those who connect accounts are strangers to whoever runs the server

	mu      sync.Mutex
	unsaved map[string]store.Grant // pairs that the disk would not take yet
}

// Option changes a Service while New makes it.
type Option func(*Service)

// WithBaseURL puts an address on loopback in the place of every Kommo host.
func WithBaseURL(u *url.URL) Option { return func(s *Service) { s.ep.base = u } }

// WithTransport replaces the HTTP transport. It must not repeat requests.
func WithTransport(rt http.RoundTripper) Option { return func(s *Service) { s.ep.transport = rt } }

// WithClock replaces the system clock.
func WithClock(c kommo.Clock) Option { return func(s *Service) { s.clock = c } }

// WithJitter replaces the source of random numbers in [0,1).
func WithJitter(jitter func() float64) Option { return func(s *Service) { s.jitter = jitter } }

// WithTimeout bounds one request to Kommo; default 6 s.
func WithTimeout(d time.Duration) Option { return func(s *Service) { s.ep.timeout = d } }

// WithLogger sets where renewals are logged; never with a secret.
func WithLogger(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// WithUserAgent sets the User-Agent header.
func WithUserAgent(agent string) Option { return func(s *Service) { s.ep.userAgent = agent } }

// WithConnectStep sets the sentence that tells how to connect an account again,
// with the link to the page where one is served.
func WithConnectStep(step string) Option { return func(s *Service) { s.connect = step } }

// WithGuests is for accounts that others connect: none of them becomes the default
// account, in which whoever runs the server works.
func WithGuests() Option { return func(s *Service) { s.guests = true } }

// ConnectStep is the sentence that tells how to connect an account again.
func (s *Service) ConnectStep() string { return s.connect }

// New is the service of an integration over a state. ctx ends nothing: an
// exchange under way is carried through, since its answer comes once.
func New(ctx context.Context, st *store.Store, app App, opts ...Option) *Service {
	s := &Service{
		ctx: context.WithoutCancel(ctx), store: st, clock: kommo.SystemClock{}, jitter: mathrand.Float64,
		log: slog.New(slog.DiscardHandler), connect: "Run kommo-mcp login to connect it again.",
		ep:      endpoint{app: app, userAgent: "kommo-mcp", timeout: requestTimeout},
		unsaved: map[string]store.Grant{},
	}
	for _, opt := range opts {
		opt(s)
	}
	if s.ep.transport == nil {
		s.ep.transport = kommo.NewTransport(nil)
	}
	return s
}

// Link is a new link to Kommo's consent page. bound ties the answer to whoever
// asked: Complete wants the same text. zone is the account's where it is known,
// since amocrm.ru has a consent page of its own. Nobody is asked for a consent that could
// not be kept. Every error is a *problem.Problem.
func (s *Service) Link(ctx context.Context, bound, zone string) (string, error) {
	if err := s.store.CanSeal(ctx); err != nil {
		return "", keepProblem(err)
	}
	state := rand.Text() + rand.Text()
	if err := s.store.PutConsent(ctx, digest(state), digest(bound), s.clock.Now().Add(consentTime)); err != nil {
		return "", keepProblem(err)
	}
	at := url.URL{Scheme: "https", Host: "www.kommo.com", Path: "/oauth"}
	if zone == "amocrm.ru" {
		at.Host = "www.amocrm.ru"
	}
	if s.ep.base != nil {
		at.Scheme, at.Host = s.ep.base.Scheme, s.ep.base.Host
	}
	// post_message: the answer comes in the window where the consent was given, which
	// here is a plain tab. In the mode popup another window, the opener, gets it.
	at.RawQuery = url.Values{"client_id": {s.ep.app.ClientID}, "state": {state}, "mode": {"post_message"}}.Encode()
	return at.String(), nil
}

// digest names a secret without telling it; equal secrets have equal digests, so
// comparing them takes no time that depends on the secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// tokens is what a grant keeps sealed.
type tokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

// String hides the tokens.
func (tokens) String() string { return hidden }

// GoString hides the tokens.
func (tokens) GoString() string { return hidden }

func tokensOf(g store.Grant) (tokens, error) {
	var t tokens
	if json.Unmarshal(g.Secret, &t) != nil || t.Access == "" || t.Refresh == "" {
		return tokens{}, errors.New("what is kept of the grant is damaged")
	}
	return t, nil
}

// fill puts a pair into a grant.
func (s *Service) fill(g *store.Grant, p pair) error {
	raw, err := json.Marshal(tokens{p.Access, p.Refresh})
	if err != nil {
		return errors.New("the tokens cannot be written as JSON")
	}
	g.Secret, g.Expires = raw, s.endOf(p)
	return nil
}

const (
	usualLife   = 24 * time.Hour
	longestLife = 10 * 365 * 24 * time.Hour
)

// endOf is when the access token of a pair ends. The life in seconds comes first:
// it does not depend on how well the clocks agree.
func (s *Service) endOf(p pair) time.Time {
	now := s.clock.Now()
	if life := time.Duration(p.ExpiresIn) * time.Second; p.ExpiresIn > 0 && p.ExpiresIn < int64(longestLife.Seconds()) {
		return now.Add(life)
	}
	if c, err := ReadClaims(p.Access); err == nil && c.Expires.After(now) {
		return c.Expires
	}
	return now.Add(usualLife)
}

// AccountName is Kommo's number of an account, by which it is known here. The two
// platforms number theirs apart.
func AccountName(id int64, zone string) string {
	name := strconv.FormatInt(id, 10)
	if zone == "amocrm.ru" {
		return "ru-" + name
	}
	return name
}
