package resources

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
)

func showAccount(ctx context.Context, s *crm.Service, _ map[string]string) (any, error) {
	return s.Directory().Account(ctx)
}

func showLead(ctx context.Context, s *crm.Service, args map[string]string) (any, error) {
	id, err := idIn(args)
	if err != nil {
		return nil, err
	}
	return s.API().Leads.Get(ctx, id)
}

func showContact(ctx context.Context, s *crm.Service, args map[string]string) (any, error) {
	id, err := idIn(args)
	if err != nil {
		return nil, err
	}
	return s.API().Contacts.Get(ctx, id)
}

func showCompany(ctx context.Context, s *crm.Service, args map[string]string) (any, error) {
	id, err := idIn(args)
	if err != nil {
		return nil, err
	}
	return s.API().Companies.Get(ctx, id)
}
