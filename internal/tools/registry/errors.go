package registry

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// explainError turns what a handler returned into a refusal that explains itself. What nobody has explained
// is a bug: it is logged, and the client learns only that.
func (t Tool) explainError(ctx context.Context, err error) *problem.Problem {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return t.completed(p)
	}
	if k, ok := errors.AsType[*kommo.Error](err); ok {
		return kommoProblem(k, t.spec)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return timeoutProblem(t.spec).Wrap(err)
	case errors.Is(err, context.Canceled):
		return canceledProblem(t.spec).Wrap(err)
	}
	t.logger().ErrorContext(ctx, "tool failed", "tool", t.spec.Name, "error", err)
	return internalProblem(t.spec).Wrap(err)
}

// completed fills what the circumstances tell: the wait that Kommo named, and a next step.
func (t Tool) completed(p *problem.Problem) *problem.Problem {
	c := *p
	if k, ok := errors.AsType[*kommo.Error](p.Err); ok {
		c.RetryAfter = cmp.Or(c.RetryAfter, k.RetryAfter)
		c.Next = cmp.Or(c.Next, kommoProblem(k, t.spec).Next)
	}
	switch {
	case c.Next != "", c.RetryAfter > 0: // the wait is the next step
	case len(c.Candidates) > 0:
		c.Next = "Call again with one of the candidates."
	case c.Code == problem.NotFound && c.Field != "":
		c.Next = "Leave " + c.Field + " out, or see with get_account what the account has."
	default:
		c.Next = nextSteps[c.Code]
	}
	return &c
}

// label names the tool, or what stands for one outside a call.
func label(s Spec) string { return cmp.Or(s.Name, "the request") }

func timeoutProblem(s Spec) *problem.Problem {
	p := problem.New(problem.Timeout, "Time ran out: "+label(s)+" did not finish in time.")
	if s.Class == Read {
		return p.WithNext("Nothing was changed. Ask for less (a smaller limit, a narrower filter) or try again in a moment.")
	}
	return p.WithNext("Part of it may have been done: look at the record before you repeat the call.")
}

func canceledProblem(s Spec) *problem.Problem {
	p := problem.New(problem.Canceled, "The call of "+label(s)+" was canceled by the client.")
	if s.Class == Read {
		return p.WithNext("Nothing was changed. Call again if the answer is still wanted.")
	}
	return p.WithNext("Part of it may have been done: look at the record before you repeat the call.")
}

// internalProblem tells of a bug without its internals.
func internalProblem(s Spec) *problem.Problem {
	p := problem.New(problem.Internal, "Something went wrong inside this server while it ran "+label(s)+"; the details are in its log.")
	if s.Class == Read {
		return p.WithNext("Nothing was changed. Try once more; if it happens again, report it to whoever runs this server.")
	}
	return p.WithNext("Look at the record before you repeat the call, since part of it may have been done. Report it to whoever runs this server.")
}

// seconds is a duration in words, rounded up: a wait that is named too short is a second failure.
func seconds(d time.Duration) string {
	return plural(wholeSeconds(d), "second")
}

func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
