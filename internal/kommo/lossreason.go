package kommo

import (
	"context"
	"net/http"
)

// LossReason says why a lead was lost.
type LossReason struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Sort      Int    `json:"sort"`
	CreatedAt Unix   `json:"created_at"`
	UpdatedAt Unix   `json:"updated_at"`
}

// LossReasonsService reads, makes and deletes loss reasons.
type LossReasonsService struct{ c *Client }

// List reads all loss reasons.
func (s *LossReasonsService) List(ctx context.Context) ([]LossReason, error) {
	return Collect(everyPage(func(n int) (Page[LossReason], error) {
		q := withQuery(nil)
		ListOptions{Page: n, Limit: MaxPage}.into(q)
		return getPage[LossReason](ctx, s.c, "loss_reasons.list", "/leads/loss_reasons", "loss_reasons", q)
	}))
}

// Get reads one loss reason.
func (s *LossReasonsService) Get(ctx context.Context, id int64) (LossReason, error) {
	return getOne[LossReason](ctx, s.c, Request{Op: "loss_reasons.get", Path: idPath("/leads/loss_reasons", id)})
}

// LossReasonWrite makes a loss reason. Sort 0 leaves its place to Kommo.
type LossReasonWrite struct {
	Name string `json:"name"`
	Sort int64  `json:"sort,omitzero"`
}

// Create makes loss reasons; only administrators may. They cannot be changed
// later (Kommo API facts: loss reasons).
func (s *LossReasonsService) Create(ctx context.Context, reasons []LossReasonWrite) ([]Created, error) {
	return create(ctx, s.c, "loss_reasons.create", "/leads/loss_reasons", "loss_reasons", reasons)
}

// Delete removes a loss reason; only administrators may. Kommo answers 204.
func (s *LossReasonsService) Delete(ctx context.Context, id int64) error {
	_, err := s.c.Do(ctx, Request{Op: "loss_reasons.delete", Method: http.MethodDelete, Path: idPath("/leads/loss_reasons", id)}, nil)
	return err
}
