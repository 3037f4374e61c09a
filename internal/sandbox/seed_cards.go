package sandbox

func (f *seeding) companiesAndContacts() {
	for _, s := range f.p.companies {
		f.companies = append(f.companies, f.card("companies", s).ID)
	}
	for _, s := range f.p.contacts {
		k := f.card("contacts", s)
		k.FirstName, k.LastName = s.first, s.last
		f.contacts = append(f.contacts, k.ID)
		if s.company >= 0 {
			f.link(s.created, k.CreatedBy, k.ref(), ref{"companies", f.companies[s.company]})
		}
	}
}

func (f *seeding) card(entity string, s seedEntity) *card {
	t, by := cards(f.a, entity), f.users[s.responsible]
	k := &card{
		ID: t.alloc(), Entity: entity, Name: s.name, Responsible: by, CreatedBy: by, UpdatedBy: by,
		CreatedAt: s.created, UpdatedAt: s.updated, Tags: f.tags(entity, s.tags), Values: f.values(entity, s.values),
	}
	t.put(k.ID, k)
	f.log(s.created, by, singular(entity)+"_added", entity, k.ID, nil, nil)
	return k
}
