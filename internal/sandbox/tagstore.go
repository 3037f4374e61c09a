package sandbox

import (
	"slices"
	"strings"
)

// tag is one entry of an entity type's dictionary; the dictionaries of leads,
// contacts, companies and customers are separate.
type tag struct {
	ID    int64
	Name  string
	Color *string // leads only
}

// tagView is a tag inside an entity.
type tagView struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Color *string `json:"color"`
}

func (a *account) tagTable(entity string) *table[tag] {
	t := a.tags[entity]
	if t == nil {
		t = newTable[tag](int64(600_001 + 10_000*len(a.tags)))
		a.tags[entity] = t
	}
	return t
}

// tagNamed returns the tag of that name, making it when there is none.
func (a *account) tagNamed(entity, name string) *tag {
	t := a.tagTable(entity)
	for _, row := range t.all() {
		if strings.EqualFold(row.Name, name) {
			return row
		}
	}
	row := &tag{ID: t.alloc(), Name: name}
	t.put(row.ID, row)
	return row
}

// tagsOf shows the tags in the order they were put on the entity; never nil.
func (a *account) tagsOf(entity string, ids []int64) []tagView {
	out := []tagView{}
	for _, id := range ids {
		if t := a.tagTable(entity).get(id); t != nil {
			out = append(out, tagView{ID: t.ID, Name: t.Name, Color: t.Color})
		}
	}
	return out
}

// tagList is the field of a write body that takes tags: [{"id":3},{"name":"vip"}].
func tagList(name, entity string) field {
	return field{name: name, kind: listKind, item: &field{kind: objectKind, fields: schema{
		{name: "id", kind: intKind, check: func(c *call, v any) string {
			if id, _ := v.(int64); c.a.tagTable(entity).has(id) {
				return ""
			}
			return codeNotSupported
		}},
		{name: "name", kind: stringKind, notBlank: true},
		{name: "color", kind: stringKind},
	}}}
}

// embeddedTags is `_embedded` where only tags may be written, as on PATCH.
func embeddedTags(entity string) field {
	return field{name: "_embedded", kind: objectKind, fields: schema{tagList("tags", entity)}}
}

// applyTags returns the entity's tag ids after the write: _embedded.tags replaces
// the set (null clears it), tags_to_add and tags_to_delete change it. Unknown names
// make tags. One event is logged for the tags added and one for those taken off.
func (c *call) applyTags(entity string, id int64, had []int64, o object) []int64 {
	now := slices.Clone(had)
	if emb := o.obj("_embedded"); emb.has("tags") {
		now = c.addTags(entity, nil, emb.objects("tags"))
	}
	now = c.addTags(entity, now, o.objects("tags_to_add"))
	for _, t := range o.objects("tags_to_delete") {
		gone, byID := t.int("id")
		name, _ := t.str("name")
		now = slices.DeleteFunc(now, func(x int64) bool {
			row := c.a.tagTable(entity).get(x)
			return byID && x == gone || row != nil && name != "" && strings.EqualFold(row.Name, name)
		})
	}
	c.logTags("entity_tag_added", entity, id, now, had)
	c.logTags("entity_tag_deleted", entity, id, had, now)
	return now
}

func (c *call) addTags(entity string, ids []int64, tags []object) []int64 {
	for _, t := range tags {
		id, byID := t.int("id")
		if name, isName := t.str("name"); !byID && isName {
			id = c.a.tagNamed(entity, name).ID
		}
		if id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// logTags logs the tags that are in list and not in other.
func (c *call) logTags(typ, entity string, id int64, list, other []int64) {
	var values []any
	for _, t := range list {
		if row := c.a.tagTable(entity).get(t); row != nil && !slices.Contains(other, t) {
			values = append(values, object{"tag": object{"name": row.Name}})
		}
	}
	if values == nil {
		return
	}
	if typ == "entity_tag_added" {
		c.log(typ, entity, id, nil, values)
		return
	}
	c.log(typ, entity, id, values, nil)
}
