package authserver

import "time"

// What the tests look at from outside.
var (
	PublicAddress   = publicAddress
	PublicTransport = publicTransport
	DocumentURL     = documentURL
	RedirectFits    = redirectFits
	ParseKeys       = parseKeys
)

// FetchWithin bounds fetches of documents as a test can wait for it.
func (s *Server) FetchWithin(d time.Duration) { s.documents.within = d }

// ParseDocument is parseDocument with what it gives taken apart.
func ParseDocument(id, host string, raw []byte) (clientID, name string, redirects []string, why string) {
	c, why := parseDocument(id, host, raw)
	return c.ID, c.Name, c.Redirects, why
}
