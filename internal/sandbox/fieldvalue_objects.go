package sandbox

import (
	"maps"
	"slices"
)

// objectValueSchema is the value of a type whose value is an object; nil for the
// other types (Kommo API facts: custom fields, table of types).
func objectValueSchema(a *account, typ string) schema {
	switch typ {
	case "legal_entity":
		return legalEntitySchema(a.profile.country)
	case "items":
		return itemSchema()
	case "linked_entity":
		return schema{
			{name: "entity_id", kind: intKind, required: true},
			{name: "entity_type", kind: stringKind, required: true, check: oneOf("contacts", "companies", "catalog_elements")},
			{name: "catalog_id", kind: intKind},
			{name: "name", kind: stringKind},
		}
	case "file":
		return schema{
			{name: "file_uuid", kind: stringKind, required: true, notBlank: true},
			{name: "version_uuid", kind: stringKind},
			{name: "file_name", kind: stringKind},
			{name: "file_size", kind: intKind},
			{name: "is_deleted", kind: boolKind},
		}
	case "payer":
		s := texts("name", "vat_id", "kpp", "tax_registration_reason_code", "address", "real_address", "bank_code",
			"bank_account_number", "unp", "bin", "egrpou", "mfo", "oked", "director", "phone", "email")
		return append(s,
			field{name: "type", kind: stringKind, check: oneOf("legal", "individual")},
			field{name: "entity_id", kind: intKind},
			field{name: "entity_type", kind: stringKind, check: oneOf("contacts", "companies")})
	case "supplier":
		return append(texts(supplierDetails()...), field{name: "entity_id", kind: intKind, required: true})
	}
	return nil
}

// texts are keys that take text or numbers.
func texts(names ...string) schema {
	var s schema
	for _, n := range names {
		s = append(s, field{name: n, kind: scalarKind})
	}
	return s
}

// supplierDetails are shown and never kept.
func supplierDetails() []string {
	return []string{"name", "vat_id", "kpp", "tax_registration_reason_code", "bank_code", "address", "bank_account_number"}
}

func legalKeys() []string {
	return []string{
		"vat_id", "tax_registration_reason_code", "address", "real_address", "bank_code", "bank_account_number",
		"director", "external_uid", "kpp", "unp", "bin", "egrpou", "mfo", "oked",
	}
}

// legalEntitySchema refuses the keys of other countries' registers.
func legalEntitySchema(country string) schema {
	foreign := map[string][]string{"kpp": {"RU"}, "unp": {"BY"}, "bin": {"KZ"}, "egrpou": {"UA"}, "mfo": {"UA", "UZ"}, "oked": {"UZ"}}
	s := schema{
		{name: "name", kind: stringKind, required: true, notBlank: true},
		{name: "entity_type", kind: intKind, check: oneOf[int64](1, 2)},
	}
	// One release of the PHP client writes these in capitals, empty.
	for _, k := range []string{"UNP", "BIN", "EGRPOU"} {
		s = append(s, unexpected(k))
	}
	for _, k := range legalKeys() {
		if countries := foreign[k]; countries != nil && !slices.Contains(countries, country) {
			s = append(s, unexpected(k))
			continue
		}
		s = append(s, field{name: k, kind: scalarKind})
	}
	return s
}

func itemSchema() schema {
	return schema{
		{name: "sku", kind: scalarKind},
		{name: "description", kind: stringKind},
		{name: "unit_price", kind: numberKind},
		{name: "quantity", kind: numberKind},
		{name: "unit_type", kind: stringKind},
		{name: "discount", kind: objectKind, fields: schema{
			{name: "type", kind: stringKind, check: oneOf("percentage", "amount")},
			{name: "value", kind: numberKind},
		}},
		{name: "vat_rate_id", kind: intKind, check: oneOf[int64](0, 1, 2, 3, 4, 5)},
		{name: "vat_rate_value", kind: numberKind},
		{name: "external_uid", kind: scalarKind},
		{name: "product_id", kind: intKind},
		{name: "bonus_points_per_purchase", kind: numberKind},
		{name: "metadata"},
		{name: "is_discount_recalculated", kind: boolKind},
		{name: "is_total_sum_recalculated", kind: boolKind},
		{name: "total_sum", kind: numberKind},
	}
}

// showObject is the value as it reads, with the keys that Kommo adds.
func (a *account) showObject(typ string, v object) object {
	out := maps.Clone(v)
	switch typ {
	case "legal_entity":
		// Reads have the keys of every country, most of them empty.
		for _, k := range append(legalKeys(), "entity_type") {
			if !out.has(k) {
				out[k] = nil
			}
		}
	case "items":
		out["is_discount_recalculated"], out["is_total_sum_recalculated"] = false, false
		out["total_sum"] = itemTotal(v)
	case "linked_entity":
		id, _ := v.int("entity_id")
		entity, _ := v.str("entity_type")
		out["name"] = a.nameOf(ref{entity, id})
		if !out.has("catalog_id") {
			out["catalog_id"] = nil
		}
	case "supplier":
		id, _ := v.int("entity_id")
		for _, k := range supplierDetails() {
			out[k] = nil
		}
		out["name"] = a.nameOf(ref{"catalog_elements", id})
	}
	return out
}

func itemTotal(v object) float64 {
	price, _ := v.number("unit_price")
	quantity, _ := v.number("quantity")
	total := price * quantity
	off, _ := v.obj("discount").number("value")
	if kind, _ := v.obj("discount").str("type"); kind == "percentage" {
		return total * (1 - off/100)
	}
	return total - off
}

// named is an entity that has a name.
type named interface{ entityName() string }

func (k *card) entityName() string { return k.Name }

func (l *lead) entityName() string { return l.Name }

// nameOf is the name of an entity, nil when it has none or is not there.
func (a *account) nameOf(r ref) any {
	if n, has := a.row(r.entity, r.id).(named); has {
		return n.entityName()
	}
	return nil
}
