package sandbox

// logResponsible logs the change of an entity's responsible user.
func (c *call) logResponsible(entity string, id, before, after int64) {
	c.log("entity_responsible_changed", entity, id,
		valueOf("responsible_user", object{"id": before}), valueOf("responsible_user", object{"id": after}))
}

// logName logs the change of an entity's name.
func (c *call) logName(entity string, id int64, before, after string) {
	c.log("name_field_changed", entity, id,
		valueOf("name_field_value", object{"name": before}), valueOf("name_field_value", object{"name": after}))
}

// linkEntities links the two and logs it on both, unless they were linked. An
// entity has at most one company: a new one takes the old one's place.
func (c *call) linkEntities(a, b ref) *entityLink {
	for _, pair := range [][2]ref{{a, b}, {b, a}} {
		if pair[1].entity != "companies" || pair[0].entity == "customers" {
			continue
		}
		for _, id := range c.a.links.ids(pair[0], "companies") {
			if id != pair[1].id {
				c.unlinkEntities(pair[0], ref{"companies", id})
			}
		}
	}
	l, made := c.a.links.add(a, b)
	if made {
		c.logLink("entity_linked", a, b)
		c.a.links.keepMain(a, b)
	}
	return l
}

// unlinkEntities removes the link and logs it; false when there was none.
func (c *call) unlinkEntities(a, b ref) bool {
	if !c.a.links.remove(a, b) {
		return false
	}
	c.logLink("entity_unlinked", a, b)
	c.a.links.keepMain(a, b)
	return true
}

// logLink logs on both ends, with the other end as value_after (linked) or
// value_before (unlinked).
func (c *call) logLink(typ string, a, b ref) {
	key := "link"
	if typ == "entity_unlinked" {
		key = "unlink"
	}
	for _, pair := range [][2]ref{{a, b}, {b, a}} {
		v := valueOf(key, object{"entity": object{"type": singular(pair[1].entity), "id": pair[1].id}})
		if typ == "entity_linked" {
			c.log(typ, pair[0].entity, pair[0].id, nil, v)
		} else {
			c.log(typ, pair[0].entity, pair[0].id, v, nil)
		}
	}
}
