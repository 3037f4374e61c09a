package kommo

// PipelinesService reads pipelines with their stages.
type PipelinesService struct{ c *Client }
