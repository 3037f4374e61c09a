package crm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// maxExternalID is the shorter of the two lengths that Kommo's pages name.
const maxExternalID = 36

// SourceRow is one source of leads.
type SourceRow struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
	Pipeline   string `json:"pipeline,omitempty"`
	IsDefault  bool   `json:"is_default,omitempty"`
	OriginCode string `json:"origin_code,omitempty"`
}

// ListSources lists the sources of this integration: one request with warm names.
func (s *Service) ListSources(ctx context.Context, p SetupPage) (SetupList[SourceRow], error) {
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return SetupList[SourceRow]{}, err
	}
	all, err := s.api.Sources.List(ctx, "")
	if err != nil {
		return SetupList[SourceRow]{}, err
	}
	rows := make([]SourceRow, 0, len(all))
	for _, src := range all {
		row := SourceRow{ID: src.ID, Name: src.Name, ExternalID: src.ExternalID, IsDefault: src.Default}
		if src.PipelineID != 0 {
			row.Pipeline = names.PipelineName(src.PipelineID)
		}
		if src.OriginCode != nil {
			row.OriginCode = *src.OriginCode
		}
		rows = append(rows, row)
	}
	return pageOf(rows, p, "sources", "This integration has no sources; Kommo shows each integration its own only. create_source makes one.")
}

// NewSource is a source to make.
type NewSource struct {
	Name       string
	ExternalID string
	Pipeline   string
	IsDefault  *bool
	OriginCode string
	Key        string
}

// CreateSource makes a source: two requests with a warm directory (Kommo API facts:
// sources). Its external id is unique and never changes.
func (s *Service) CreateSource(ctx context.Context, n NewSource) (SetupMade, error) {
	w := kommo.SourceWrite{
		Name: strings.TrimSpace(n.Name), ExternalID: strings.TrimSpace(n.ExternalID), Default: n.IsDefault, OriginCode: strings.TrimSpace(n.OriginCode),
	}
	if err := needText("name", w.Name); err != nil {
		return SetupMade{}, err
	}
	if length := utf8.RuneCountInString(w.ExternalID); length == 0 || length > maxExternalID {
		return SetupMade{}, problem.Invalid("external_id", fmt.Sprintf("The external id needs 1 to %d characters, this one has %d; nothing was written.", maxExternalID, length)).
			WithNext("Give a short id of your own system, such as shop-1.")
	}
	return onceMade(ctx, s, "create_source", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		if n.Pipeline != "" {
			p, err := s.names.Pipeline(ctx, n.Pipeline)
			if err != nil {
				return SetupMade{}, err
			}
			w.PipelineID = p.ID
		}
		out, _, err := createNamed(ctx, s, creation[kommo.LeadSource]{
			kind: KindSource, name: w.Name, of: func(src kommo.LeadSource) (int64, string) { return src.ID, src.Name },
			find: func(ctx context.Context) (kommo.LeadSource, bool, error) {
				all, err := s.api.Sources.List(ctx, "")
				at := slices.IndexFunc(all, func(src kommo.LeadSource) bool {
					return src.ExternalID == w.ExternalID || directory.SameName(src.Name, w.Name)
				})
				if err != nil || at < 0 {
					return kommo.LeadSource{}, false, err
				}
				if !directory.SameName(all[at].Name, w.Name) {
					return kommo.LeadSource{}, false, takenID(all[at])
				}
				return all[at], true, nil
			},
			send: func(ctx context.Context) (kommo.LeadSource, error) {
				made, err := s.api.Sources.Create(ctx, []kommo.SourceWrite{w})
				return firstOf(made), err
			},
		})
		return out, err
	})
}

// takenID is the refusal of an external id that a source of another name has.
func takenID(held kommo.LeadSource) error {
	return problem.New(problem.Duplicate, fmt.Sprintf("The source %q has the external id %q already; nothing was written.", held.Name, held.ExternalID)).
		WithField("external_id").WithCandidates(problem.Candidate{ID: held.ID, Name: held.Name}).
		WithNext("Choose another external id, or change that source with update_source.")
}

func (s *Service) sourceHeld(ctx context.Context, nameOrID string) (held kommo.LeadSource, all []kommo.LeadSource, err error) {
	all, err = s.api.Sources.List(ctx, "")
	if err != nil {
		return held, nil, err
	}
	held, err = pick("source", KindSource, nameOrID, all, func(src kommo.LeadSource) called {
		return called{id: strconv.FormatInt(src.ID, 10), name: src.Name, detail: src.ExternalID}
	})
	return held, all, err
}

// SourceChange says what to change in a source. What is empty or nil stays.
type SourceChange struct {
	Source    string
	Name      string
	Pipeline  string
	IsDefault *bool
}

// UpdateSource changes a source: two requests with a warm directory.
func (s *Service) UpdateSource(ctx context.Context, c SourceChange) (SetupChanged, error) {
	return withNames(ctx, s, func(ctx context.Context) (SetupChanged, error) {
		held, all, err := s.sourceHeld(ctx, c.Source)
		if err == nil {
			err = nameFree(KindSource, c.Name, all, func(src kommo.LeadSource) (int64, string) { return src.ID, src.Name }, held.ID)
		}
		if err != nil {
			return SetupChanged{}, err
		}
		d := newDelta()
		w := kommo.SourceWrite{Name: d.text("name", held.Name, c.Name), Default: d.flag("is_default", held.Default, c.IsDefault)}
		if c.Pipeline != "" {
			p, err := s.names.Pipeline(ctx, c.Pipeline)
			if err != nil {
				return SetupChanged{}, err
			}
			names, err := s.names.Snapshot(ctx, directory.InPipelines)
			if err != nil {
				return SetupChanged{}, err
			}
			if p.ID != held.PipelineID {
				w.PipelineID = p.ID
				d.note("pipeline", names.PipelineName(held.PipelineID), p.Name)
			}
		}
		out := d.changed(held.ID, held.Name, c != SourceChange{Source: c.Source})
		if d.none() {
			return out, nil
		}
		_, err = s.api.Sources.Update(ctx, held.ID, w)
		return out, err
	})
}

// DeleteSource deletes a source: two requests.
func (s *Service) DeleteSource(ctx context.Context, nameOrID string) (Removed, error) {
	held, _, err := s.sourceHeld(ctx, nameOrID)
	if err != nil {
		return Removed{}, err
	}
	out := Removed{ID: held.ID, Name: held.Name, Before: map[string]any{"external_id": held.ExternalID, "is_default": held.Default}}
	return s.removed(ctx, out, removal{
		what: fmt.Sprintf("the source %q", held.Name),
		send: func(ctx context.Context) error { return s.api.Sources.Delete(ctx, held.ID) },
		there: func(ctx context.Context) (bool, error) {
			all, err := s.api.Sources.List(ctx, "")
			return slices.ContainsFunc(all, func(src kommo.LeadSource) bool { return src.ID == held.ID }), err
		},
	})
}
