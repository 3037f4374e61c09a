package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// TestMalformedParametersAreRefusedInWords: what a client gets wrong is named
// without the Go types behind it.
func TestMalformedParametersAreRefusedInWords(t *testing.T) {
	set, err := resources.New(func(context.Context) (*crm.Service, error) { return nil, errors.New("not needed") })
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(server.Parts{Version: "test", Resources: set, Logger: slog.New(slog.DiscardHandler)})
	for request, says := range map[string]string{
		`"method":"tools/call","params":[1]`:                                                       "params of tools/call must be an object",
		`"method":"tools/call","params":"x"`:                                                       "params of tools/call must be an object",
		`"method":"tools/call","params":{"name":5}`:                                                "params.name of tools/call must be a string",
		`"method":"resources/read","params":{"uri":{}}`:                                            "params.uri",
		`"method":"tools/list","params":{"cursor":7}`:                                              "params.cursor",
		`"method":"tools/list","params":{"_meta":5}`:                                               "params._meta",
		`"method":"prompts/get","params":{"name":"lead_briefing","arguments":{"lead":42,"b":"c"}}`: `argument "lead" of a prompt must be a string`,
		`"method":"prompts/get","params":{"name":"lead_briefing","arguments":[]}`:                  "params.arguments of prompts/get must be an object",
	} {
		answer := s.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,`+request+`}`))
		raw, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Error struct {
				Code    int
				Message string
			}
		}
		if err := json.Unmarshal(raw, &got); err != nil || got.Error.Code != -32600 || !strings.Contains(got.Error.Message, says) || strings.Contains(got.Error.Message, "Go ") {
			t.Errorf("%s: %s, want %q", request, raw, says)
		}
	}
	for _, request := range []string{`"method":"tools/list"`, `"method":"tools/list","params":null`, `"method":"ping","params":{"_meta":{"a":1}}`, `"method":"tools/list","params":{"cursor":null}`} {
		raw, _ := json.Marshal(s.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,`+request+`}`)))
		if !strings.Contains(string(raw), `"result"`) {
			t.Errorf("%s: %s", request, raw)
		}
	}
}
