package crm

import "sync"

// claimsKept is enough for every create of the time in which a look-up may take
// a record for its own: at Kommo's seven requests a second, more than a minute.
const claimsKept = 1000

// claims remembers which records are known to be somebody's: made by a call that
// got its answer, or found by a look-up. A look-up must not take them again,
// else two equal creates, one of them lost, would both answer the same record.
type claims struct {
	mu    sync.Mutex
	taken map[Record]bool
	order []Record
}

// take claims a record; false if it was claimed before.
func (c *claims) take(kind string, id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := Record{Kind: kind, ID: id}
	if c.taken[key] {
		return false
	}
	if c.taken == nil {
		c.taken = map[Record]bool{}
	}
	c.taken[key] = true
	c.order = append(c.order, key)
	if len(c.order) > claimsKept {
		delete(c.taken, c.order[0])
		c.order = c.order[1:]
	}
	return true
}
