package directory

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const pipelineSlash = "/" // "Sales / Negotiation"

// Stage resolves the name or id of a stage. Without a pipeline the name must be clear among all pipelines;
// "Sales / Negotiation" names both. "won" and "lost" work whatever the account calls these stages.
func (d *Directory) Stage(ctx context.Context, nameOrID string, pipeline *int64) (Stage, error) {
	return lookUp(ctx, d.pipelines, func(all []Pipeline) (Stage, error) {
		scope, err := within(all, pipeline)
		if err != nil {
			return Stage{}, err
		}
		found, err := stage(scope, nameOrID)
		if p, ok := errors.AsType[*problem.Problem](err); ok && p.Code == problem.NotFound && pipeline != nil {
			p.Message = "There is no stage " + quoted(nameOrID) + " in the pipeline " + quoted(scope[0].Name) + "."
		}
		return found, err
	})
}

// StageNear resolves a stage for a lead that is in the pipeline: one of that pipeline if any fits, else one of
// any other.
func (d *Directory) StageNear(ctx context.Context, nameOrID string, pipeline int64) (Stage, error) {
	return lookUp(ctx, d.pipelines, func(all []Pipeline) (Stage, error) {
		near, err := within(all, &pipeline)
		if err != nil {
			return stage(all, nameOrID)
		}
		found, err := stage(near, nameOrID)
		if !problem.HasCode(err, problem.NotFound) {
			return found, err
		}
		if far, farErr := stage(all, nameOrID); !problem.HasCode(farErr, problem.NotFound) {
			return far, farErr
		}
		return Stage{}, err // with the candidates of the lead's own pipeline
	})
}

// Stages resolves the stages to search in; pipelines empty means all. A name that several pipelines use means
// all of them there. The words open, won and lost mean every stage of that kind.
func (d *Directory) Stages(ctx context.Context, names []string, pipelines []int64) ([]Stage, error) {
	return lookUp(ctx, d.pipelines, func(all []Pipeline) ([]Stage, error) {
		scope, err := within(all, nil)
		if len(pipelines) > 0 {
			scope, err = chosen(all, pipelines)
		}
		if err != nil {
			return nil, err
		}
		var out []Stage
		for _, name := range names {
			some, err := stagesCalled(scope, name)
			if err != nil {
				return nil, err
			}
			for _, s := range some {
				if !slices.Contains(out, s) {
					out = append(out, s)
				}
			}
		}
		return out, nil
	})
}

// within narrows to one pipeline; nil means all of them.
func within(all []Pipeline, id *int64) ([]Pipeline, error) {
	if id == nil {
		return all, nil
	}
	return chosen(all, []int64{*id})
}

func chosen(all []Pipeline, ids []int64) ([]Pipeline, error) {
	var out []Pipeline
	for _, id := range ids {
		p, err := pipeline(all, strconv.FormatInt(id, 10))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// stageChoices lists the stages of the pipelines in use and, separately, of all.
func stageChoices(scope []Pipeline) (current, every []choice[Stage]) {
	for _, p := range scope {
		for _, s := range p.Stages {
			c := choice[Stage]{value: s, id: s.ID, name: s.Name, aliases: stageWords(s.Kind), detail: p.Name}
			every = append(every, c)
			if !p.Archive {
				current = append(current, c)
			}
		}
	}
	if current == nil {
		current = every // the caller asked for an archived pipeline
	}
	return current, every
}

// stageWords are the names that won and lost go by whatever an account calls them.
func stageWords(kind StageKind) []string {
	switch kind {
	case StageWon:
		return []string{"won", "closed won", "closed - won"}
	case StageLost:
		return []string{"lost", "closed lost", "closed - lost"}
	case StageIncoming:
		return []string{"incoming leads", "unsorted"}
	default:
		return nil
	}
}

func stage(scope []Pipeline, query string) (Stage, error) {
	w := wanted{"stage", "stage", query}
	current, every := stageChoices(scope)
	found, err := among(w, current, every)
	if !problem.HasCode(err, problem.NotFound) {
		return found, teachPipeline(err)
	}
	for p, name := range splits(scope, query) {
		inside, _ := stageChoices([]Pipeline{p})
		w.query = name
		c, insideErr := resolve(w, inside)
		if insideErr == nil {
			return c.value, nil
		}
		err = insideErr
	}
	return Stage{}, err
}

// stagesCalled is stage for searches: all stages of that name.
func stagesCalled(scope []Pipeline, query string) ([]Stage, error) {
	if kind, ok := kindCalled(query); ok {
		return ofKind(scope, kind), nil
	}
	current, every := stageChoices(scope)
	found := match(query, current)
	if len(found) == 0 {
		found = match(query, every)
	}
	if len(found) == 0 || !sameName(found) {
		one, err := stage(scope, query)
		return []Stage{one}, err
	}
	var out []Stage
	for _, c := range found {
		out = append(out, c.value)
	}
	return out, nil
}

// kindCalled reads the words of the search vocabulary, which win over stages of that name: those can still be
// named by id or with their pipeline.
func kindCalled(query string) (StageKind, bool) {
	switch kind := StageKind(fold(query)); kind {
	case StageOpen, StageWon, StageLost:
		return kind, true
	default:
		return "", false
	}
}

// ofKind lists the stages of a kind. Leads that are not accepted yet are open ones: reports and briefings count
// them so.
func ofKind(scope []Pipeline, kind StageKind) []Stage {
	var out []Stage
	for _, p := range scope {
		for _, s := range p.Stages {
			if s.Kind == kind || kind == StageOpen && s.Kind == StageIncoming {
				out = append(out, s)
			}
		}
	}
	return out
}

// sameName reports whether the choices share one name, or are the same stage (won, lost) of several pipelines.
func sameName(found []choice[Stage]) bool {
	return !slices.ContainsFunc(found, func(c choice[Stage]) bool {
		return fold(c.name) != fold(found[0].name) && c.id != found[0].id
	})
}

// splits reads "Pipeline / Stage" at each slash, since names may hold slashes too, and yields the readings
// whose pipeline exists.
func splits(scope []Pipeline, query string) iter.Seq2[Pipeline, string] {
	return func(yield func(Pipeline, string) bool) {
		for at, r := range query {
			if string(r) != pipelineSlash {
				continue
			}
			p, err := pipeline(scope, query[:at])
			if err == nil && strings.TrimSpace(query[at+1:]) != "" && !yield(p, query[at+1:]) {
				return
			}
		}
	}
}

// teachPipeline shows how to name one of several stages that are called the same.
func teachPipeline(err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Code != problem.Ambiguous {
		return err
	}
	c := p.Candidates[0]
	if slices.ContainsFunc(p.Candidates, func(o problem.Candidate) bool { return o.Detail != c.Detail }) {
		p.Next = "Give the pipeline too, such as " + quoted(c.Detail+" / "+c.Name) + "."
	}
	return err
}
