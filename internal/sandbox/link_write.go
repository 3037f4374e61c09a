package sandbox

// linkSchema is one link of a request; the PHP client sends what it has not set as
// null.
func linkSchema(mass bool) schema {
	return schema{
		{name: "entity_id", kind: intKind, required: mass},
		{name: "entity_type", kind: stringKind},
		{name: "to_entity_id", kind: intKind, required: true},
		{name: "to_entity_type", kind: stringKind, required: true},
		{name: "metadata", kind: objectKind, fields: schema{
			{name: "quantity", kind: numberKind},
			{name: "catalog_id", kind: intKind},
			{name: "price_id", kind: intKind},
			{name: "is_main", kind: boolKind},
			{name: "updated_by", kind: intKind, check: isUser(true)},
		}},
	}
}

func linkOne(c *call) answer { return c.writeLinks(false, true) }

func unlinkOne(c *call) answer { return c.writeLinks(false, false) }

func linkMany(c *call) answer { return c.writeLinks(true, true) }

func unlinkMany(c *call) answer { return c.writeLinks(true, false) }

// writeLinks links (200 with the links) or unlinks (204) the pairs of the body.
func (c *call) writeLinks(mass, link bool) answer {
	from := ref{c.args["entity"], c.id("id")}
	if !mass && !c.a.alive(from) {
		return invalidField("entity_id", codeNotSupported)
	}
	b, bad := c.parseMany(linkSchema(mass), maxBatch)
	if bad != nil {
		return *bad
	}
	denied := false
	for _, it := range b {
		at := c.linkFrom(it, mass)
		c.checkLink(it, at, link, mass)
		denied = denied || !c.mayEditRef(at)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if denied {
		return forbidden()
	}
	var out []linkView
	for _, it := range b {
		at, to := c.linkFrom(it, mass), linkTo(it)
		if !link {
			c.unlinkEntities(at, to)
			continue
		}
		out = append(out, viewLink(c.link(at, to, it.obj("metadata")), at, mass))
	}
	if !link {
		return noContent()
	}
	path := "/" + c.args["entity"] + "/links"
	if !mass {
		path = cardPath(from.entity, from.id) + "/links"
	}
	return ok(whole(c, "links", path, out))
}

func (c *call) linkFrom(it *item, mass bool) ref {
	if !mass {
		return ref{c.args["entity"], c.id("id")}
	}
	id, _ := it.int("entity_id")
	return ref{c.args["entity"], id}
}

func linkTo(it *item) ref {
	id, _ := it.int("to_entity_id")
	kind, _ := it.str("to_entity_type")
	return ref{kind, id}
}

func (c *call) checkLink(it *item, from ref, link, mass bool) {
	to := linkTo(it)
	if mass && it.has("entity_id") && !c.a.alive(from) {
		it.p.add("entity_id", codeNotSupported)
	}
	if to.entity == "" || !it.has("to_entity_id") {
		return // the schema has said so
	}
	if !linkable(from.entity, to.entity) {
		it.p.add("to_entity_type", codeNotSupported)
		return
	}
	if link && !c.a.alive(to) {
		it.p.add("to_entity_id", codeNotSupported)
	}
	if to.entity == "catalog_elements" {
		if _, sent := it.obj("metadata").int("catalog_id"); !sent {
			it.p.add("metadata.catalog_id", codeMissing)
		}
	}
}

// link makes or changes one link. is_main of a write is main_contact of a read.
func (c *call) link(from, to ref, meta object) *entityLink {
	l := c.linkEntities(from, to)
	if to.entity == "catalog_elements" {
		if l.meta == nil {
			l.meta = object{"quantity": int64(1), "catalog_id": nil, "price_id": nil}
		}
		for _, k := range []string{"quantity", "catalog_id", "price_id"} {
			if meta[k] != nil {
				l.meta[k] = meta[k]
			}
		}
	}
	isMain, _ := meta.bool("is_main")
	switch {
	case isMain && from.entity == "leads" && to.entity == "contacts":
		c.a.links.setMain(from, to.id)
	case isMain && from.entity == "contacts" && to.entity == "leads":
		c.a.links.setMain(to, from.id)
	}
	return l
}
