package directory

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const fileID = "file_uuid"

// fileIDForm is the form of a file's id: a name or path instead of it is refused before Kommo is asked.
var fileIDForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

const defaultKind = "WORK" // of a phone or e-mail for which none is given, as in Kommo's own forms

// contactWay is a phone, an e-mail or a messenger name: a text, or {"value", "code"}; Kommo calls the
// code enum_code.
func (e encoder) contactWay(v any) (kommo.ValueWrite, error) {
	object, ok := v.(map[string]any)
	if !ok {
		value, err := e.text(v)
		return kommo.ValueWrite{Value: value, EnumCode: e.usualKind()}, err
	}
	const next = `Give a text, or {"value": "text", "code": "OTHER"} to say its kind.`
	for key := range object {
		if key != "value" && key != "code" && key != "enum_code" {
			return kommo.ValueWrite{}, e.invalid("has no part "+quoted(key), next)
		}
	}
	if object["value"] == nil {
		return kommo.ValueWrite{}, e.invalid(`needs "value"`, next)
	}
	value, err := e.text(object["value"])
	if err != nil {
		return kommo.ValueWrite{}, err
	}
	kind := cmp.Or(object["code"], object["enum_code"])
	if kind == nil {
		return kommo.ValueWrite{Value: value, EnumCode: e.usualKind()}, nil
	}
	code, ok := kind.(string)
	if !ok {
		return kommo.ValueWrite{}, e.invalid("takes a kind in words and "+came(kind)+" came", next)
	}
	o, err := e.field.Option(code)
	return kommo.ValueWrite{Value: value, EnumID: o.ID}, ForField(err, e.argument)
}

// usualKind is WORK where the field has it; otherwise Kommo chooses.
func (e encoder) usualKind() string {
	for _, o := range e.field.Options {
		if o.Code == defaultKind || o.Label == defaultKind {
			return defaultKind
		}
	}
	return ""
}

// addressParts are the parts of a smart address, in Kommo's order.
func addressParts() []string {
	return []string{"address_line_1", "address_line_2", "city", "state", "zip", "country"}
}

// address is a text, which becomes the first line, or an object of parts. Each part is an element.
func (e encoder) address(v any) ([]kommo.ValueWrite, error) {
	object, ok := v.(map[string]any)
	if !ok {
		line, err := e.text(v)
		return []kommo.ValueWrite{{Value: line, EnumCode: addressParts()[0]}}, err
	}
	if err := e.known(object, addressParts()); err != nil {
		return nil, err
	}
	var out []kommo.ValueWrite
	for _, part := range addressParts() {
		if object[part] == nil {
			continue
		}
		text, err := e.text(object[part])
		if err != nil {
			return nil, err
		}
		out = append(out, kommo.ValueWrite{Value: text, EnumCode: part})
	}
	if len(out) == 0 {
		return nil, e.invalid("came without any part of an address", "Give a text, or null to clear the field.")
	}
	return out, nil
}

// objectKeys are the keys that Kommo takes in values that are objects; the first is required, and a bare
// value stands for it. Kommo also answers keys that it refuses in writes, so what was read is not sent blindly.
func objectKeys(fieldType kommo.FieldType) []string {
	switch fieldType {
	case kommo.FieldLegalEntity:
		return []string{
			"name", "entity_type", "vat_id", "tax_registration_reason_code", "address", "real_address", "kpp", "bank_code",
			"bank_account_number", "director", "unp", "bin", "egrpou", "mfo", "oked", "external_uid",
		}
	case kommo.FieldPayer:
		return []string{
			"name", "type", "entity_id", "entity_type", "vat_id", "kpp", "tax_registration_reason_code", "address",
			"real_address", "bank_code", "bank_account_number", "unp", "bin", "egrpou", "mfo", "oked", "director", "phone", "email",
		}
	case kommo.FieldItems:
		return []string{
			"description", "sku", "unit_price", "quantity", "unit_type", "discount", "vat_rate_id", "vat_rate_value",
			"external_uid", "product_id", "bonus_points_per_purchase", "metadata",
		}
	case kommo.FieldLinkedEntity:
		return []string{"entity_id", "entity_type", "catalog_id"}
	case kommo.FieldSupplier:
		return []string{"entity_id"}
	case kommo.FieldFile:
		return []string{fileID, "version_uuid", "file_name", "file_size"}
	default:
		return nil
	}
}

func (e encoder) object(v any) (map[string]any, error) {
	keys := objectKeys(e.field.Type)
	object, ok := v.(map[string]any)
	if !ok {
		text, err := e.text(v)
		if err != nil {
			return nil, err
		}
		object = map[string]any{keys[0]: text}
		if id, isID := digits(text); isID && keys[0] == "entity_id" {
			object[keys[0]] = id
		}
	}
	if err := e.known(object, keys); err != nil {
		return nil, err
	}
	if uuid, _ := object[fileID].(string); e.field.Type == kommo.FieldFile && object[fileID] != nil && !fileIDForm.MatchString(uuid) {
		return nil, e.invalid("takes a file that is in Kommo already and "+came(object[fileID])+" is the id of none",
			"Upload the file first and give its id, such as 9a7f3c1e-0000-4000-8000-000000000000.")
	}
	if object[keys[0]] == nil {
		return nil, e.invalid("needs "+quoted(keys[0]), "Give an object with "+quoted(keys[0])+".")
	}
	return object, nil
}

// chained is one level of a chained list: an element of a catalog.
func (e encoder) chained(v any) (kommo.ValueWrite, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return kommo.ValueWrite{}, e.invalid("takes objects and "+came(v)+" came", `Give {"catalog_id": 4, "catalog_element_id": 77} for each level.`)
	}
	catalog, _ := decimal(object["catalog_id"])
	catalogElement, _ := decimal(object["catalog_element_id"])
	catalogID, ok := digits(catalog)
	elementID, ok2 := digits(catalogElement)
	if !ok || !ok2 {
		return kommo.ValueWrite{}, e.invalid("needs the ids of a list and of one of its elements", `Give {"catalog_id": 4, "catalog_element_id": 77} for each level.`)
	}
	return kommo.ValueWrite{CatalogID: catalogID, CatalogElementID: elementID}, nil
}

// known refuses keys that Kommo does not take here, before it refuses the whole request.
func (e encoder) known(object map[string]any, keys []string) error {
	for key := range object {
		if !slices.Contains(keys, key) {
			return e.invalid("has no part "+quoted(key), "Its parts are "+strings.Join(keys, ", ")+".")
		}
	}
	return nil
}
