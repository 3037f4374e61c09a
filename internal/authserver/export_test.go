package authserver

// What the tests look at from outside.
var (
	PublicAddress   = publicAddress
	PublicTransport = publicTransport
	DocumentURL     = documentURL
	RedirectFits    = redirectFits
	ParseKeys       = parseKeys
)

// ParseDocument is parseDocument with what it gives taken apart.
func ParseDocument(id, host string, raw []byte) (clientID, name string, redirects []string, why string) {
	c, why := parseDocument(id, host, raw)
	return c.ID, c.Name, c.Redirects, why
}
