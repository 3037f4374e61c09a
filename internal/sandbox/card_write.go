package sandbox

import "strings"

// cardFields are the keys both POST and PATCH take (Kommo API facts: contacts and
// companies).
func cardFields(entity string) schema {
	s := schema{
		{name: "name", kind: stringKind},
		{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		{name: "created_by", kind: intKind, check: isUser(true)},
		{name: "updated_by", kind: intKind, check: isUser(true)},
		{name: "created_at", kind: intKind},
		{name: "updated_at", kind: intKind},
		customFieldValues(entity),
		tagList("tags_to_add", entity),
		embeddedTags(entity),
	}
	if entity == "contacts" {
		s = append(s, field{name: "first_name", kind: stringKind}, field{name: "last_name", kind: stringKind})
	}
	return s
}

func cardCreateSchema(entity string) schema { return cardFields(entity) }

func cardPatchSchema(entity string) schema {
	return append(cardFields(entity), tagList("tags_to_delete", entity))
}

// addCard stores a new contact or company from a checked body. Those inside other
// bodies come through here too.
func (c *call) addCard(entity string, o object) *card {
	t := cards(c.a, entity)
	k := &card{ID: t.alloc(), Entity: entity, Responsible: c.actor(), CreatedBy: c.actor(), CreatedAt: c.now()}
	t.put(k.ID, k)
	c.setCard(k, o)
	c.log(singular(entity)+"_added", entity, k.ID, nil, nil)
	k.Values = c.applyFieldValues(entity, k.ID, k.Values, o)
	k.Tags = c.applyTags(entity, k.ID, k.Tags, o)
	c.touchCard(k, o)
	return k
}

// updateCard applies a checked PATCH and logs an event for each change.
func (c *call) updateCard(k *card, o object) {
	was := *k
	c.setCard(k, o)
	if was.Responsible != k.Responsible {
		c.logResponsible(k.Entity, k.ID, was.Responsible, k.Responsible)
	}
	if was.Name != k.Name {
		c.logName(k.Entity, k.ID, was.Name, k.Name)
	}
	k.Values = c.applyFieldValues(k.Entity, k.ID, k.Values, o)
	k.Tags = c.applyTags(k.Entity, k.ID, k.Tags, o)
	c.touchCard(k, o)
}

// setCard writes the plain fields that were sent.
func (c *call) setCard(k *card, o object) {
	c.setNames(k, o)
	if v, sent := o.int("responsible_user_id"); sent {
		k.Responsible = v
	}
	if v, sent := o.int("created_by"); sent {
		k.CreatedBy = v
	}
	if v, sent := o.int("created_at"); sent {
		k.CreatedAt = v
	}
}

// setNames composes a contact's name of its parts, in the order that the account
// chose. A name without parts becomes the first name, as recorded.
func (c *call) setNames(k *card, o object) {
	name, sentName := o.str("name")
	first, sentFirst := o.str("first_name")
	last, sentLast := o.str("last_name")
	if sentName {
		k.Name = name
	}
	if k.Entity != "contacts" {
		return
	}
	if sentName && !sentFirst && !sentLast {
		k.FirstName, k.LastName = name, ""
		return
	}
	if sentFirst {
		k.FirstName = first
	}
	if sentLast {
		k.LastName = last
	}
	if first == "" && last == "" && sentName || !sentFirst && !sentLast {
		return
	}
	parts := []string{k.FirstName, k.LastName}
	if c.a.profile.contactNameOrder == 2 {
		parts[0], parts[1] = parts[1], parts[0]
	}
	k.Name = strings.TrimSpace(strings.Join(parts, " "))
}

// touchCard sets updated_at and updated_by, to now unless they were sent.
func (c *call) touchCard(k *card, o object) {
	k.UpdatedAt, k.UpdatedBy = c.now(), c.actor()
	if at, sent := o.int("updated_at"); sent {
		k.UpdatedAt = at
	}
	if by, sent := o.int("updated_by"); sent {
		k.UpdatedBy = by
	}
}
