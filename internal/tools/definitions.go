package tools

import (
	"embed"
	"io/fs"
)

// written are the tools as clients see them. go generate ./internal/acceptance writes
// them anew, and a test there holds them to the structs.
//
//go:embed definitions/*.json
var written embed.FS

func definitions() fs.FS {
	sub, err := fs.Sub(written, "definitions")
	if err != nil { // only for a malformed path
		return nil
	}
	return sub
}
