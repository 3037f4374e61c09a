// Gets access as hosts do, through the authorization server of the running binary:
// both TypeScript SDKs register, send a person through our consent page and Kommo's
// (the sandbox's), come back with a code, work with their tokens, and refresh them.
// Then the protocol's conformance suite asks the same server.
// Usage: oauth.mjs PUBLIC_URL SCRATCH
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as NewClient, StreamableHTTPClientTransport as NewHTTP } from "@modelcontextprotocol/client";

const [issuer, scratch] = process.argv.slice(2);
const endpoint = new URL("/mcp", issuer);
const info = { name: "e2e", version: "1.0.0" };
const unescape = (text) => text.replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n)).replaceAll("&quot;", '"').replaceAll("&amp;", "&");

// Person is a browser with its cookies, and what somebody does in it. They share one
// host here, which is all that cookies go by.
class Person {
  cookies = new Map();

  async open(url, init = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...init, redirect: "manual", headers: { accept: "text/html", cookie, ...init.headers } });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0].split("=");
      this.cookies.set(name, value);
    }
    return { response, page: await response.text() };
  }

  // answers goes from an address to the redirect URI, pressing decision on our page and
  // choosing the account on Kommo's, and is what the client gets. Each page is judged.
  async answers(start, redirect, { decision = "allow", host = "demo.kommo.com" } = {}) {
    let at = start.toString();
    let step = this.open(at);
    for (let steps = 0; steps < 10; steps++) {
      const { response, page } = await step;
      const form = page.match(/<form method="post" action="([^"]+)"/);
      const onward = response.headers.get("location") ?? unescape(page.match(/http-equiv="refresh" content="0;url=([^"]+)"/)?.[1] ?? "");
      const choice = page.match(new RegExp(`<a href="([^"]+)">Allow in ${host.replaceAll(".", "\\.")}<`));
      if (form) {
        assert.equal(response.status, 200);
        assert.match(response.headers.get("content-security-policy"), /frame-ancestors 'none'/);
        assert.match(page, /e2e client/, "the page names the client");
        const token = page.match(/name="csrf" value="([^"]+)"/)[1];
        at = new URL(unescape(form[1]), at).toString();
        step = this.open(at, {
          method: "POST", body: new URLSearchParams({ csrf: token, decision }),
          headers: { origin: issuer, "sec-fetch-site": "same-origin" },
        });
        continue;
      }
      const next = onward || (choice && unescape(choice[1]));
      assert.ok(next, `the way ends at ${at}: ${response.status} ${page.slice(0, 2000)}`);
      at = new URL(next, at).toString();
      if (at.startsWith(redirect)) return new URL(at);
      step = this.open(at);
    }
    throw new Error(`no end at ${at}`);
  }
}

// Provider keeps what a host keeps.
class Provider {
  redirectUrl = "http://127.0.0.1:6274/oauth/callback";
  verifier;
  kept = {};

  constructor(method) {
    this.clientMetadata = {
      client_name: "e2e client", redirect_uris: [this.redirectUrl], grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"], token_endpoint_auth_method: method,
    };
  }

  state() { return (this.kept.state = crypto.randomUUID()); }
  clientInformation() { return this.kept.client; }
  saveClientInformation(client) { this.kept.client = client; }
  tokens() { return this.kept.tokens; }
  saveTokens(tokens) { this.kept.tokens = tokens; }
  discoveryState() { return this.kept.discovery; }
  saveDiscoveryState(discovery) { this.kept.discovery = discovery; }
  redirectToAuthorization(url) { this.kept.url = url; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }
  invalidateCredentials(scope) {
    if (scope === "all" || scope === "tokens") this.kept.tokens = undefined;
    if (scope === "all" || scope === "client") this.kept.client = undefined;
  }
}

async function signIn(kind, makeClient, HTTP, method, iss, host) {
  const provider = new Provider(method);
  const transport = () => new HTTP(endpoint, { authProvider: provider });
  const first = transport();
  await assert.rejects(makeClient().connect(first), /nauthorized/, `${kind} is let in without a token`);
  assert.equal(provider.kept.url.searchParams.get("resource"), endpoint.href);
  assert.match(provider.kept.url.searchParams.get("scope"), /kommo:read kommo:write/);

  const person = new Person();
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
  assert.equal(await refresh(provider, given.refresh_token), 400);
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
  const verifier = crypto.randomUUID() + crypto.randomUUID();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const ask = new URL(`/authorize?${new URLSearchParams({
    response_type: "code", client_id: id, redirect_uri: redirect, code_challenge: Buffer.from(digest).toString("base64url"),
    code_challenge_method: "S256", scope: "kommo:read", resource: endpoint.href,
  })}`, issuer);
  const back = await new Person().answers(ask, redirect);
  const answer = await fetch(new URL("/token", issuer), {
    method: "POST", body: new URLSearchParams({
      grant_type: "authorization_code", code: back.searchParams.get("code"), code_verifier: verifier, client_id: id, redirect_uri: redirect,
    }),
  });
  const { access_token: token, scope } = await answer.json();
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
  for (const path of ["/keys/mcp", "/v1/calls"]) {
    const other = await fetch(new URL(path, issuer), { method: "POST", headers: { authorization: `Bearer ${token}` } });
    assert.equal(other.status, 401, `${path} takes a token`);
    assert.doesNotMatch(other.headers.get("www-authenticate"), /resource_metadata/);
  }
  console.log("ok scopes: fewer tools, and a step up where more is needed");
}
await scopes();

const freePort = () => new Promise((done) => {
  const s = createServer().listen(0, "127.0.0.1", () => {
    const { port } = s.address();
    s.close(() => done(String(port)));
  });
});

// The suite prints an address for a person to open, and waits for the code.
async function conformance(version) {
  const port = await freePort();
  const redirect = `http://127.0.0.1:${port}/callback`;
  const id = await register(redirect);
  const suite = spawn(process.execPath, [
    "node_modules/@modelcontextprotocol/conformance/dist/index.js", "authorization", "--url", issuer, "--client-id", id,
    "--resource", endpoint.href, "-p", port, "--spec-version", version, "-o", `${scratch}/conformance-as-${version}`,
  ]);
  let out = "", opened;
  const read = (chunk) => {
    out += chunk;
    const link = out.match(/^http\S+\/authorize\?\S+$/m);
    if (link && !opened) opened = new Person().answers(link[0], redirect).then((back) => fetch(back));
  };
  suite.stdout.on("data", read);
  suite.stderr.on("data", read);
  const code = await new Promise((resolve) => suite.on("exit", resolve));
  await opened;
  assert.equal(code, 0, out);
  assert.match(out, /3 passed, 0 failed/, out);
  console.log(`ok conformance authorization, ${version}`);
}
await conformance("2025-11-25");
await conformance("2026-07-28");
