package sandbox

import "strings"

// platform fills what is beside the cards: lists, sources, bots, talks, templates,
// widgets, incoming leads and the demo channel.
func (f *seeding) platform() {
	f.lists()
	for _, s := range f.p.sources {
		addSource(f.a, s.name, s.externalID, f.pipelines[s.pipeline].ID)
	}
	for i, name := range []string{"Welcome message", "Appointment reminder", "How did we do?"} {
		b := &bot{ID: bots(f.a).alloc(), Name: name, Type: []string{"greeting", "regular", "nps"}[i], Active: i < 2, Favorite: i == 0}
		bots(f.a).put(b.ID, b)
	}
	for _, code := range []string{"phone_dialer", "invoice_maker"} {
		w := &widget{ID: widgets(f.a).alloc(), Code: code, Name: strings.ReplaceAll(code, "_", " ")}
		widgets(f.a).put(w.ID, w)
	}
	for i, content := range []string{"Hi {{contact.name}}, our crew arrives tomorrow.", "Your proposal is ready: {{lead.cf.Proposal}}"} {
		at := f.p.profile.createdAt
		t := &chatTemplate{ID: chatTemplates(f.a).alloc(), CreatedAt: at, UpdatedAt: at, Fields: object{
			"name": []string{"Crew arrival", "Proposal ready"}[i], "content": content, "external_id": []string{"crew", "proposal"}[i],
		}}
		chatTemplates(f.a).put(t.ID, t)
	}
	addChannel(f.a, Channel{ID: DemoChannelID, Secret: DemoChannelSecret, Code: "sunridge.chat", Title: "Sunridge chat"})
	f.talks()
	f.incoming()
}

// talks are a few conversations in messengers, the last one closed.
func (f *seeding) talks() {
	for i, origin := range []string{"waba", "telegram", "instagram_business", "facebook", "waba"} {
		s := &f.p.leads[i]
		at, contact := f.p.now-int64(5-i)*day, s.contacts[0]
		t := &talk{
			ID: talks(f.a).alloc(), ContactID: f.contacts[contact], On: ref{"leads", f.leads[i]}, ChatID: f.p.dice.uuid(),
			Origin: origin, Status: talkOpen, CreatedAt: at, UpdatedAt: at + hour, Read: i%2 == 0,
		}
		if i == 4 {
			t.Status = talkClosed
		}
		client := messageAuthor{ID: f.p.dice.uuid(), Type: "external", Name: f.p.contacts[contact].name}
		seller := users(f.a).get(f.users[s.responsible])
		for n, text := range []string{"Hello, is somebody there?", "Good morning! How can we help?", "When could you look at my roof?"} {
			m := &message{ID: f.p.dice.uuid(), Type: "incoming", Kind: "text", Text: text, CreatedAt: at + int64(n)*600, Author: client}
			if n == 1 {
				m.Type, m.Delivery = "outgoing", "delivered"
				m.Author = messageAuthor{ID: seller.AmojoID, Type: "internal", Name: seller.Name}
			}
			t.Messages = append(t.Messages, m)
			f.log(m.CreatedAt, 0, m.Type+"_chat_message", "contacts", t.ContactID, nil, valueOf("message", object{"id": m.ID}))
		}
		talks(f.a).put(t.ID, t)
		f.a.tieChat(t.ContactID, t.ChatID)
	}
}

// incoming are the leads that wait to be accepted: two forms and a call.
func (f *seeding) incoming() {
	people := []seedEntity{
		{name: "Iris Calloway", values: []seedValue{coded("Phone", "WORK", "+1 202 555 0190")}},
		{name: "Hugo Marchetti", values: []seedValue{coded("Email", "WORK", "hugo.marchetti@example.com")}},
		{name: "+1 202 555 0192", values: []seedValue{coded("Phone", "WORK", "+1 202 555 0192")}},
	}
	for i, s := range people {
		at := f.p.now - int64(i+1)*7*hour
		s.created, s.updated = at, at
		s.first = s.name
		k := f.card("contacts", s)
		k.FirstName, k.Unsorted = s.first, true
		p := f.pipelines[0]
		l := &lead{
			ID: leads(f.a).alloc(), Name: "Website request: " + s.name, Responsible: f.users[0], PipelineID: p.ID, StatusID: p.Statuses[0].ID,
			CreatedAt: at, UpdatedAt: at,
		}
		u := &incoming{
			UID: f.p.dice.hex(60), Category: "forms", SourceUID: "website-form", SourceName: "Website form", PipelineID: p.ID, CreatedAt: at,
			LeadID: l.ID, ContactID: k.ID, Metadata: object{
				"form_id": "roof-quote", "form_name": "Free roof quote", "form_page": "https://www.example.com/quote", "ip": "192.0.2.14",
				"form_sent_at": at, "referer": "https://www.example.com/",
			},
		}
		if i == 2 {
			l.Name, u.Category, u.SourceUID, u.SourceName = "Missed call", "sip", "phone-line", "Phone line"
			u.Metadata = object{
				"phone": "+12025550192", "call_responsible": f.users[1], "duration": int64(0), "link": "", "service_code": "phone-line",
				"called_at": at, "uniq": f.p.dice.uuid(), "from": "+12025550192",
			}
		}
		leads(f.a).put(l.ID, l)
		incomings(f.a).put(incomings(f.a).alloc(), u)
		f.log(at, 0, "lead_added", "leads", l.ID, nil, nil)
		f.link(at, 0, l.ref(), k.ref())
		f.a.links.setMain(l.ref(), k.ID)
	}
}

// file puts a document that a record names into Drive.
func (f *seeding) file(o object, at int64) {
	uuid, _ := o.str("file_uuid")
	version, _ := o.str("version_uuid")
	name, _ := o.str("file_name")
	size, has := o.int("file_size")
	if !has {
		size = 48_000
	}
	mime := "application/pdf"
	if strings.HasSuffix(name, ".jpg") {
		mime = "image/jpeg"
	}
	d := &driveFile{
		ID: driveFiles(f.a).alloc(), UUID: uuid, Name: name, CreatedAt: at, UpdatedAt: at, CreatedBy: f.users[0],
		Versions: []driveVersion{{UUID: version, Mime: mime, Size: size, CreatedAt: at}},
	}
	driveFiles(f.a).put(d.ID, d)
}
