package metrics

import (
	"net/http"
	"strconv"
)

// Transport counts the requests of an account's client on their way to Kommo.
func (s *Set) Transport(account string, next http.RoundTripper) http.RoundTripper {
	return counting{s: s, account: named(account), next: next}
}

type counting struct {
	s       *Set
	account string
	next    http.RoundTripper
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(r)
	status := "none"
	if err == nil {
		status = strconv.Itoa(res.StatusCode)
	}
	c.s.requests.WithLabelValues(c.account, status).Inc()
	return res, err
}

// CloseIdleConnections closes those of the transport behind it.
func (c counting) CloseIdleConnections() {
	if t, ok := c.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
