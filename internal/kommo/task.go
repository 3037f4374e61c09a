package kommo

// TasksService reads and writes tasks.
type TasksService struct{ c *Client }
