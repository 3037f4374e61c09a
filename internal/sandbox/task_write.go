package sandbox

// taskWritten is the row of a write answer.
type taskWritten struct {
	ID        int64  `json:"id"`
	UpdatedAt int64  `json:"updated_at,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Links     links  `json:"_links"`
}

// taskFields: text and complete_till are required on POST only; the official
// sample completes a task with is_completed and result alone (Kommo API facts:
// tasks).
func taskFields(required bool) schema {
	return schema{
		{name: "text", kind: stringKind, required: required},
		{name: "complete_till", kind: intKind, required: required},
		{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		{name: "entity_id", kind: intKind},
		{name: "entity_type", kind: stringKind, check: oneOf("leads", "contacts", "companies", "customers")},
		{name: "is_completed", kind: boolKind},
		{name: "task_type_id", kind: intKind, check: func(c *call, v any) string {
			if taskTypes(c.a).has(v.(int64)) {
				return ""
			}
			return codeNotSupported
		}},
		{name: "duration", kind: intKind},
		{name: "result", check: resultOrNone},
		{name: "created_by", kind: intKind, check: isUser(true)},
		{name: "updated_by", kind: intKind, check: isUser(true)},
		{name: "created_at", kind: intKind},
		{name: "updated_at", kind: intKind},
	}
}

// resultOrNone takes {"text":…} and the [] that reads show when there is none.
func resultOrNone(_ *call, v any) string {
	switch v := v.(type) {
	case object:
		if _, isText := v.str("text"); isText || v.null("text") {
			return ""
		}
	case []any:
		if len(v) == 0 {
			return ""
		}
	}
	return codeInvalidType
}

// checkTask looks at the record that the task hangs on. t is nil for a new task.
func (c *call) checkTask(t *task, o object, p *problems) {
	id, sentID := o.int("entity_id")
	kind, sentKind := o.str("entity_type")
	if t != nil && sentID && !sentKind {
		kind, sentKind = t.Entity, t.Entity != ""
	}
	if t != nil && sentKind && !sentID {
		id, sentID = t.EntityID, t.Entity != ""
	}
	switch {
	case sentID && id != 0 && !sentKind:
		p.add("entity_type", codeMissing)
	case sentKind && !sentID:
		p.add("entity_id", codeMissing)
	case sentID && id != 0 && !c.a.alive(ref{kind, id}):
		p.add("entity_id", codeNotSupported)
	}
}

// taskSubject is the record that a new task is put on; its id is 0 for none.
func taskSubject(o object) ref {
	kind, _ := o.str("entity_type")
	id, _ := o.int("entity_id")
	return ref{kind, id}
}

func createTasks(c *call) answer {
	b, bad := c.parseMany(taskFields(true), maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkTask(nil, it.object, &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	for _, it := range b {
		if on := taskSubject(it.object); on.id != 0 && !c.maySeeRef(on) {
			return forbidden()
		}
	}
	var out []taskWritten
	for _, it := range b {
		t := c.addTask(it.object)
		out = append(out, taskWritten{ID: t.ID, RequestID: it.requestID, Links: c.self(taskPath(t.ID))})
	}
	return ok(writeBody(c, "tasks", "/tasks", out))
}

// addTask stores a checked task. A task written as done logs its completion too.
func (c *call) addTask(o object) *task {
	t := &task{
		ID: tasks(c.a).alloc(), Responsible: c.actor(), Type: 1, CreatedBy: c.actor(), UpdatedBy: c.actor(),
		CreatedAt: c.now(), UpdatedAt: c.now(),
	}
	c.setTask(t, o)
	tasks(c.a).put(t.ID, t)
	c.a.settleTasks(t.ref())
	c.log("task_added", "tasks", t.ID, nil, nil)
	c.logCompletion(&task{}, t)
	return t
}

func (c *call) setTask(t *task, o object) {
	for key, to := range map[string]*int64{
		"complete_till": &t.CompleteTill, "responsible_user_id": &t.Responsible, "task_type_id": &t.Type, "duration": &t.Duration,
		"created_by": &t.CreatedBy, "updated_by": &t.UpdatedBy, "created_at": &t.CreatedAt, "updated_at": &t.UpdatedAt, "entity_id": &t.EntityID,
	} {
		if v, sent := o.int(key); sent {
			*to = v
		}
	}
	if v, sent := o.str("text"); sent {
		t.Text = v
	}
	if v, sent := o.str("entity_type"); sent {
		t.Entity = v
	}
	if v, sent := o.bool("is_completed"); sent {
		t.Completed = v
	}
	if v, sent := o.obj("result").str("text"); sent {
		t.Result = v
	}
	if o.null("entity_id") || t.EntityID == 0 {
		t.Entity, t.EntityID = "", 0
	}
}

func patchTasks(c *call) answer {
	b, bad := c.parseMany(append(taskFields(false), field{name: "id", kind: intKind, required: true}), maxBatch)
	if bad != nil {
		return *bad
	}
	target := func(it *item) *task {
		id, _ := it.int("id")
		return tasks(c.a).get(id)
	}
	for _, it := range b {
		if it.has("id") && target(it) == nil {
			it.p.add("id", codeNotSupported)
		}
	}
	out, bad := c.patchTasksOf(b, target)
	if bad != nil {
		return *bad
	}
	return ok(writeBody(c, "tasks", "/tasks", out))
}

func patchTask(c *call) answer {
	t := tasks(c.a).get(c.id("id"))
	if t == nil {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(taskFields(false))
	if bad != nil {
		return *bad
	}
	out, bad := c.patchTasksOf(batch{it}, func(*item) *task { return t })
	if bad != nil {
		return *bad
	}
	return ok(out[0])
}

func (c *call) patchTasksOf(b batch, target func(*item) *task) ([]taskWritten, *answer) {
	for _, it := range b {
		if t := target(it); t != nil {
			it.keepsResponsible(t.Responsible)
			if !c.mayEditTask(t) {
				return nil, new(forbidden())
			}
			c.checkTask(t, it.object, &it.p)
		}
	}
	if bad := b.refused(); bad != nil {
		return nil, bad
	}
	var out []taskWritten
	for _, it := range b {
		t := target(it)
		c.updateTask(t, it.object)
		row := taskWritten{ID: t.ID, UpdatedAt: t.UpdatedAt, Links: c.self(taskPath(t.ID))}
		if it.sentID {
			row.RequestID = it.requestID
		}
		out = append(out, row)
	}
	return out, nil
}

// updateTask applies a checked PATCH and logs an event for each change.
func (c *call) updateTask(t *task, o object) {
	was := *t
	t.UpdatedAt, t.UpdatedBy = c.now(), c.actor()
	c.setTask(t, o)
	c.a.settleTasks(was.ref())
	c.a.settleTasks(t.ref())
	if was.Type != t.Type {
		c.log("task_type_changed", "tasks", t.ID, valueOf("task_type", object{"id": was.Type}), valueOf("task_type", object{"id": t.Type}))
	}
	if was.Text != t.Text {
		c.log("task_text_changed", "tasks", t.ID, valueOf("task", object{"text": was.Text}), valueOf("task", object{"text": t.Text}))
	}
	if was.CompleteTill != t.CompleteTill {
		c.log("task_deadline_changed", "tasks", t.ID,
			valueOf("task_deadline", object{"timestamp": was.CompleteTill}), valueOf("task_deadline", object{"timestamp": t.CompleteTill}))
	}
	if was.Responsible != t.Responsible {
		c.logResponsible("tasks", t.ID, was.Responsible, t.Responsible)
	}
	c.logCompletion(&was, t)
}

func (c *call) logCompletion(was, t *task) {
	if was.Result != t.Result && t.Result != "" {
		c.log("task_result_added", "tasks", t.ID, nil, valueOf("task", object{"text": t.Result}))
	}
	if !was.Completed && t.Completed {
		c.log("task_completed", "tasks", t.ID, nil, nil)
	}
}
