package sandbox

import (
	"slices"
	"strconv"
)

func hasChoices(typ string) bool {
	return slices.Contains([]string{"select", "multiselect", "radiobutton"}, typ)
}

// fieldSchema are the keys of a definition that may be written.
func fieldSchema(owner string) schema {
	status := &field{kind: objectKind, fields: schema{
		{name: "status_id", kind: intKind, required: true},
		{name: "pipeline_id", kind: intKind, required: true},
	}}
	return schema{
		{name: "name", kind: stringKind, notBlank: true},
		{name: "type", kind: stringKind, check: func(_ *call, v any) string {
			if slices.Contains(fieldTypes(owner), v.(string)) {
				return ""
			}
			return codeNotSupported
		}},
		{name: "code", kind: stringKind},
		{name: "sort", kind: intKind},
		{name: "group_id", kind: stringKind, check: func(c *call, v any) string {
			if c.a.fieldGroup(owner, v.(string)) != nil {
				return ""
			}
			return codeNotSupported
		}},
		{name: "is_api_only", kind: boolKind},
		{name: "is_deletable", kind: boolKind},
		{name: "is_visible", kind: boolKind},
		{name: "is_required", kind: boolKind},
		{name: "is_predefined", kind: boolKind},
		{name: "enums", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "id", kind: intKind},
			{name: "value", kind: stringKind, required: true, notBlank: true},
			{name: "sort", kind: intKind},
			{name: "code", kind: stringKind},
		}}},
		{name: "nested", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "id", kind: intKind},
			{name: "parent_id", kind: intKind},
			{name: "value", kind: stringKind, required: true, notBlank: true},
			{name: "sort", kind: intKind},
			{name: "request_id", kind: scalarKind},
			{name: "parent_request_id", kind: scalarKind},
		}}},
		{name: "required_statuses", kind: listKind, item: status},
		{name: "hidden_statuses", kind: listKind, item: status},
		{name: "remind", kind: stringKind, check: oneOf("never", "day", "week", "month")},
		{name: "currency", kind: stringKind},
		{name: "settings"},
		{name: "tracking_callback", kind: stringKind},
		{name: "search_in", kind: scalarKind},
		{name: "triggers", kind: listKind},
		{name: "chained_lists", kind: listKind, max: 5, item: &field{kind: objectKind, fields: schema{
			{name: "title", kind: stringKind},
			{name: "catalog_id", kind: intKind, required: true},
			{name: "parent_catalog_id", kind: intKind},
		}}},
	}
}

func fieldCreateSchema(owner string) schema {
	s := fieldSchema(owner)
	s[0].required, s[1].required = true, true
	return s
}

// checkField adds what the schema cannot see. f is nil for a new field.
func (c *call) checkField(owner string, f *customField, o object, p *problems) {
	typ, _ := o.str("type")
	if f == nil {
		checkNewEnums(typ, o, p)
	} else if typ != "" && typ != f.Type {
		p.add("type", codeNotSupported)
	}
	for i, e := range o.objects("enums") {
		if id, sent := e.int("id"); sent && (f == nil || f.enum(id) == nil) {
			p.add(join(join("enums", strconv.Itoa(i)), "id"), codeNotSupported)
		}
	}
	if code, sent := o.str("code"); sent && code != "" {
		if had := c.a.fieldByCode(owner, code); had != nil && had != f {
			p.add("code", codeNotSupported)
		}
	}
}

// checkNewEnums wants choices for a new field that offers them.
func checkNewEnums(typ string, o object, p *problems) {
	switch {
	case !hasChoices(typ):
	case o["enums"] == nil:
		p.add("enums", codeMissing)
	case len(o.list("enums")) == 0:
		p.add("enums", codeTooFew)
	}
}

// setField writes what was sent; null clears what can be null.
func (c *call) setField(f *customField, o object) {
	if v, sent := o.str("name"); sent {
		f.Name = v
	}
	if v, sent := o.int("sort"); sent {
		f.Sort = v
	}
	for key, to := range map[string]*bool{"is_api_only": &f.APIOnly, "is_visible": &f.Visible, "is_required": &f.Required} {
		if v, sent := o.bool(key); sent {
			*to = v
		}
	}
	for key, to := range map[string]**string{
		"code": &f.Code, "group_id": &f.GroupID, "remind": &f.Remind, "currency": &f.Currency, "tracking_callback": &f.TrackingCallback,
	} {
		if v, sent := o.str(key); sent {
			*to = &v
		} else if o.null(key) {
			*to = nil
		}
	}
	for key, to := range map[string]*[]any{
		"required_statuses": &f.RequiredStatuses, "hidden_statuses": &f.HiddenStatuses, "triggers": &f.Triggers,
	} {
		if o.has(key) {
			*to = o.list(key)
		}
	}
	for key, to := range map[string]*any{"search_in": &f.SearchIn, "chained_lists": &f.ChainedLists, "settings": &f.Settings} {
		if o.has(key) {
			*to = o[key]
		}
	}
	if f.GroupID != nil && *f.GroupID == defaultGroup {
		f.GroupID = nil
	}
	c.setEnums(f, o)
	c.setNested(f, o)
}

// setEnums replaces the choices: an entry without its id is a new choice, choices
// left out are gone (Kommo API facts: custom fields).
func (c *call) setEnums(f *customField, o object) {
	if !o.has("enums") || !hasChoices(f.Type) {
		return
	}
	var now []fieldEnum
	for i, e := range o.objects("enums") {
		row := fieldEnum{Sort: int64(i)}
		if id, sent := e.int("id"); sent {
			row = *f.enum(id)
		} else {
			row.ID = enumID(c.a)
		}
		row.Value, _ = e.str("value")
		if sort, sent := e.int("sort"); sent {
			row.Sort = sort
		}
		if code, sent := e.str("code"); sent {
			row.Code = &code
		}
		now = append(now, row)
	}
	f.Enums = now
}

// setNested replaces the tree of a category; parents are named by id or, when they
// come in the same request, by request id.
func (c *call) setNested(f *customField, o object) {
	if !o.has("nested") || f.Type != "category" {
		return
	}
	byRequest := map[any]int64{}
	now := []nestedEnum{}
	for i, e := range o.objects("nested") {
		row := nestedEnum{Sort: int64(i)}
		id, sent := e.int("id")
		if !sent {
			id = enumID(c.a)
		}
		row.ID = id
		row.Value, _ = e.str("value")
		if sort, sent := e.int("sort"); sent {
			row.Sort = sort
		}
		if parent, sent := e.int("parent_id"); sent {
			row.ParentID = &parent
		}
		if parent, known := byRequest[e["parent_request_id"]]; known && e["parent_request_id"] != nil {
			row.ParentID = &parent
		}
		byRequest[e["request_id"]] = id
		now = append(now, row)
	}
	f.Nested = now
}
