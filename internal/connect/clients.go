package connect

import (
	"encoding/base64"
	"encoding/json"
	"net/url"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
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
		pages.Section{Title: "Codex and Gemini CLI", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "Codex, in a terminal", Text: "codex mcp add kommo --url " + at + "\ncodex mcp login kommo"},
			pages.Code{Label: "Gemini CLI, in a terminal", Text: "gemini mcp add --scope user --transport http kommo " + at},
			pages.Text("Then type `/mcp auth kommo` in Gemini CLI."),
		}},
		pages.Section{Title: "Copilot Studio", Folded: true, Blocks: []pages.Block{
			pages.List{Ordered: true, Items: []string{
				"Open your agent, then Tools > Add a tool > New tool > Model Context Protocol.",
				"Call it Kommo, enter the address below, and choose OAuth 2.0 with dynamic discovery.",
				"Create the connection, allow access, and add the tool to the agent.",
			}},
			pages.Code{Label: "Server URL", Text: at},
		}},
		pages.Section{Title: "MCP Inspector", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "In a terminal", Text: "npx @modelcontextprotocol/inspector --transport http --server-url " + at},
			pages.Text("Press Connect in the page that opens, and allow access."),
		}},
	}
}

// keyClients says how programs that send a key are told of this server.
func (s *Site) keyClients(secret string, mode principal.Mode) []pages.Block {
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
		pages.Section{Title: "ElevenLabs, Retell and Synthflow", Folded: true, Blocks: []pages.Block{
			pages.Text("Add an MCP server with the transport Streamable HTTP. In ElevenLabs, store the key as a secret token; in Retell, as a header; in Synthflow, as the bearer token."),
			pages.Code{Label: "Server URL", Text: at},
			pages.Code{Label: "Header Authorization", Text: bearer},
		}},
		pages.Section{Title: "Claude Code, with a key instead of a sign-in", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "In a terminal", Text: "claude mcp add --transport http kommo " + at + " --header 'Authorization: " + bearer + "'"},
		}},
	}
	out = append(out, s.programs(secret)...)
	if mode.Allows(principal.Write) {
		out = append(out, pages.Section{Title: "Finished calls, without MCP", Folded: true, Blocks: []pages.Block{
			pages.Text("A program posts each finished call as JSON. It is logged once, however often it is sent."),
			pages.Code{Label: "In a terminal", Text: "curl " + s.base + "/v1/calls -H 'Authorization: " + bearer + "' -H 'Content-Type: application/json' \\\n  -d '{\"call_id\": \"test-1\", \"phone\": \"+13235550142\", \"direction\": \"inbound\", \"summary\": \"Asked for a quote.\"}'"},
		}})
	}
	return out
}

// programs says how one's own programs are told.
func (s *Site) programs(secret string) []pages.Block {
	at, header := s.base+"/keys/mcp", "Authorization: Bearer "+secret
	return []pages.Block{
		pages.Section{Title: "OpenAI and Anthropic APIs", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "OpenAI Responses API, in tools", Text: indented(map[string]any{"type": "mcp", "server_label": "kommo", "server_url": at, "authorization": secret})},
			pages.Code{Label: "Anthropic Messages API, in mcp_servers", Text: indented(map[string]any{"type": "url", "name": "kommo", "url": at, "authorization_token": secret})},
		}},
		pages.Section{Title: "MCP Inspector", Folded: true, Blocks: []pages.Block{
			pages.Code{Label: "In a terminal", Text: "npx @modelcontextprotocol/inspector --cli --transport http --server-url " + at + " --header '" + header + "' --method tools/list"},
		}},
	}
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
