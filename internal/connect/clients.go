package connect

import (
	"encoding/base64"
	"encoding/json"
	"net/url"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
)

// clients says how each program in which a person signs in is told of this server.
// No secret is in it: each of them asks for the consent by itself.
func (s *Site) clients() []pages.Block {
	at := s.base + "/mcp"
	cursor := jsonOf(map[string]any{"url": at})
	return []pages.Block{
		pages.Section{Title: "Claude: web, desktop and mobile", Folded: true, Blocks: []pages.Block{
			pages.List{Ordered: true, Items: []string{
				"Open Customize > Connectors (in some versions Settings > Connectors) and choose to add a custom connector. In a team an owner does this once, for all.",
				"Call it Kommo and enter the address below. Leave the advanced settings empty.",
				"Press Connect and allow access.",
			}},
			pages.Code{Label: "Remote MCP server URL", Text: at},
		}},
		pages.Section{Title: "ChatGPT", Folded: true, Blocks: []pages.Block{
			pages.List{Ordered: true, Items: []string{
				"Switch developer mode on, in the advanced part of the settings for apps and connectors. In a company an administrator allows it first.",
				"Create an app (connector), call it Kommo, enter the address below, and choose OAuth.",
				"Connect it and allow access, then choose it in a chat.",
			}},
			pages.Code{Label: "MCP server URL", Text: at},
		}},
		pages.Section{Title: "Claude Code", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "In a terminal", Text: "claude mcp add --transport http kommo " + at},
			pages.Text("Then type `/mcp` in Claude Code, choose kommo and authenticate."),
		}},
		pages.Section{Title: "Cursor", Folded: true, Blocks: []pages.Block{
			pages.Link{Label: "Add to Cursor", URL: "cursor://anysphere.cursor-deeplink/mcp/install?name=kommo&config=" +
				url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(cursor))), Button: true},
			pages.Code{Label: "Or in ~/.cursor/mcp.json", Text: indented(map[string]any{"mcpServers": map[string]any{"kommo": map[string]any{"url": at}}})},
		}},
		pages.Section{Title: "VS Code", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "In a terminal", Text: "code --add-mcp '" + jsonOf(map[string]any{"name": "kommo", "type": "http", "url": at}) + "'"},
			pages.Code{Label: "Or in .vscode/mcp.json", Text: indented(map[string]any{"servers": map[string]any{"kommo": map[string]any{"type": "http", "url": at}}})},
		}},
	}
}

// keyClients says how programs that send a key are told of this server.
func (s *Site) keyClients(secret string) []pages.Block {
	at, bearer := s.base+"/keys/mcp", "Bearer "+secret
	out := []pages.Block{
		pages.Code{Label: "MCP address for access keys", Text: at},
		pages.Section{Title: "n8n", Folded: true, Blocks: []pages.Block{
			pages.Text("In the node MCP Client Tool, choose HTTP Streamable as the transport and bearer authentication."),
			pages.Code{Label: "Endpoint", Text: at},
			pages.Code{Label: "Bearer token", Text: secret},
		}},
		pages.Section{Title: "Vapi", Folded: true, Blocks: []pages.Block{
			pages.Text("Make a tool of the type MCP. Leave the protocol at `shttp`."),
			pages.Code{Label: "Server URL", Text: at},
			pages.Code{Label: "Header Authorization", Text: bearer},
		}},
		pages.Section{Title: "ElevenLabs and Retell", Folded: true, Blocks: []pages.Block{
			pages.Text("Add an MCP server with the transport Streamable HTTP. In ElevenLabs, store the key as a secret token; in Retell, as a header."),
			pages.Code{Label: "Server URL", Text: at},
			pages.Code{Label: "Header Authorization", Text: bearer},
		}},
		pages.Section{Title: "Claude Code, with a key instead of a sign-in", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "In a terminal", Text: "claude mcp add --transport http kommo " + at + " --header 'Authorization: " + bearer + "'"},
		}},
	}
	if s.Mode != "read" {
		out = append(out, pages.Section{Title: "Finished calls, without MCP", Folded: true, Blocks: []pages.Block{
			pages.Text("A program posts each finished call as JSON. It is logged once, however often it is sent."),
			pages.Code{Label: "In a terminal", Text: "curl " + s.base + "/v1/calls -H 'Authorization: " + bearer + "' -H 'Content-Type: application/json' \\\n  -d '{\"call_id\": \"test-1\", \"phone\": \"+13235550142\", \"direction\": \"inbound\", \"summary\": \"Asked for a quote.\"}'"},
		}})
	}
	return out
}

func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(raw)
}

func indented(v any) string {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "{}"
	}
	return string(raw)
}
