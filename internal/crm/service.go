// Package crm does the jobs that take several Kommo requests: brief a lead,
// create a lead with its contact, log a call, move a stage, report a pipeline.
// Plain Go in and out: it knows neither MCP nor HTTP.
package crm

import (
	"context"
	"sync/atomic"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Service does the jobs in one account. Safe for concurrent use.
type Service struct {
	api   *kommo.Client
	names *directory.Directory
	clock kommo.Clock
	done  *memo
	made  claims
	turns turns

	// reasonLast is set once Kommo has refused a loss reason together with the stage.
	reasonLast atomic.Bool
	calls      callRuns
}

// Provider chooses the account of the calling principal. Without a token it
// answers a *problem.Problem with the code no_token that says how to set one.
type Provider func(ctx context.Context) (*Service, error)

// New makes the service of one account.
func New(api *kommo.Client, names *directory.Directory, clock kommo.Clock) *Service {
	return &Service{api: api, names: names, clock: clock, done: newMemo(clock)}
}

// Directory is what the account calls things, for resources and completions.
func (s *Service) Directory() *directory.Directory { return s.names }

// API is the account's client, for resources that pass a record on.
func (s *Service) API() *kommo.Client { return s.api }
