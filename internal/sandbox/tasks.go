package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// task is one task; Entity is plural, "" when it hangs on nothing.
type task struct {
	ID, EntityID, Responsible int64
	Entity, Text              string
	Result                    string
	Type, Duration            int64
	CompleteTill              int64
	Completed                 bool
	CreatedBy, UpdatedBy      int64
	CreatedAt, UpdatedAt      int64
}

func tasks(a *account) *table[task] { return tableFor[task](a, "tasks", 47_073_001) }

func taskPath(id int64) string { return fmt.Sprintf("/tasks/%d", id) }

func (t *task) ref() ref { return ref{t.Entity, t.EntityID} }

func taskRoutes() []route {
	return []route{
		{Method: "GET", Path: "/tasks", Do: listTasks, Order: []string{"id", "created_at", "complete_till"}, Query: []string{
			"filter[responsible_user_id]", "filter[is_completed]", "filter[task_type]", "filter[task_type_id]", "filter[entity_type]",
			"filter[entity_id]", "filter[id]", "filter[updated_at]", "filter[updated_at][from]", "filter[updated_at][to]",
			"filter[created_by]", "filter[lead_statuses][pipeline_id]", "filter[lead_statuses][status_id]",
		}},
		{Method: "GET", Path: "/tasks/{id:int}", Do: getTask},
		{Method: "POST", Path: "/tasks", Do: createTasks},
		{Method: "PATCH", Path: "/tasks", Do: patchTasks},
		{Method: "PATCH", Path: "/tasks/{id:int}", Do: patchTask},
		// There is no public DELETE; Kommo says so in its own way here.
		{Method: "DELETE", Path: "/tasks/{id:int}", Do: func(*call) answer { return problem(http.StatusForbidden, "Invalid scope") }},
	}
}

type taskView struct {
	ID                int64   `json:"id"`
	CreatedBy         int64   `json:"created_by"`
	UpdatedBy         int64   `json:"updated_by"`
	CreatedAt         int64   `json:"created_at"`
	UpdatedAt         int64   `json:"updated_at"`
	ResponsibleUserID int64   `json:"responsible_user_id"`
	GroupID           int64   `json:"group_id"`
	EntityID          *int64  `json:"entity_id"`
	EntityType        *string `json:"entity_type"`
	Duration          int64   `json:"duration"`
	IsCompleted       bool    `json:"is_completed"`
	TaskTypeID        int64   `json:"task_type_id"`
	Text              string  `json:"text"`
	Result            any     `json:"result"`
	CompleteTill      int64   `json:"complete_till"`
	AccountID         int64   `json:"account_id"`
	Links             links   `json:"_links"`
}

// readTask shows result as [] when there is none and as an object otherwise (Kommo
// API facts: tasks).
func (c *call) readTask(t *task, self func(string) links) taskView {
	v := taskView{
		ID: t.ID, CreatedBy: t.CreatedBy, UpdatedBy: t.UpdatedBy, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
		ResponsibleUserID: t.Responsible, GroupID: c.a.groupOf(t.Responsible), Duration: t.Duration, IsCompleted: t.Completed,
		TaskTypeID: t.Type, Text: t.Text, Result: []any{}, CompleteTill: t.CompleteTill, AccountID: c.a.id, Links: self(taskPath(t.ID)),
	}
	if t.Entity != "" {
		v.EntityID, v.EntityType = &t.EntityID, &t.Entity
	}
	if t.Result != "" {
		v.Result = object{"text": t.Result}
	}
	return v
}

func listTasks(c *call) answer {
	var rows []*task
	for _, t := range tasks(c.a).all() {
		if c.matchTask(t) && (t.Entity == "" || c.maySeeRef(t.ref()) || t.Responsible == c.user.ID) {
			rows = append(rows, t)
		}
	}
	sortRows(c.q, rows, "", map[string]func(*task) int64{
		"id":            func(t *task) int64 { return t.ID },
		"created_at":    func(t *task) int64 { return t.CreatedAt },
		"complete_till": func(t *task) int64 { return t.CompleteTill },
		// Asking for updated_at has no effect on the direction.
		"": func(t *task) int64 { return t.UpdatedAt },
	})
	return list(c, paging{}, "tasks", "/tasks", rows, func(t *task) taskView { return c.readTask(t, c.selfItem) })
}

// matchTask applies the filters; entity_id counts only together with entity_type
// (Kommo API facts: tasks).
func (c *call) matchTask(t *task) bool {
	q := c.q
	kind := q.get("filter", "entity_type")
	if kind != "" && (kind != t.Entity || !matchIDs(q, t.EntityID, "filter", "entity_id")) {
		return false
	}
	if done := q.get("filter", "is_completed"); done != "" {
		if (done == "1" || done == "true") != t.Completed {
			return false
		}
	}
	return matchIDs(q, t.ID, "filter", "id") &&
		matchIDs(q, t.Responsible, "filter", "responsible_user_id") &&
		matchIDs(q, t.CreatedBy, "filter", "created_by") &&
		matchIDs(q, t.Type, "filter", "task_type") &&
		matchIDs(q, t.Type, "filter", "task_type_id") &&
		matchSince(q, t.UpdatedAt, "filter", "updated_at") &&
		c.matchLeadStatuses(t)
}

// matchLeadStatuses keeps the tasks of leads in the stages asked for.
func (c *call) matchLeadStatuses(t *task) bool {
	groups := c.q.groups("filter", "lead_statuses")
	if len(groups) == 0 {
		return true
	}
	if t.Entity != "leads" {
		return false
	}
	l := leads(c.a).get(t.EntityID)
	return l != nil && slices.ContainsFunc(groups, func(g map[string]string) bool {
		pipelineID := strconv.FormatInt(l.PipelineID, 10)
		return g["status_id"] == strconv.FormatInt(l.StatusID, 10) && (g["pipeline_id"] == "" || g["pipeline_id"] == pipelineID)
	})
}

func getTask(c *call) answer {
	t := tasks(c.a).get(c.id("id"))
	if t == nil {
		return noContent()
	}
	return ok(c.readTask(t, c.self))
}

// mayEditTask: A all, G group, M own.
func (c *call) mayEditTask(t *task) bool {
	return c.user.Rights.IsAdmin || t.Responsible == c.user.ID || c.covers(c.user.Rights.Tasks.Edit, t.Responsible)
}

// settleTasks recomputes closest_task_at of a record: the earliest open deadline.
func (a *account) settleTasks(r ref) {
	if r.entity == "" {
		return
	}
	delete(a.closestTask, r)
	for _, t := range tasks(a).all() {
		if t.ref() != r || t.Completed {
			continue
		}
		if at, has := a.closestTask[r]; !has || t.CompleteTill < at {
			a.closestTask[r] = t.CompleteTill
		}
	}
}
