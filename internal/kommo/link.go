package kommo

// LinksService reads and writes links between records.
type LinksService struct{ c *Client }
