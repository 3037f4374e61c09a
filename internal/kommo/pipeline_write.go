package kommo

import "context"

// StageColors are the colours that a stage may be given; reads may show others
// (Kommo API facts: pipelines).
func StageColors() []string {
	return []string{
		"#fffeb2", "#fffd7f", "#fff000", "#ffeab2", "#ffdc7f", "#ffce5a", "#ffdbdb", "#ffc8c8", "#ff8f92", "#d6eaff", "#c1e0ff",
		"#98cbff", "#ebffb1", "#deff81", "#87f2c0", "#f9deff", "#f3beff", "#ccc8f9", "#eb93ff", "#f2f3f4", "#e6e8ea",
	}
}

// PipelineNew makes a pipeline. Kommo refuses one without stages of its own; the
// stages of incoming, won and lost leads come by themselves.
type PipelineNew struct {
	Name       string       `json:"name"`
	Sort       int64        `json:"sort"`
	Main       bool         `json:"is_main"`
	UnsortedOn bool         `json:"is_unsorted_on"`
	Embedded   PipelineOwns `json:"_embedded"`
}

// PipelineOwns are the stages of a new pipeline.
type PipelineOwns struct {
	Statuses []StatusWrite `json:"statuses"`
}

// PipelineWrite changes a pipeline; nil stays. Main can only be set: the former
// main pipeline loses it.
type PipelineWrite struct {
	Name       string `json:"name,omitzero"`
	Sort       *int64 `json:"sort,omitzero"`
	Main       *bool  `json:"is_main,omitzero"`
	UnsortedOn *bool  `json:"is_unsorted_on,omitzero"`
}

// StatusWrite makes or changes a stage. A new one needs name and sort; the server
// renumbers the sorts. ID 142 and 143 in a new pipeline rename won and lost.
type StatusWrite struct {
	ID    int64  `json:"id,omitzero"`
	Name  string `json:"name,omitzero"`
	Sort  *int64 `json:"sort,omitzero"`
	Color string `json:"color,omitzero"` // one of StageColors
	// Descriptions to make, to change or to take away; others stay.
	Descriptions []DescriptionWrite `json:"descriptions,omitzero"`
}

// DescriptionWrite makes a description of a stage (no ID), changes it, or takes it
// away (ID without a text). Level is newbie, candidate or master.
type DescriptionWrite struct {
	ID    int64  `json:"id,omitzero"`
	Level string `json:"level,omitzero"`
	Text  string `json:"description,omitzero"` // at most 1,000 characters
}

func (p Pipeline) identity() (int64, RequestIDs) { return p.ID, p.RequestIDs }

func (s Status) identity() (int64, RequestIDs) { return s.ID, s.RequestIDs }

// Create makes pipelines; administrators only, as all writes here.
func (s *PipelinesService) Create(ctx context.Context, pipelines []PipelineNew) ([]Pipeline, error) {
	return define[PipelineNew, Pipeline](ctx, s.c, "pipelines.create", "/leads/pipelines", "pipelines", pipelines)
}

// Update changes one pipeline.
func (s *PipelinesService) Update(ctx context.Context, id int64, w PipelineWrite) (Pipeline, error) {
	return redefine[Pipeline](ctx, s.c, "pipelines.update", idPath("/leads/pipelines", id), "pipelines", w)
}

// Delete removes a pipeline: 422 if it holds leads, 400 if it is unknown or the
// last one.
func (s *PipelinesService) Delete(ctx context.Context, id int64) error {
	return remove(ctx, s.c, "pipelines.delete", idPath("/leads/pipelines", id))
}

func statusesPath(pipelineID int64) string {
	return idPath("/leads/pipelines", pipelineID) + "/statuses"
}

// CreateStatuses adds stages to a pipeline.
func (s *PipelinesService) CreateStatuses(ctx context.Context, pipelineID int64, stages []StatusWrite) ([]Status, error) {
	return define[StatusWrite, Status](ctx, s.c, "statuses.create", statusesPath(pipelineID), "statuses", stages)
}

// UpdateStatus changes one stage.
func (s *PipelinesService) UpdateStatus(ctx context.Context, pipelineID, id int64, w StatusWrite) (Status, error) {
	return redefine[Status](ctx, s.c, "statuses.update", idPath(statusesPath(pipelineID), id), "statuses", w)
}

// DeleteStatus removes one stage; its leads move to the first stage.
func (s *PipelinesService) DeleteStatus(ctx context.Context, pipelineID, id int64) error {
	return remove(ctx, s.c, "statuses.delete", idPath(statusesPath(pipelineID), id))
}
