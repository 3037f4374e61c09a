package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Result is the answer of a call. Text and Structured say the same, since hosts show the model one or the
// other: on success Text is Structured's JSON; an error's Text is prose, its first line the cause.
type Result struct {
	Text       string
	Structured json.RawMessage // always an object
	IsError    bool

	ask   *question       // in place of an answer: a person has to be asked
	code  problem.Code    // of the error
	out   any             // what the tool answered, for the audit log
	whole json.RawMessage // Structured before it was cut; nil: it was not
}

// Call runs the tool with raw JSON arguments. It never panics and never fails other than by a Result with
// IsError; it returns when the tool's time limit is over, as far as the handler heeds its context.
func (t Tool) Call(ctx context.Context, args json.RawMessage) Result {
	began := t.now()
	res := t.call(ctx, args)
	t.record(ctx, args, res)
	if t.opts.Observe != nil && res.ask == nil {
		t.opts.Observe(ctx, Observed{Tool: t.spec.Name, Code: res.code, Took: t.now().Sub(began)})
	}
	return res
}

func (t Tool) call(ctx context.Context, args json.RawMessage) Result {
	s := t.schemas()
	valid, err := s.validator()
	if err != nil {
		t.logger().ErrorContext(ctx, "tool is broken", "tool", t.spec.Name, "error", err)
		return t.failure(internalProblem(t.spec))
	}
	if no := t.refusal(ctx); no != nil {
		return t.failure(no)
	}
	values, refused := s.args.decode(args, valid)
	if refused != nil {
		return t.failure(refused)
	}
	ctx, cancel := context.WithTimeout(ctx, t.spec.Timeout)
	defer cancel()
	res, err := t.guarded(ctx, values)
	if q, ok := errors.AsType[questionError](err); ok {
		return Result{ask: q.ask}
	}
	if err != nil {
		res = t.failure(t.explainError(ctx, err))
		if part, ok := errors.AsType[recordedError](err); ok {
			res.out = part.out
		}
	}
	return res
}

// guarded runs the handler and renders its answer. A panic becomes an error whose text stays in the log.
func (t Tool) guarded(ctx context.Context, values map[string]any) (res Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			t.logger().ErrorContext(ctx, "tool panicked", "tool", t.spec.Name,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			res, err = Result{}, internalProblem(t.spec)
		}
	}()
	out, err := t.run(ctx, t, values)
	if err != nil {
		return Result{}, err
	}
	return t.success(out)
}
