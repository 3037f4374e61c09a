package kommo

import "context"

// LossReason says why a lead was lost.
type LossReason struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Sort      Int    `json:"sort"`
	CreatedAt Unix   `json:"created_at"`
	UpdatedAt Unix   `json:"updated_at"`
}

// LossReasonsService reads loss reasons.
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
