package sandbox

import "time"

// DemoSeed is a roofing and solar installer of about forty people's size: three
// pipelines, seven users, some two hundred leads with contacts, companies, notes,
// tasks and history of the past year. It is the same at every start; all dates are
// relative to the account's clock.
func DemoSeed() Seed { return seedFunc(func(a *account) { fillDemo(a, demoPlan) }) }

// SecondSeed is a smaller company with other ids and names, for tests that use two
// accounts at once: WithAccount("second.kommo.com", SecondSeed()).
func SecondSeed() Seed { return seedFunc(func(a *account) { fillDemo(a, secondPlan) }) }

func fillDemo(a *account, plan func(now time.Time, prof profile) *seedPlan) {
	f := &seeding{a: a, p: plan(a.clock(), a.profile), order: plan(orderDay(), a.profile)}
	f.fill()
}

// orderDay is the day whose order of notes and tasks gives them their ids. With today's
// order a task would have another id an hour later, and a person trying one command
// after the other would change the wrong one.
func orderDay() time.Time { return time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC) }

func demoPlan(now time.Time, prof profile) *seedPlan {
	prof.name, prof.country, prof.currency, prof.currencySymbol = "Sunridge Roofing & Solar", "US", "USD", "$"
	prof.timezone, prof.language = "America/New_York", "en"
	p := newPlan(now, prof)
	p.profile.createdAt = p.ago(400)
	p.staffDemo()
	p.pipelinesDemo()
	p.fieldsDemo()
	p.companiesDemo(40)
	p.contactsDemo(150)
	p.leadsDemo(197) // three more are incoming leads
	p.notesDemo(250)
	p.tasksDemo()
	return p
}

func (p *seedPlan) staffDemo() {
	p.groups = []string{"Sales", "Field crew", "Customer care"}
	p.roles = []seedRole{{"Sales representative", "G"}, {"Customer care", "M"}}
	p.users = []seedUser{
		{name: "Olivia Bennett", email: "olivia.bennett@example.com", group: 0, role: -1, admin: true},
		{name: "Marcus Reed", email: "marcus.reed@example.com", group: 0, role: 0},
		{name: "Ana Torres", email: "ana.torres@example.com", group: 0, role: 0},
		{name: "Ana Whitfield", email: "ana.whitfield@example.com", group: 2, role: 1},
		{name: "Daniel Cho", email: "daniel.cho@example.com", group: 1, role: -1},
		{name: "Priya Nair", email: "priya.nair@example.com", group: 1, role: -1, admin: true},
		{name: "Victor Hale", email: "victor.hale@example.com", group: 0, role: 0, inactive: true},
	}
	p.lossReasons = []string{"Price too high", "Chose a competitor", "No budget", "Cannot be reached", "Roof not suitable", "Postponed"}
	p.taskTypes = []seedTaskType{{"Site survey", "#3b8dff"}, {"Send proposal", "#ffb400"}}
}

func (p *seedPlan) pipelinesDemo() {
	p.pipelines = []seedPipeline{
		{name: "Residential solar", main: true, stages: []string{"New inquiry", "Qualified", "Site survey", "Proposal sent", "Negotiation", "Contract signed"}},
		{name: "Roof repair", stages: []string{"New request", "Inspection", "Estimate sent", "Negotiation", "Scheduled"}},
		{name: "Commercial projects", stages: []string{"Discovery", "Feasibility study", "Bid submitted", "Legal review", "Financing", "Deposit paid", "Installation"}},
	}
	p.sources = []seedSource{
		{"Website form", "website-form", 0}, {"Phone line", "phone-line", 1}, {"Partner referrals", "partner-referrals", 2},
	}
}

func secondPlan(now time.Time, prof profile) *seedPlan {
	prof.name, prof.country, prof.currency, prof.currencySymbol = "Casa Verde Interiors", "ES", "EUR", "€"
	prof.timezone, prof.language = "Europe/Madrid", "en"
	p := newPlan(now, prof)
	p.dice.state = 777
	p.profile.createdAt = p.ago(200)
	p.groups = []string{"Sales"}
	p.roles = []seedRole{{"Designer", "M"}}
	p.users = []seedUser{
		{name: "Carmen Ruiz", email: "carmen.ruiz@example.com", role: -1, admin: true},
		{name: "Tom Baker", email: "tom.baker@example.com", role: 0},
	}
	p.lossReasons = []string{"Too expensive", "Other supplier"}
	p.pipelines = []seedPipeline{
		{name: "Projects", main: true, stages: []string{"Inquiry", "Design", "Offer", "Negotiation"}},
		{name: "Maintenance", stages: []string{"Request", "Visit planned"}},
	}
	p.fieldsDemo()
	p.companiesDemo(5)
	p.contactsDemo(15)
	p.leadsDemo(17)
	p.notesDemo(25)
	p.tasksDemo()
	return p
}
