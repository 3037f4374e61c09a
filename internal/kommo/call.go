package kommo

// CallsService logs phone calls.
type CallsService struct{ c *Client }
