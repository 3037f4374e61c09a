package main

import (
	"context"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/auth"
)

// keys looks after the access keys. One works as long as Kommo honours the grant of
// its account.
func (p *product) keys() *access.Keys {
	return access.New(p.state, time.Now, func(ctx context.Context, account string) (bool, error) {
		return auth.Active(ctx, p.state, account)
	})
}
