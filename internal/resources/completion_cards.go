package resources

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	recentCards = 100
	// shortestQuery is the length from which Kommo searches (Kommo API facts:
	// query).
	shortestQuery = 3
)

// cardName is a card that an id may stand for.
type cardName struct {
	id   int64
	name string
}

// cardIDs offers ids of cards with one request: those that begin with the digits
// typed or carry the text in their name, among the last changed; longer texts are
// searched for in the whole account.
func (s *Set) cardIDs(ctx context.Context, uri, typed string) *mcp.Completion {
	service, err := s.account(ctx)
	if err != nil {
		return fitting(nil, "")
	}
	typed = strings.TrimSpace(typed)
	ask := kommo.CardFilter{Order: kommo.Order{By: "updated_at", Desc: true}}
	digits := strings.Trim(typed, "0123456789") == ""
	if !digits && utf8.RuneCountInString(typed) >= shortestQuery {
		ask.Query = typed
	}
	found, more := cards(ctx, service.API(), uri, ask)
	var ids []string
	for _, c := range found {
		id := strconv.FormatInt(c.id, 10)
		if ask.Query != "" || digits && strings.HasPrefix(id, typed) || strings.Contains(strings.ToLower(c.name), strings.ToLower(typed)) {
			ids = append(ids, id)
		}
	}
	out := fitting(ids, "")
	if more {
		out.HasMore, out.Total = true, 0 // how many there are, nobody has counted
	}
	return out
}

// cards reads one page of the kind that the template names. What cannot be read
// offers nothing.
func cards(ctx context.Context, api *kommo.Client, uri string, f kommo.CardFilter) (found []cardName, more bool) {
	page := kommo.ListOptions{Limit: recentCards}
	switch uri {
	case "kommo://leads/{id}":
		got, err := api.Leads.List(ctx, kommo.LeadFilter{CardFilter: f, ListOptions: page})
		return named(got, err, func(l kommo.Lead) cardName { return cardName{l.ID, l.Name} })
	case "kommo://contacts/{id}":
		got, err := api.Contacts.List(ctx, kommo.CardListFilter{CardFilter: f, ListOptions: page})
		return named(got, err, func(c kommo.Contact) cardName { return cardName{c.ID, c.Name} })
	case "kommo://companies/{id}":
		got, err := api.Companies.List(ctx, kommo.CardListFilter{CardFilter: f, ListOptions: page})
		return named(got, err, func(c kommo.Company) cardName { return cardName{c.ID, c.Name} })
	default:
		return nil, false
	}
}

func named[T any](page kommo.Page[T], err error, name func(T) cardName) (found []cardName, more bool) {
	if err != nil {
		return nil, false
	}
	for _, item := range page.Items {
		found = append(found, name(item))
	}
	return found, page.HasNext
}
