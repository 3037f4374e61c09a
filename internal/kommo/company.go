package kommo

// CompaniesService reads and writes companies.
type CompaniesService struct{ c *Client }
