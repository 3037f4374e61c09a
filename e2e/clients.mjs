// Opens the server with each kind of client that its users have: the old
// TypeScript SDK (2025-11-25) and the new one in both eras, each over stdio and
// over HTTP. Over stdio the program works in the sandbox that the environment
// names; over HTTP in its own demo account. Every client does the product's jobs.
import assert from "node:assert/strict";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as NewClient, StreamableHTTPClientTransport as NewHTTP } from "@modelcontextprotocol/client";
import { StdioClientTransport as NewStdio } from "@modelcontextprotocol/client/stdio";

const [binary, url] = process.argv.slice(2);
const info = { name: "e2e", version: "1.0.0" };
const { KOMMO_BASE_URL, KOMMO_ACCESS_TOKEN, KOMMO_MCP_STATE_DIR, PATH, HOME } = process.env;
const local = {
  command: binary, args: ["stdio"], stderr: "inherit",
  env: { KOMMO_BASE_URL, KOMMO_ACCESS_TOKEN, KOMMO_MCP_STATE_DIR, PATH, HOME },
};
const fresh = (mode) => new NewClient(info, { versionNegotiation: { mode } });

const kinds = [
  ["old SDK over stdio", "2025-11-25", new OldClient(info), new OldStdio(local)],
  ["old SDK over HTTP", "2025-11-25", new OldClient(info), new OldHTTP(new URL(url))],
  ["new SDK over stdio, legacy", "2025-11-25", fresh("legacy"), new NewStdio(local)],
  ["new SDK over HTTP, legacy", "2025-11-25", fresh("legacy"), new NewHTTP(new URL(url))],
  ["new SDK over stdio, negotiating", "2026-07-28", fresh("auto"), new NewStdio(local)],
  ["new SDK over HTTP, negotiating", "2026-07-28", fresh("auto"), new NewHTTP(new URL(url))],
];

async function call(client, name, args, wantError = false) {
  const result = await client.callTool({ name, arguments: args });
  const shown = `${name}: ${result.content?.[0]?.text}`;
  assert.equal(Boolean(result.isError), wantError, shown);
  assert.ok(result.structuredContent, shown);
  if (!wantError) assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, name);
  return result.structuredContent;
}

// jobs does the six of the product; n keeps clients of one account apart.
async function jobs(client, n) {
  const account = await call(client, "get_account", {});
  const found = await call(client, "search_leads", { stage: "open", limit: 3 });
  assert.equal(found.items.length, 3);
  const phone = `+1202555019${n}`;
  const made = await call(client, "create_lead_with_contact", {
    name: `Garage roof ${n}`, price: 1200, pipeline: account.pipelines[0].name,
    contact_name: `Pat Example ${n}`, contact_phone: phone,
  });
  assert.deepEqual(made.created.map((c) => c.kind).sort(), ["contact", "lead"]);
  const lead = made.id;
  await call(client, "add_note", { lead_id: lead, text: "Asked for a quote." });
  await call(client, "create_task", { lead_id: lead, text: "Send the quote", due: "tomorrow 15:00" });
  const summary = { phone, direction: "inbound", duration_seconds: 60, summary: "Wants a call back.", call_id: `e2e-${n}` };
  const logged = await call(client, "post_call_summary", summary);
  assert.equal(logged.status, "logged");
  const moved = await call(client, "move_lead_stage", { lead_id: lead, stage: "won" });
  assert.ok(moved.before && moved.after, "move_lead_stage answers before and after");
  const brief = await call(client, "get_lead", { lead_id: lead });
  assert.equal(brief.name, `Garage roof ${n}`);
  const refused = await call(client, "get_lead", { lead }, true);
  assert.match(refused.error.message, /lead_id/);
  await assert.rejects(client.callTool({ name: "no_such_tool", arguments: {} }), /no_such_tool/);
}

// lists checks everything a client may list, and returns the tools.
async function lists(client) {
  const { tools } = await client.listTools();
  for (const t of tools) {
    assert.ok(t.title && t.description && t.outputSchema, t.name);
    for (const hint of ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]) {
      assert.equal(typeof t.annotations[hint], "boolean", `${t.name}.${hint}`);
    }
  }
  const resources = (await client.listResources()).resources.map((r) => r.uri);
  assert.ok(resources.includes("kommo://pipelines"), resources.join());
  const pipelines = await client.readResource({ uri: "kommo://pipelines" });
  assert.ok(JSON.parse(pipelines.contents[0].text), "kommo://pipelines is JSON");
  await assert.rejects(client.readResource({ uri: "kommo://nothing" }));
  const templates = (await client.listResourceTemplates()).resourceTemplates.map((r) => r.uriTemplate);
  assert.ok(templates.includes("kommo://leads/{id}"), templates.join());
  const prompts = (await client.listPrompts()).prompts.map((p) => p.name);
  assert.ok(prompts.includes("call_wrap_up"), prompts.join());
  const prompt = await client.getPrompt({ name: "lead_briefing", arguments: { lead: "5" } });
  assert.match(prompt.messages[0].content.text, /5/);
  return tools;
}

let first;
for (const [n, [kind, version, client, transport]] of kinds.entries()) {
  await client.connect(transport);
  if (client.getNegotiatedProtocolVersion) assert.equal(client.getNegotiatedProtocolVersion(), version, kind);
  assert.match(client.getInstructions(), /get_account/);
  const tools = await lists(client);
  first ??= tools;
  assert.equal(tools.length, 15, kind);
  await jobs(client, n);
  // Every client is offered the same, before its work and after it.
  for (const list of [tools, (await client.listTools()).tools]) {
    list.forEach((tool, i) => assert.deepEqual(tool, first[i], `${kind}: ${tool.name} differs`));
  }
  await client.close();
  console.log(`ok ${kind}, ${version}`);
}
console.log(`ok SDK clients: ${kinds.length} passed`);
