package audit

import "encoding/json"

// LineOf is the line of a call without who made it and when.
func LineOf(c Call) ([]byte, error) { return json.Marshal(c.line(false)) }
