package crm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// parts loads the pieces of a briefing at once. A piece that fails becomes a
// warning; only the card itself, loaded by main, ends the briefing.
type parts struct {
	ctx      context.Context
	stop     context.CancelFunc
	wait     sync.WaitGroup
	mu       sync.Mutex
	failed   error
	warnings []string
}

func newParts(ctx context.Context) *parts {
	ctx, stop := context.WithCancel(ctx)
	return &parts{ctx: ctx, stop: stop}
}

// main loads what the briefing is about; its error stops the rest.
func (p *parts) main(f func(context.Context) error) {
	p.wait.Go(func() {
		if err := f(p.ctx); err != nil {
			p.mu.Lock()
			p.failed = errors.Join(p.failed, err)
			p.mu.Unlock()
			p.stop()
		}
	})
}

// side loads a piece that the briefing can do without.
func (p *parts) side(what string, f func(context.Context) error) {
	p.wait.Go(func() {
		if err := f(p.ctx); err != nil {
			p.mu.Lock()
			p.warnings = append(p.warnings, what+" could not be read: "+reason(err))
			p.mu.Unlock()
		}
	})
}

// done waits for all pieces.
func (p *parts) done() ([]string, error) {
	p.wait.Wait()
	p.stop()
	slices.Sort(p.warnings)
	return p.warnings, p.failed
}

// reason is an error in plain words, without the operation and its status.
func reason(err error) string {
	if e, ok := errors.AsType[*problem.Problem](err); ok {
		return strings.TrimSuffix(e.Message, ".")
	}
	if e, ok := errors.AsType[*kommo.Error](err); ok {
		return e.Message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the time ran out"
	}
	return "an internal error"
}

// names loads what the account calls things, as a side piece: without it ids
// stand for names.
func (s *Service) namesInto(p *parts, into **directory.Snapshot, sections ...directory.Section) {
	p.side("names", func(ctx context.Context) error {
		got, err := s.names.Snapshot(ctx, sections...)
		*into = got
		return err
	})
}

// readContacts reads contacts in one request, and one by one where the account
// ignores filters. The order is that of ids.
func (s *Service) readContacts(ctx context.Context, ids []int64) ([]kommo.Contact, error) {
	return byID(ctx, s, ids, func(c kommo.Contact) int64 { return c.ID },
		func(ctx context.Context, f kommo.CardListFilter) (kommo.Page[kommo.Contact], error) {
			return s.api.Contacts.List(ctx, f)
		},
		func(ctx context.Context, id int64) (kommo.Contact, error) { return s.api.Contacts.Get(ctx, id) })
}

// readCompanies is readContacts for companies.
func (s *Service) readCompanies(ctx context.Context, ids []int64) ([]kommo.Company, error) {
	return byID(ctx, s, ids, func(c kommo.Company) int64 { return c.ID },
		func(ctx context.Context, f kommo.CardListFilter) (kommo.Page[kommo.Company], error) {
			return s.api.Companies.List(ctx, f)
		},
		func(ctx context.Context, id int64) (kommo.Company, error) { return s.api.Companies.Get(ctx, id) })
}

// readLeads is readContacts for leads.
func (s *Service) readLeads(ctx context.Context, ids []int64) ([]kommo.Lead, error) {
	return byID(ctx, s, ids, func(l kommo.Lead) int64 { return l.ID },
		func(ctx context.Context, f kommo.CardListFilter) (kommo.Page[kommo.Lead], error) {
			return s.api.Leads.List(ctx, kommo.LeadFilter{CardFilter: f.CardFilter, ListOptions: f.ListOptions})
		},
		func(ctx context.Context, id int64) (kommo.Lead, error) { return s.api.Leads.Get(ctx, id) })
}

// singles bounds how many records are read one by one.
const singles = 5

func byID[T any](ctx context.Context, s *Service, ids []int64, idOf func(T) int64,
	list func(context.Context, kommo.CardListFilter) (kommo.Page[T], error), get func(context.Context, int64) (T, error),
) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found := map[int64]T{}
	if account, err := s.names.Account(ctx); err == nil && !account.FiltersOn || len(ids) == 1 {
		for _, id := range ids[:min(len(ids), singles)] {
			one, err := get(ctx, id)
			if err == nil {
				found[id] = one
			} else if !errors.Is(err, kommo.ErrNotFound) {
				return nil, err
			}
		}
	} else {
		page, err := list(ctx, kommo.CardListFilter{
			CardFilter: kommo.CardFilter{IDs: ids}, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage},
		})
		if err != nil {
			return nil, err
		}
		for _, one := range page.Items {
			found[idOf(one)] = one
		}
	}
	var out []T
	for _, id := range ids {
		if one, ok := found[id]; ok {
			out = append(out, one)
		}
	}
	return out, nil
}
