package kommo

import "context"

// Pipeline is a pipeline with its stages (Kommo API facts: pipelines).
type Pipeline struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Sort       Int    `json:"sort"`
	Main       bool   `json:"is_main"`
	UnsortedOn bool   `json:"is_unsorted_on"`
	Archive    bool   `json:"is_archive"`
	AccountID  int64  `json:"account_id"`
	Embedded   struct {
		Statuses []Status `json:"statuses"`
	} `json:"_embedded"`
	RequestIDs RequestIDs `json:"request_id"` // only in answers to writes
}

// Status is a stage. Kind 1 is the stage of incoming leads; 142 and 143 are won
// and lost in every pipeline.
type Status struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Sort       Int    `json:"sort"`
	Editable   bool   `json:"is_editable"`
	PipelineID int64  `json:"pipeline_id"`
	Color      string `json:"color"`
	Kind       Int    `json:"type"`
	AccountID  int64  `json:"account_id"`
	// Descriptions come with=descriptions in a request for statuses.
	Descriptions []StatusDescription `json:"descriptions"`
	RequestIDs   RequestIDs          `json:"request_id"` // only in answers to writes
}

// StatusDescription tells people of one level of experience what to do in a
// stage. Unlike everywhere else its times are text: "2026-11-20 09:00:00".
type StatusDescription struct {
	ID        int64  `json:"id"`
	Level     string `json:"level"` // newbie, candidate, master
	Text      string `json:"description"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// PipelinesService reads and writes pipelines.
type PipelinesService struct{ c *Client }

// List reads all pipelines with their stages: this list has no pages.
func (s *PipelinesService) List(ctx context.Context) ([]Pipeline, error) {
	page, err := getPage[Pipeline](ctx, s.c, "pipelines.list", "/leads/pipelines", "pipelines", nil)
	return page.Items, err
}

// Get reads one pipeline.
func (s *PipelinesService) Get(ctx context.Context, id int64) (Pipeline, error) {
	return getOne[Pipeline](ctx, s.c, Request{Op: "pipelines.get", Path: idPath("/leads/pipelines", id)})
}

// Statuses reads the stages of one pipeline. with: descriptions.
func (s *PipelinesService) Statuses(ctx context.Context, pipelineID int64, with ...string) ([]Status, error) {
	path := idPath("/leads/pipelines", pipelineID) + "/statuses"
	page, err := getPage[Status](ctx, s.c, "pipelines.statuses", path, "statuses", withQuery(with))
	return page.Items, err
}
