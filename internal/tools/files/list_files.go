package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listFilesIn struct {
	LeadID    int64  `json:"lead_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Lead id, from search_leads or a card link."`
	ContactID int64  `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID int64  `json:"company_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Company id, from search_contacts or a card link."`
	Query     string `json:"query,omitempty" jsonschema_description:"Part of the file name; only without a card."`
	InBin     bool   `json:"in_bin,omitempty" jsonschema_description:"true: deleted files, which restore_file takes back; only without a card."`
	Limit     int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor    string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListFiles is the tool list_files.
func ListFiles(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_files", Title: "List files", Class: registry.Read, Toolset: toolset, PeopleText: true, Narrow: "query",
		Description: "Lists the files of one lead, contact or company, newest first, or of the whole account when no card is named. " +
			"Answers name, size in bytes, type, who stored it and when, and a download_url that opens without a sign-in: share it only with people who may see the file. " +
			"Use it to find a file_uuid for the other file tools; upload_file stores new ones. Give at most one of lead_id, contact_id and company_id. " +
			"Files of the bin show without a name.",
	}, func(ctx context.Context, in listFilesIn) (crm.FileList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.FileList{}, err
		}
		return s.ListFiles(ctx, crm.FileQuery{
			Target: crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			Query:  in.Query, InBin: in.InBin, Limit: in.Limit, Cursor: in.Cursor,
		})
	})
}
