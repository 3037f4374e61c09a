package directory

import (
	"context"
	"strings"
	"sync"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Catalog is a list of the account: its products, or one that people made. See
// "Kommo API facts: lists".
type Catalog struct {
	ID       int64
	Name     string
	Type     string // kommo.CatalogProducts, kommo.CatalogRegular, …
	CanAdd   bool   // false: people may not add elements
	LinkMany bool   // one of its elements may be on several leads
}

// Fields is the entity whose custom fields the elements of the list have.
func (c Catalog) Fields() Entity { return kommo.FieldsOfCatalog(c.ID) }

// lists are the sections of lists. They are not among the sections that Refresh
// loads without arguments: few calls need them.
type lists struct {
	api *kommo.Client
	all *section[[]Catalog]

	mu     sync.Mutex
	fields map[Entity]*section[List[Field]]
}

func newLists(l *loads, from source) *lists {
	return &lists{api: from.api, all: newSection(string(InCatalogs), l, from.catalogs), fields: map[Entity]*section[List[Field]]{}}
}

func (s source) catalogs(ctx context.Context) ([]Catalog, error) {
	in, err := kommo.Collect(s.api.Catalogs.All(ctx))
	out := make([]Catalog, 0, len(in))
	for _, c := range in {
		out = append(out, Catalog{
			ID: c.ID, Name: c.Name, Type: c.Type,
			CanAdd: c.CanAdd == nil || *c.CanAdd, LinkMany: c.CanLinkMany == nil || *c.CanLinkMany,
		})
	}
	return out, err
}

// section is the section of the fields of a list's elements, made when first
// asked for; false for entities that are no list.
func (s *lists) section(l *loads, entity Entity) (*section[List[Field]], bool) {
	if !isList(entity) {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.fields[entity]; !ok {
		s.fields[entity] = newSection(string(listSection(entity)), l, source{s.api}.fields(entity))
	}
	return s.fields[entity], true
}

// loaded are the sections that hold fields of lists.
func (s *lists) loaded() []cached {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []cached
	for _, f := range s.fields {
		out = append(out, f)
	}
	return out
}

// InCatalogs is the section of the lists themselves.
const InCatalogs Section = "lists"

const listFields = "fields of "

// sectionCalled is the section of a name, those of lists included.
func (d *Directory) sectionCalled(name Section) (cached, bool) {
	if s, ok := d.sections[name]; ok {
		return s, true
	}
	if name == InCatalogs {
		return d.lists.all, true
	}
	entity, _ := strings.CutPrefix(string(name), listFields)
	return d.lists.section(d.loads, Entity(entity))
}

// isList tells the entities that are elements of a list.
func isList(entity Entity) bool { return strings.HasPrefix(string(entity), "catalogs/") }

// entityWord is what people call the records of an entity.
func entityWord(entity Entity) string {
	if isList(entity) {
		return "this list"
	}
	return string(entity)
}

// listSection names the section of the fields of a list's elements.
func listSection(entity Entity) Section { return Section(listFields + string(entity)) }

// fieldsOf is the section of an entity's custom fields.
func (d *Directory) fieldsOf(entity Entity) (*section[List[Field]], bool) {
	if s, ok := d.fields[entity]; ok {
		return s, true
	}
	return d.lists.section(d.loads, entity)
}

// Catalogs lists the account's lists. Do not change what it holds.
func (d *Directory) Catalogs(ctx context.Context) ([]Catalog, error) {
	v, _, err := d.lists.all.get(ctx)
	return v, err
}

// Catalog resolves the name or id of a list. An empty name is the products list.
func (d *Directory) Catalog(ctx context.Context, nameOrID string) (Catalog, error) {
	return lookUp(ctx, d.lists.all, func(all []Catalog) (Catalog, error) {
		var choices []choice[Catalog]
		for _, c := range all {
			if strings.TrimSpace(nameOrID) == "" && c.Type == kommo.CatalogProducts {
				return c, nil
			}
			choices = append(choices, choice[Catalog]{value: c, id: c.ID, name: c.Name, detail: c.Type})
		}
		w := wanted{"catalog", "list", nameOrID}
		if strings.TrimSpace(nameOrID) == "" {
			return Catalog{}, problem.Missing(w.field, "This account has no products list.", nearest("", choices)...).
				WithNext("Name another list, or switch products on in Kommo's settings.")
		}
		c, err := resolve(w, choices)
		return c.value, err
	})
}
