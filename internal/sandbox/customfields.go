package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// customField is the definition of a field. Owner tells whose it is: an entity type
// ("leads"), or "catalogs/5" for the fields of one list, or "customers/segments".
type customField struct {
	ID                  int64
	Owner, Name, Type   string
	Code, GroupID       *string
	Sort                int64
	APIOnly, Predefined bool
	Deletable           bool
	Visible, Required   bool // lists only
	Enums               []fieldEnum
	Nested              []nestedEnum // of a category
	Remind, Currency    *string
	SearchIn            any // text or number
	TrackingCallback    *string
	RequiredStatuses    []any
	HiddenStatuses      []any
	Triggers            []any
	ChainedLists        any
	Settings            any
}

// fieldEnum is a choice of a select, multiselect or radiobutton, a kind of phone or
// e-mail, a part of an address.
type fieldEnum struct {
	ID    int64   `json:"id"`
	Value string  `json:"value"`
	Sort  int64   `json:"sort"`
	Code  *string `json:"code,omitempty"`
}

type nestedEnum struct {
	ID       int64  `json:"id"`
	ParentID *int64 `json:"parent_id"`
	Value    string `json:"value"`
	Sort     int64  `json:"sort"`
}

// customFields is the table of every definition. At first use it gets the fields
// that an account has from its first day.
func customFields(a *account) *table[customField] {
	_, made := a.tables["custom_fields"]
	t := tableFor[customField](a, "custom_fields", 1_876_801)
	if !made {
		predefine(a)
	}
	return t
}

func enumID(a *account) int64 { return tableFor[fieldEnum](a, "enum-ids", 1_297_201).alloc() }

func predefine(a *account) {
	for _, f := range []customField{
		{Owner: "contacts", Name: "Position", Code: new("POSITION"), Type: "text", Sort: 2},
		{Owner: "contacts", Name: "Phone", Code: new("PHONE"), Type: "multitext", Sort: 4},
		{Owner: "contacts", Name: "Email", Code: new("EMAIL"), Type: "multitext", Sort: 6},
		{Owner: "contacts", Name: "IM", Code: new("IM"), Type: "multitext", Sort: 8},
		{Owner: "companies", Name: "Phone", Code: new("PHONE"), Type: "multitext", Sort: 2},
		{Owner: "companies", Name: "Email", Code: new("EMAIL"), Type: "multitext", Sort: 4},
		{Owner: "companies", Name: "Web", Code: new("WEB"), Type: "url", Sort: 6},
		{Owner: "companies", Name: "Address", Code: new("ADDRESS"), Type: "textarea", Sort: 8},
	} {
		f.Predefined = true
		a.addField(f)
	}
	for _, code := range []string{"utm_content", "utm_medium", "utm_campaign", "utm_source", "utm_term", "utm_referrer", "referrer", "gclientid", "gclid", "fbclid"} {
		a.addField(customField{
			Owner: "leads", Name: code, Code: new(strings.ToUpper(code)), Type: "tracking_data",
			GroupID: new("statistic"), Predefined: true,
		})
	}
}

// addField stores a definition and gives it its id, its place and what its type
// always has. A predefined code that the owner has already is answered with the
// field there is, so that seeds may name it again.
func (a *account) addField(f customField) *customField {
	t := customFields(a)
	if f.Predefined && f.Code != nil {
		if had := a.fieldByCode(f.Owner, *f.Code); had != nil {
			return had
		}
	}
	f.ID = t.alloc()
	f.Deletable = !f.Predefined
	if f.Sort == 0 {
		f.Sort = 500 + int64(len(a.fieldsOf(f.Owner)))
	}
	if f.Type == "monetary" && f.Currency == nil {
		f.Currency = new(a.profile.currency)
	}
	if f.Type == "birthday" && f.Remind == nil {
		f.Remind = new("never")
	}
	for i, value := range systemEnums(f.Type, f.Code) {
		e := fieldEnum{ID: int64(i + 1), Value: value, Sort: int64(2 + 2*i)}
		if f.Type == "multitext" {
			e.ID = enumID(a)
		}
		f.Enums = append(f.Enums, e)
	}
	t.put(f.ID, &f)
	return &f
}

// systemEnums are the kinds of an entry that a multitext field or an address has
// (Kommo API facts: custom fields).
func systemEnums(typ string, code *string) []string {
	switch {
	case typ == "smart_address":
		return []string{"address_line_1", "address_line_2", "city", "state", "zip", "country"}
	case typ != "multitext":
		return nil
	case code != nil && *code == "EMAIL":
		return []string{"WORK", "PRIV", "OTHER"}
	case code != nil && *code == "IM":
		return []string{"SKYPE", "ICQ", "JABBER", "GTALK", "MSN", "OTHER"}
	}
	return []string{"WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"}
}

// fieldsOf are the owner's definitions in id order.
func (a *account) fieldsOf(owner string) []*customField {
	var out []*customField
	for _, f := range customFields(a).all() {
		if f.Owner == owner {
			out = append(out, f)
		}
	}
	return out
}

func (a *account) fieldByCode(owner, code string) *customField {
	for _, f := range a.fieldsOf(owner) {
		if f.Code != nil && *f.Code == code {
			return f
		}
	}
	return nil
}

// fieldOf finds the owner's field by id; nil for one of another entity.
func (a *account) fieldOf(owner string, id int64) *customField {
	if f := customFields(a).get(id); f != nil && f.Owner == owner {
		return f
	}
	return nil
}

func (f *customField) enum(id int64) *fieldEnum {
	if i := slices.IndexFunc(f.Enums, func(e fieldEnum) bool { return e.ID == id }); i >= 0 {
		return &f.Enums[i]
	}
	return nil
}

// catalogID is the list that the field belongs to, 0 when it is no list's.
func (f *customField) catalogID() int64 {
	rest, isCatalog := strings.CutPrefix(f.Owner, "catalogs/")
	id, err := strconv.ParseInt(rest, 10, 64)
	if !isCatalog || err != nil {
		return 0
	}
	return id
}

// entityType is what the definition shows: "catalogs" for a list's field.
func (f *customField) entityType() string {
	if f.Owner == segmentFields {
		return "segments"
	}
	head, _, _ := strings.Cut(f.Owner, "/")
	return head
}

const segmentFields = "customers/segments"

// fieldTypes lists the types that the owner may have (Kommo API facts: custom
// fields, availability).
func fieldTypes(owner string) []string {
	types := []string{
		"text", "numeric", "checkbox", "select", "multiselect", "date", "url", "date_time", "textarea", "radiobutton", "streetaddress",
	}
	if owner == segmentFields {
		return types
	}
	types = append(types, "file")
	head, _, _ := strings.Cut(owner, "/")
	switch head {
	case "leads":
		return append(types, "smart_address", "birthday", "legal_entity", "tracking_data", "chained_list", "monetary")
	case "contacts", "companies":
		return append(types, "multitext", "smart_address", "birthday", "legal_entity", "monetary")
	case "customers":
		return append(types, "chained_list", "monetary")
	}
	return append(types, "price", "category", "items", "linked_entity", "payer", "supplier")
}

func fieldPath(owner string, id int64) string { return fmt.Sprintf("/%s/custom_fields/%d", owner, id) }
