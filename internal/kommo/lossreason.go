package kommo

// LossReasonsService reads loss reasons.
type LossReasonsService struct{ c *Client }
