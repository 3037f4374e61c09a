package crm

import (
	"context"
	"fmt"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// KindCatalog is a list of the account.
const KindCatalog = "catalog"

// NewCatalog is a list to make.
type NewCatalog struct {
	Name        string
	CanLinkMany *bool // one element may be on several leads
	Key         string
}

// CreateCatalog makes a list: two requests, and one to know its name from now on.
// The products list is not made so, but switched on in Kommo.
func (s *Service) CreateCatalog(ctx context.Context, n NewCatalog) (SetupMade, error) {
	if err := needText("name", n.Name); err != nil {
		return SetupMade{}, err
	}
	return onceMade(ctx, s, "create_catalog", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		w := kommo.CatalogWrite{Name: strings.TrimSpace(n.Name), Type: kommo.CatalogRegular, CanLinkMany: n.CanLinkMany}
		var there int
		out, _, err := createNamed(ctx, s, creation[kommo.Catalog]{
			kind: KindCatalog, name: w.Name, of: func(c kommo.Catalog) (int64, string) { return c.ID, c.Name },
			find: func(ctx context.Context) (kommo.Catalog, bool, error) {
				all, err := kommo.Collect(s.api.Catalogs.All(ctx))
				there = len(all)
				c, ok := named(all, w.Name, func(c kommo.Catalog) string { return c.Name })
				return c, ok, err
			},
			send: func(ctx context.Context) (kommo.Catalog, error) {
				if there >= kommo.MaxCatalogs {
					return kommo.Catalog{}, problem.New(problem.Unprocessable, fmt.Sprintf("The account has %d lists, which is as many as Kommo allows; nothing was written.", there)).
						WithNext("Rename one that is not needed with update_catalog, or have an administrator delete one in Kommo.")
				}
				made, err := s.api.Catalogs.Create(ctx, []kommo.CatalogWrite{w})
				return firstOf(made), err
			},
		})
		if err != nil {
			return out, err
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.InCatalogs)
		return out, nil
	})
}

// CatalogChange says what to change in a list. What is empty or nil stays.
type CatalogChange struct {
	Catalog     string
	Name        string
	CanLinkMany *bool
}

// UpdateCatalog changes a list: three requests with a warm directory.
func (s *Service) UpdateCatalog(ctx context.Context, c CatalogChange) (SetupChanged, error) {
	if err := needText("catalog", c.Catalog); err != nil {
		return SetupChanged{}, err
	}
	return withNames(ctx, s, func(ctx context.Context) (SetupChanged, error) {
		known, err := s.names.Catalog(ctx, c.Catalog)
		if err != nil {
			return SetupChanged{}, err
		}
		all, err := s.names.Catalogs(ctx)
		if err == nil {
			err = nameFree(KindCatalog, strings.TrimSpace(c.Name), all, func(c directory.Catalog) (int64, string) { return c.ID, c.Name }, known.ID)
		}
		if err != nil {
			return SetupChanged{}, err
		}
		held, err := s.api.Catalogs.Get(ctx, known.ID)
		if err != nil {
			return SetupChanged{}, err
		}
		d := newDelta()
		w := kommo.CatalogWrite{
			Name:        d.text("name", held.Name, c.Name),
			CanLinkMany: d.flag("can_link_multiple", held.CanLinkMany == nil || *held.CanLinkMany, c.CanLinkMany),
		}
		out := d.changed(held.ID, held.Name, strings.TrimSpace(c.Name) != "" || c.CanLinkMany != nil)
		if d.none() {
			return out, nil
		}
		if _, err := s.api.Catalogs.Update(ctx, held.ID, w); err != nil {
			return out, err
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.InCatalogs)
		return out, nil
	})
}

// fieldsOwner is what the fields belong to: a kind of card, or the elements of a
// list, of which an empty name is the products.
func (s *Service) fieldsOwner(ctx context.Context, kind, catalog string) (kommo.Entity, error) {
	if kind != KindElement {
		return cardsOf(kind)
	}
	list, err := s.names.Catalog(ctx, catalog)
	return list.Fields(), err
}
