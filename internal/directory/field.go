package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Field resolves the name, code or id of a custom field of an entity. A refusal is about the argument
// `fields.<name>`.
func (d *Directory) Field(ctx context.Context, entity Entity, name string) (Field, error) {
	s, ok := d.fieldsOf(entity)
	if !ok {
		return Field{}, fmt.Errorf("the directory knows no custom fields of %q", entity)
	}
	return lookUp(ctx, s, func(list List[Field]) (Field, error) { return field(list, entity, name) })
}

func field(list List[Field], entity Entity, name string) (Field, error) {
	w := wanted{fieldArgument(name), "custom field of " + entityWord(entity), name}
	if list.Unavailable != "" {
		return Field{}, problem.New(problem.Unavailable, "The "+w.kind+" "+quoted(name)+" cannot be written: "+list.Unavailable).
			WithField(w.field).WithNext("Leave the field out, or use a token of an administrator.")
	}
	var all []choice[Field]
	for _, f := range list.Items {
		all = append(all, choice[Field]{value: f, id: f.ID, name: f.Name, aliases: []string{f.Code}, detail: string(f.Type)})
	}
	c, err := resolve(w, all)
	return c.value, err
}

func fieldArgument(name string) string {
	r := []rune(name)
	return "fields." + string(r[:min(len(r), mostRunes)])
}

// CategorySlash stands between the labels that lead to an option of a category.
const CategorySlash = " / "

// Option resolves the label, code or id of one of the values that the field can take. The refusal lists the
// labels that would have been right.
func (f Field) Option(label string) (FieldOption, error) {
	var all []choice[FieldOption]
	for _, o := range f.Options {
		all = append(all, choice[FieldOption]{value: o, id: o.ID, name: o.Label, aliases: []string{o.Code, o.Path}, detail: o.Path})
	}
	c, err := resolve(wanted{fieldArgument(f.Name), "option of " + quoted(f.Name), label}, all)
	if p, ok := errors.AsType[*problem.Problem](err); ok && p.Code == problem.NotFound && len(all) > problem.MaxCandidates {
		p.Next = fmt.Sprintf("These are the nearest of %d options; use one of them or an id.", len(all))
	}
	return c.value, err
}

// optionByID finds an option for output; options that were deleted since are not found.
func (f Field) optionByID(id int64) (FieldOption, bool) {
	at := slices.IndexFunc(f.Options, func(o FieldOption) bool { return o.ID == id })
	if at < 0 {
		return FieldOption{}, false
	}
	return f.Options[at], true
}
