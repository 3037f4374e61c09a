package kommo

// CustomFieldsService reads custom field definitions.
type CustomFieldsService struct{ c *Client }
