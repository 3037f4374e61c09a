package crm

import (
	"context"
	"sync"
)

// claimsKept is enough for every create of the time in which a look-up may take
// a record for its own: at Kommo's seven requests a second, more than a minute.
const claimsKept = 1000

// claims remembers which records are known to be somebody's: made by a call that
// got its answer, or found by a look-up. A look-up must not take them again,
// else two equal creates, one of them lost, would both answer the same record.
type claims struct {
	mu    sync.Mutex
	taken map[Record]string // by which job; empty for one without a key
	order []Record
}

// take claims a record; false if another job claimed it before.
func (c *claims) take(kind string, id int64, by string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := Record{Kind: kind, ID: id}
	if holder, held := c.taken[key]; held {
		return by != "" && holder == by
	}
	if c.taken == nil {
		c.taken = map[Record]string{}
	}
	c.taken[key] = by
	c.order = append(c.order, key)
	if len(c.order) > claimsKept {
		delete(c.taken, c.order[0])
		c.order = c.order[1:]
	}
	return true
}

// took claims a record for the job of ctx. Jobs with a key claim it for all
// processes that share the state; the others in this process only, since a write
// to the disk for each would help nobody.
func (s *Service) took(ctx context.Context, kind string, id int64) bool {
	job, keyed := jobOf(ctx)
	if !s.made.take(kind, id, job.name) {
		return false
	}
	if !keyed {
		return true
	}
	st, _ := s.journal.store()
	ok, err := st.Claim(ctx, s.journal.account, kind, id, job.name)
	return ok || err != nil // the claim of this process holds all the same
}
