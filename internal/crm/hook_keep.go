package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// HookKind is the kind of job under which is kept what platforms send.
const HookKind = "hook"

// HookDelivery is what a platform has sent, its signature checked. Headers are
// left out: nothing in them is needed any more, and some are secrets.
type HookDelivery struct {
	Platform string      `json:"platform"`
	Method   string      `json:"method,omitempty"`
	URL      string      `json:"url"` // with the query
	Body     []byte      `json:"body"`
	Options  HookOptions `json:"options,omitzero"`
	Received time.Time   `json:"received"`
	By       string      `json:"by,omitempty"` // who brought it; set by KeepHook
	Via      Via         `json:"via,omitzero"` // by whose rights its call is written; set by KeepHook
}

// request is the delivery as its adapter reads it.
func (d HookDelivery) request() hooks.Request {
	return hooks.Request{Method: d.Method, URL: d.URL, Body: d.Body}
}

// key is the same for the same body of the same platform, so that a delivery that
// comes twice is kept once.
func (d HookDelivery) key() string { return d.Platform + " " + shortHash(string(d.Body)) }

// HookReceipt says what became of a delivery.
type HookReceipt struct {
	Kept    bool   // safe on disk; the worker does the rest
	Again   bool   // the very same delivery was kept before
	Ignored string // why there is nothing to do with it
	CallIDs []string
}

// KeepHook keeps a delivery before anything else is done with it. An error that
// wraps hooks.ErrBody means that the same body would fail again; it is among the
// dead letters then. Any other error means that it could not be kept.
//
// An event that reports no call is not kept: platforms send dozens for each call.
func (s *Service) KeepHook(ctx context.Context, d HookDelivery) (HookReceipt, error) {
	platform, ok := hooks.Find(d.Platform)
	if !ok {
		return HookReceipt{}, fmt.Errorf("no platform %q", d.Platform)
	}
	d.Received, d.By, d.Via = s.clock.Now(), s.actor(ctx), s.acceptedVia(ctx)
	parsed, bad := platform.Parse(d.request())
	if bad == nil && len(parsed.Reports) == 0 {
		return HookReceipt{Ignored: parsed.Ignored}, nil
	}
	body, err := json.Marshal(d)
	if err != nil {
		return HookReceipt{}, stateFailed(err)
	}
	op := store.Op{Account: s.journal.account, Kind: HookKind, Key: d.key(), Line: hookJobLine(d.Platform, parsed), Body: body}
	receipt := HookReceipt{Kept: bad == nil, CallIDs: callIDs(d.Platform, parsed)}
	receipt.Again, err = s.keepHook(ctx, op, bad)
	if err != nil {
		return HookReceipt{}, err
	}
	s.wakeHooks()
	return receipt, bad
}

// keepHook puts a job into the queue, or finds it there. One that somebody works
// on now, or has done, is left as it is.
func (s *Service) keepHook(ctx context.Context, op store.Op, bad error) (again bool, err error) {
	st, warning := s.journal.store()
	if warning != "" {
		s.log.ErrorContext(ctx, "a webhook is kept in memory only", "warning", warning)
	}
	op, begun, err := st.Begin(ctx, op)
	if err != nil {
		return false, stateFailed(err)
	}
	switch begun {
	case store.Busy:
		return true, nil
	case store.Fresh:
		op.State, op.NextTry = store.Waiting, s.clock.Now()
		if bad != nil {
			op.State, op.Reason = store.Dead, said(bad)
		}
	case store.Again:
		op.State = store.Done
	default: // it waits, or is dead: so it stays
		op.State = store.Waiting
		if bad != nil || op.NextTry.IsZero() && op.Reason != "" {
			op.State = store.Dead
		}
	}
	if err := st.Settle(ctx, op); err != nil && !errors.Is(err, store.ErrLost) {
		return false, stateFailed(err)
	}
	return begun != store.Fresh, nil
}

// hookJobLine is by what a job is erased together with its call. Parts that wait
// for the report of their call stand in a line of their own: in the same one they
// would hold up what they wait for.
func hookJobLine(platform string, p hooks.Parsed) string {
	for _, r := range p.Reports {
		switch id := reportID(platform, r); {
		case id == "":
		case r.Addition:
			return hookPartsLine(id)
		default:
			return HookLine(id)
		}
	}
	return ""
}

func hookPartsLine(callID string) string { return "parts " + callID }

func callIDs(platform string, p hooks.Parsed) (out []string) {
	for _, r := range p.Reports {
		out = append(out, reportID(platform, r))
	}
	return out
}
