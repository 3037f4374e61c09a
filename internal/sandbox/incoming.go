package sandbox

// incoming is a lead that waits to be accepted (unsorted). /leads/complex makes one
// when it is given metadata.
type incoming struct {
	UID, Category         string
	SourceUID, SourceName string
	PipelineID, CreatedAt int64
	LeadID                int64
	ContactID, CompanyID  int64 // 0 for none
	Metadata              object
	State                 string // "" waiting, "accepted", "declined"
	SortedAt              int64
}

func incomings(a *account) *table[incoming] { return tableFor[incoming](a, "unsorted", 1) }

// addIncoming stores the lead as an incoming one. Its new contact and company stay
// out of the lists until it is accepted.
func (c *call) addIncoming(l *lead, contact, company *card, meta object) *incoming {
	in := &incoming{UID: randomHex(30), PipelineID: l.PipelineID, CreatedAt: c.now(), LeadID: l.ID, Metadata: object{}}
	for k, v := range meta {
		if k != "category" {
			in.Metadata[k] = v
		}
	}
	in.Category, _ = meta.str("category")
	in.SourceName, _ = meta.str("form_name")
	if contact != nil {
		in.ContactID = contact.ID
	}
	if company != nil {
		in.CompanyID = company.ID
	}
	incomings(c.a).put(incomings(c.a).alloc(), in)
	return in
}
