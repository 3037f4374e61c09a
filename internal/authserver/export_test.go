package authserver

// What the tests look at from outside.
var (
	PublicAddress   = publicAddress
	PublicTransport = publicTransport
)
