package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// FieldWrites turns plain values by field name (or code, or id) into writes: labels become ids of options,
// dates what Kommo stores, null clears. Every name and value is checked before anything is sent; a refusal is
// about the argument `fields.<name>` and lists the names or labels that would have been right. A field that
// is written loses all its former values: to add a phone the caller joins old and new.
func (d *Directory) FieldWrites(ctx context.Context, entity Entity, plain map[string]any, parse ParseDate) ([]kommo.FieldValueWrite, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	section, ok := d.fieldsOf(entity)
	if !ok {
		return nil, fmt.Errorf("the directory knows no custom fields of %q", entity)
	}
	account, err := d.Account(ctx)
	if err != nil {
		return nil, err
	}
	return lookUp(ctx, section, func(list List[Field]) ([]kommo.FieldValueWrite, error) {
		return fieldWrites(list, entity, plain, account.Location(), parse)
	})
}

func fieldWrites(list List[Field], entity Entity, plain map[string]any, zone *time.Location, parse ParseDate) ([]kommo.FieldValueWrite, error) {
	var out []kommo.FieldValueWrite
	namedBy := map[int64]string{}
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		f, err := field(list, entity, name)
		if err != nil {
			return nil, err
		}
		if before, twice := namedBy[f.ID]; twice {
			return nil, problem.Invalid(fieldArgument(name), quoted(before)+" and "+quoted(name)+" are the same custom field, "+quoted(f.Name)+".").
				WithNext("Name each field once.")
		}
		namedBy[f.ID] = name
		values, err := encoder{field: f, argument: fieldArgument(name), zone: zone, parse: parse}.encode(plain[name])
		if err != nil {
			return nil, err
		}
		out = append(out, kommo.FieldValueWrite{FieldID: f.ID, Values: values})
	}
	return out, nil
}
