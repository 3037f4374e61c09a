package kommo

// LeadsService reads and writes leads.
type LeadsService struct{ c *Client }
