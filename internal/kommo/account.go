package kommo

// AccountService reads the account.
type AccountService struct{ c *Client }
