package kommo

import (
	"context"
	"encoding/json"
)

// Raw carries out a call that no resource here covers and returns the JSON of
// the answer as it came, nil where there is none. Writes, PATCH included, are
// sent once: nothing is known about them, so none counts as repeatable, and one
// without a usable answer is CodeUnknownOutcome. A success without data is no
// failure: several operations answer so (Kommo API facts: 202 and 204).
func (c *Client) Raw(ctx context.Context, r Request) (Meta, json.RawMessage, error) {
	r.Once = true
	o, err := newOutgoing(r, nil)
	if err != nil {
		return Meta{}, nil, err
	}
	rep, err := c.handle(ctx, o)
	if err != nil {
		meta, err := c.failed(o, err)
		return meta, nil, err
	}
	meta := Meta{Status: rep.status, Header: rep.header, Attempts: rep.attempts}
	if !looksLikeJSON(rep.body) {
		return meta, nil, nil
	}
	return meta, rep.body, nil
}
