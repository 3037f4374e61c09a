package sandbox

type cardView struct {
	ID                int64   `json:"id"`
	Name              string  `json:"name"`
	FirstName         *string `json:"first_name,omitempty"`
	LastName          *string `json:"last_name,omitempty"`
	ResponsibleUserID int64   `json:"responsible_user_id"`
	GroupID           int64   `json:"group_id"`
	CreatedBy         int64   `json:"created_by"`
	UpdatedBy         int64   `json:"updated_by"`
	CreatedAt         int64   `json:"created_at"`
	UpdatedAt         int64   `json:"updated_at"`
	ClosestTaskAt     *int64  `json:"closest_task_at"`
	IsDeleted         bool    `json:"is_deleted"`
	IsUnsorted        *bool   `json:"is_unsorted,omitempty"`
	CustomFields      any     `json:"custom_fields_values"`
	AccountID         int64   `json:"account_id"`
	Links             links   `json:"_links"`
	Embedded          object  `json:"_embedded"`
}

// readCard is the contact or company as GET shows it. is_deleted stays false even
// in the bin (Kommo API facts: missing and deleted). self is c.selfItem in lists,
// c.self otherwise.
func (c *call) readCard(k *card, self func(string) links) cardView {
	v := cardView{
		ID: k.ID, Name: k.Name, ResponsibleUserID: k.Responsible, GroupID: c.a.groupOf(k.Responsible),
		CreatedBy: k.CreatedBy, UpdatedBy: k.UpdatedBy, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt,
		ClosestTaskAt: c.a.closest(k.ref()), CustomFields: c.a.fieldValuesView(k.Entity, k.Values),
		AccountID: c.a.id, Links: self(cardPath(k.Entity, k.ID)), Embedded: c.cardEmbedded(k, self),
	}
	if k.Entity == "contacts" {
		v.FirstName, v.LastName, v.IsUnsorted = &k.FirstName, &k.LastName, &k.Unsorted
	}
	return v
}

func (c *call) cardEmbedded(k *card, self func(string) links) object {
	o := object{"tags": c.a.tagsOf(k.Entity, k.Tags)}
	kinds := []string{"leads", "customers", "contacts"}
	if k.Entity == "contacts" {
		o["companies"] = c.linkedEntities(k.ref(), "companies", self)
		kinds = kinds[:2]
		if c.with("social_profiles") {
			o["social_profiles"] = []any{}
		}
	}
	for _, kind := range kinds {
		if c.with(kind) {
			o[kind] = c.linkedEntities(k.ref(), kind, self)
		}
	}
	if c.with("catalog_elements") {
		o["catalog_elements"] = c.linkedElements(k.ref(), self)
	}
	return o
}
