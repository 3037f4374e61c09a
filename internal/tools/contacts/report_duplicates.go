package contacts

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type reportDuplicatesIn struct {
	Kind   string   `json:"kind,omitempty" jsonschema:"enum=contact,enum=company,default=contact" jsonschema_description:"What to compare: contact (people) or company."`
	By     []string `json:"by,omitempty" jsonschema:"enum=phone,enum=email,enum=name" jsonschema_description:"What must be the same: phone, email, name. Any one suffices; phone and email if left out."`
	Query  string   `json:"query,omitempty" jsonschema:"example=Delgado" jsonschema_description:"Compare only records that hold this text, 3 characters or more."`
	Limit  int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string   `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ReportDuplicates finds records that are probably the same.
func ReportDuplicates(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "report_duplicates", Title: "Find duplicates", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Narrow: "query or by",
		Description: "Finds duplicate contacts or companies: groups that share a phone in any spelling, an e-mail or a name, those that share most first, " +
			"each with the record to keep first (most leads, then oldest). People may share a phone, so ask before you act. " +
			"For one person use search_contacts with phone or email. " +
			"Up to 10,000 records are compared in a call; complete says whether that was all, query narrows. Kommo's API cannot merge records: people merge them in Kommo.",
	}, func(ctx context.Context, in reportDuplicatesIn) (crm.DuplicateReport, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.DuplicateReport{}, err
		}
		return s.Duplicates(ctx, crm.DuplicateQuery(in))
	})
}
