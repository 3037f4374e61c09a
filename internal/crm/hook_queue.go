package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// queueReport puts a call that a platform reports into the outbox, or merges the
// report into the call that is known under its id. onlyKnown makes no new one.
//
// The number is not compared with the one that is known: the id is the platform's,
// and so it is the same call, while the number of a tool call made during it is
// what somebody spoke.
func (s *Service) queueReport(ctx context.Context, c Call, onlyKnown bool) (known bool, err error) {
	return s.queueCall(ctx, c, onlyKnown, func(_ *hold, rec *callRecord) (bool, error) { return rec.mergeReport(c), nil })
}

// queueCall puts a call into the outbox, or what join makes of it and of the record
// that is known under its key.
func (s *Service) queueCall(ctx context.Context, c Call, onlyKnown bool, join func(*hold, *callRecord) (news bool, err error)) (known bool, err error) {
	h, err := s.acceptCall(ctx, c)
	if err != nil {
		return false, err
	}
	defer h.done()
	if !onlyKnown {
		defer s.callParts(ctx, c)
	}
	if h.begun == store.Fresh {
		if onlyKnown {
			h.drop(ctx)
			return false, nil
		}
		h.NextTry = s.clock.Now()
		defer s.wake()
		return true, h.settle(ctx, store.Waiting, h.Body)
	}
	rec, err := readRecord(h.Body)
	if err != nil {
		return true, errors.Join(err, h.settle(ctx, store.Dead, h.Body))
	}
	news, err := join(h, rec)
	if err != nil {
		return true, errors.Join(err, h.settle(ctx, formerState(h.begun), h.Body))
	}
	if h.begun == store.Again && !news {
		return true, h.settle(ctx, store.Done, h.Body)
	}
	if news {
		rec.Via = s.acceptedVia(ctx) // who brings more must be allowed all of it
	}
	body, err := json.Marshal(rec)
	if err != nil {
		return true, errors.Join(stateFailed(err), h.settle(ctx, store.Waiting, h.Body))
	}
	if !rec.wroteAnything() {
		h.Line = rec.Call.line()
	}
	if now := s.clock.Now(); h.NextTry.Before(now) {
		h.NextTry = now
	}
	defer s.wake()
	return true, h.settle(ctx, store.Waiting, body)
}

// callParts wakes the parts that came before their call, those too that were given
// up since it did not come in time.
func (s *Service) callParts(ctx context.Context, c Call) {
	id := strings.TrimSpace(c.CallID)
	if id == "" {
		return
	}
	st, _ := s.journal.store()
	some, err := st.Revive(ctx, s.journal.account, HookKind, hookPartsLine(id))
	if err != nil {
		s.log.WarnContext(ctx, "what came before its call", "error", err)
	}
	if some {
		s.wakeHooks()
	}
}

// mergeReport puts a later report of the call into its record. As long as nothing
// is written, it may also bring what decides about the card.
func (r *callRecord) mergeReport(c Call) (news bool) {
	if nobody(r.Call.Phone) && !nobody(c.Phone) {
		r.Call.Phone, news = strings.TrimSpace(c.Phone), true
	}
	if nobody(c.Phone) {
		c.Phone = "" // that there is no number is no news
	}
	merged, more := r.Call.merge(c)
	if !r.wroteAnything() {
		merged.Direction = cmp.Or(merged.Direction, c.Direction)
		merged.UnknownCaller = cmp.Or(merged.UnknownCaller, c.UnknownCaller)
		merged.SeveralLeads = cmp.Or(merged.SeveralLeads, c.SeveralLeads)
		merged.Pipeline, merged.Source = cmp.Or(merged.Pipeline, c.Pipeline), cmp.Or(merged.Source, c.Source)
	}
	r.Call = merged
	return news || more
}
