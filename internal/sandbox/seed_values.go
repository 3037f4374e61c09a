package sandbox

// fields defines the plan's custom fields, or finds those an account has anyway.
func (f *seeding) fields() {
	f.byName = map[string]*customField{}
	for _, owner := range []string{"leads", "contacts", "companies", "customers"} {
		for _, s := range f.p.fields[owner] {
			f.define(owner, s)
		}
	}
}

func (f *seeding) define(owner string, s seedField) {
	def := customField{Owner: owner, Name: s.name, Type: s.typ, Predefined: s.predefined}
	if s.code != "" {
		def.Code = &s.code
	}
	for i, option := range s.options {
		// The first choice of a list made in the interface has the sort 500.
		e := fieldEnum{ID: enumID(f.a), Value: option, Sort: int64(i)}
		if i == 0 {
			e.Sort = 500
		}
		def.Enums = append(def.Enums, e)
	}
	row := f.a.addField(def)
	f.byName[owner+"/"+s.name] = row
}

// values converts what a record holds into the form the table keeps.
func (f *seeding) values(owner string, values []seedValue) []fieldValue {
	var out []fieldValue
	for _, v := range values {
		if def := f.byName[owner+"/"+v.field]; def != nil {
			if doc, isFile := v.values[0]["value"].(object); isFile && def.Type == "file" {
				f.file(doc, f.p.profile.createdAt)
			}
			if stored := f.a.storeValues(def, v.values); len(stored) > 0 {
				out = append(out, fieldValue{FieldID: def.ID, Values: stored})
			}
		}
	}
	return out
}

// equipment is the chained list of two lists: a brand and a model of it.
func (f *seeding) equipment() {
	def := f.byName["leads/Equipment"]
	if def == nil || len(f.catalogs) < 2 {
		return
	}
	brands, models := f.elements[1], f.elements[0]
	def.ChainedLists = []object{
		{"title": "Brand", "catalog_id": f.catalogs[1], "parent_catalog_id": nil},
		{"title": "Model", "catalog_id": f.catalogs[0], "parent_catalog_id": f.catalogs[1]},
	}
	for i, id := range f.leads {
		if i%6 != 0 {
			continue
		}
		l := leads(f.a).get(id)
		l.Values = append(l.Values, fieldValue{FieldID: def.ID, Values: []object{
			{"catalog_id": f.catalogs[1], "catalog_element_id": brands[i%len(brands)]},
			{"catalog_id": f.catalogs[0], "catalog_element_id": models[i%len(models)]},
		}})
	}
}
