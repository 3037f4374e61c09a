// Package principal says on whose behalf a request is served: by whoever checked
// the request's key or token into its context, from there to all who choose an
// account, limit, log or refuse.
package principal

import (
	"context"
	"slices"
)

// Kind is how a principal showed who it is.
type Kind string

// The kinds of principals.
const (
	Local Kind = "local" // whoever runs this process, or may reach it on loopback
	Key   Kind = "key"   // one of our access keys
	Token Kind = "token" // a token of our authorization server
	Hook  Kind = "hook"  // a platform that posts to a hook of its own
)

// Mode is the most that a principal may do.
type Mode string

// The modes, each with all that those before it allow.
const (
	Read  Mode = "read"  // nothing is changed
	Write Mode = "write" // creates and updates
	Full  Mode = "full"  // also deletes
)

// Allows tells whether who may do m may do what needs wanted.
func (m Mode) Allows(wanted Mode) bool {
	order := []Mode{Read, Write, Full}
	return slices.Index(order, m) >= slices.Index(order, wanted)
}

// Principal is one holder of a key or token. No secret is in it, so that it may be
// logged.
type Principal struct {
	Kind     Kind
	ID       string   // of the key, or of the consent behind the token: the same as long as it lasts
	Label    string   // what people call it
	Account  string   // the connected account it is bound to; empty: the server's own
	User     int64    // the user of the account it acts as; 0: whoever gave the grant
	Mode     Mode     // empty: what the server allows
	Toolsets []string // empty: all that the server offers
	Rate     float64  // requests a second; 0: the server's usual rate
}

type key struct{}

// With is a context that carries p.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, key{}, p)
}

// From is the principal of a context. Where nobody was checked in, it is the local
// one, who may do what the server may: stdio, call, and HTTP on loopback without
// keys.
func From(ctx context.Context) Principal {
	if p, ok := ctx.Value(key{}).(Principal); ok {
		return p
	}
	return Principal{Kind: Local}
}
