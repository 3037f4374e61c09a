package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// StageRow is one stage of a pipeline.
type StageRow struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Kind  string `json:"kind"` // open, incoming, won, lost
	Color string `json:"color,omitempty"`
	// Descriptions tell people what to do in the stage, by level of experience.
	Descriptions map[string]string `json:"descriptions,omitempty"`
}

// PipelineRow is one pipeline with its stages in their order.
type PipelineRow struct {
	ID            int64      `json:"id"`
	Name          string     `json:"name"`
	Main          bool       `json:"main,omitempty"`
	Archived      bool       `json:"archived,omitempty"`
	IncomingLeads bool       `json:"incoming_leads"`
	Stages        []StageRow `json:"stages"`
}

// ListPipelines lists all pipelines with their stages and colours: one request, and
// one for each pipeline of the page where descriptions are asked for.
func (s *Service) ListPipelines(ctx context.Context, descriptions bool, p SetupPage) (SetupList[PipelineRow], error) {
	all, err := s.api.Pipelines.List(ctx)
	if err != nil {
		return SetupList[PipelineRow]{}, err
	}
	slices.SortStableFunc(all, func(a, b kommo.Pipeline) int { return cmp.Compare(a.Sort, b.Sort) })
	rows := make([]PipelineRow, 0, len(all))
	for _, p := range all {
		row := PipelineRow{ID: p.ID, Name: p.Name, Main: p.Main, Archived: p.Archive, IncomingLeads: p.UnsortedOn, Stages: []StageRow{}}
		for _, st := range stagesInOrder(p) {
			row.Stages = append(row.Stages, StageRow{ID: st.ID, Name: st.Name, Kind: stageWord(st), Color: st.Color})
		}
		rows = append(rows, row)
	}
	out, err := pageOf(rows, p, "pipelines", "")
	if err != nil || !descriptions {
		return out, err
	}
	for i := range out.Items {
		if err := s.describeStages(ctx, &out.Items[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// describeStages adds what people are told to do in each stage.
func (s *Service) describeStages(ctx context.Context, row *PipelineRow) error {
	stages, err := s.api.Pipelines.Statuses(ctx, row.ID, "descriptions")
	for _, st := range stages {
		at := slices.IndexFunc(row.Stages, func(r StageRow) bool { return r.ID == st.ID })
		if at < 0 || len(st.Descriptions) == 0 {
			continue
		}
		row.Stages[at].Descriptions = map[string]string{}
		for _, d := range st.Descriptions {
			row.Stages[at].Descriptions[d.Level] = d.Text
		}
	}
	return err
}

func stagesInOrder(p kommo.Pipeline) []kommo.Status {
	return slices.SortedStableFunc(slices.Values(p.Embedded.Statuses), func(a, b kommo.Status) int { return cmp.Compare(a.Sort, b.Sort) })
}

func stageWord(st kommo.Status) string {
	switch {
	case st.ID == kommo.StatusWon:
		return string(directory.StageWon)
	case st.ID == kommo.StatusLost:
		return string(directory.StageLost)
	case st.Kind == 1:
		return string(directory.StageIncoming)
	}
	return string(directory.StageOpen)
}

// NewPipeline is a pipeline to make.
type NewPipeline struct {
	Name          string
	Stages        []string // of its own, in their order
	Main          bool
	IncomingLeads *bool // nil: yes
	Key           string
}

// CreatePipeline makes a pipeline with its stages; incoming, won and lost come by
// themselves (Kommo API facts: pipelines). Three requests.
func (s *Service) CreatePipeline(ctx context.Context, n NewPipeline) (SetupMade, error) {
	if err := checkStageNames(n.Stages); err != nil {
		return SetupMade{}, err
	}
	if err := needText("name", n.Name); err != nil {
		return SetupMade{}, err
	}
	return onceMade(ctx, s, "create_pipeline", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		var last int64
		out, made, err := createNamed(ctx, s, creation[kommo.Pipeline]{
			kind: KindPipeline, name: strings.TrimSpace(n.Name), of: func(p kommo.Pipeline) (int64, string) { return p.ID, p.Name },
			find: func(ctx context.Context) (kommo.Pipeline, bool, error) {
				all, err := s.api.Pipelines.List(ctx)
				for _, p := range all {
					last = max(last, int64(p.Sort))
				}
				p, ok := named(all, n.Name, func(p kommo.Pipeline) string { return p.Name })
				return p, ok, err
			},
			send: func(ctx context.Context) (kommo.Pipeline, error) {
				made, err := s.api.Pipelines.Create(ctx, []kommo.PipelineNew{n.write(last + 1)})
				return firstOf(made), err
			},
		})
		if err != nil {
			return out, err
		}
		for _, st := range stagesInOrder(made) {
			if stageWord(st) == string(directory.StageOpen) {
				out.Created = append(out.Created, Record{Kind: KindStage, ID: st.ID, Name: short(st.Name, longName)})
			}
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.InPipelines)
		return out, nil
	})
}

// write is the request; stages get different colours of the palette.
func (n NewPipeline) write(sort int64) kommo.PipelineNew {
	w := kommo.PipelineNew{Name: strings.TrimSpace(n.Name), Sort: sort, Main: n.Main, UnsortedOn: n.IncomingLeads == nil || *n.IncomingLeads}
	palette := kommo.StageColors()
	for i, name := range n.Stages {
		w.Embedded.Statuses = append(w.Embedded.Statuses, kommo.StatusWrite{
			Name: strings.TrimSpace(name), Sort: new(int64(20 + 10*i)), Color: palette[i*3%len(palette)],
		})
	}
	return w
}

// firstOf is the only item of an answer; none where the request failed.
func firstOf[T any](list []T) T {
	if len(list) == 0 {
		var none T
		return none
	}
	return list[0]
}

func checkStageNames(names []string) error {
	if len(names) == 0 {
		return problem.Invalid("stages", "A pipeline needs at least one stage of its own.").WithNext("Name the stages in their order; won and lost come by themselves.")
	}
	for i, name := range names {
		if strings.TrimSpace(name) == "" {
			return problem.Invalid("stages", "The name of a stage is empty.").WithNext("Give each stage a name.")
		}
		for _, other := range names[:i] {
			if directory.SameName(name, other) {
				return problem.Invalid("stages", fmt.Sprintf("Two stages are named %q.", name)).WithNext("Give each stage a name of its own.")
			}
		}
	}
	return nil
}

// PipelineChange says what to change in a pipeline. What is empty or nil stays.
type PipelineChange struct {
	Pipeline      string
	Name          string
	Main          *bool
	IncomingLeads *bool
}

// UpdatePipeline changes a pipeline: three requests with a warm directory.
func (s *Service) UpdatePipeline(ctx context.Context, c PipelineChange) (SetupChanged, error) {
	return withNames(ctx, s, func(ctx context.Context) (SetupChanged, error) {
		known, err := s.names.Pipeline(ctx, c.Pipeline)
		if err != nil {
			return SetupChanged{}, err
		}
		held, err := s.api.Pipelines.Get(ctx, known.ID)
		if err != nil {
			return SetupChanged{}, err
		}
		if c.Main != nil && !*c.Main && held.Main {
			return SetupChanged{}, problem.Invalid("main", "There is always one main pipeline; nothing was written.").
				WithNext("Make another pipeline the main one with main: true, and this one stops being it.")
		}
		others, err := s.names.Pipelines(ctx)
		if err == nil {
			err = nameFree(KindPipeline, c.Name, others, func(p directory.Pipeline) (int64, string) { return p.ID, p.Name }, held.ID)
		}
		if err != nil {
			return SetupChanged{}, err
		}
		d := newDelta()
		w := kommo.PipelineWrite{
			Name: d.text("name", held.Name, c.Name), Main: d.flag("main", held.Main, c.Main),
			UnsortedOn: d.flag("incoming_leads", held.UnsortedOn, c.IncomingLeads),
		}
		out := d.changed(held.ID, held.Name, c != PipelineChange{Pipeline: c.Pipeline})
		if d.none() {
			return out, nil
		}
		if _, err := s.api.Pipelines.Update(ctx, held.ID, w); err != nil {
			return out, err
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.InPipelines)
		return out, nil
	})
}

// DeletePipeline deletes a pipeline that holds no leads: three requests with a warm
// directory.
func (s *Service) DeletePipeline(ctx context.Context, nameOrID string) (Removed, error) {
	known, err := s.names.Pipeline(ctx, nameOrID)
	if err != nil {
		return Removed{}, err
	}
	all, err := s.api.Pipelines.List(ctx)
	if err != nil {
		return Removed{}, err
	}
	held, err := pick("pipeline", KindPipeline, strconv.FormatInt(known.ID, 10), all, func(p kommo.Pipeline) called {
		return called{id: strconv.FormatInt(p.ID, 10), name: p.Name}
	})
	if err != nil {
		return Removed{}, err
	}
	if len(all) == 1 {
		return Removed{}, problem.New(problem.Unprocessable, "This is the only pipeline, and an account needs one; nothing was deleted.").
			WithField("pipeline").WithNext("Make another pipeline first, with create_pipeline.")
	}
	names := []string{}
	for _, st := range stagesInOrder(held) {
		names = append(names, st.Name)
	}
	out := Removed{ID: held.ID, Name: held.Name, Before: map[string]any{"stages": names, "main": held.Main}}
	out, err = s.removed(ctx, out, removal{
		what: fmt.Sprintf("the pipeline %q", held.Name),
		send: func(ctx context.Context) error { return s.api.Pipelines.Delete(ctx, held.ID) },
		there: func(ctx context.Context) (bool, error) {
			all, err := s.api.Pipelines.List(ctx)
			return slices.ContainsFunc(all, func(p kommo.Pipeline) bool { return p.ID == held.ID }), err
		},
	})
	if kommo.HasCode(err, kommo.CodeUnprocessable) {
		return out, problem.New(problem.Unprocessable, fmt.Sprintf("The pipeline %q still holds leads, and Kommo deletes empty ones only; nothing was deleted.", held.Name)).
			WithField("pipeline").WithNext("Move its leads elsewhere first, won and lost ones too: find them with search_leads, and move them with move_lead_stage, or all at once with move_leads of the toolset bulk.").Wrap(err)
	}
	if err != nil {
		return out, err
	}
	out.Warnings = s.renewed(ctx, out.Warnings, directory.InPipelines)
	return out, nil
}
