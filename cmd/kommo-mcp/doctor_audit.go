package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
)

// audit tells whether the http command can put writes on record: a server writes on
// where it cannot, and says so in its log alone.
func (r *checkup) audit(env Lookup, p *product) {
	const name = "audit"
	settings := reader{env: env}
	set := settings.audit(!p.cfg.Demo, p.cfg.StateDir)
	switch {
	case p.cfg.Demo:
		return
	case set.Nowhere:
		r.warn(name, "there is no state directory: writes over HTTP are not put on record; set KOMMO_MCP_AUDIT_FILE")
		return
	case set.File == "":
		r.warn(name, "off: writes are not put on record")
		return
	}
	_, err := audit.Probe(set.File)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(set.File) == filepath.Clean(p.cfg.StateDir) {
		err = nil // the directory is made with the first file in it
	}
	if err != nil {
		r.fail(name, "the audit log cannot be written: "+err.Error(), "Make room, or correct the rights on "+set.File+". Until then writes happen without being on record; the server's log has a line with AUDIT for each.")
		return
	}
	kept := "without texts"
	if set.Texts {
		kept = "with texts of customers"
	}
	r.ok(name, "writes over HTTP are put on record in "+set.File+", "+kept)
}
