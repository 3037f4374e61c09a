// Clients whose id is the address of a document, through the running binary with all
// of its guards: the network is a namespace (see ./oauth) where app.example has an
// address of the public internet, and other names lead inside. Usage: documents.mjs
// PUBLIC_URL SCRATCH, with cert.pem and key.pem of app.example in SCRATCH.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { connect, createServer as createPlain } from "node:net";
import { gzipSync } from "node:zlib";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as NewClient, StreamableHTTPClientTransport as NewHTTP } from "@modelcontextprotocol/client";
import { Person, Provider } from "./person.mjs";

const [issuer, scratch, address] = process.argv.slice(2);
const endpoint = new URL("/mcp", issuer);
const info = { name: "e2e", version: "1.0.0" };
const redirect = "http://127.0.0.1/oauth/callback"; // any port

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const base64 = (v) => Buffer.from(typeof v === "string" ? v : JSON.stringify(v)).toString("base64url");

function assertion(id, audience) {
  const now = Math.floor(Date.now() / 1000);
  const head = `${base64({ alg: "RS256", kid: "k1", typ: "JWT" })}.${base64({ iss: id, sub: id, aud: audience, jti: crypto.randomUUID(), iat: now, exp: now + 60 })}`;
  return `${head}.${sign("sha256", Buffer.from(head), privateKey).toString("base64url")}`;
}

// The host of the documents, good and bad. Nothing that a test leads elsewhere to may
// reach the second listener, which is the inside.
const asked = [];
const documentAt = (path, more = {}) => ({ client_id: `https://app.example${path}`, client_name: "e2e client", redirect_uris: [redirect, "http://127.0.0.1/callback"], ...more });
const json = (v, headers = {}) => (res) => res.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(v));
const pages = {
  "/client.json": json(documentAt("/client.json"), { "cache-control": "max-age=300" }),
  "/signed.json": json(documentAt("/signed.json", { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://app.example/jwks.json" })),
  "/jwks.json": json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig" }] }),
  "/inner-keys.json": json(documentAt("/inner-keys.json", { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://inside.example/jwks.json" })),
  "/other-id.json": json(documentAt("/client.json")),
  "/page.json": (res) => res.writeHead(200, { "content-type": "text/html" }).end(JSON.stringify(documentAt("/page.json"))),
  "/moved.json": (res) => res.writeHead(302, { location: "https://app.example/client.json" }).end(),
  "/inward.json": (res) => res.writeHead(307, { location: "https://inside.example/client.json" }).end(),
  "/packed.json": (res) => res.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(4 << 20, " "))),
  "/endless.json": (res) => {
    res.writeHead(200, { "content-type": "application/json" });
    const more = () => { while (!res.destroyed && res.write(" ".repeat(16384))); };
    res.on("drain", more).on("error", () => {});
    more();
  },
  "/slow.json": (res) => res.writeHead(200, { "content-type": "application/json" }).write("{"), // and then nothing
};
const host = createServer({ cert: readFileSync(`${scratch}/cert.pem`), key: readFileSync(`${scratch}/key.pem`) }, (req, res) => {
  asked.push(req.url);
  const serve = pages[req.url] ?? ((r) => r.writeHead(404).end());
  serve(res);
});
let reached = 0;
await new Promise((done) => host.listen(443, address, done));
const inside = [];
for (const at of ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"]) { // each can be reached
  const server = createPlain((socket) => { reached++; socket.end(); });
  inside.push(server);
  await new Promise((done) => server.listen(443, at, done));
  await new Promise((done) => connect(443, at).on("close", done).resume());
}
assert.equal(reached, 4);
reached = 0;

// A host with a document signs its user in.
async function signIn(kind, makeClient, HTTP, whole, path) {
  const id = `https://app.example${path}`;
  const provider = new Provider("none", id);
  if (path === "/signed.json") {
    provider.addClientAuthentication = (headers, params, url) => {
      params.set("client_id", id);
      params.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      params.set("client_assertion", assertion(id, url.toString()));
    };
  }
  const first = new HTTP(endpoint, { authProvider: provider });
  await assert.rejects(makeClient().connect(first), /nauthorized/, kind);
  assert.equal(provider.kept.url.searchParams.get("client_id"), id, `${kind} registers though it has a document`);
  const { page } = await new Person(issuer).open(provider.kept.url);
  assert.match(page, /app\.example/, "the page names the host of the document");
  assert.match(page, /Any program on this device/, "the page warns of loopback");
  const back = await new Person(issuer).answers(provider.kept.url, provider.redirectUrl);
  assert.equal(back.searchParams.get("iss"), issuer);
  await first.finishAuth(whole ? back.searchParams : back.searchParams.get("code"));
  const given = provider.kept.tokens;
  provider.kept.tokens = { ...given, access_token: "kmcp_at_ended" };
  const client = makeClient();
  await client.connect(new HTTP(endpoint, { authProvider: provider }));
  assert.equal((await client.listTools()).tools.length, 15, kind);
  assert.notEqual(provider.kept.tokens.refresh_token, given.refresh_token, kind);
  await client.close();
  if (path === "/signed.json") { // its refresh token is no good without its signature
    const answer = await fetch(new URL("/token", issuer), {
      method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", client_id: id, refresh_token: provider.kept.tokens.refresh_token }),
    });
    assert.equal(answer.status, 401, kind);
  }
  console.log(`ok ${kind}: signed in by its document${path === "/signed.json" ? " and its signature" : ""}, refreshed`);
}
await signIn("old SDK", () => new OldClient(info), OldHTTP, false, "/client.json");
await signIn("new SDK", () => new NewClient(info, { versionNegotiation: { mode: "auto" } }), NewHTTP, true, "/client.json");
await signIn("new SDK", () => new NewClient(info, { versionNegotiation: { mode: "auto" } }), NewHTTP, true, "/signed.json");
assert.equal(asked.filter((path) => path === "/client.json").length, 1, "the document is fetched again though it is fresh");

// What is no document is refused on our own page, whatever it answers and wherever
// its name leads.
async function refused(id, status) {
  const ask = new URL(`/authorize?${new URLSearchParams({
    response_type: "code", client_id: id, redirect_uri: redirect, code_challenge: "x".repeat(43), code_challenge_method: "S256", resource: endpoint.href,
  })}`, issuer);
  const began = Date.now();
  const response = await fetch(ask, { redirect: "manual" });
  const page = await response.text();
  assert.equal(response.status, status, `${id}: ${page.match(/<h1[^>]*>.*?<\/main>/s)?.[0]}`);
  assert.ok(Date.now() - began < 8000, `${id} holds us for ${Date.now() - began} ms`);
  return page;
}
for (const [path, status] of Object.entries({
  "/other-id.json": 400, "/page.json": 502, "/moved.json": 502, "/inward.json": 502, "/packed.json": 400, "/endless.json": 400, "/slow.json": 502, "/nowhere.json": 502,
})) await refused(`https://app.example${path}`, status);
const told = new Set();
for (const name of ["inside", "any", "metadata", "mapped", "private", "six", "nat64", "other-name", "none"]) {
  const page = await refused(`https://${name}.example/client.json`, 502);
  if (name !== "other-name") told.add(page.replaceAll(`${name}.example`, "NAME").replace(/.*<main/s, ""));
}
assert.equal(told.size, 1, "names that lead inside are told from names that lead nowhere");
for (const id of [
  "https://127.0.0.1/client.json", "https://2130706433/client.json", "https://0x7f000001/client.json", "https://0177.0.0.1/client.json", "https://127.1/client.json",
  "https://[::1]/client.json", "https://[::ffff:127.0.0.1]/client.json", "https://0/client.json", "https://app.example@127.0.0.1/client.json",
  "https://app.example:8443/client.json", "http://app.example/client.json", "https://localhost/client.json", "https://app.example/client.json?x=#y",
]) await refused(id, 400);
const keys = await fetch(new URL("/token", issuer), {
  method: "POST", body: new URLSearchParams({
    grant_type: "refresh_token", refresh_token: `kmcp_rt_${"A".repeat(52)}`, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion("https://app.example/inner-keys.json", `${issuer}/token`),
  }),
});
assert.equal(keys.status, 503, "keys inside are read");
assert.equal(reached, 0, `${reached} connections went inside`);
console.log("ok documents: 8 bad answers, 9 names and 13 addresses refused, nothing inside was reached");
host.closeAllConnections();
host.close();
for (const server of inside) server.close();
