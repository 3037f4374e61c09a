package sandbox

import (
	"cmp"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Sandbox is a Kommo with one or several accounts. It is an http.Handler, safe for
// concurrent use.
type Sandbox struct {
	clock    func() time.Time // CRM time: created_at, token expiry
	sw       Switches
	router   *router
	limiter  *limiter
	rec      recorder
	faults   faults
	key      []byte // signs the access tokens
	accounts []*account
	byHost   map[string]*account
	oauth    *oauthState
}

// Switches choose between behaviours that the sources report (core facts, section
// "simulator defaults"). The zero value is the default of each.
type Switches struct {
	// FilteringOff ignores filter on leads, contacts, companies and customers.
	FilteringOff bool
	// StrictLossReason judges loss_reason_id by the lead's stage before the write.
	StrictLossReason bool
	// CallsNoMatch400 answers POST /calls without a match with 400 instead of 200.
	CallsNoMatch400 bool
	// DuplicateControl merges the leads of /leads/complex into open leads whose main
	// contact has the same phone or e-mail.
	DuplicateControl bool
	// UnpaidEvery answers every nth request with 402, TransientEvery with the 400
	// that asks to retry; 0 is never.
	UnpaidEvery, TransientEvery int
}

type config struct {
	clock        func() time.Time
	sw           Switches
	rate         int
	blockAt      int
	accounts     []accountConfig
	integrations []Integration
}

type accountConfig struct {
	host string
	seed Seed
}

// Option changes how New builds the sandbox.
type Option func(*config)

// WithClock sets CRM time (timestamps, token expiry, due dates). The rate limit
// and the record of arrivals keep to real time.
func WithClock(now func() time.Time) Option { return func(c *config) { c.clock = now } }

// WithRate sets the requests allowed per rolling second and account (default 7).
func WithRate(n int) Option { return func(c *config) { c.rate = n } }

// WithoutRateLimit switches the rate limit off.
func WithoutRateLimit() Option { return func(c *config) { c.rate = 0 } }

// WithBlockAfter blocks an account (403, HTML, for good) after n refusals by the
// rate limit within a minute.
func WithBlockAfter(n int) Option { return func(c *config) { c.blockAt = n } }

// WithSwitches chooses among documented behaviours.
func WithSwitches(sw Switches) Option { return func(c *config) { c.sw = sw } }

// WithAccount adds an account served under the host ("acme.kommo.com"). Without
// any there is one, DefaultHost, filled by the default seed.
func WithAccount(host string, seed Seed) Option {
	return func(c *config) { c.accounts = append(c.accounts, accountConfig{strings.ToLower(host), seed}) }
}

// DefaultHost is the account of a sandbox that was given none.
const DefaultHost = "demo.kommo.com"

const (
	firstAccountID = 31_000_001
	defaultRate    = 7
	maxBody        = 16 << 20
)

// New builds a sandbox.
func New(opts ...Option) *Sandbox {
	cfg := config{clock: time.Now, rate: defaultRate}
	for _, o := range opts {
		o(&cfg)
	}
	if len(cfg.accounts) == 0 {
		cfg.accounts = []accountConfig{{DefaultHost, defaultSeed()}}
	}
	s := &Sandbox{
		clock: cfg.clock, sw: cfg.sw,
		router:  newRouter(resources()...),
		limiter: &limiter{rate: cfg.rate, blockAt: cfg.blockAt, accounts: map[string]*window{}},
		key:     make([]byte, 32),
		byHost:  map[string]*account{},
		oauth:   newOAuthState(cfg.integrations),
	}
	_, _ = rand.Read(s.key) // never fails since Go 1.24
	for i, ac := range cfg.accounts {
		a := newAccount(firstAccountID+int64(i), ac.host, cfg.clock, cfg.sw)
		ac.seed.fill(a)
		a.settle()
		s.accounts = append(s.accounts, a)
		s.byHost[ac.host] = a
	}
	return s
}

// account finds the account of a Host header and the base of its links. A host
// that is no account's stands for the only one there is. Of several, the
// listener's own address stands for the one of the token, else for the first, so
// that a client may use that address as it is.
func (s *Sandbox) account(r *http.Request) (a *account, base string) {
	host := hostname(r.Host)
	switch {
	case s.inZones(host) != nil:
		return s.inZones(host), "https://" + host
	case len(s.accounts) == 1:
		return s.accounts[0], "http://" + r.Host
	case loopbackName(host):
		return cmp.Or(s.accountOfToken(r), s.accounts[0]), "http://" + r.Host
	}
	return nil, "https://" + host
}

// inZones finds the account of a host, or of the same subdomain in another zone:
// kommo.com's accounts answer under the old name amocrm.com, too, and some
// published clients have amocrm.ru built in.
func (s *Sandbox) inZones(host string) *account {
	if a := s.byHost[host]; a != nil {
		return a
	}
	zones := []string{"kommo.com", "amocrm.com", "amocrm.ru"}
	sub, zone, _ := strings.Cut(host, ".")
	if !slices.Contains(zones, zone) {
		return nil
	}
	for _, other := range zones {
		if a := s.byHost[sub+"."+other]; a != nil {
			return a
		}
	}
	return nil
}

func loopbackName(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = h
	}
	return strings.ToLower(hostport)
}

// ServeHTTP answers one request: record, rate limit, fault, route, account.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arr := &Arrival{At: time.Now(), Host: hostname(r.Host), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	arr.Body = body
	a, base := s.account(r)
	v, nth := pass, 0
	if a != nil && strings.HasPrefix(r.URL.Path, apiPrefix) {
		v, nth = s.limiter.admit(a.host, arr.At)
	}
	arr.Limited = v != pass
	s.rec.add(arr)
	var ans answer
	switch {
	case err != nil:
		ans = problem(http.StatusRequestEntityTooLarge, "Request entity too large")
	case v == limited:
		ans = tooMany(nth)
	case v == blocked:
		ans = html(http.StatusForbidden, page403)
	default:
		s.serve(w, r, arr, a, base)
		return
	}
	ans.send(w, r, false)
	s.rec.done(arr, ans.status)
}

// serve lets faults at the request, or answers it.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, arr *Arrival, a *account, base string) {
	f := s.faults.take(r)
	if f != nil && !f.wait(r) {
		reset(w)
		return
	}
	var ans answer
	if f == nil || f.applies() {
		ans = s.handle(r, arr, a, base)
	}
	if f != nil {
		s.rec.done(arr, f.finish(w, r, ans))
		return
	}
	// Recorded first: a client that has its answer finds the status in Arrivals.
	s.rec.done(arr, ans.status)
	ans.send(w, r, false)
}

// handle finds the route, checks the token and runs the handler under the lock.
func (s *Sandbox) handle(r *http.Request, arr *Arrival, a *account, base string) answer {
	rt, args, otherMethod := s.router.find(r.Method, r.URL.Path)
	if rt != nil && rt.Root && rt.Scope != "" {
		a = s.accountOfToken(r)
	}
	c := &call{s: s, a: a, r: r, q: parseQuery(r.URL.RawQuery), body: arr.Body, args: args, base: base}
	if rt == nil || a == nil && !rt.AnyHost {
		return s.unserved(c, arr, a != nil, otherMethod)
	}
	if a != nil && !rt.NoLock {
		a.mu.Lock()
		defer a.mu.Unlock()
	}
	if !rt.Root || rt.Scope != "" {
		if refusal := cmp.Or(s.authorize(c, rt), a.flap()); refusal != nil {
			return *refusal
		}
	}
	s.audit(arr, rt, c)
	return rt.Do(c)
}

// flap is the refusal that comes and goes: unpaid, or a passing system error.
func (a *account) flap() *answer {
	a.served++
	switch {
	case a.sw.UnpaidEvery > 0 && a.served%a.sw.UnpaidEvery == 0:
		return new(problem(http.StatusPaymentRequired, "Payment Required"))
	case a.sw.TransientEvery > 0 && a.served%a.sw.TransientEvery == 0:
		return new(invalid("A system error has occurred. Please retry."))
	}
	return nil
}

func (s *Sandbox) unserved(c *call, arr *Arrival, known, otherMethod bool) answer {
	if !known {
		return unauthorized(hostname(c.r.Host))
	}
	s.rec.violate(arr, "no such route")
	// Observed: a DELETE of an incoming lead is no route at all, that of a note is 405.
	binned := c.r.Method == http.MethodDelete && strings.HasPrefix(c.r.URL.Path, apiPrefix+"/leads/unsorted/")
	if otherMethod && !binned {
		return answer{status: http.StatusMethodNotAllowed}
	}
	return noRoute(c.r.Method, c.base, c.r.URL.Path)
}
