package server

import (
	"encoding/json"
	"net/http"
	"sync"
)

// DescriptionEndpoint serves the OpenAPI description of what is below /v1.
const DescriptionEndpoint = "/openapi.json"

// node is a piece of the description.
type node = map[string]any

// description serves the OpenAPI description, which is made at the first request.
func description(web Web) http.Handler {
	made := sync.OnceValues(func() ([]byte, error) { return Description(web) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := made()
		if err != nil {
			web.logger().ErrorContext(r.Context(), "the OpenAPI description cannot be made", "error", err)
			http.Error(w, errInternal.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(raw)
	})
}

// Description is the OpenAPI 3.1 description of the plain HTTP endpoints. The
// schemas of a call and of its answer are the tool's own.
func Description(web Web) ([]byte, error) {
	version := web.Version
	if version == "" {
		version = "0"
	}
	paths := node{
		CallsEndpoint + "/{platform}":        node{"post": describeHook()},
		CallsEndpoint + "/{platform}/{hook}": node{"post": describeNamedHook()},
	}
	schemas := node{"Error": errorNode(), "Receipt": receiptNode()}
	if web.LogCall != nil {
		paths[CallsEndpoint] = node{"post": describeCalls(web.LogCall.Title())}
		schemas["Call"], schemas["CallAnswer"] = web.LogCall.InputSchema(), web.LogCall.OutputSchema()
	}
	server := "http://127.0.0.1:8080"
	if web.PublicURL != nil {
		server = web.PublicURL.String()
	}
	return json.MarshalIndent(node{
		"openapi": "3.1.0",
		"info": node{
			"title": "kommo-mcp", "version": version,
			"description": "Logs telephone calls in Kommo, each once, on the right card. See docs/voice-agents.md.",
			"license":     node{"name": "MIT", "identifier": "MIT"},
		},
		"servers": []node{{"url": server}},
		"paths":   paths,
		"components": node{
			"schemas": schemas,
			"securitySchemes": node{"accessKey": node{
				"type": "http", "scheme": "bearer", "description": "KOMMO_MCP_ACCESS_KEY of the server. Without one only its own machine is served.",
			}},
		},
	}, "", "  ")
}

func describeCalls(title string) node {
	answers := node{
		"200": answer("Logged, a repeat, or merged: see status.", "CallAnswer"),
		"202": answer("Queued: Kommo cannot take it now. It is kept and written later.", "CallAnswer"),
		"409": answer("Several leads fit; send again with lead_id.", "CallAnswer"),
		"422": answer("Rejected, or wrong: nothing was written.", "CallAnswer"),
		"500": answer("A bug; see the server's log.", "CallAnswer"),
		"503": answer("No access token is set, or the state directory cannot be written.", "CallAnswer"),
	}
	for status, why := range map[string]string{
		"400": "The body is no JSON.", "401": "The access key is missing or wrong.", "403": "The origin or host is not allowed, or this server writes nothing.",
		"405": "Not POST.", "413": "More than 4 MiB.", "415": "Not application/json.", "429": "Too many requests with this key; Retry-After says when to come again.",
	} {
		answers[status] = answer(why, "Error")
	}
	return node{
		"operationId": "logCall", "summary": title, "security": []node{{"accessKey": []string{}}, {}},
		"description": "The input and output of the MCP tool " + LogCallTool + ". A call_id makes a repeat a repeat; without one, calls with the same phone, start and summary count as one.",
		"parameters": []node{{
			"name": "X-Call-Id", "in": "header", "description": "The call_id where the body has none.", "schema": node{"type": "string", "maxLength": 200},
		}},
		"requestBody": node{"required": true, "content": node{"application/json": node{"schema": ref("Call")}}},
		"responses":   answers,
	}
}

// describeNamedHook is a hook that was given out: as the other, for the account that
// it was made for.
func describeNamedHook() node {
	hook := describeHook()
	params, _ := hook["parameters"].([]node)
	hook["parameters"] = append(params, node{
		"name": "hook", "in": "path", "required": true, "description": "The secret part of the address that kommo-mcp hooks create has shown.", "schema": node{"type": "string"},
	})
	answers, _ := hook["responses"].(node)
	answers["404"] = answer("No such hook of this platform.", "Error")
	answers["429"] = answer("Too many posts to this hook; Retry-After says when to come again.", "Error")
	hook["operationId"], hook["summary"] = "accountCall", "End-of-call webhook of a platform, for one account"
	hook["security"] = []node{{}}
	hook["description"] = "Takes what the platform posts after a call, in the account that the hook was made for. Where the hook has a secret the post has to be signed with it; else the address is the key. Aircall hears 200 also when its token is wrong."
	return hook
}

func describeHook() node {
	query := []node{{
		"name": "platform", "in": "path", "required": true, "schema": node{"type": "string", "enum": platformNames()},
	}}
	for _, p := range [][2]string{
		{"unknown_caller", "What to do with an unknown caller."},
		{"several_leads", "Which of several active leads."},
		{"pipeline", "Pipeline of new leads, and of in_pipeline."},
		{"source", "Source of new leads."},
		{"stage", "Stage to move the lead to."},
		{"follow_up_text", "A task for each call."},
		{"follow_up_due", "When it is due."},
		{"follow_up_responsible", "Whose it is."},
		{"tags", "Tags for the lead, with commas."},
	} {
		query = append(query, node{"name": p[0], "in": "query", "description": p[1], "schema": node{"type": "string"}})
	}
	answers := node{"200": answer("Kept, or nothing to do.", "Receipt")}
	for status, why := range map[string]string{
		"401": "The signature is missing, wrong or too old.", "404": "No such platform.", "405": "Not POST.", "413": "More than 8 MiB.",
		"422": "The body is no report, or the URL has an unknown parameter.", "503": "It could not be kept; send it again.",
	} {
		answers[status] = answer(why, "Error")
	}
	return node{
		"operationId": "platformCall", "summary": "End-of-call webhook of a platform", "parameters": query, "security": []node{{}, {"accessKey": []string{}}},
		"description": "Takes what the platform posts after a call. Its signature is its key; the secret is KOMMO_MCP_HOOK_<PLATFORM>_SECRET. Aircall always hears 200.",
		"requestBody": node{"required": true, "content": node{
			"application/json": node{"schema": node{"type": "object"}}, "application/x-www-form-urlencoded": node{"schema": node{"type": "object"}},
		}},
		"responses": answers,
	}
}

func answer(what, schema string) node {
	return node{"description": what, "content": node{"application/json": node{"schema": ref(schema)}}}
}

func ref(schema string) node { return node{"$ref": "#/components/schemas/" + schema} }

func errorNode() node {
	text := node{"type": "string"}
	return node{"type": "object", "required": []string{"error"}, "properties": node{"error": node{
		"type": "object", "required": []string{"code", "message"},
		"properties": node{"code": text, "message": text, "field": text, "next": text},
	}}}
}

// receiptNode takes errors as well: Aircall hears 200 with everything.
func receiptNode() node {
	return node{"type": "object", "properties": node{
		"status": node{"type": "string", "enum": []string{"accepted", "ignored"}}, "reason": node{"type": "string"}, "error": node{"type": "object"},
	}}
}
