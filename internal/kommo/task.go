package kommo

import (
	"context"
	"iter"
	"net/url"
)

// Task is something to do until a deadline (Kommo API facts: tasks).
type Task struct {
	ID            int64      `json:"id"`
	CreatedBy     int64      `json:"created_by"`
	UpdatedBy     int64      `json:"updated_by"`
	CreatedAt     Unix       `json:"created_at"`
	UpdatedAt     Unix       `json:"updated_at"`
	ResponsibleID int64      `json:"responsible_user_id"`
	GroupID       int64      `json:"group_id"`
	EntityID      int64      `json:"entity_id"`
	EntityType    Entity     `json:"entity_type"`
	Duration      Int        `json:"duration"` // seconds
	Completed     bool       `json:"is_completed"`
	TypeID        int64      `json:"task_type_id"`
	Text          string     `json:"text"`
	Result        TaskResult `json:"result"`
	Deadline      Unix       `json:"complete_till"`
	AccountID     int64      `json:"account_id"`
}

// TaskResult is what came of a task.
type TaskResult struct {
	Text string `json:"text"`
}

// UnmarshalJSON reads an object, or the empty list that Kommo writes for none.
func (r *TaskResult) UnmarshalJSON(raw []byte) error {
	*r = TaskResult{}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	type plain TaskResult
	return unmarshal(raw, (*plain)(r))
}

// TaskFilter selects tasks. EntityIDs need EntityType.
type TaskFilter struct {
	ListOptions

	IDs         []int64
	Responsible []int64
	CreatedBy   []int64
	Stages      []StagePair // of the leads they belong to
	Completed   *bool
	TypeIDs     []int64
	EntityType  Entity
	EntityIDs   []int64
	UpdatedAt   Range
	Order       Order // id, created_at, complete_till
}

func (f TaskFilter) query() url.Values {
	q := url.Values{}
	f.into(q)
	setIDs(q, "id", f.IDs)
	setIDs(q, "responsible_user_id", f.Responsible)
	setIDs(q, "task_type", f.TypeIDs)
	setIDs(q, "created_by", f.CreatedBy)
	setStages(q, "lead_statuses", f.Stages)
	if f.Completed != nil {
		q.Set("filter[is_completed]", flag(*f.Completed))
	}
	if f.EntityType != "" {
		q.Set("filter[entity_type]", string(f.EntityType))
		setIDs(q, "entity_id", f.EntityIDs)
	}
	f.UpdatedAt.into(q, "updated_at")
	f.Order.into(q)
	return q
}

// TaskWrite creates or changes a task. A new one needs text and deadline.
type TaskWrite struct {
	ID            int64       `json:"id,omitzero"`
	Text          string      `json:"text,omitzero"`
	Deadline      Unix        `json:"complete_till,omitzero"`
	ResponsibleID int64       `json:"responsible_user_id,omitzero"`
	EntityID      int64       `json:"entity_id,omitzero"`
	EntityType    Entity      `json:"entity_type,omitzero"`
	TypeID        int64       `json:"task_type_id,omitzero"`
	Duration      int64       `json:"duration,omitzero"`
	Completed     *bool       `json:"is_completed,omitzero"`
	Result        *TaskResult `json:"result,omitzero"`
	CreatedBy     *int64      `json:"created_by,omitzero"`
	UpdatedBy     *int64      `json:"updated_by,omitzero"`
	CreatedAt     Unix        `json:"created_at,omitzero"`
	UpdatedAt     Unix        `json:"updated_at,omitzero"` // left out: now
}

// TasksService reads and writes tasks.
type TasksService struct{ c *Client }

// List reads one page of tasks.
func (s *TasksService) List(ctx context.Context, f TaskFilter) (Page[Task], error) {
	const op = "tasks.list"
	if len(f.EntityIDs) > 0 && f.EntityType == "" {
		return Page[Task]{}, cardsWithoutKind(op) // Kommo would answer the tasks of all
	}
	return getPage[Task](ctx, s.c, op, "/tasks", "tasks", f.query())
}

// All walks all tasks that match.
func (s *TasksService) All(ctx context.Context, f TaskFilter) iter.Seq2[Task, error] {
	return everyPage(func(page int) (Page[Task], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, f)
	})
}

// Get reads one task.
func (s *TasksService) Get(ctx context.Context, id int64) (Task, error) {
	return getCard(ctx, s.c, Request{Op: "tasks.get", Path: idPath("/tasks", id)}, func(t Task) int64 { return t.ID })
}

// Create makes tasks.
func (s *TasksService) Create(ctx context.Context, tasks []TaskWrite) ([]Created, error) {
	return create(ctx, s.c, "tasks.create", "/tasks", "tasks", tasks)
}

// Update changes one task. Completing it is Completed true with a Result.
func (s *TasksService) Update(ctx context.Context, id int64, w TaskWrite) (Updated, error) {
	return patchOne(ctx, s.c, "tasks.update", idPath("/tasks", id), "tasks", w)
}

// UpdateMany changes several tasks, each named by its ID.
func (s *TasksService) UpdateMany(ctx context.Context, tasks []TaskWrite) ([]Updated, error) {
	return patchMany(ctx, s.c, "tasks.update_many", "/tasks", "tasks", tasks)
}
