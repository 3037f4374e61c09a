// Gets access as hosts do, through the authorization server of the running binary:
// both TypeScript SDKs register, send a person through our consent page and Kommo's
// (the sandbox's), come back with a code, work with their tokens, and refresh them.
// Then the protocol's conformance suite asks the same server.
// Usage: oauth.mjs PUBLIC_URL SCRATCH BINARY
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as NewClient, StreamableHTTPClientTransport as NewHTTP } from "@modelcontextprotocol/client";
import { Person, Provider, consent } from "./person.mjs";

const [issuer, scratch, bin] = process.argv.slice(2);
const endpoint = new URL("/mcp", issuer);
const info = { name: "e2e", version: "1.0.0" };
async function signIn(kind, makeClient, HTTP, method, iss, host, end = "") {
  const provider = new Provider(method);
  const at = new URL(endpoint + end);
  const transport = () => new HTTP(at, { authProvider: provider });
  const first = transport();
  await assert.rejects(makeClient().connect(first), /nauthorized/, `${kind} is let in without a token`);
  assert.equal(provider.kept.url.searchParams.get("resource"), at.href);
  assert.match(provider.kept.url.searchParams.get("scope"), /^kommo:read kommo:write( offline_access)?$/);

  const person = new Person(issuer);
  const denied = await person.answers(provider.kept.url, provider.redirectUrl, { decision: "deny" });
  assert.equal(denied.searchParams.get("error"), "access_denied");
  assert.equal(denied.searchParams.get("iss"), issuer);

  const back = await person.answers(provider.kept.url, provider.redirectUrl, { host });
  assert.equal(back.searchParams.get("state"), provider.kept.state);
  assert.equal(back.searchParams.get("iss"), issuer);
  await (iss ? first.finishAuth(back.searchParams) : first.finishAuth(back.searchParams.get("code")));
  const given = provider.kept.tokens;
  assert.ok(given.access_token && given.refresh_token, kind);

  const client = makeClient();
  await client.connect(transport());
  const { tools } = await client.listTools();
  assert.equal(tools.length, 15, kind);
  const account = await client.callTool({ name: "get_account", arguments: {} });
  assert.ok(!account.isError && account.structuredContent, JSON.stringify(account).slice(0, 500));
  assert.ok(JSON.stringify(account.structuredContent).includes(host), `${kind}: not ${host} answers`);
  await client.close();

  // A token that has ended: the client refreshes it by itself.
  provider.kept.tokens = { ...given, access_token: "kmcp_at_ended" };
  const later = makeClient();
  await later.connect(transport());
  assert.equal((await later.listTools()).tools.length, 15, kind);
  assert.notEqual(provider.kept.tokens.refresh_token, given.refresh_token, "the refresh token was not rotated");
  await later.close();

  // A spent refresh token that comes back ends the consent: the client has to ask again.
  const now = provider.kept.tokens.refresh_token;
  assert.equal(await refresh(provider, now), 200);
  assert.equal(await refresh(provider, now), 400);
  provider.kept.tokens = { ...provider.kept.tokens, access_token: "kmcp_at_ended", refresh_token: now };
  provider.kept.url = undefined;
  await assert.rejects(makeClient().connect(transport()), /nauthorized/, kind);
  assert.ok(provider.kept.url, `${kind} does not ask again`);
  console.log(`ok ${kind}, ${host}: registered, denied, consented, called, refreshed, revoked after a token was shown twice`);
}

// refresh shows a refresh token as the provider's client does.
async function refresh(provider, token) {
  const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = provider.kept.client;
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
  const headers = {};
  if (method === "client_secret_basic") headers.authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  else body.set("client_id", id);
  if (method === "client_secret_post") body.set("client_secret", secret);
  return (await fetch(new URL("/token", issuer), { method: "POST", body, headers })).status;
}

const old = () => new OldClient(info);
const fresh = (mode) => () => new NewClient(info, { versionNegotiation: { mode } });
await signIn("old SDK", old, OldHTTP, "none", false, "demo.kommo.com");
await signIn("old SDK with a secret", old, OldHTTP, "client_secret_basic", false, "second.kommo.com");
await signIn("new SDK, legacy", fresh("legacy"), NewHTTP, "none", true, "demo.kommo.com");
await signIn("new SDK, negotiating", fresh("auto"), NewHTTP, "client_secret_post", true, "second.kommo.com");
await signIn("old SDK, with a slash behind", old, OldHTTP, "none", false, "demo.kommo.com", "/");
await signIn("new SDK, with a slash behind", fresh("auto"), NewHTTP, "none", true, "demo.kommo.com", "/");

// register registers a client and is its id.
async function register(redirect) {
  const response = await fetch(new URL("/register", issuer), {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: "e2e client", redirect_uris: [redirect], token_endpoint_auth_method: "none" }),
  });
  return (await response.json()).client_id;
}

// Scopes decide which tools there are, and a tool beyond them asks for more.
async function scopes() {
  const redirect = "http://127.0.0.1:6274/oauth/callback";
  const id = await register(redirect);
  const { access_token: token, scope } = await consent(issuer, { id, redirect, scope: "kommo:read", resource: endpoint.href });
  assert.equal(scope, "kommo:read");
  const call = (method, params) => fetch(endpoint, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result } = await (await call("tools/list", {})).json();
  assert.deepEqual(result.tools.map((t) => t.name).filter((name) => !/^(get|list|search|report)_/.test(name)), []);
  assert.equal(result.tools.length, 7);
  const refused = await call("tools/call", { name: "add_note", arguments: { lead_id: 1, text: "x" } });
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get("www-authenticate"), /error="insufficient_scope".*scope="kommo:read kommo:write"/);
  // A token of Kommo's is none of ours, and one of ours is good in its header alone.
  const kommo = readFileSync(`${scratch}/kommo.env`, "utf8").match(/KOMMO_ACCESS_TOKEN=(\S+)/)[1];
  for (const [query, bearer] of [["", kommo], [`?access_token=${token}`, undefined], ["", `${token}A`], ["", token.toLowerCase()]]) {
    const other = await fetch(`${endpoint}${query}`, {
      method: "POST", headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), "content-type": "application/json" }, body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });
    assert.equal(other.status, 401);
    assert.match(other.headers.get("www-authenticate"), bearer ? /^Bearer error="invalid_token", resource_metadata=/ : /^Bearer resource_metadata=/);
  }
  for (const path of ["/keys/mcp", "/v1/calls"]) {
    const other = await fetch(new URL(path, issuer), { method: "POST", headers: { authorization: `Bearer ${token}` } });
    assert.equal(other.status, 401, `${path} takes a token`);
    assert.doesNotMatch(other.headers.get("www-authenticate"), /resource_metadata/);
  }
  console.log("ok scopes: fewer tools, and a step up where more is needed");
}
await scopes();

// A client whose token ends while it works, that needs more than it was given, that
// was forgotten, or that has a header and no authorization at all.
async function flows(kind, makeClient, HTTP, widens) {
  const provider = new Provider("none");
  const id = await register(provider.redirectUrl);
  provider.kept.client = { client_id: id, redirect_uris: [provider.redirectUrl], token_endpoint_auth_method: "none", issuer };
  const given = await consent(issuer, { id, redirect: provider.redirectUrl, scope: "kommo:read", resource: endpoint.href });
  provider.kept.tokens = { ...given, issuer };
  const transport = new HTTP(endpoint, { authProvider: provider });
  const client = makeClient();
  await client.connect(transport);
  const { tools } = await client.listTools();
  assert.equal(tools.length, 7, kind);

  const revoked = await fetch(new URL("/revoke", issuer), { method: "POST", body: new URLSearchParams({ token: given.access_token, client_id: id }) });
  assert.equal(revoked.status, 200);
  const account = await client.callTool({ name: "get_account", arguments: {} });
  assert.ok(!account.isError, `${kind}: the session ends with its token`);
  assert.notEqual(provider.kept.tokens.access_token, given.access_token, kind);
  assert.equal(provider.kept.url, undefined, `${kind} asks its user though it can refresh`);

  const note = { name: "create_lead_with_contact", arguments: { name: `Lead of ${kind}` } };
  if (!widens) { // it refreshes, which cannot widen, and says so
    await assert.rejects(client.callTool(note), /403/, kind);
  } else {
    await assert.rejects(client.callTool(note), /nauthorized/, kind);
    assert.equal(provider.kept.url.searchParams.get("scope"), "kommo:read kommo:write offline_access", kind);
    const back = await new Person(issuer).answers(provider.kept.url, provider.redirectUrl);
    await transport.finishAuth(back.searchParams);
    const made = await client.callTool(note);
    assert.ok(made.structuredContent?.id, `${kind}: ${JSON.stringify(made).slice(0, 500)}`);
  }
  await client.close();

  provider.kept.client = { ...provider.kept.client, client_id: "FORGOTTENCLIENTFORGOTTENCLI" };
  provider.kept.tokens = { ...provider.kept.tokens, access_token: "kmcp_at_ended" };
  provider.kept.url = undefined;
  const again = new HTTP(endpoint, { authProvider: provider });
  await assert.rejects(makeClient().connect(again), /nauthorized/, kind);
  assert.notEqual(provider.kept.client.client_id, "FORGOTTENCLIENTFORGOTTENCLI", `${kind} does not register anew`);
  const back = await new Person(issuer).answers(provider.kept.url, provider.redirectUrl);
  await again.finishAuth(widens ? back.searchParams : back.searchParams.get("code"));
  const last = makeClient();
  await last.connect(new HTTP(endpoint, { authProvider: provider }));
  assert.equal((await last.listTools()).tools.length, 15, kind);
  await last.close();
  console.log(`ok ${kind}: refreshed while at work, ${widens ? "stepped up" : "refused for its scope"}, registered anew`);
}
await flows("old SDK", old, OldHTTP, false);
await flows("new SDK, legacy", fresh("legacy"), NewHTTP, true);
await flows("new SDK, negotiating", fresh("auto"), NewHTTP, true);

// Programs that only send a header find no authorization to begin, at the door that
// is theirs, and are refused in words when their key is wrong.
async function keys(kind, makeClient, HTTP) {
  const at = new URL("/keys/mcp", issuer);
  const key = execFileSync(bin, ["keys", "create", "--account", "demo", "--mode", "read"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const headers = { authorization: `Bearer ${key.trim()}` };
  const client = makeClient();
  await client.connect(new HTTP(at, { requestInit: { headers } }));
  assert.equal((await client.listTools()).tools.length, 7, kind);
  await client.close();
  await assert.rejects(makeClient().connect(new HTTP(at, { requestInit: { headers: { authorization: "Bearer kmcp_wrong" } } })), /401|nauthorized/, kind);
  for (const path of ["oauth-protected-resource", "oauth-authorization-server", "openid-configuration"]) {
    assert.equal((await fetch(new URL(`/.well-known/${path}/keys/mcp`, issuer))).status, 404);
  }
  console.log(`ok ${kind}: a key in a header`);
}
await keys("old SDK", old, OldHTTP);
await keys("new SDK", fresh("auto"), NewHTTP);

const freePort = () => new Promise((done) => {
  const s = createServer().listen(0, "127.0.0.1", () => {
    const { port } = s.address();
    s.close(() => done(String(port)));
  });
});

// The suite prints an address for a person to open, and waits for the code.
async function conformance(version, document) {
  const port = await freePort();
  const redirect = `http://127.0.0.1:${port}/callback`;
  const id = document ?? await register(redirect);
  const suite = spawn(process.execPath, [
    "node_modules/@modelcontextprotocol/conformance/dist/index.js", "authorization", "--url", issuer, "--client-id", id,
    "--resource", endpoint.href, "-p", port, "--spec-version", version, "-o", `${scratch}/conformance-as-${version}`,
  ]);
  let out = "", opened;
  const read = (chunk) => {
    out += chunk;
    const link = out.match(/^http\S+\/authorize\?\S+$/m);
    if (link && !opened) opened = new Person(issuer).answers(link[0], redirect).then((back) => fetch(back));
  };
  suite.stdout.on("data", read);
  suite.stderr.on("data", read);
  const code = await new Promise((resolve) => suite.on("exit", resolve));
  await opened;
  assert.equal(code, 0, out);
  assert.match(out, /3 passed, 0 failed/, out);
  console.log(`ok conformance authorization, ${version}${document ? ", by a document" : ""}`);
}
await conformance("2025-11-25");
await conformance("2026-07-28");
// documents.mjs has shown it to the server, which keeps it for as long as its host said.
if (process.env.E2E_NETWORK) await conformance("2026-07-28", "https://app.example/client.json");
