package resources

import (
	"context"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
)

// mostCompletions is the protocol's limit; mcp-go does not hold it.
const mostCompletions = 100

// CompletePromptArgument offers values while a prompt's argument is typed.
// Without a token, or when Kommo does not answer, it offers none: completion
// must not disturb the typing.
func (s *Set) CompletePromptArgument(ctx context.Context, prompt string, arg mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	for _, p := range s.prompts {
		if p.Name != prompt {
			continue
		}
		for _, a := range p.Arguments {
			if a.Name == arg.Name {
				return fitting(s.values(ctx, a.Complete), arg.Value), nil
			}
		}
	}
	return fitting(nil, ""), nil
}

// CompleteResourceArgument offers values for the variables of templates: for the id
// of a card those of cards whose name was typed, or of the last changed ones.
func (s *Set) CompleteResourceArgument(ctx context.Context, uri string, arg mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	switch {
	case uri == "kommo://fields/{entity}" && arg.Name == "entity":
		return fitting([]string{"leads", "contacts", "companies"}, arg.Value), nil
	case arg.Name == "id":
		return s.cardIDs(ctx, uri, arg.Value), nil
	}
	return fitting(nil, ""), nil
}

// values lists what an argument of that kind may be.
func (s *Set) values(ctx context.Context, kind string) []string {
	switch kind {
	case "direction":
		return []string{"inbound", "outbound"}
	case "period":
		return []string{"today", "yesterday", "this_week", "last_week", "this_month", "last_month", "last_30_days"}
	case "pipeline", "user":
		service, err := s.account(ctx)
		if err != nil {
			return nil
		}
		return accountNames(ctx, service, kind)
	default:
		return nil
	}
}

func accountNames(ctx context.Context, service *crm.Service, kind string) []string {
	var out []string
	if kind == "pipeline" {
		all, err := service.Directory().Pipelines(ctx)
		if err != nil {
			return nil
		}
		for _, p := range all {
			out = append(out, p.Name)
		}
		return out
	}
	all, err := service.Directory().Users(ctx)
	if err != nil {
		return nil
	}
	for _, u := range all.Items {
		if u.Active {
			out = append(out, u.Name)
		}
	}
	return out
}

// fitting keeps the values that contain what was typed, those that begin with
// it first.
func fitting(values []string, typed string) *mcp.Completion {
	typed = strings.ToLower(strings.TrimSpace(typed))
	var begin, within []string
	for _, v := range values {
		switch low := strings.ToLower(v); {
		case strings.HasPrefix(low, typed):
			begin = append(begin, v)
		case strings.Contains(low, typed):
			within = append(within, v)
		}
	}
	all := slices.Concat(begin, within)
	total := len(all)
	return &mcp.Completion{Values: append([]string{}, all[:min(total, mostCompletions)]...), Total: total, HasMore: total > mostCompletions}
}
