package kommo

import (
	"encoding/json"
	"errors"
)

var errNoValue = errors.New("the value is empty")

// FlexText is a text that some answers write as a number.
type FlexText string

// UnmarshalJSON reads text, number or null.
func (s *FlexText) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*s = ""
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*s = FlexText(text)
		return nil
	}
	var number json.Number
	err := json.Unmarshal(raw, &number)
	*s = FlexText(number)
	return err
}

// LegalEntity is a firm with its registration. Kommo answers the keys of every
// country and refuses foreign ones in writes: what is empty is not written.
type LegalEntity struct {
	Name        string   `json:"name"`                 // required
	Kind        Int      `json:"entity_type,omitzero"` // 1 sole trader, 2 company
	VATID       FlexText `json:"vat_id,omitzero"`
	TaxReason   FlexText `json:"tax_registration_reason_code,omitzero"`
	Address     string   `json:"address,omitzero"`
	RealAddress string   `json:"real_address,omitzero"`
	KPP         FlexText `json:"kpp,omitzero"`
	BankCode    FlexText `json:"bank_code,omitzero"`
	BankAccount FlexText `json:"bank_account_number,omitzero"`
	Director    string   `json:"director,omitzero"`
	UNP         FlexText `json:"unp,omitzero"`
	BIN         FlexText `json:"bin,omitzero"`
	EGRPOU      FlexText `json:"egrpou,omitzero"`
	MFO         FlexText `json:"mfo,omitzero"`
	OKED        FlexText `json:"oked,omitzero"`
	ExternalUID FlexText `json:"external_uid,omitzero"`
}

func (LegalEntity) suits(t FieldType) bool { return t == FieldLegalEntity }

func (e LegalEntity) element(FieldType) (ValueWrite, error) {
	if e.Name == "" {
		return ValueWrite{}, errNoValue
	}
	return ValueWrite{Value: e}, nil
}

// Item is one row of an invoice.
type Item struct {
	SKU         FlexText        `json:"sku,omitzero"`
	Description string          `json:"description,omitzero"`
	UnitPrice   Decimal         `json:"unit_price,omitzero"`
	Quantity    Decimal         `json:"quantity,omitzero"`
	UnitType    string          `json:"unit_type,omitzero"`
	Discount    *Discount       `json:"discount,omitzero"`
	VATRateID   *Int            `json:"vat_rate_id,omitzero"` // 0 to 5
	VATRate     Decimal         `json:"vat_rate_value,omitzero"`
	ExternalUID FlexText        `json:"external_uid,omitzero"`
	ProductID   *Int            `json:"product_id,omitzero"`
	BonusPoints Decimal         `json:"bonus_points_per_purchase,omitzero"`
	Metadata    json.RawMessage `json:"metadata,omitzero"`

	// What follows is only read.
	DiscountRecalculated *bool   `json:"is_discount_recalculated,omitzero"`
	TotalRecalculated    *bool   `json:"is_total_sum_recalculated,omitzero"`
	Total                Decimal `json:"total_sum,omitzero"`
}

// Discount is a share or a sum taken off.
type Discount struct {
	Type  string  `json:"type"` // percentage, amount
	Value Decimal `json:"value"`
}

func (Item) suits(t FieldType) bool { return t == FieldItems }

func (i Item) element(FieldType) (ValueWrite, error) {
	i.DiscountRecalculated, i.TotalRecalculated, i.Total = nil, nil, ""
	return ValueWrite{Value: i}, nil
}

// LinkedEntity is another record: contacts, companies, or catalog_elements with
// the id of their list. Name is only read.
type LinkedEntity struct {
	EntityID   int64  `json:"entity_id"`
	EntityType Entity `json:"entity_type"`
	CatalogID  *int64 `json:"catalog_id"`
	Name       string `json:"name,omitzero"`
}

func (LinkedEntity) suits(t FieldType) bool { return t == FieldLinkedEntity }

func (e LinkedEntity) element(FieldType) (ValueWrite, error) {
	e.Name = ""
	return ValueWrite{Value: e}, nil
}

// File is a file of the account's Drive.
type File struct {
	UUID        string `json:"file_uuid"`
	VersionUUID string `json:"version_uuid,omitzero"`
	Name        string `json:"file_name,omitzero"`
	Size        Int    `json:"file_size,omitzero"` // bytes
}

func (File) suits(t FieldType) bool { return t == FieldFile }

func (f File) element(FieldType) (ValueWrite, error) {
	if f.UUID == "" {
		return ValueWrite{}, errNoValue
	}
	return ValueWrite{Value: f}, nil
}

// Payer is who pays an invoice: a record of the account, or only a name.
type Payer struct {
	Name        string   `json:"name,omitzero"`
	Type        string   `json:"type,omitzero"` // legal, individual
	EntityID    *int64   `json:"entity_id,omitzero"`
	EntityType  Entity   `json:"entity_type,omitzero"`
	VATID       FlexText `json:"vat_id,omitzero"`
	KPP         FlexText `json:"kpp,omitzero"`
	TaxReason   FlexText `json:"tax_registration_reason_code,omitzero"`
	Address     string   `json:"address,omitzero"`
	RealAddress string   `json:"real_address,omitzero"`
	BankCode    FlexText `json:"bank_code,omitzero"`
	BankAccount FlexText `json:"bank_account_number,omitzero"`
	UNP         FlexText `json:"unp,omitzero"`
	BIN         FlexText `json:"bin,omitzero"`
	EGRPOU      FlexText `json:"egrpou,omitzero"`
	MFO         FlexText `json:"mfo,omitzero"`
	OKED        FlexText `json:"oked,omitzero"`
	Director    string   `json:"director,omitzero"`
	Phone       FlexText `json:"phone,omitzero"`
	Email       string   `json:"email,omitzero"`
}

func (Payer) suits(t FieldType) bool { return t == FieldPayer }

func (p Payer) element(FieldType) (ValueWrite, error) { return ValueWrite{Value: p}, nil }

// Supplier is who issues an invoice. Only its id is written.
type Supplier struct {
	EntityID    int64    `json:"entity_id"`
	Name        string   `json:"name,omitzero"`
	VATID       FlexText `json:"vat_id,omitzero"`
	KPP         FlexText `json:"kpp,omitzero"`
	TaxReason   FlexText `json:"tax_registration_reason_code,omitzero"`
	BankCode    FlexText `json:"bank_code,omitzero"`
	Address     string   `json:"address,omitzero"`
	BankAccount FlexText `json:"bank_account_number,omitzero"`
}

func (Supplier) suits(t FieldType) bool { return t == FieldSupplier }

func (s Supplier) element(FieldType) (ValueWrite, error) {
	if s.EntityID == 0 {
		return ValueWrite{}, errNoValue
	}
	return ValueWrite{Value: Supplier{EntityID: s.EntityID}}, nil
}
