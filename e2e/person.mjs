// What a host does for its user, and what the user does in a browser: for the tests
// of the authorization server.
import assert from "node:assert/strict";

const unescape = (text) => text.replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n)).replaceAll("&quot;", '"').replaceAll("&amp;", "&");

// Person is a browser with its cookies, and what somebody does in it. They share one
// host here, which is all that cookies go by.
export class Person {
  cookies = new Map();

  constructor(issuer) { this.issuer = issuer; }

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
          headers: { origin: this.issuer, "sec-fetch-site": "same-origin" },
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
export class Provider {
  redirectUrl = "http://127.0.0.1:6274/oauth/callback";
  verifier;
  kept = {};

  constructor(method, clientMetadataUrl) {
    this.clientMetadataUrl = clientMetadataUrl;
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

// pkce is a verifier with its challenge.
export async function pkce() {
  const verifier = crypto.randomUUID() + crypto.randomUUID();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: Buffer.from(digest).toString("base64url") };
}

// consent gets a code for a client that is no SDK, and its tokens.
export async function consent(issuer, { id, redirect, scope, resource }) {
  const { verifier, challenge } = await pkce();
  const ask = new URL(`/authorize?${new URLSearchParams({
    response_type: "code", client_id: id, redirect_uri: redirect, code_challenge: challenge, code_challenge_method: "S256", scope, resource,
  })}`, issuer);
  const back = await new Person(issuer).answers(ask, redirect);
  const answer = await fetch(new URL("/token", issuer), {
    method: "POST", body: new URLSearchParams({
      grant_type: "authorization_code", code: back.searchParams.get("code"), code_verifier: verifier, client_id: id, redirect_uri: redirect,
    }),
  });
  return answer.json();
}
