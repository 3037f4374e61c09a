package directory

import (
	"errors"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// InvalidateFor reports whether Kommo refused a request for an id that came from here, such as a stage that was
// deleted meanwhile. If so, the sections that hold such ids load anew before they answer again, and the caller
// may resolve its names and send the request once more: nothing of a refused request was saved.
func (d *Directory) InvalidateFor(err error) bool {
	e, ok := errors.AsType[*kommo.Error](err)
	if !ok {
		return false
	}
	var stale []cached
	for _, f := range e.Fields {
		if !aboutForm(f.Code) {
			stale = append(stale, d.holding(f.Path)...)
		}
	}
	for _, s := range stale {
		s.invalidate()
	}
	return len(stale) > 0
}

// aboutForm tells complaints about the form of a value, which better knowledge of names would not change.
func aboutForm(code string) bool {
	return slices.Contains([]string{"InvalidType", "FieldMissing", "FieldNotExpected", "NotBlank", "NotNullable", "TooFew"}, code)
}

// holding maps the path of a complaint, such as "_embedded.contacts.0.custom_fields_values.1.field_id", to the
// sections with ids of that kind.
func (d *Directory) holding(path string) []cached {
	parts := strings.Split(path, ".")
	names := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(parts, k) })
	}
	switch {
	case names("custom_fields_values"):
		var all []cached // in a complex lead the path of the contact's fields may begin at the contact
		for _, s := range d.fields {
			all = append(all, s)
		}
		return append(all, d.lists.loaded()...)
	case names("status_id", "pipeline_id"):
		return []cached{d.pipelines}
	case names("loss_reason_id", "loss_reason"):
		return []cached{d.reasons}
	case names("task_type_id", "group_id"):
		return []cached{d.account}
	case names("responsible_user_id", "created_by", "updated_by", "call_responsible"):
		return []cached{d.users, d.account} // the account says who `me` is
	default:
		return nil
	}
}
