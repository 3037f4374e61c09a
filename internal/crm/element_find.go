package crm

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// KindElement is an element of a list: a product, or whatever the list holds.
const KindElement = "element"

// element finds an element of a list by id, SKU or name: one request, one more
// where digits are no id, and one more where Kommo's search finds nothing, for
// the names that would have been right.
func (s *Service) element(ctx context.Context, in directory.Catalog, nameOrID string) (kommo.Element, error) {
	nameOrID = strings.TrimSpace(nameOrID)
	if nameOrID == "" {
		return kommo.Element{}, problem.Invalid("element", "The argument element is empty.").
			WithNext("Give its SKU, name or id; list_catalog_elements shows them.")
	}
	if id, err := strconv.ParseInt(nameOrID, 10, 64); err == nil && id > 0 {
		e, err := s.api.Elements.Get(ctx, in.ID, id)
		if err == nil && !e.Deleted || err != nil && !errors.Is(err, kommo.ErrNotFound) {
			return e, err
		}
	}
	hits, err := s.elementsLike(ctx, in, nameOrID)
	if err != nil {
		return kommo.Element{}, err
	}
	found, err := directory.Choose("element", "element of "+in.Name, nameOrID, hits)
	if !problem.HasCode(err, problem.NotFound) {
		return found, err
	}
	// Kommo's search minds accents, and it does not look for similar names.
	all, readErr := s.elementsLike(ctx, in, "")
	if readErr != nil {
		return kommo.Element{}, readErr
	}
	return directory.Choose("element", "element of "+in.Name, nameOrID, slices.Concat(hits, all))
}

// elementsLike reads the first elements that Kommo finds; all for an empty query.
func (s *Service) elementsLike(ctx context.Context, in directory.Catalog, query string) ([]directory.Choice[kommo.Element], error) {
	page, err := s.api.Elements.List(ctx, in.ID, kommo.ElementFilter{Query: query, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
	var out []directory.Choice[kommo.Element]
	for _, e := range page.Items {
		if e.Deleted {
			continue
		}
		sku := elementText(e, kommo.CodeSKU)
		out = append(out, directory.Choice[kommo.Element]{Value: e, ID: e.ID, Name: e.Name, Aliases: []string{sku}, Detail: sku})
	}
	return out, err
}

// elementText is the text that an element holds in the field of a code.
func elementText(e kommo.Element, code string) string {
	f, _ := e.Field(code)
	return strings.Join(f.Texts(), ", ")
}
