package sandbox

import (
	"cmp"
	"slices"
)

// seeding puts a plan into an account. The ids of what was stored are kept in plan
// order, so that later records can point at earlier ones.
type seeding struct {
	a     *account
	p     *seedPlan
	order *seedPlan // the same plan on another day: see orderDay

	groups, roles, users, taskTypes, lossReasons []int64
	pipelines                                    []*pipeline
	contacts, companies, leads                   []int64
	history                                      []*event
	stages                                       map[[2]int64][]any      // see stageValue
	byName                                       map[string]*customField // "leads/Roof type"
	catalogs                                     []int64
	elements                                     [][]int64 // by catalog
}

func (f *seeding) fill() {
	f.profile()
	f.staff()
	f.sales()
	f.fields()
	f.companiesAndContacts()
	f.leadRows()
	f.activity()
	f.platform()
	f.rules()
	f.handOver()
	f.finish()
}

func (f *seeding) profile() {
	f.stages = map[[2]int64][]any{}
	f.history = make([]*event, 0, 3*(len(f.p.leads)+len(f.p.notes)+len(f.p.contacts)))
	f.p.profile.uuid, f.p.profile.amojoID = f.p.dice.uuid(), f.p.dice.uuid()
	f.a.profile = f.p.profile
}

func (f *seeding) staff() {
	a, p := f.a, f.p
	for i, name := range p.groups {
		g := &group{ID: 0, Name: name}
		if i > 0 {
			id := p.dice.uuid()
			g.ID, g.UUID = groups(a).alloc(), &id
		}
		groups(a).put(g.ID, g)
		f.groups = append(f.groups, g.ID)
	}
	for _, r := range p.roles {
		f.roles = append(f.roles, addRole(a, r.name, memberRights(r.level)).ID)
	}
	for i, u := range p.users {
		r := memberRights("A")
		if u.admin {
			r = adminRights()
		}
		if u.role >= 0 {
			r = roles(a).get(f.roles[u.role]).Rights
			r.RoleID = &f.roles[u.role]
		}
		// Kommo shows the default group as null, as for users in none.
		if f.groups[u.group] != 0 {
			r.GroupID = &f.groups[u.group]
		}
		r.IsActive = !u.inactive
		row := addUser(a, u.name, u.email, r)
		row.UUID, row.AmojoID, row.Phone = p.dice.uuid(), p.dice.uuid(), seedPhone(400+i)
		f.users = append(f.users, row.ID)
	}
	for _, t := range p.taskTypes {
		row := &taskType{ID: taskTypes(a).alloc(), Name: t.name, Color: &t.color}
		taskTypes(a).put(row.ID, row)
		f.taskTypes = append(f.taskTypes, row.ID)
	}
}

func (f *seeding) sales() {
	for _, name := range f.p.lossReasons {
		r := addLossReason(f.a, name, 0)
		r.CreatedAt, r.UpdatedAt = f.p.profile.createdAt, f.p.profile.createdAt
		f.lossReasons = append(f.lossReasons, r.ID)
	}
	for _, pl := range f.p.pipelines {
		f.pipelines = append(f.pipelines, addPipeline(f.a, pl.name, pl.main, pl.stages...))
	}
}

// stage is the status id of a stage index.
func (f *seeding) stage(pipelineIndex, stage int) int64 {
	switch stage {
	case seedWon:
		return statusWon
	case seedLost:
		return statusLost
	}
	return f.pipelines[pipelineIndex].Statuses[1+stage].ID
}

func (f *seeding) leadRows() {
	for i := range f.p.leads {
		s := &f.p.leads[i]
		l := &lead{
			ID: leads(f.a).alloc(), Name: s.name, Price: s.price, Responsible: f.users[s.responsible],
			PipelineID: f.pipelines[s.pipeline].ID, StatusID: f.stage(s.pipeline, s.stage),
			CreatedBy: f.users[s.responsible], UpdatedBy: f.users[s.responsible],
			CreatedAt: s.created, UpdatedAt: s.updated, Source: s.source, Tags: f.tags("leads", s.tags),
		}
		if !s.open() {
			closed := s.closed
			l.ClosedAt = &closed
		}
		if s.stage == seedLost {
			l.LossReasonID = &f.lossReasons[s.lossReason]
		}
		if s.source != "" {
			l.CreatedBy = 0
		}
		l.Values = f.values("leads", s.values)
		leads(f.a).put(l.ID, l)
		f.leads = append(f.leads, l.ID)
		f.journey(s, l)
		f.linkLead(s, l)
	}
}

// journey logs how the lead came to its stage.
func (f *seeding) journey(s *seedLead, l *lead) {
	f.log(s.created, l.CreatedBy, "lead_added", "leads", l.ID, nil, nil)
	for _, step := range s.steps() {
		from, to := f.stage(s.pipeline, step.from), f.stage(s.pipeline, step.to)
		f.log(step.at, l.Responsible, "lead_status_changed", "leads", l.ID, f.stageValue(l.PipelineID, from), f.stageValue(l.PipelineID, to))
	}
}

// stageValue is a stage as events show it. The same few come again and again, and
// nobody changes the values of events: each is made once.
func (f *seeding) stageValue(pipelineID, statusID int64) []any {
	key := [2]int64{pipelineID, statusID}
	if f.stages[key] == nil {
		f.stages[key] = valueOf("lead_status", object{"id": statusID, "pipeline_id": pipelineID})
	}
	return f.stages[key]
}

func (f *seeding) linkLead(s *seedLead, l *lead) {
	for i, index := range s.contacts {
		if index >= len(f.contacts) {
			continue
		}
		f.link(s.created, l.CreatedBy, l.ref(), ref{"contacts", f.contacts[index]})
		if i == 0 {
			f.a.links.setMain(l.ref(), f.contacts[index])
		}
	}
	if s.company >= 0 && s.company < len(f.companies) {
		f.link(s.created, l.CreatedBy, l.ref(), ref{"companies", f.companies[s.company]})
	}
}

// link links two entities and logs it on both, as a write would.
func (f *seeding) link(at, by int64, x, y ref) *entityLink {
	l, _ := f.a.links.add(x, y)
	for _, pair := range [][2]ref{{x, y}, {y, x}} {
		f.log(at, by, "entity_linked", pair[0].entity, pair[0].id, nil,
			valueOf("link", object{"entity": object{"type": singular(pair[1].entity), "id": pair[1].id}}))
	}
	return l
}

func (f *seeding) tags(entity string, names []string) []int64 {
	var ids []int64
	for _, n := range names {
		ids = append(ids, f.a.tagNamed(entity, n).ID)
	}
	return ids
}

// log keeps an event for finish, which puts all into the order of time.
func (f *seeding) log(at, by int64, typ, entity string, id int64, before, after []any) {
	f.history = append(f.history, &event{
		Type: typ, EntityType: singular(entity), EntityID: id, CreatedBy: by, CreatedAt: at, ValueBefore: before, ValueAfter: after,
	})
}

func (f *seeding) finish() {
	slices.SortStableFunc(f.history, func(x, y *event) int { return cmp.Compare(x.CreatedAt, y.CreatedAt) })
	for _, e := range f.history {
		if e.ValueBefore == nil {
			e.ValueBefore = []any{}
		}
		if e.ValueAfter == nil {
			e.ValueAfter = []any{}
		}
		e.ID = f.eventID(e.CreatedAt)
	}
	f.a.events = append(f.a.events, f.history...)
}

// eventID is as those of new events, but the same at every start.
func (f *seeding) eventID(unix int64) string {
	var b [26]byte
	ms := uint64(unix) * 1000
	for i := 9; i >= 0; i-- {
		b[i] = crockford[ms&31]
		ms >>= 5
	}
	low, high := f.p.dice.next(), f.p.dice.next()
	for i := range 8 {
		b[10+i], b[18+i] = crockford[low&31], crockford[high&31]
		low, high = low>>5, high>>5
	}
	return string(b[:])
}
