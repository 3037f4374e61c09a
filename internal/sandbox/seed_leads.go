package sandbox

// knownLeads belong to the known contacts. Grace Holloway has two open ones, in
// stages of the same name; the others are open, won and lost.
func (p *seedPlan) knownLeads() []seedLead {
	lead := func(contact, pipeline, stage int, name string, price float64, age int) seedLead {
		return seedLead{
			name: name, price: price, pipeline: pipeline, stage: stage, reached: max(stage, 2), responsible: 1 + contact%2,
			contacts: []int{contact}, company: -1, created: p.ago(age),
		}
	}
	list := []seedLead{
		lead(0, 0, 4, "Holloway: 8 kW rooftop solar", 21_450, 46),
		lead(0, 1, 3, "Holloway: garage roof leak", 1_280.50, 12),
		lead(1, 0, 2, "Almeida: solar and battery", 27_900, 30),
		lead(2, 0, 0, "Robles: new home solar", 18_000, 3),
		lead(3, 1, 1, "Peñalver: tile roof inspection", 450, 9),
		lead(4, 0, 3, "Sokolov: 12 kW ground mount", 33_600, 60),
		lead(5, 0, seedWon, "Delgado: 6 kW rooftop solar", 16_200.75, 140),
		lead(8, 1, seedLost, "Kowalski: full re-roof", 14_000, 95),
	}
	list[0].tags, list[0].contacts = []string{"hot"}, []int{0, 6}
	list[6].contacts = []int{5, 6}
	return list
}

// leadsDemo adds n leads, the known ones first.
func (p *seedPlan) leadsDemo(n int) {
	list := p.knownLeads()
	for i := len(list); i < n; i++ {
		list = append(list, p.lead(i))
	}
	for i := range list[:n] {
		l := &list[i]
		l.pipeline = min(l.pipeline, len(p.pipelines)-1)
		top := len(p.pipelines[l.pipeline].stages) - 1
		l.stage, l.reached = min(l.stage, top), min(l.reached, top)
		l.responsible = min(l.responsible, len(p.users)-1)
		p.live(i, l)
		l.values = p.leadValues(i, l)
		p.leads = append(p.leads, *l)
	}
}

// lead is the i-th of the others: half of them open, the rest won or lost.
func (p *seedPlan) lead(i int) seedLead {
	d := &p.dice
	l := seedLead{pipeline: []int{0, 0, 0, 1, 1, 2}[d.below(6)], company: -1, created: p.ago(1 + d.below(364))}
	stages := len(p.pipelines[min(l.pipeline, len(p.pipelines)-1)].stages)
	l.stage, l.responsible = d.below(stages), p.seller()
	if i%31 == 7 {
		l.responsible = len(p.users) - 1 // who may have left the company since
	}
	switch {
	case i%4 == 1:
		l.stage, l.reached = seedWon, stages-1
	case i%4 == 3 || i%16 == 8:
		l.stage, l.reached = seedLost, d.below(stages)
	}
	// The known contacts keep to their known leads.
	contact := knownPeople + d.below(len(p.contacts)-knownPeople)
	l.contacts = []int{contact}
	person := p.contacts[contact]
	l.name = person.last + ": " + pick(d, leadSubjects(l.pipeline))
	if l.pipeline == 2 || d.chance(20) {
		l.company = max(person.company, d.below(len(p.companies)))
		l.name = p.companies[l.company].name + ": " + pick(d, leadSubjects(l.pipeline))
	}
	l.price = p.price(i, l.pipeline)
	if d.chance(30) {
		l.tags = []string{pick(d, []string{"hot", "financing", "referral", "storm damage", "winter promo"})}
	}
	if len(p.sources) > 0 && d.chance(40) {
		l.source = p.sources[d.below(len(p.sources))].externalID
	}
	return l
}

func leadSubjects(pipeline int) []string {
	return [][]string{
		{"rooftop solar", "solar and battery", "panel upgrade", "EV charger and solar"},
		{"roof leak", "shingle replacement", "gutter repair", "storm damage"},
		{"warehouse array", "carport solar", "flat roof renewal", "storage system"},
	}[pipeline]
}

// price is sometimes unknown (0) and sometimes not whole.
func (p *seedPlan) price(i, pipeline int) float64 {
	d := &p.dice
	if i%13 == 0 {
		return 0
	}
	v := []int64{50 * d.between(180, 700), 10 * d.between(20, 900), 500 * d.between(60, 600)}[pipeline]
	if i%9 == 4 {
		return float64(v) + float64(d.between(1, 3))/4
	}
	return float64(v)
}

// live sets when the lead was last touched or closed.
func (p *seedPlan) live(i int, l *seedLead) {
	d := &p.dice
	age := (p.now - l.created) / day
	switch l.stage {
	case seedLost:
		l.lossReason = i % len(p.lossReasons)
		l.closed = l.created + max(hour, d.between(age/4, age)*day/2)
	case seedWon:
		l.closed = l.created + max(hour, d.between(age/3, age)*day*2/3)
	}
	l.closed = min(l.closed, p.now-hour)
	if l.open() {
		l.closed = 0
		// A third of the open leads lies untouched for weeks.
		l.updated = min(p.now-hour, l.created+d.between(0, age*3/4)*day)
		if i%3 != 0 {
			l.updated = max(l.created, p.ago(d.below(10)))
		}
		return
	}
	l.updated = max(l.created, l.closed)
}

// steps are the stage moves of a lead: from, to and when. Stages are indexes as in
// seedLead.
type seedStep struct {
	from, to int
	at       int64
}

func (l *seedLead) steps() []seedStep {
	last := l.stage
	if !l.open() {
		last = l.reached
	}
	end := l.updated
	n := int64(last)
	if !l.open() {
		n++
	}
	var out []seedStep
	for s := range last {
		out = append(out, seedStep{s, s + 1, l.created + (end-l.created)*int64(s+1)/(n+1)})
	}
	if !l.open() {
		out = append(out, seedStep{last, l.stage, l.closed})
	}
	return out
}
