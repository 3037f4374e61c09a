package kommo

// UsersService reads users.
type UsersService struct{ c *Client }
