package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	// MostBulkLeads is how many leads one bulk job takes.
	MostBulkLeads = 2000
	// maxBulkPages bounds the pages that a search of a bulk job looks through:
	// at seven requests a second they fit into one call.
	maxBulkPages = 20
)

// inOrder keeps pages still while they are walked: the usual order, by the time of
// change, moves rows from page to page.
var inOrder = kommo.Order{By: "id"}

// bulkLeads reads the leads of a bulk job; missing are ids without a lead.
func (s *Service) bulkLeads(ctx context.Context, which BulkLeads) (leads []kommo.Lead, missing []int64, err error) {
	filters := leadFiltersUsed(which.Search)
	switch {
	case len(which.LeadIDs) > 0 && len(filters) > 0:
		return nil, nil, problem.Invalid("lead_ids", "Both lead_ids and "+filters[0]+" were given; nothing was written.").
			WithNext("Give lead_ids, or filters, not both.")
	case len(which.LeadIDs) > MostBulkLeads:
		return nil, nil, problem.Invalid("lead_ids", fmt.Sprintf("%d leads were given, at most %d can be done at once; nothing was written.", len(which.LeadIDs), MostBulkLeads)).
			WithNext("Split them into several calls.")
	case len(which.LeadIDs) > 0:
		return s.leadsByIDs(ctx, which.LeadIDs)
	case len(filters) == 0:
		return nil, nil, problem.Invalid("lead_ids", "No leads were named; nothing was written.").
			WithNext("Give lead_ids, or filters such as pipeline, stage, responsible or tags.")
	}
	leads, err = s.leadsBySearch(ctx, which.Search)
	return leads, nil, err
}

// leadsByIDs reads leads in the order of their ids. Where the account has
// filters off Kommo answers all leads, so that they are walked until all are
// found.
func (s *Service) leadsByIDs(ctx context.Context, ids []int64) (leads []kommo.Lead, missing []int64, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	names, err := s.names.Snapshot(ctx, directory.InAccount)
	if err != nil {
		return nil, nil, err
	}
	if names.Account.FiltersOn {
		for chunk := range slices.Chunk(ids, maxIDs) {
			page, err := s.api.Leads.List(ctx, kommo.LeadFilter{
				CardFilter: kommo.CardFilter{IDs: chunk, Order: inOrder}, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage},
			})
			if err != nil {
				return nil, nil, err
			}
			leads = append(leads, page.Items...)
		}
	} else if leads, err = s.walkLeads(ctx, kommo.LeadFilter{}, func(l kommo.Lead) bool { return slices.Contains(ids, l.ID) }, len(ids)); err != nil {
		return nil, nil, err
	}
	leads = slices.DeleteFunc(leads, func(l kommo.Lead) bool { return l.Deleted || !slices.Contains(ids, l.ID) })
	for _, id := range ids {
		if !slices.ContainsFunc(leads, func(l kommo.Lead) bool { return l.ID == id }) {
			missing = append(missing, id)
		}
	}
	return leads, missing, nil
}

// leadsBySearch reads all leads that fit, or refuses: a job on an unknown part
// of them would not be what was asked.
func (s *Service) leadsBySearch(ctx context.Context, in LeadSearch) ([]kommo.Lead, error) {
	names, err := s.names.Snapshot(ctx, directory.InPipelines, directory.InUsers)
	if err != nil {
		return nil, err
	}
	plan, err := s.planLeads(ctx, in, names)
	if err != nil {
		return nil, err
	}
	if plan.nothing != "" {
		return nil, problem.New(problem.InvalidArgument, plan.nothing).WithField("stage").
			WithNext("Leave stage out, or the filter that contradicts it.")
	}
	return s.walkLeads(ctx, plan.filter, plan.matches, 0)
}

// walkLeads collects the leads that match: all of them, or want if it is set.
func (s *Service) walkLeads(ctx context.Context, f kommo.LeadFilter, matches func(kommo.Lead) bool, want int) ([]kommo.Lead, error) {
	f.Order, f.Limit = inOrder, kommo.MaxPage
	var out []kommo.Lead
	seen := 0
	for f.Page = 1; f.Page <= maxBulkPages && (f.Page == 1 || timeLeft(ctx)); f.Page++ {
		page, err := s.api.Leads.List(ctx, f)
		if err != nil {
			return nil, err
		}
		seen += len(page.Items)
		for _, l := range page.Items {
			if !l.Deleted && matches(l) {
				out = append(out, l)
			}
		}
		if !page.HasNext || want > 0 && len(out) >= want {
			return out, nil
		}
		if len(out) > MostBulkLeads {
			break
		}
	}
	return nil, problem.New(problem.Conflict, fmt.Sprintf("The leads cannot be gone through in one call: %d were looked at and %d of them fit, with more to come. One job takes %d leads; nothing was written.", seen, len(out), MostBulkLeads)).
		WithNext("Narrow it with filters that Kommo knows (pipeline, stage, responsible, a range in created or updated) and do the parts one after the other.")
}
