package principal_test

import (
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

func TestModesContainOneAnother(t *testing.T) {
	modes := []principal.Mode{principal.Read, principal.Write, principal.Full}
	for i, have := range modes {
		for j, wanted := range modes {
			if got := have.Allows(wanted); got != (i >= j) {
				t.Errorf("%s allows %s: %v", have, wanted, got)
			}
		}
		if principal.Mode("admin").Allows(have) {
			t.Errorf("an unknown mode allows %s", have)
		}
	}
}

func TestContextCarriesThePrincipal(t *testing.T) {
	if got := principal.From(t.Context()); got.Kind != principal.Local {
		t.Errorf("a context without a principal: %+v", got)
	}
	ctx := principal.With(t.Context(), principal.Principal{Kind: principal.Key, ID: "k1"})
	if got := principal.From(ctx); got.Kind != principal.Key || got.ID != "k1" {
		t.Errorf("the principal came back as %+v", got)
	}
}
