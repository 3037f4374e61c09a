package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateFileIn struct {
	FileUUID string `json:"file_uuid" jsonschema:"minLength=1" jsonschema_description:"File uuid, from list_files or upload_file."`
	Name     string `json:"name" jsonschema:"minLength=1,maxLength=200,example=quote.pdf" jsonschema_description:"New file name with its ending, such as quote.pdf."`
}

// UpdateFile is the tool update_file.
func UpdateFile(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_file", Title: "Rename a file", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Gives a file of the account's Drive another name, on all cards that have it. " +
			"The content and the links to it stay; use upload_file for new content. Keep the ending, since programs choose by it. " +
			"Notes that were written before go on showing the old name. " +
			"Answers the name before and after; unchanged: true means that it was called so already and nothing was sent. " +
			"A file in the bin is refused: take it out with restore_file first.",
	}, func(ctx context.Context, in updateFileIn) (crm.ChangedFile, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedFile{}, err
		}
		return s.RenameFile(ctx, in.FileUUID, in.Name)
	})
}
