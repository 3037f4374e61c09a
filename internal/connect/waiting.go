package connect

import "context"

// Answer is how one visit of Kommo's consent page ended.
type Answer struct {
	State string // of the link that led there: auth.Service.Link puts it into its query
	Bound string // the browser's secret, as pages.Cookie gives it; already compared with what the link was made for
}

// Waiting are those who sent a person to Kommo's consent page and go on when the
// browser is back: authorizations of clients. What waits is found by the state of
// the link, as one browser may have several under way, and belongs to the browser
// with the secret Bound.
type Waiting interface {
	// Finish goes on with what waits for an answer: the account is connected. Where
	// something waits, redirect is where the browser goes next.
	Finish(ctx context.Context, a Answer, account string) (redirect string, waiting bool, err error)
	// Fail ends it: oauthError is a code of RFC 6749, description a sentence in
	// printable ASCII.
	Fail(ctx context.Context, a Answer, oauthError, description string) (redirect string, waiting bool)
}
