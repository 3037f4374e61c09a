package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// TestTheDemoOutlivesTheSignal: calls in flight at the shutdown still reach the
// embedded account.
func TestTheDemoOutlivesTheSignal(t *testing.T) {
	a := &app{env: func(string) (string, bool) { return "", false }, in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}
	ctx, signal := context.WithCancel(t.Context())
	p, err := a.wire(ctx, Flags{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	account := kommo.Request{Op: "account.get", Method: http.MethodGet, Path: "/account"}
	signal()
	if _, err := p.client.Do(t.Context(), account, nil); err != nil {
		t.Errorf("after the signal: %v", err)
	}
	p.close()
}
