package principal_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

func TestLinesNameTheAccount(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(principal.LogHandler(slog.NewTextHandler(&out, nil)))
	ctx := principal.With(t.Context(), principal.Principal{Kind: principal.Key, ID: "k1", Account: "5"})
	for want, write := range map[string]func(){
		"account=5": func() { log.ErrorContext(ctx, "broken") },
		"account=6": func() { log.With("account", "6").InfoContext(ctx, "x") },
		"account=7": func() { log.InfoContext(ctx, "x", "account", "7") },
		"msg=x":     func() { log.InfoContext(t.Context(), "x") },
	} {
		out.Reset()
		write()
		named := strings.Count(out.String(), "account=")
		if !strings.Contains(out.String(), want) || named > 1 || (named == 0) != (want == "msg=x") {
			t.Errorf("want %s: %s", want, out.String())
		}
	}
}
