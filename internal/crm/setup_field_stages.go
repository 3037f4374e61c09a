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

// stagesOfField resolves the stages that a field of leads is bound to. Nil stays
// nil; an empty list is none.
func (s *Service) stagesOfField(ctx context.Context, of kommo.Entity, argument string, names []string) ([]kommo.RequiredStatus, error) {
	if names == nil {
		return nil, nil
	}
	if of != kommo.Leads {
		return nil, problem.Invalid(argument, "Only fields of leads are bound to stages; nothing was written.").
			WithNext(fmt.Sprintf("Leave %s out, or use the kind lead.", argument))
	}
	out := make([]kommo.RequiredStatus, 0, len(names))
	for _, name := range names {
		st, err := s.names.Stage(ctx, name, nil)
		if err != nil {
			return nil, directory.ForField(err, argument)
		}
		if r := (kommo.RequiredStatus{StatusID: st.ID, PipelineID: st.PipelineID}); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// stagesNamed returns how to say stages in words. The names are loaded only if one
// of the fields is bound to a stage.
func (s *Service) stagesNamed(ctx context.Context, fields ...kommo.CustomField) (func([]kommo.RequiredStatus) []string, error) {
	bound := slices.ContainsFunc(fields, func(f kommo.CustomField) bool { return len(f.RequiredStatuses)+len(f.HiddenStatuses) > 0 })
	if !bound {
		return func([]kommo.RequiredStatus) []string { return nil }, nil
	}
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return nil, err
	}
	return func(stages []kommo.RequiredStatus) []string { return stagesInWords(names, stages) }, nil
}

func stagesInWords(names *directory.Snapshot, stages []kommo.RequiredStatus) []string {
	out := make([]string, 0, len(stages))
	for _, r := range stages {
		out = append(out, names.PipelineName(r.PipelineID)+" / "+names.StageName(r.PipelineID, r.StatusID))
	}
	return out
}

// rebound is the new set of stages of a field, noted in the delta; nil if it stays
// as it is.
func (s *Service) rebound(ctx context.Context, of kommo.Entity, argument string, was []kommo.RequiredStatus, want []string, d delta) ([]kommo.RequiredStatus, error) {
	set, err := s.stagesOfField(ctx, of, argument, want)
	if err != nil || set == nil {
		return nil, err
	}
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return nil, err
	}
	before, after := stagesInWords(names, was), stagesInWords(names, set)
	if sameSet(before, after) {
		return nil, nil
	}
	d.note(argument, before, after)
	return set, nil
}

// asked tells whether a call asks for any change at all.
func (c FieldDefChange) asked() bool {
	named := strings.TrimSpace(c.Name+c.Group) != ""
	return named || c.APIOnly != nil || c.Needed != nil || c.Required != nil || c.Hidden != nil ||
		len(c.AddOptions)+len(c.RenameOptions)+len(c.RemoveOptions) > 0
}
