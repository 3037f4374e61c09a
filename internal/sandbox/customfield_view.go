package sandbox

// fieldView is a definition as it reads; some keys belong to some owners only
// (recorded answers of contacts and lists; Kommo API facts: custom fields).
type fieldView struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	AccountID int64  `json:"account_id"`
	Code      any    `json:"code"`
	Sort      int64  `json:"sort"`
	IsAPIOnly bool   `json:"is_api_only"`
	Enums     any    `json:"enums"`
	RequestID string `json:"request_id,omitempty"`
	*entityFieldView
	*leadFieldView
	*catalogFieldView
	IsDeletable bool   `json:"is_deletable"`
	Triggers    []any  `json:"triggers"`
	EntityType  string `json:"entity_type"`
	Settings    any    `json:"settings,omitempty"`
	Links       links  `json:"_links"`
}

// entityFieldView is for leads, contacts, companies and customers.
type entityFieldView struct {
	GroupID          *string `json:"group_id"`
	RequiredStatuses []any   `json:"required_statuses"`
	IsPredefined     bool    `json:"is_predefined"`
	Remind           *string `json:"remind"`
	Currency         *string `json:"currency"`
	HiddenStatuses   []any   `json:"hidden_statuses"`
}

type leadFieldView struct {
	IsComputed       bool    `json:"is_computed"`
	TrackingCallback *string `json:"tracking_callback"`
	ChainedLists     any     `json:"chained_lists"`
}

type catalogFieldView struct {
	CatalogID  int64 `json:"catalog_id"`
	IsVisible  bool  `json:"is_visible"`
	IsRequired bool  `json:"is_required"`
	SearchIn   any   `json:"search_in"`
	Nested     any   `json:"nested"`
}

func (c *call) readField(f *customField, self func(string) links) fieldView {
	v := fieldView{
		ID: f.ID, Name: f.Name, Type: f.Type, AccountID: c.a.id, Code: f.Code, Sort: f.Sort, IsAPIOnly: f.APIOnly,
		IsDeletable: f.Deletable, Triggers: orEmpty(f.Triggers), EntityType: f.entityType(), Settings: f.Settings,
		Links: self(fieldPath(f.Owner, f.ID)),
	}
	if len(f.Enums) > 0 {
		v.Enums = f.Enums
	}
	if id := f.catalogID(); id != 0 {
		v.catalogFieldView = &catalogFieldView{CatalogID: id, IsVisible: f.Visible, IsRequired: f.Required, SearchIn: f.SearchIn}
		if f.Nested != nil {
			v.Nested = f.Nested
		}
		return v
	}
	v.entityFieldView = &entityFieldView{
		GroupID: f.GroupID, RequiredStatuses: orEmpty(f.RequiredStatuses), IsPredefined: f.Predefined,
		Remind: f.Remind, Currency: f.Currency, HiddenStatuses: orEmpty(f.HiddenStatuses),
	}
	if f.Owner == "leads" || f.Owner == "customers" {
		v.leadFieldView = &leadFieldView{TrackingCallback: f.TrackingCallback, ChainedLists: f.ChainedLists}
	}
	return v
}

// orEmpty keeps a list a list in JSON.
func orEmpty(list []any) []any {
	if list == nil {
		return []any{}
	}
	return list
}
