package kommo

// ContactsService reads and writes contacts.
type ContactsService struct{ c *Client }
