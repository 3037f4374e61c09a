package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// TestEachCallIsObserved: one that was answered, one that was refused before its
// handler ran, one whose handler failed, and one that panicked.
func TestEachCallIsObserved(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var seen []registry.Observed
	call := func(args string, h func(context.Context, struct{}) (card, error)) {
		tool := registry.Configure([]registry.Tool{registry.Define(listSpec(), h)}, registry.Options{
			Now:     func() time.Time { return now },
			Observe: func(_ context.Context, o registry.Observed) { seen = append(seen, o) },
		})[0]
		tool.Call(t.Context(), []byte(args))
	}
	call(`{}`, func(context.Context, struct{}) (card, error) {
		now = now.Add(1500 * time.Millisecond)
		return card{ID: 1, Notes: []string{}}, nil
	})
	call(`{"no_such_argument":1}`, func(context.Context, struct{}) (card, error) {
		return card{}, errors.New("never runs")
	})
	call(`{}`, func(context.Context, struct{}) (card, error) {
		return card{}, problem.New(problem.NotFound, "no such lead")
	})
	call(`{}`, func(context.Context, struct{}) (card, error) { panic("a bug") })
	name := listSpec().Name
	want := []registry.Observed{
		{Tool: name, Took: 1500 * time.Millisecond},
		{Tool: name, Code: problem.InvalidArgument},
		{Tool: name, Code: problem.NotFound},
		{Tool: name, Code: problem.Internal},
	}
	if len(seen) != len(want) {
		t.Fatalf("%+v", seen)
	}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("%+v, want %+v", seen[i], want[i])
		}
	}
}
