package sandbox

// rules adds what hangs on pipelines and lists already stored: rights to single
// stages and lists, and a field that must be filled before a lead is won. All of
// them allow, so that they change no one's reach.
func (f *seeding) rules() {
	if len(f.pipelines) == 0 || len(f.users) < 2 {
		return
	}
	first := f.pipelines[0]
	row := users(f.a).get(f.users[1])
	row.Rights.StatusRights = []statusRight{{
		"leads", first.ID, first.Statuses[len(first.Statuses)-1].ID, stageRights{View: "A", Edit: "A", Delete: "A"},
	}}
	if len(f.catalogs) > 0 {
		row.Rights.CatalogRights = []any{object{
			"catalog_id": f.catalogs[0],
			"rights":     object{"add": "A", "edit": "A", "view": "A", "delete": "A", "export": "D"},
		}}
	}
	if def := f.byName["contacts/Email"]; def != nil {
		def.RequiredStatuses = []any{object{"pipeline_id": first.ID, "status_id": int64(142)}}
	}
}

// handOver logs that a few leads changed hands lately.
func (f *seeding) handOver() {
	for i := 0; i < min(40, len(f.leads)); i += 8 {
		l := leads(f.a).get(f.leads[i])
		from := f.users[i/8%len(f.users)]
		if from != l.Responsible {
			f.log(f.p.now-int64(i+1)*60, f.users[0], "entity_responsible_changed", "leads", l.ID,
				valueOf("responsible_user", object{"id": from}), valueOf("responsible_user", object{"id": l.Responsible}))
		}
	}
}

// mail is a letter to a customer, as the mail integration notes it.
func (p *seedPlan) mail() object {
	d := &p.dice
	return object{
		"thread_id": d.hex(9), "message_id": d.hex(9), "private": false, "income": false,
		"from":    object{"email": p.users[0].email, "name": p.users[0].name},
		"to":      object{"email": seedMail("customer", d.below(90)), "name": ""},
		"version": int64(2), "subject": "Your quote", "access_granted": int64(0), "content_summary": pick(d, commonNotes()),
		"attach_cnt": int64(1), "delivery": object{"status": "none", "time": p.now - day},
	}
}
