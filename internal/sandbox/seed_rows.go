package sandbox

import (
	"cmp"
	"slices"
)

// activity stores notes and tasks, oldest first, so that ids follow time but for hours
// of the day.
func (f *seeding) activity() {
	for _, i := range byAge(f.order.notes, func(n seedNote) int64 { return n.created }) {
		f.note(&f.p.notes[i])
	}
	for _, i := range byAge(f.order.tasks, func(t seedTask) int64 { return t.created }) {
		f.task(&f.p.tasks[i])
	}
}

// byAge are the indexes of a list, oldest first.
func byAge[T any](list []T, created func(T) int64) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(x, y int) int { return cmp.Compare(created(list[x]), created(list[y])) })
	return out
}

// ref turns an index of the plan into the record it became.
func (f *seeding) ref(r seedRef) ref {
	return ref{r.entity, map[string][]int64{"leads": f.leads, "contacts": f.contacts, "companies": f.companies}[r.entity][r.index]}
}

func (f *seeding) note(s *seedNote) {
	on, by := f.ref(s.on), int64(0)
	if s.by >= 0 {
		by = f.users[s.by]
	}
	n := &note{
		ID: notes(f.a).alloc(), EntityID: on.id, Entity: on.entity, Responsible: by, Type: s.typ, Params: storedParams(s.typ, nil, s.params),
		CreatedBy: by, UpdatedBy: by, CreatedAt: s.created, UpdatedAt: s.created,
	}
	notes(f.a).put(n.ID, n)
	if s.typ == "attachment" {
		f.file(s.params, s.created)
		f.a.attach(on, s.params["file_uuid"].(string))
	}
	f.log(s.created, by, seededNoteEvent(s.typ, s.params), on.entity, on.id, nil, valueOf("note", object{"id": n.ID}))
}

func (f *seeding) task(s *seedTask) {
	on, by := f.ref(s.on), f.users[s.createdBy]
	t := &task{
		ID: tasks(f.a).alloc(), EntityID: on.id, Entity: on.entity, Responsible: f.users[s.responsible], Text: s.text, Result: s.result,
		Type: f.taskType(s.typ), Duration: s.duration, CompleteTill: s.due, Completed: s.done,
		CreatedBy: by, UpdatedBy: by, CreatedAt: s.created, UpdatedAt: s.created,
	}
	tasks(f.a).put(t.ID, t)
	f.log(s.created, by, "task_added", "tasks", t.ID, nil, nil)
	if s.done {
		t.UpdatedAt, t.UpdatedBy = s.completed, f.users[s.closer]
		f.log(s.completed, t.UpdatedBy, "task_result_added", "tasks", t.ID, nil, valueOf("task", object{"text": t.Result}))
		f.log(s.completed, t.UpdatedBy, "task_completed", "tasks", t.ID, nil, nil)
		return
	}
	if at, has := f.a.closestTask[on]; !has || s.due < at {
		f.a.closestTask[on] = s.due
	}
}

// taskType is the id of a plan's type: calls and meetings first, then its own.
func (f *seeding) taskType(typ int) int64 {
	if typ < 2 {
		return int64(typ + 1)
	}
	return f.taskTypes[typ-2]
}

// seededNoteEvent is the event of a note, also of a letter, which no client can
// write (Kommo API facts: events, Kommo's own types).
func seededNoteEvent(typ string, params object) string {
	if typ != "amomail_message" {
		return noteEvent(typ)
	}
	if incoming, _ := params.bool("income"); incoming {
		return "incoming_mail"
	}
	return "outgoing_mail"
}
