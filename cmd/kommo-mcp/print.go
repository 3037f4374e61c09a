package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
)

// listing is how a list is printed: in columns for people, as JSON for programs.
type listing struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// printJSON writes one value to standard output.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// hosts are the hosts of the connected accounts by their numbers: people know
// accounts by these.
func (p *product) hosts(ctx context.Context) map[string]string {
	out := map[string]string{}
	if !p.state.Exists() {
		return out
	}
	list, err := auth.List(ctx, p.state)
	if err != nil {
		return out // the numbers stand for themselves
	}
	for _, c := range list {
		out[c.Account] = c.Host
	}
	return out
}

// hostOf is what to call an account: its host, else its number.
func hostOf(hosts map[string]string, account string) string {
	switch host := hosts[account]; {
	case account == "":
		return "own"
	case host == "":
		return account
	default:
		return host
	}
}

// moment is a time for programs; the zero time is left out.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// or is a value for people; absent says in words what it means that there is none.
func or[T comparable](value T, absent string) string {
	var none T
	if value == none {
		return absent
	}
	return fmt.Sprint(value)
}

func orNever(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format(time.DateTime)
}
