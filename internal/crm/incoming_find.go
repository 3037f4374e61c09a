package crm

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// findIncoming looks for an incoming lead by the source_uid that it was made
// with, among the newest: the list knows no order but that and no filter by it,
// and one that was received earlier stands further down (Kommo API facts:
// incoming leads).
func (s *Service) findIncoming(ctx context.Context, sourceUID string) (kommo.Unsorted, bool, error) {
	page, err := s.api.Unsorted.List(ctx, kommo.UnsortedFilter{ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
	for _, u := range page.Items {
		if u.SourceUID == sourceUID && u.LeadID() != 0 {
			return u, true, err
		}
	}
	return kommo.Unsorted{}, false, err
}
