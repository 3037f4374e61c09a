package sandbox

// authored adds the keys that say who wrote a record and when. Published clients
// send them back with every save, as they read them.
func (s schema) authored() schema {
	return append(
		s,
		field{name: "created_by", kind: intKind, check: isUser(true)},
		field{name: "updated_by", kind: intKind, check: isUser(true)},
		field{name: "created_at", kind: intKind},
		field{name: "updated_at", kind: intKind},
	)
}

// setAuthors keeps those of the keys that were sent.
func (c *call) setAuthors(o object, createdBy, updatedBy, createdAt, updatedAt *int64) {
	for key, to := range map[string]*int64{
		"created_by": createdBy, "updated_by": updatedBy, "created_at": createdAt, "updated_at": updatedAt,
	} {
		if v, sent := o.int(key); sent {
			*to = v
		}
	}
}
