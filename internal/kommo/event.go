package kommo

// EventsService reads events.
type EventsService struct{ c *Client }
