package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// NewStage is a stage to add to a pipeline. Position counts the stages of the
// account's own from 1; 0 is the end.
type NewStage struct {
	Pipeline string
	Name     string
	Color    string
	Position int
	Texts    StageTexts
	Key      string
}

// CreateStage adds a stage: three requests with a warm directory.
func (s *Service) CreateStage(ctx context.Context, n NewStage) (SetupMade, error) {
	color, err := stageColor(n.Color)
	if err != nil {
		return SetupMade{}, err
	}
	if err := needText("name", n.Name); err != nil {
		return SetupMade{}, err
	}
	if err := n.Texts.check(); err != nil {
		return SetupMade{}, err
	}
	return onceMade(ctx, s, "create_stage", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		return withNames(ctx, s, func(ctx context.Context) (SetupMade, error) { return s.createStage(ctx, n, color) })
	})
}

func (s *Service) createStage(ctx context.Context, n NewStage, color string) (SetupMade, error) {
	p, err := s.names.Pipeline(ctx, n.Pipeline)
	if err != nil {
		return SetupMade{}, err
	}
	var held kommo.Pipeline
	out, _, err := createNamed(ctx, s, creation[kommo.Status]{
		kind: KindStage, name: strings.TrimSpace(n.Name), of: stageName,
		find: func(ctx context.Context) (kommo.Status, bool, error) {
			var err error
			held, err = s.api.Pipelines.Get(ctx, p.ID)
			st, ok := named(held.Embedded.Statuses, n.Name, func(st kommo.Status) string { return st.Name })
			return st, ok, err
		},
		send: func(ctx context.Context) (kommo.Status, error) {
			made, err := s.api.Pipelines.CreateStatuses(ctx, p.ID, []kommo.StatusWrite{{
				Name: strings.TrimSpace(n.Name), Color: color, Sort: new(sortAt(ownStages(held, 0), n.Position)),
				Descriptions: n.Texts.writes(nil, newDelta()),
			}})
			return firstOf(made), err
		},
	})
	if err != nil {
		return out, err
	}
	out.Warnings = s.renewed(ctx, out.Warnings, directory.InPipelines)
	return out, nil
}

func stageName(st kommo.Status) (int64, string) { return st.ID, st.Name }

// ownStages are the stages that can be moved, in their order, without one of them.
func ownStages(p kommo.Pipeline, without int64) []kommo.Status {
	return slices.DeleteFunc(stagesInOrder(p), func(st kommo.Status) bool {
		return stageWord(st) != string(directory.StageOpen) || st.ID == without
	})
}

// sortAt is the sort that puts a stage at a position among others, counted from 1;
// 0 is the end. Kommo numbers stages in tens, and anew after each write.
func sortAt(others []kommo.Status, position int) int64 {
	switch {
	case len(others) == 0:
		return 20
	case position <= 0 || position > len(others):
		return int64(others[len(others)-1].Sort) + 5
	}
	return int64(others[position-1].Sort) - 5
}

// StageChange says what to change in a stage. What is empty or 0 stays.
type StageChange struct {
	Pipeline string
	Stage    string
	Name     string
	Color    string
	Position int
	Texts    StageTexts
}

// UpdateStage changes a stage: three requests with a warm directory, one more for
// its descriptions.
func (s *Service) UpdateStage(ctx context.Context, c StageChange) (SetupChanged, error) {
	color, err := stageColor(c.Color)
	if err != nil {
		return SetupChanged{}, err
	}
	return withNames(ctx, s, func(ctx context.Context) (SetupChanged, error) {
		if err := c.Texts.check(); err != nil {
			return SetupChanged{}, err
		}
		held, st, err := s.stageHeld(ctx, c.Pipeline, c.Stage)
		if err != nil {
			return SetupChanged{}, err
		}
		if stageWord(st) != string(directory.StageOpen) && (color != "" || c.Position != 0) {
			return SetupChanged{}, problem.Invalid("stage", fmt.Sprintf("%q is one of the stages that every pipeline has: it keeps its place and its colour; nothing was written.", st.Name)).
				WithNext("Change its name or its descriptions, or choose a stage of your own.")
		}
		if err := nameFree(KindStage, c.Name, held.Embedded.Statuses, stageName, st.ID); err != nil {
			return SetupChanged{}, err
		}
		d := newDelta()
		w := kommo.StatusWrite{Name: d.text("name", st.Name, c.Name)}
		if !strings.EqualFold(st.Color, color) {
			w.Color = d.text("color", st.Color, color)
		}
		others := ownStages(held, st.ID)
		was := 1 + len(slices.DeleteFunc(slices.Clone(others), func(o kommo.Status) bool { return o.Sort > st.Sort }))
		if want := min(c.Position, len(others)+1); want > 0 && want != was {
			d.note("position", was, want)
			w.Sort = new(sortAt(others, want))
		}
		if w.Descriptions, err = s.describe(ctx, held.ID, st.ID, c.Texts, d); err != nil {
			return SetupChanged{}, err
		}
		out := d.changed(st.ID, st.Name, c != StageChange{Pipeline: c.Pipeline, Stage: c.Stage})
		if d.none() {
			return out, nil
		}
		if _, err := s.api.Pipelines.UpdateStatus(ctx, held.ID, st.ID, w); err != nil {
			return out, err
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.InPipelines)
		return out, nil
	})
}

// stageHeld resolves a stage by the directory and reads it fresh.
func (s *Service) stageHeld(ctx context.Context, pipeline, stage string) (kommo.Pipeline, kommo.Status, error) {
	p, err := s.names.Pipeline(ctx, pipeline)
	if err != nil {
		return kommo.Pipeline{}, kommo.Status{}, err
	}
	known, err := s.names.Stage(ctx, stage, &p.ID)
	if err != nil {
		return kommo.Pipeline{}, kommo.Status{}, err
	}
	held, err := s.api.Pipelines.Get(ctx, p.ID)
	if err != nil {
		return held, kommo.Status{}, err
	}
	at := slices.IndexFunc(held.Embedded.Statuses, func(st kommo.Status) bool { return st.ID == known.ID })
	if at < 0 {
		return held, kommo.Status{}, problem.Missing("stage", fmt.Sprintf("The stage %q was deleted meanwhile; nothing was written.", known.Name)).
			WithNext("Look at the stages with list_pipelines.")
	}
	return held, held.Embedded.Statuses[at], nil
}

// DeleteStage deletes a stage; Kommo moves its leads to the first one. Three
// requests with a warm directory.
func (s *Service) DeleteStage(ctx context.Context, pipeline, stage string) (Removed, error) {
	held, st, err := s.stageHeld(ctx, pipeline, stage)
	if err != nil {
		return Removed{}, err
	}
	others := ownStages(held, st.ID)
	if stageWord(st) != string(directory.StageOpen) || len(others) == 0 {
		return Removed{}, problem.New(problem.Unprocessable, fmt.Sprintf("%q cannot be deleted: incoming, won and lost belong to every pipeline, and so does one stage of its own.", st.Name)).
			WithField("stage").WithNext("Choose another stage, or rename this one with update_stage.")
	}
	out := Removed{ID: st.ID, Name: st.Name, Before: map[string]any{"pipeline": held.Name, "color": st.Color}}
	out, err = s.removed(ctx, out, removal{
		what: fmt.Sprintf("the stage %q", st.Name),
		send: func(ctx context.Context) error { return s.api.Pipelines.DeleteStatus(ctx, held.ID, st.ID) },
		there: func(ctx context.Context) (bool, error) {
			now, err := s.api.Pipelines.Get(ctx, held.ID)
			return slices.ContainsFunc(now.Embedded.Statuses, func(o kommo.Status) bool { return o.ID == st.ID }), err
		},
	})
	if err != nil {
		return out, err
	}
	out.Warnings = s.renewed(ctx, out.Warnings, directory.InPipelines)
	return out, nil
}
