package kommo

import "context"

type priorityKey struct{}

// Background marks the work done under ctx as one that nobody waits for: in
// the rate limiter its requests let every interactive request go first.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, priorityKey{}, true)
}

func isBackground(ctx context.Context) bool {
	marked, _ := ctx.Value(priorityKey{}).(bool)
	return marked
}
