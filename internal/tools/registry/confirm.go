package registry

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// tokenArgument is the argument of a confirmed tool that brings a token of an earlier answer back.
const tokenArgument = "confirm_token"

// Offering is an answer that can carry the token with which its job is begun or continued.
type Offering[Out any] interface {
	WithToken(token string, until time.Time) Out
}

// Outcome is what a step of a confirmed tool comes to. Plan is what may be done next: after a preview the
// whole job, after a commit what was left for lack of time; nil is nothing. Question is what a person is
// asked before a plan is carried out.
type Outcome[Out, Plan any] struct {
	Answer   Out
	Plan     *Plan
	Question string
}

// Job is the work of a tool that shows what it would do before it does it. Preview writes nothing, and neither
// does a Commit that fails.
type Job[In any, Out Offering[Out], Plan any] struct {
	Preview func(ctx context.Context, in In) (Outcome[Out, Plan], error)
	Commit  func(ctx context.Context, in In, plan Plan) (Outcome[Out, Plan], error)
}

// DefineConfirmed makes a tool that previews first. Where the client can ask a person, the person decides;
// where it cannot, the preview carries a token that the caller sends back as confirm_token. Either is bound
// to the tool, the arguments, the principal and the plan, works once and for ten minutes. In must have the
// argument confirm_token.
func DefineConfirmed[In any, Out Offering[Out], Plan any](s Spec, job Job[In, Out, Plan]) Tool {
	t := Define(s, func(ctx context.Context, in In) (Out, error) {
		o, err := job.Preview(ctx, in)
		return o.Answer, err
	})
	c := confirmed[In, Out, Plan]{job: job, vault: newVault[Plan](s.Name)}
	t.confirms, t.run = true, c.run
	return t
}

type confirmed[In any, Out Offering[Out], Plan any] struct {
	job   Job[In, Out, Plan]
	vault *vault[Plan]
}

func (c confirmed[In, Out, Plan]) run(ctx context.Context, t Tool, args map[string]any) (any, error) {
	token, _ := args[tokenArgument].(string)
	rest := maps.Clone(args)
	delete(rest, tokenArgument)
	in, err := bind[In](rest)
	if err != nil {
		return nil, err
	}
	who, err := newBinding(rest, t.principal(ctx), principal.From(ctx).Account)
	if err != nil {
		return nil, err
	}
	person := personOf(ctx)
	switch {
	case person.action == accepted:
		return c.commit(ctx, t, in, who, forPerson, person.state)
	case person.action != "":
		c.vault.burn(forPerson, person.state, who)
		return nil, declined()
	case token != "":
		return c.commit(ctx, t, in, who, forCaller, token)
	}
	o, err := c.job.Preview(ctx, in)
	if err != nil || o.Plan == nil {
		return o.Answer, err
	}
	if person.present {
		state, _ := c.vault.issue(forPerson, t.now(), who, *o.Plan)
		return nil, questionError{&question{text: o.Question, state: state}}
	}
	return c.offer(t, o, who), nil
}

// commit carries a plan out, once. Of a call that was cancelled nobody hears the answer: what is left of the
// plan is had for the same token.
func (c confirmed[In, Out, Plan]) commit(ctx context.Context, t Tool, in In, who binding, use purpose, token string) (any, error) {
	plan, err := c.vault.redeem(use, t.now(), who, token)
	if err != nil {
		return nil, err
	}
	o, err := c.job.Commit(ctx, in, plan)
	if errors.Is(ctx.Err(), context.Canceled) {
		left := o.Plan
		if err != nil {
			left = &plan
		}
		if left != nil {
			c.vault.giveBack(use, who, token, *left)
		}
		return nil, recordedError{cancelled(), o.Answer}
	}
	if err != nil {
		return nil, err
	}
	return c.offer(t, o, who), nil
}

// offer puts a token for what may be done next into the answer.
func (c confirmed[In, Out, Plan]) offer(t Tool, o Outcome[Out, Plan], who binding) Out {
	if o.Plan == nil {
		return o.Answer
	}
	token, until := c.vault.issue(forCaller, t.now(), who, *o.Plan)
	return o.Answer.WithToken(token, until)
}

func cancelled() error {
	return problem.New(problem.Canceled, "The call was cancelled on its way; what was not come to was left alone.").
		WithNext("Call again with the same arguments and the same confirm_token to go on, and to learn what was done.")
}

func declined() error {
	return problem.New(problem.Declined, "The person who was asked did not agree; nothing was written.").
		WithNext("Do not repeat the call unless the user asks for it again, perhaps with other leads or values.")
}

// question is put to a person before a plan is carried out.
type question struct{ text, state string }

// questionError is how a tool says that a person has to be asked first: as an error, so that tools of all kinds
// keep one form.
type questionError struct{ ask *question }

func (questionError) Error() string { return "a person has to be asked" }

func (t Tool) now() time.Time {
	if t.opts.Now == nil {
		return time.Now()
	}
	return t.opts.Now()
}

func (t Tool) principal(ctx context.Context) string {
	if t.opts.Principal == nil {
		return ""
	}
	return t.opts.Principal(ctx)
}
