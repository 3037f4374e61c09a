package kommo

import (
	"context"
	"net/url"
)

// LeadSource is where leads come from. An integration sees and changes its own only
// (Kommo API facts: sources).
type LeadSource struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	ExternalID string     `json:"external_id"`
	PipelineID int64      `json:"pipeline_id"`
	Default    bool       `json:"default"`
	OriginCode *string    `json:"origin_code"`
	RequestIDs RequestIDs `json:"request_id"` // only in answers to writes
}

func (s LeadSource) identity() (int64, RequestIDs) { return s.ID, s.RequestIDs }

// SourceWrite makes or changes a source. Name and ExternalID are needed for a new
// one; ExternalID never changes afterwards and has at most 36 characters.
type SourceWrite struct {
	Name       string `json:"name,omitzero"`
	ExternalID string `json:"external_id,omitzero"`
	PipelineID int64  `json:"pipeline_id,omitzero"` // 0: the main one
	Default    *bool  `json:"default,omitzero"`
	OriginCode string `json:"origin_code,omitzero"`
}

// SourcesService reads and writes sources; administrators only.
type SourcesService struct{ c *Client }

// List reads all sources of the integration, or the one with an external id.
func (s *SourcesService) List(ctx context.Context, externalID string) ([]LeadSource, error) {
	q := url.Values{}
	if externalID != "" {
		q.Set("filter[external_id]", externalID)
	}
	page, err := getPage[LeadSource](ctx, s.c, "sources.list", "/sources", "sources", q)
	return page.Items, err
}

// Create makes sources.
func (s *SourcesService) Create(ctx context.Context, sources []SourceWrite) ([]LeadSource, error) {
	return define[SourceWrite, LeadSource](ctx, s.c, "sources.create", "/sources", "sources", sources)
}

// Update changes one source.
func (s *SourcesService) Update(ctx context.Context, id int64, w SourceWrite) (LeadSource, error) {
	return redefine[LeadSource](ctx, s.c, "sources.update", idPath("/sources", id), "sources", w)
}

// Delete removes one source.
func (s *SourcesService) Delete(ctx context.Context, id int64) error {
	return remove(ctx, s.c, "sources.delete", idPath("/sources", id))
}
