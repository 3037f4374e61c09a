package directory

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Snapshot is what the account called things at one moment. It makes no requests, so that a hundred rows are
// named at no cost. What it does not know it names by id: "user 123".
type Snapshot struct {
	Account   Account
	pipelines map[int64]Pipeline
	stages    map[[2]int64]Stage // by pipeline and stage
	users     map[int64]User
	reasons   map[int64]string
	fields    map[Entity]map[int64]Field
}

// Snapshot reads the sections, all at once. Sections not asked for are not loaded, and so is the account
// always, for the time zone. With an error the snapshot is usable all the same: a name that could not be read
// must not hide what was done.
func (d *Directory) Snapshot(ctx context.Context, sections ...Section) (*Snapshot, error) {
	s := &Snapshot{
		pipelines: map[int64]Pipeline{}, stages: map[[2]int64]Stage{}, users: map[int64]User{},
		reasons: map[int64]string{}, fields: map[Entity]map[int64]Field{},
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	for _, section := range unique(InAccount, sections) {
		wg.Go(func() {
			put, err := d.reading(ctx, section)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			put(s)
		})
	}
	wg.Wait()
	return s, errors.Join(errs...)
}

func unique(first Section, rest []Section) []Section {
	out := []Section{first}
	seen := map[Section]bool{first: true}
	for _, s := range rest {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// reading gets a section and returns how to put it into a snapshot.
func (d *Directory) reading(ctx context.Context, section Section) (func(*Snapshot), error) {
	switch section {
	case InAccount:
		v, err := d.Account(ctx)
		return func(s *Snapshot) { s.Account = v }, err
	case InPipelines:
		v, err := d.Pipelines(ctx)
		return func(s *Snapshot) { s.putPipelines(v) }, err
	case InUsers:
		v, err := d.Users(ctx)
		return func(s *Snapshot) {
			for _, u := range v.Items {
				s.users[u.ID] = u
			}
		}, err
	case InLossReasons:
		v, err := d.LossReasons(ctx)
		return func(s *Snapshot) {
			for _, r := range v.Items {
				s.reasons[r.ID] = r.Name
			}
		}, err
	default:
		return d.readingFields(ctx, section)
	}
}

func (d *Directory) readingFields(ctx context.Context, section Section) (func(*Snapshot), error) {
	entities := fieldSections()
	if list, ok := strings.CutPrefix(string(section), listFields); ok && isList(Entity(list)) {
		entities = map[Entity]Section{Entity(list): section}
	}
	for entity, name := range entities {
		if name != section {
			continue
		}
		list, err := d.Fields(ctx, entity)
		return func(s *Snapshot) {
			byID := make(map[int64]Field, len(list.Items))
			for _, f := range list.Items {
				byID[f.ID] = f
			}
			s.fields[entity] = byID
		}, err
	}
	return nil, errors.New("the directory has no section " + strconv.Quote(string(section)))
}

func (s *Snapshot) putPipelines(all []Pipeline) {
	for _, p := range all {
		s.pipelines[p.ID] = p
		for _, st := range p.Stages {
			s.stages[[2]int64{p.ID, st.ID}] = st
		}
	}
}

// PipelineName names a pipeline.
func (s *Snapshot) PipelineName(id int64) string { return orID(s.pipelines[id].Name, "pipeline", id) }

// StageName names a stage of a pipeline; won and lost are known even without the pipeline.
func (s *Snapshot) StageName(pipelineID, statusID int64) string {
	name := s.stages[[2]int64{pipelineID, statusID}].Name
	switch {
	case name != "":
		return name
	case statusID == kommo.StatusWon:
		return string(StageWon)
	case statusID == kommo.StatusLost:
		return string(StageLost)
	default:
		return orID("", "stage", statusID)
	}
}

// StageOf is a stage of a pipeline; false if it is not known.
func (s *Snapshot) StageOf(pipelineID, statusID int64) (Stage, bool) {
	st, ok := s.stages[[2]int64{pipelineID, statusID}]
	return st, ok
}

// UserName names a user; 0 is what Kommo writes for its own automation and for integrations.
func (s *Snapshot) UserName(id int64) string {
	if id == 0 {
		return "robot"
	}
	return orID(s.users[id].Name, "user", id)
}

// UserOf is a user; false if he is not known.
func (s *Snapshot) UserOf(id int64) (User, bool) {
	u, ok := s.users[id]
	return u, ok
}

// LossReasonName names a loss reason; empty for 0, which stands for none.
func (s *Snapshot) LossReasonName(id int64) string {
	if id == 0 {
		return ""
	}
	return orID(s.reasons[id], "loss reason", id)
}

// TaskTypeName names a kind of task.
func (s *Snapshot) TaskTypeName(id int64) string {
	for _, t := range s.Account.TaskTypes {
		if t.ID == id {
			return orID(t.Name, "task type", id)
		}
	}
	return orID("", "task type", id)
}

// GroupName names a group of users.
func (s *Snapshot) GroupName(id int64) string {
	for _, g := range s.Account.Groups {
		if g.ID == id {
			return orID(g.Name, "group", id)
		}
	}
	return orID("", "group", id)
}

// FieldOf is the definition of a custom field; false if it is not known.
func (s *Snapshot) FieldOf(entity Entity, id int64) (Field, bool) {
	f, ok := s.fields[entity][id]
	return f, ok
}

func orID(name, kind string, id int64) string {
	if name != "" {
		return name
	}
	return kind + " " + strconv.FormatInt(id, 10)
}
