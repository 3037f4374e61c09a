package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// ForField says at which argument a refusal of this package came up, for callers whose argument is called
// differently ("follow_up_responsible"). Other errors pass unchanged.
func ForField(err error, field string) error {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		named := *p
		return named.WithField(field)
	}
	return err
}

// lookUp resolves a name in a section and, if it is not there, once more in data loaded after this call: the
// stage may have been added a minute ago.
func lookUp[S, T any](ctx context.Context, s *section[S], resolve func(S) (T, error)) (T, error) {
	var none T
	value, fresh, err := s.get(ctx)
	if err != nil {
		return none, err
	}
	found, err := resolve(value)
	if fresh || !problem.HasCode(err, problem.NotFound) {
		return found, err
	}
	if value, err = s.refresh(ctx); err != nil {
		return none, err
	}
	return resolve(value)
}

// Pipeline resolves the name or id of a pipeline. Archived pipelines count if no other fits.
func (d *Directory) Pipeline(ctx context.Context, nameOrID string) (Pipeline, error) {
	return lookUp(ctx, d.pipelines, func(all []Pipeline) (Pipeline, error) { return pipeline(all, nameOrID) })
}

func pipeline(all []Pipeline, query string) (Pipeline, error) {
	var current, every []choice[Pipeline]
	for _, p := range all {
		c := choice[Pipeline]{value: p, id: p.ID, name: p.Name}
		if p.Archive {
			c.detail = "archived"
		} else {
			current = append(current, c)
		}
		every = append(every, c)
	}
	return among(wanted{"pipeline", "pipeline", query}, current, every)
}

// among resolves with the preferred choices and, if none of them fits, with all.
func among[T any](w wanted, preferred, all []choice[T]) (T, error) {
	if found := match(w.query, preferred); len(found) > 0 {
		c, err := decide(w, preferred, found)
		return c.value, err
	}
	if found := match(w.query, all); len(found) > 0 {
		c, err := decide(w, all, found)
		return c.value, err
	}
	// Nothing fits: offer what is in use, not what is archived or has left.
	if len(preferred) == 0 {
		preferred = all
	}
	c, err := resolve(w, preferred)
	return c.value, err
}

// Group resolves the name or id of a group of users.
func (d *Directory) Group(ctx context.Context, nameOrID string) (Group, error) {
	return lookUp(ctx, d.account, func(a Account) (Group, error) {
		var all []choice[Group]
		for _, g := range a.Groups {
			all = append(all, choice[Group]{value: g, id: g.ID, name: g.Name})
		}
		c, err := resolve(wanted{"group", "group of users", nameOrID}, all)
		return c.value, err
	})
}

// TaskType resolves the name, code or id of a kind of task.
func (d *Directory) TaskType(ctx context.Context, nameOrID string) (TaskType, error) {
	return lookUp(ctx, d.account, func(a Account) (TaskType, error) {
		var all []choice[TaskType]
		for _, t := range a.TaskTypes {
			all = append(all, choice[TaskType]{value: t, id: t.ID, name: t.Name, aliases: []string{t.Code}})
		}
		c, err := resolve(wanted{"type", "task type", nameOrID}, all)
		return c.value, err
	})
}

// LossReason resolves the name or id of a reason for a lost lead. Where reasons may not be read an id passes.
func (d *Directory) LossReason(ctx context.Context, nameOrID string) (LossReason, error) {
	return lookUp(ctx, d.reasons, func(list List[LossReason]) (LossReason, error) {
		w := wanted{"loss_reason", "loss reason", nameOrID}
		if list.Unavailable != "" {
			id, err := unread(w, list.Unavailable)
			return LossReason{ID: id}, err
		}
		var all []choice[LossReason]
		for _, r := range list.Items {
			all = append(all, choice[LossReason]{value: r, id: r.ID, name: r.Name})
		}
		c, err := resolve(w, all)
		return c.value, err
	})
}

// unread lets an id pass where the names could not be read.
func unread(w wanted, reason string) (int64, error) {
	if id, ok := digits(strings.TrimSpace(w.query)); ok {
		return id, nil
	}
	p := problem.New(problem.Unavailable, quoted(w.query)+" cannot be looked up as a "+w.kind+": "+reason).WithField(w.field)
	return 0, p.WithNext("Give the id in place of the name, or use a token of an administrator.")
}
