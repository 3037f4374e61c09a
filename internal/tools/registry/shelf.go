package registry

import "time"

// shelf holds the plans of one account.
type shelf[Plan any] struct {
	plans map[[tokenID]byte]kept[Plan]
	order [][tokenID]byte // oldest first; also of plans that are gone
}

type kept[Plan any] struct {
	plan  Plan
	until time.Time
}

// put keeps a plan of an account.
func (v *vault[Plan]) put(account string, id [tokenID]byte, k kept[Plan]) {
	s, ok := v.shelves[account]
	if !ok {
		s = &shelf[Plan]{plans: map[[tokenID]byte]kept[Plan]{}}
		v.shelves[account] = s
	}
	s.plans[id] = k
	s.order = append(s.order, id)
	v.total++
}

// take gives a plan of an account out and forgets it.
func (v *vault[Plan]) take(account string, id [tokenID]byte) (k kept[Plan], ok bool) {
	s, there := v.shelves[account]
	if !there {
		return k, false
	}
	if k, ok = s.plans[id]; !ok {
		return k, false
	}
	delete(s.plans, id)
	v.total--
	if len(s.plans) == 0 {
		delete(v.shelves, account)
	}
	return k, true
}

// prune makes room for a plan of an account: what has expired goes, whoever's it is; then the account's own
// oldest, if it has too many; and if all together have too many, the oldest of who has the most.
func (v *vault[Plan]) prune(now time.Time, account string) {
	for name := range v.shelves {
		v.trim(name, func(_ *shelf[Plan], oldest kept[Plan]) bool { return !now.Before(oldest.until) })
	}
	v.trim(account, func(s *shelf[Plan], _ kept[Plan]) bool { return len(s.plans) >= mostTokens })
	for v.total >= mostPlans {
		fullest := account
		for name, s := range v.shelves {
			if other, ok := v.shelves[fullest]; !ok || len(s.plans) > len(other.plans) {
				fullest = name
			}
		}
		most := len(v.shelves[fullest].plans)
		v.trim(fullest, func(s *shelf[Plan], _ kept[Plan]) bool { return len(s.plans) == most })
	}
}

// trim drops the oldest plans of an account as long as they have to go.
func (v *vault[Plan]) trim(account string, goes func(*shelf[Plan], kept[Plan]) bool) {
	s, ok := v.shelves[account]
	for ok && len(s.order) > 0 {
		id := s.order[0]
		k, there := s.plans[id]
		if there && !goes(s, k) {
			return
		}
		s.order = s.order[1:]
		v.take(account, id)
	}
}
