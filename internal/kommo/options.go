package kommo

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Option changes a Client while New makes it.
type Option func(*Client)

// WithBaseURL replaces the address that is dialled (see ParseBase). A loopback
// base stands for every Kommo host: Host still carries the account's name.
func WithBaseURL(u *url.URL) Option {
	return func(c *Client) {
		if u != nil {
			c.base = u
		}
	}
}

// WithTransport replaces the HTTP transport. Clients of many accounts may share
// one from NewTransport. It must not repeat requests on its own.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *Client) { c.transport = rt }
}

// WithClock replaces the system clock.
func WithClock(clock Clock) Option {
	return func(c *Client) { c.clock = clock }
}

// WithMaxRetries sets how often a request is repeated: 0 to 10, default 5.
func WithMaxRetries(n int) Option {
	return func(c *Client) { c.maxRetries = min(max(n, 0), mostRetries) }
}

// WithAccountLimiter shares the limit of an account among the clients that work in it
// by different rights: Kommo counts them together. WithRate still says how many
// requests other processes are told of.
func WithAccountLimiter(g *Gate) Option {
	return func(c *Client) { c.gate = g }
}

// WithHostLimiter adds a ceiling that the clients of one process share, since
// Kommo's pages speak of requests from one IP address.
func WithHostLimiter(g *Gate) Option {
	return func(c *Client) { c.hostGate = g }
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(s string) Option {
	return func(c *Client) { c.userAgent = s }
}

// WithLogger sets where attempts (debug) and repetitions (warn) are logged.
// Neither token nor body is ever logged.
func WithLogger(log *slog.Logger) Option {
	return func(c *Client) { c.log = log }
}

// WithJitter replaces the source of random numbers in [0,1).
func WithJitter(jitter func() float64) Option {
	return func(c *Client) { c.jitter = jitter }
}

// WithAttemptTimeout bounds one HTTP attempt, waiting for its turn not
// included; default 6 s.
func WithAttemptTimeout(d time.Duration) Option {
	return func(c *Client) { c.attempt = d }
}

// WithRate sets how many requests a second the account allows; 7 unless its
// owner bought more (Kommo API facts: limits).
func WithRate(perSecond int) Option {
	return func(c *Client) { c.rate = perSecond }
}

// WithContextUser makes every request act with the rights of that user. Only
// tokens that an administrator granted may do so; Kommo refuses a free or
// unknown user as it refuses a bad token (Kommo API facts: scopes). 0 is none.
func WithContextUser(userID int64) Option {
	return func(c *Client) { c.contextUser = userID }
}
