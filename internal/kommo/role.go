package kommo

// RolesService reads roles.
type RolesService struct{ c *Client }
