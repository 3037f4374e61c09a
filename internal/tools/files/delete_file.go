package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteFileIn struct {
	FileUUID string `json:"file_uuid" jsonschema:"minLength=1" jsonschema_description:"File uuid, from list_files."`
}

// DeleteFile is the tool delete_file.
func DeleteFile(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_file", Title: "Delete a file", Class: registry.Delete, Toolset: toolset, PeopleText: true,
		Description: "Moves a file of the account's Drive to the bin, for all cards that have it; its links open no more. " +
			"Kommo keeps it there for 30 days, in which restore_file takes it back, and then deletes it for good. " +
			"To take it off one card only use detach_file. " +
			"Answers the name, and the size under before; unchanged: true means that it was in the bin already. " +
			"Needs a token with the scope files_delete.",
	}, func(ctx context.Context, in deleteFileIn) (crm.RemovedFile, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.RemovedFile{}, err
		}
		return s.DeleteFile(ctx, in.FileUUID)
	})
}
