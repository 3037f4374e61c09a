package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type restoreFileIn struct {
	FileUUID string `json:"file_uuid" jsonschema:"minLength=1" jsonschema_description:"File uuid, from list_files with in_bin."`
}

// RestoreFile is the tool restore_file.
func RestoreFile(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "restore_file", Title: "Restore a deleted file", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Takes a file out of the bin of the account's Drive, within the 30 days that Kommo keeps it there; " +
			"the cards that had it show it again. It undoes delete_file. " +
			"Find the file with list_files and in_bin: true. To put a file on a card use attach_file. " +
			"unchanged: true means that it was not in the bin and nothing was sent. A lost answer is looked up.",
	}, func(ctx context.Context, in restoreFileIn) (crm.ChangedFile, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedFile{}, err
		}
		return s.RestoreFile(ctx, in.FileUUID)
	})
}
