package sandbox

// The stages every pipeline has.
const (
	statusWon  = 142
	statusLost = 143
)

type pipeline struct {
	ID       int64
	Name     string
	Sort     int64
	Main     bool
	Unsorted bool
	Archived bool
	Statuses []*status // in sort order, system ones included
}

type status struct {
	ID       int64
	Name     string
	Sort     int64
	Color    string
	Type     int64 // 1 = incoming leads
	Editable bool
}

func pipelines(a *account) *table[pipeline] { return tableFor[pipeline](a, "pipelines", 7_028_001) }

// status returns the stage, or nil.
func (p *pipeline) status(id int64) *status {
	for _, s := range p.Statuses {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// first is the first stage that is not the one of incoming leads.
func (p *pipeline) first() *status {
	for _, s := range p.Statuses {
		if s.Type == 0 {
			return s
		}
	}
	return nil
}

// mainPipeline is the one new leads go to.
func mainPipeline(a *account) *pipeline {
	for _, p := range pipelines(a).all() {
		if p.Main {
			return p
		}
	}
	return nil
}

// addPipeline makes a pipeline with the system stages and the given ones.
func addPipeline(a *account, name string, isMain bool, stages ...string) *pipeline {
	t := pipelines(a)
	p := &pipeline{ID: t.alloc(), Name: name, Sort: int64(t.len() + 1), Main: isMain, Unsorted: true}
	t.put(p.ID, p)
	p.Statuses = append(p.Statuses, &status{ID: a.statusID(), Name: "Incoming leads", Sort: 10, Color: "#c1c1c1", Type: 1})
	colors := []string{"#99ccff", "#ffff99", "#ffcc66", "#ffcccc", "#ccc8f9", "#deff81"}
	for i, s := range stages {
		p.Statuses = append(p.Statuses, &status{ID: a.statusID(), Name: s, Sort: int64(20 + 10*i), Color: colors[i%len(colors)], Editable: true})
	}
	p.Statuses = append(p.Statuses,
		&status{ID: statusWon, Name: "Closed - won", Sort: 10000, Color: "#CCFF66"},
		&status{ID: statusLost, Name: "Closed - lost", Sort: 11000, Color: "#D5D8DB"})
	return p
}

// statusID allocates a stage id, unique in the account.
func (a *account) statusID() int64 { return tableFor[status](a, "status-ids", 58_962_001).alloc() }
