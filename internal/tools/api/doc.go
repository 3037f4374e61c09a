// Package api is the toolset api: one tool a method of Kommo's REST API, for
// what no other tool covers.
package api

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
)

// send passes a request on to the account of the calling principal.
func send(ctx context.Context, p crm.Provider, c crm.APICall) (crm.APIAnswer, error) {
	s, err := p(ctx)
	if err != nil {
		return crm.APIAnswer{}, err
	}
	return s.CallAPI(ctx, c)
}
