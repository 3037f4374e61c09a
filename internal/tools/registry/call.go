package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Result is the answer of a call. Text and Structured say the same, since hosts show the model one or the
// other: on success Text is Structured's JSON; an error's Text is prose, its first line the cause.
type Result struct {
	Text       string
	Structured json.RawMessage // always an object
	IsError    bool
}

// Call runs the tool with raw JSON arguments. It never panics and never fails other than by a Result with
// IsError; it returns when the tool's time limit is over, as far as the handler heeds its context.
func (t Tool) Call(ctx context.Context, args json.RawMessage) Result {
	if t.err != nil {
		t.logger().ErrorContext(ctx, "tool is broken", "tool", t.spec.Name, "error", t.err)
		return t.failure(internalProblem(t.spec))
	}
	values, refused := t.args.decode(args)
	if refused != nil {
		return t.failure(refused)
	}
	ctx, cancel := context.WithTimeout(ctx, t.spec.Timeout)
	defer cancel()
	out, err := t.guarded(ctx, values)
	if err != nil {
		return t.failure(t.explainError(ctx, err))
	}
	res, err := t.success(out)
	if err != nil {
		t.logger().ErrorContext(ctx, "tool answer cannot be rendered", "tool", t.spec.Name, "error", err)
		return t.failure(unreadableAnswer(t.spec))
	}
	return res
}

// guarded runs the handler and turns a panic into an error whose text stays in the log.
func (t Tool) guarded(ctx context.Context, values map[string]any) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			t.logger().ErrorContext(ctx, "tool panicked", "tool", t.spec.Name,
				"panic", fmt.Sprint(p), slog.String("stack", string(debug.Stack())))
			out, err = nil, internalProblem(t.spec)
		}
	}()
	return t.run(ctx, values)
}
