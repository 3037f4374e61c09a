package catalogs_test

import (
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/catalogs"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// rig is the demo account with the tools of this toolset.
type rig struct {
	*testing.T
	*toolstest.Rig
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t, toolstest.With(t, toolstest.Options{},
		catalogs.ListCatalogs,
		catalogs.ListCatalogElements,
		catalogs.GetCatalogElement,
		catalogs.CreateCatalogElement,
		catalogs.UpdateCatalogElement,
		catalogs.ListLeadProducts,
		catalogs.LinkProductToLead,
		catalogs.UnlinkProductFromLead,
		catalogs.CreateCatalog,
		catalogs.UpdateCatalog,
		catalogs.CreateCatalogField,
		catalogs.UpdateCatalogField,
		catalogs.DeleteCatalogField,
	)}
	products, err := r.Names.Catalog(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Names.Fields(t.Context(), products.Fields()); err != nil {
		t.Fatal(err)
	}
	r.Box.ForgetArrivals()
	return r
}

// do runs a tool that must succeed with these requests, within Kommo's contract.
func (r *rig) do(tool, args, requests string) map[string]any {
	r.Helper()
	return r.Do(requests, tool, args).Keys
}

// refused runs a tool that must be refused with the code, and say what to do.
func (r *rig) refused(code, tool, args string) (message, requests string) {
	r.Helper()
	refusal, sent := r.Fails(code, tool, args)
	return refusal.Message, sent
}
