package principal

import "context"

type requestKey struct{}

// WithRequest is a context that carries the id of a request, by which its lines in
// the logs are found.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request is the id of the request that a context serves; empty where there is none.
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
