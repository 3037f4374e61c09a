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

// elementTwin looks for the element that a new one would repeat, in one request:
// the one with its SKU or, where it has none, with its name. Several are a
// question to the person.
func (s *Service) elementTwin(ctx context.Context, c directory.Catalog, w kommo.ElementWrite) (kommo.Element, bool, error) {
	argument, wanted := "name", w.Name
	if sku := s.writtenSKU(ctx, c, w); sku != "" {
		argument, wanted = "fields."+kommo.CodeSKU, sku
	}
	hits, err := s.elementsLike(ctx, c, strings.Join(strings.Fields(wanted), " "))
	if err != nil {
		return kommo.Element{}, false, err
	}
	hits = slices.DeleteFunc(hits, func(h directory.Choice[kommo.Element]) bool {
		if argument == "name" {
			return !directory.SameName(h.Name, wanted)
		}
		return !strings.EqualFold(h.Detail, wanted)
	})
	switch len(hits) {
	case 0:
		return kommo.Element{}, false, nil
	case 1:
		return hits[0].Value, true, nil
	}
	p := problem.Unclear(argument, fmt.Sprintf("%d elements of %s have this already: nothing was written.", len(hits), c.Name)).
		WithNext("Ask which of them is meant and work with its id, or call again with allow_duplicate true if it is yet another one.")
	for _, h := range hits {
		p = p.WithCandidates(problem.Candidate{ID: h.ID, Name: h.Name, Detail: h.Detail})
	}
	return kommo.Element{}, false, p
}

// writtenSKU is the SKU that a new element is given; empty for none.
func (s *Service) writtenSKU(ctx context.Context, c directory.Catalog, w kommo.ElementWrite) string {
	if len(w.Fields) == 0 {
		return ""
	}
	f, err := s.names.Field(ctx, c.Fields(), kommo.CodeSKU)
	if err != nil || !strings.EqualFold(f.Code, kommo.CodeSKU) {
		return ""
	}
	for _, written := range w.Fields {
		if written.FieldID == f.ID && len(written.Values) > 0 {
			return strings.TrimSpace(fmt.Sprint(written.Values[0].Value))
		}
	}
	return ""
}
