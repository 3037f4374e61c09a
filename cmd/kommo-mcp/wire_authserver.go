package main

import (
	"context"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// startAuthorization makes the authorization server, where the settings for one are
// all there: our integration with Kommo, and the address that clients know us by.
func (p *product) startAuthorization(ctx context.Context) error {
	if !p.oneClick() {
		return nil
	}
	s, err := authserver.New(authserver.Config{
		Public: p.cfg.PublicURL, Store: p.state, Mode: principal.Mode(p.cfg.Mode), Registration: p.cfg.Registration,
		Zone: p.cfg.Account.Zone, Version: version(), Log: p.log,
		Link:    p.accounts(ctx).Link,
		Active:  func(ctx context.Context, account string) (bool, error) { return auth.Active(ctx, p.state, account) },
		Address: server.ClientAddress,
	})
	if err != nil {
		return fmt.Errorf("KOMMO_MCP_PUBLIC_URL: %w", err)
	}
	p.authorization = s
	return nil
}

// authorize lets the tokens of the authorization server in, and mounts it.
func (p *product) authorize(w *server.Web) {
	if p.authorization == nil {
		return
	}
	w.Tokens = p.authorization
	w.Mount = append(w.Mount, p.authorization.Mount)
}
