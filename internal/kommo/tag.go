package kommo

// TagsService reads and creates tags.
type TagsService struct{ c *Client }
