package kommo

// NotesService reads and writes notes.
type NotesService struct{ c *Client }
