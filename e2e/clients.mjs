// Opens the same server with each kind of client that its users have: the old
// TypeScript SDK (2025-11-25), and the new one, negotiating 2026-07-28, each
// over stdio and over HTTP. Every client does the six jobs of the product.
import assert from "node:assert/strict";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as LegacyHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as ModernClient, StreamableHTTPClientTransport as ModernHTTP } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio";

const [binary, url] = process.argv.slice(2);
const info = { name: "e2e", version: "1.0.0" };
const demo = { command: binary, args: ["stdio", "--demo"], stderr: "ignore" };

const kinds = {
  "2025-11-25 over stdio": () => [new LegacyClient(info), new LegacyStdio(demo)],
  "2025-11-25 over HTTP": () => [new LegacyClient(info), new LegacyHTTP(new URL(url))],
  "2026-07-28 over stdio": () => [modern(), new ModernStdio(demo)],
  "2026-07-28 over HTTP": () => [modern(), new ModernHTTP(new URL(url))],
};

function modern() {
  return new ModernClient(info, { versionNegotiation: { mode: "auto" } });
}

async function call(client, name, args, wantError = false) {
  const result = await client.callTool({ name, arguments: args });
  const shown = `${name}: ${result.content?.[0]?.text}`;
  assert.equal(Boolean(result.isError), wantError, shown);
  assert.ok(result.structuredContent, shown);
  if (!wantError) assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, name);
  return result.structuredContent;
}

async function sixJobs(client) {
  const account = await call(client, "get_account", {});
  const pipeline = account.pipelines[0];
  const found = await call(client, "search_leads", { stage: "open", limit: 3 });
  assert.equal(found.items.length, 3);
  const made = await call(client, "create_lead_with_contact", {
    name: `E2E roof ${Date.now()}`, price: 1200, pipeline: pipeline.name,
    contact_name: "Pat Example", contact_phone: `+1202555${String(Math.floor(Math.random() * 9000) + 1000)}`,
  });
  const lead = made.id;
  await call(client, "add_note", { lead_id: lead, text: "Asked for a quote." });
  await call(client, "create_task", { lead_id: lead, text: "Send the quote", due: "2027-01-15T10:00" });
  const moved = await call(client, "move_lead_stage", { lead_id: lead, stage: "won" });
  assert.ok(moved.before && moved.after, "move_lead_stage answers before and after");
  const logged = await call(client, "post_call_summary", {
    phone: "+1 202 555 0142", direction: "inbound", duration_seconds: 60, summary: "Wants a call back.",
    call_id: `e2e-${Date.now()}-${Math.random()}`,
  });
  assert.ok(["logged", "needs_choice"].includes(logged.status), logged.status);
  await call(client, "get_lead", { lead_id: lead });
  const refused = await call(client, "get_lead", { lead: lead }, true);
  assert.match(refused.error.message, /lead_id/);
}

async function lists(client) {
  const tools = (await client.listTools()).tools;
  assert.equal(tools.length, 15, tools.map((t) => t.name).join());
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
  const templates = (await client.listResourceTemplates()).resourceTemplates.map((r) => r.uriTemplate);
  assert.ok(templates.includes("kommo://leads/{id}"), templates.join());
  const prompts = (await client.listPrompts()).prompts.map((p) => p.name);
  assert.ok(prompts.includes("call_wrap_up"), prompts.join());
  const prompt = await client.getPrompt({ name: "lead_briefing", arguments: { lead: "5" } });
  assert.match(prompt.messages[0].content.text, /5/);
  return tools;
}

let passed = 0;
const seen = [];
for (const [kind, make] of Object.entries(kinds)) {
  const [client, transport] = make();
  await client.connect(transport);
  seen.push(JSON.stringify(await lists(client)));
  await sixJobs(client);
  assert.equal(JSON.stringify((await client.listTools()).tools), seen[0], `${kind}: the tool list differs`);
  await client.close();
  passed++;
  console.log(`ok ${kind}`);
}
console.log(`${passed} passed, 0 failed`);
