package server_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// documentShape is what OpenAPI 3.1 asks of the parts that the description has.
const documentShape = `{
	"type": "object", "required": ["openapi", "info", "paths", "components"],
	"additionalProperties": false,
	"properties": {
		"openapi": {"const": "3.1.0"},
		"info": {"type": "object", "required": ["title", "version"], "properties": {"license": {"type": "object", "required": ["name"]}}},
		"servers": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["url"]}},
		"paths": {"type": "object", "minProperties": 2, "patternProperties": {"^/": {
			"type": "object", "minProperties": 1, "additionalProperties": false,
			"properties": {"post": {"$ref": "#/$defs/operation"}}}}, "additionalProperties": false},
		"components": {"type": "object", "additionalProperties": false, "properties": {
			"schemas": {"type": "object", "additionalProperties": {"type": "object"}},
			"securitySchemes": {"type": "object", "additionalProperties": {"type": "object", "required": ["type"]}}}}
	},
	"$defs": {
		"content": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "object", "required": ["schema"]}},
		"operation": {
			"type": "object", "required": ["operationId", "summary", "requestBody", "responses"], "additionalProperties": false,
			"properties": {
				"operationId": {"type": "string"}, "summary": {"type": "string"}, "description": {"type": "string"},
				"security": {"type": "array", "items": {"type": "object"}},
				"parameters": {"type": "array", "items": {"type": "object", "required": ["name", "in", "schema"],
					"properties": {"in": {"enum": ["query", "header", "path", "cookie"]}},
					"if": {"properties": {"in": {"const": "path"}}}, "then": {"required": ["required"]}}},
				"requestBody": {"type": "object", "required": ["content"], "properties": {"content": {"$ref": "#/$defs/content"}}},
				"responses": {"type": "object", "minProperties": 1, "patternProperties": {"^[1-5][0-9][0-9]$": {
					"type": "object", "required": ["description"], "properties": {"content": {"$ref": "#/$defs/content"}}}}, "additionalProperties": false}
			}
		}
	}
}`

// contract is the OpenAPI description, to which requests and answers are held. The
// schemas of OpenAPI 3.1 are JSON Schema.
type contract struct {
	document map[string]any
	compiler *jsonschema.Compiler
}

const contractURL = "mem:///openapi.json"

func readContract(t *testing.T, web server.Web) *contract {
	t.Helper()
	raw, err := server.Description(web)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{document: document.(map[string]any), compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := c.compiler.AddResource(contractURL, document); err != nil {
		t.Fatal(err)
	}
	return c
}

// hold wants each answer below /v1 to be described, and to be as described; a
// request that was taken has to be as described as well.
func (c *contract) hold(t *testing.T, r *http.Request, body string, status int, answer []byte) {
	t.Helper()
	path := r.URL.Path
	if !strings.HasPrefix(path, "/v1/") || r.Method != http.MethodPost {
		return
	}
	if path != server.CallsEndpoint {
		path = server.CallsEndpoint + "/{platform}"
		if strings.Count(r.URL.Path, "/") > strings.Count(path, "/") {
			path += "/{hook}"
		}
	}
	at := "/paths/" + strings.ReplaceAll(path, "/", "~1") + "/post/"
	if path == server.CallsEndpoint && c.document["paths"].(map[string]any)[path] == nil {
		return // a server that logs no calls does not describe how
	}
	c.valid(t, at+"responses/"+strconv.Itoa(status)+"/content/application~1json/schema", string(answer))
	if path == server.CallsEndpoint && status < 300 {
		c.valid(t, at+"requestBody/content/application~1json/schema", body)
	}
}

func (c *contract) valid(t *testing.T, at, text string) {
	t.Helper()
	schema, err := c.compiler.Compile(contractURL + "#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at))
	if err != nil {
		t.Errorf("not described: %v", err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s is not as described: %v\n%s", at, err, text)
	}
}

// TestDescriptionIsOpenAPI: its form, and every schema in it can be used.
func TestDescriptionIsOpenAPI(t *testing.T) {
	c := openWeb(t, nil).contract
	shape, err := jsonschema.UnmarshalJSON(strings.NewReader(documentShape))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///shape.json", shape); err != nil {
		t.Fatal(err)
	}
	if err := compiler.MustCompile("mem:///shape.json").Validate(c.document); err != nil {
		t.Error(err)
	}
	for name := range c.document["components"].(map[string]any)["schemas"].(map[string]any) {
		if _, err := c.compiler.Compile(contractURL + "#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
