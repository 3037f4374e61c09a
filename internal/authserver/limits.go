package authserver

import (
	"net"
	"net/http"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/throttle"
)

// limits bound what anybody can make us do without being anybody yet.
type limits struct {
	registrations *throttle.Throttle
	consents      *throttle.Throttle // started: each is kept until it ends
	fetches       *throttle.Throttle // of documents, by their host
}

func newLimits(now func() time.Time) limits {
	return limits{
		registrations: throttle.New(now, 5, 200, 1, 50),
		consents:      throttle.New(now, 20, 400, 2, 60),
		fetches:       throttle.New(now, 10, 100, 1, 20),
	}
}

// from is what requests of one sender have in common.
func (s *Server) from(r *http.Request) string { return throttle.Sender(s.cfg.Address(r)) }

// peer is where the connection of a request comes from.
func peer(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}
