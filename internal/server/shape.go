package server

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
)

// checkShape refuses requests whose parameters have the wrong JSON type, in
// words of the protocol. mcp-go would name the Go types of its own code.
// Arguments of tools are left to the registry, which explains them better.
func checkShape(_ context.Context, _, message any) error {
	raw, ok := message.(json.RawMessage)
	if !ok {
		return nil
	}
	if err := wrongShape(raw); err != nil {
		return asInvalidParams(err)
	}
	return nil
}

func wrongShape(raw json.RawMessage) error {
	var request struct {
		Method mcp.MCPMethod   `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	_ = json.Unmarshal(raw, &request) // what cannot be read at all mcp-go refuses itself
	if len(request.Params) == 0 || string(request.Params) == "null" {
		return nil
	}
	var params map[string]json.RawMessage
	if json.Unmarshal(request.Params, &params) != nil {
		return fmt.Errorf("params of %s must be an object", request.Method)
	}
	for _, name := range []string{"name", "uri", "cursor"} {
		if !isA[string](params[name]) {
			return fmt.Errorf("params.%s of %s must be a string", name, request.Method)
		}
	}
	if !isA[map[string]json.RawMessage](params["_meta"]) {
		return fmt.Errorf("params._meta of %s must be an object", request.Method)
	}
	if request.Method == mcp.MethodPromptsGet {
		return checkPromptArguments(params["arguments"])
	}
	return nil
}

func checkPromptArguments(raw json.RawMessage) error {
	if !isA[map[string]json.RawMessage](raw) {
		return fmt.Errorf("params.arguments of %s must be an object", mcp.MethodPromptsGet)
	}
	var arguments map[string]json.RawMessage
	_ = json.Unmarshal(raw, &arguments) // none given is none
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		if !isA[string](arguments[name]) {
			return fmt.Errorf("argument %q of a prompt must be a string, for example \"42\"", name)
		}
	}
	return nil
}

// isA reports whether a value is missing, null or of a type.
func isA[T any](raw json.RawMessage) bool {
	var v T
	return len(raw) == 0 || json.Unmarshal(raw, &v) == nil
}
