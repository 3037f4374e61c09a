// Real Chromium against the running binary and the sandbox's consent page: an
// account is connected, declined and taken away, by mouse and by keyboard, in a
// narrow window and in the dark, with and without scripts, over HTTP and HTTPS.
// Every page is held to its own content policy and to axe's rules.
//
// node browser.mjs BINARY CHROMIUM [DIRECTORY for screenshots]
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as listen } from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [binary, executablePath, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const work = mkdtempSync(join(tmpdir(), "browser-"));
const started = [];

const freePort = () =>
  new Promise((done) => {
    const s = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

// run starts the binary and waits until it has written what is awaited.
function run(args, env, awaited) {
  const child = spawn(binary, args, { env: { PATH: process.env.PATH, HOME: work, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let out = "";
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no ${awaited} in:\n${out}`)), 20_000);
    const read = (chunk) => {
      out += chunk;
      if (awaited.test(out)) {
        clearTimeout(late);
        done({ child, out: () => out });
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => fail(new Error(`${args[0]} ended with ${code}:\n${out}`)));
  });
}

// deployment is a server with an integration, and the sandbox in Kommo's place.
async function deployment(scheme, name = scheme) {
  const port = await freePort();
  const base = `${scheme}://${scheme === "https" ? "localhost" : "127.0.0.1"}:${port}`;
  const sandbox = await run(
    ["sandbox", "--addr", "127.0.0.1:0", "--redirect-url", `${base}/oauth/callback`, "--disconnect-url", `${base}/oauth/disconnect`],
    {}, /KOMMO_ACCESS_TOKEN=/,
  );
  const said = (pattern) => sandbox.out().match(pattern)[1];
  const env = {
    KOMMO_BASE_URL: said(/KOMMO_BASE_URL=(\S+)/),
    KOMMO_CLIENT_ID: said(/client id\s+(\S+)/),
    KOMMO_CLIENT_SECRET: said(/secret\s+(\S+)/),
    KOMMO_REDIRECT_URL: `${base}/oauth/callback`,
    KOMMO_MCP_PUBLIC_URL: base,
    KOMMO_MCP_STATE_DIR: join(work, name),
    KOMMO_MCP_KEYRING: "off",
  };
  if (scheme === "https") {
    env.KOMMO_MCP_TLS_CERT_FILE = join(work, "cert.pem");
    env.KOMMO_MCP_TLS_KEY_FILE = join(work, "key.pem");
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost", "-keyout", env.KOMMO_MCP_TLS_KEY_FILE, "-out", env.KOMMO_MCP_TLS_CERT_FILE], { stdio: "pipe" });
  }
  const server = await run(["http", "--addr", `127.0.0.1:${port}`], env, /\bready\b/);
  return {
    base, env, kommo: env.KOMMO_BASE_URL, log: server.out, server: { kill: () => [server, sandbox].forEach(({ child }) => { child.removeAllListeners("exit"); child.kill(); }) },
    accounts: () => execFileSync(binary, ["accounts", "list"], { env: { PATH: process.env.PATH, HOME: work, ...env }, encoding: "utf8" }),
  };
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let pagesChecked = 0;

// visitor is a new browser profile. What the content policy refuses fails the test.
async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ignoreHTTPSErrors: true, ...options });
  const refused = [];
  const page = await context.newPage();
  page.on("console", (m) => /content security policy|refused to/i.test(m.text()) && refused.push(m.text()));
  page.on("pageerror", (e) => refused.push(String(e)));
  page.setDefaultTimeout(10_000);
  return { context, page, refused, close: async () => { assert.deepEqual(refused, []); await context.close(); } };
}

// looksRight holds the page that is shown to axe's rules and to its window.
async function looksRight(page, name) {
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width[0] <= width[1], `${name} is ${width[0]} wide in a window of ${width[1]}`);
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  const told = [...found.violations, ...found.incomplete].map((v) => `${v.id}: ${v.help} ${v.nodes.map((n) => n.html).join(" ")}`);
  assert.deepEqual(told, [], `${name}: what axe found`);
  assert.ok(found.passes.length > 10, `${name}: axe looked at little`);
  assert.equal(await page.locator("script").count(), 0, `${name} has a script`);
  pagesChecked++;
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

const heading = (page) => page.locator("h1").innerText();
const connectButton = (page) => page.getByRole("button", { name: "Connect Kommo" });
const allow = (page, host) => page.getByRole("link", { name: `Allow in ${host}` });

// connect goes all the way by mouse.
async function connect(page, at, host) {
  await page.goto(`${at.base}/connect`);
  await connectButton(page).click();
  await allow(page, host).click();
  await page.waitForURL(`${at.base}/connect/done`);
}

async function until(holds, otherwise) {
  for (let i = 0; i < 50 && !holds(); i++) await new Promise((r) => setTimeout(r, 100));
  assert.ok(holds(), otherwise);
}

async function step(name, does) {
  try {
    await does();
  } catch (e) {
    e.message = `${name}: ${e.message}`;
    throw e;
  }
}

async function main() {
  const plain = await deployment("http");
  let demoKey, uninstalling;

  await step("connect", async () => {
    const v = await visitor();
    await v.page.goto(`${plain.base}/connect`);
    await looksRight(v.page, "start");
    await connectButton(v.page).click();
    await allow(v.page, "second.kommo.com").waitFor();
    assert.ok(v.page.url().startsWith(`${plain.kommo}/oauth?`), v.page.url());
    assert.match(v.page.url(), /[?&]mode=post_message(&|$)/);
    await allow(v.page, "second.kommo.com").click();
    await v.page.waitForURL(`${plain.base}/connect/done`);
    assert.match(await heading(v.page), /second\.kommo\.com is connected/);
    await looksRight(v.page, "done");
    for (const part of await v.page.locator("summary").all()) await part.click();
    await looksRight(v.page, "done-open");
    assert.match(await v.page.content(), new RegExp(`claude mcp add --transport http kommo ${plain.base}/mcp`));
    assert.match(plain.accounts(), /second\.kommo\.com/);
    await v.close();
  });

  await step("two windows, back, reload, double click, a second time", async () => {
    const v = await visitor();
    await connect(v.page, plain, "second.kommo.com");
    const second = await v.context.newPage();
    second.setDefaultTimeout(10_000);
    await connect(second, plain, "demo.kommo.com");
    await (await makeKey(v.page, undefined, 31000002))(); // of the first window's account
    await assert.rejects(v.page.goBack(), /ERR_CACHE_MISS/, "going back shows the key again");
    await v.page.waitForURL(/^chrome-error:/);
    await v.page.goto(`${plain.base}/connect`);
    assert.match(await v.page.locator(".note").innerText(), /was connected in this browser/);
    await looksRight(v.page, "start-again");
    await connectButton(v.page).dblclick();
    await allow(v.page, "second.kommo.com").click();
    await v.page.waitForURL(`${plain.base}/connect/done`);
    await v.page.reload();
    assert.match(await heading(v.page), /second\.kommo\.com is connected/);
    await v.page.goBack(); // to Kommo's page, or to where it was left; never to a second exchange
    assert.doesNotMatch(await v.page.title(), /connected/);
    assert.equal(plain.accounts().match(/second\.kommo\.com/g).length, 1);
    await v.close();
  });

  // Kommo still serves a token for a while, or refuses one just issued: the end is
  // looked into again and again, and checked at the end of this run.
  await step("uninstall", async () => {
    const v = await visitor();
    await connect(v.page, plain, "demo.kommo.com");
    demoKey = await makeKey(v.page, undefined, 31000001);
    await v.page.goto(`${plain.kommo}/oauth?client_id=${plain.env.KOMMO_CLIENT_ID}&account=demo.kommo.com&uninstall=1`);
    uninstalling = v;
  });

  await step("installed from the marketplace", async () => {
    const market = await deployment("http", "market");
    const v = await visitor();
    await v.page.goto(`${market.kommo}/oauth?client_id=${market.env.KOMMO_CLIENT_ID}&account=second.kommo.com&install=1`);
    await until(() => /second\.kommo\.com/.test(market.accounts()), "the installed account is not connected");
    assert.doesNotMatch(market.accounts(), /\*/, "a guest's account is the default");
    await v.page.goto(`${market.base}/connect/done`);
    assert.match(await heading(v.page), /Nothing was connected here lately/);
    await v.page.goto(`${market.base}/connect`);
    await connectButton(v.page).click(); // somebody who is no administrator
    const link = await allow(v.page, "demo.kommo.com").getAttribute("href");
    await v.page.goto(new URL(`${link}&user=10450002`, market.kommo).href);
    assert.match(await v.page.locator(".note").last().innerText(), /You are no administrator/);
    await looksRight(v.page, "no-administrator");
    await v.close();
    market.server.kill();
  });

  await step("an address for a platform", async () => {
    const v = await visitor();
    await connect(v.page, plain, "second.kommo.com");
    const post = async (address, key, id) => (await v.page.request.post(address, {
      headers: key ? { "X-Vapi-Secret": key } : {},
      data: { message: { type: "end-of-call-report", endedReason: "customer-ended-call", startedAt: "2026-11-20T10:00:00Z", endedAt: "2026-11-20T10:02:05Z",
        call: { id, type: "inboundPhoneCall" }, customer: { number: "+14155550113" }, analysis: { summary: "Asked for a quote." } } },
    })).status();
    const make = async (secret, name) => {
      await v.page.goto(`${plain.base}/connect/done`);
      await v.page.locator("summary", { hasText: "webhook address" }).click();
      await v.page.getByRole("radio", { name: /^Vapi/ }).check();
      const field = v.page.getByLabel(/^Its signing secret/);
      assert.equal(await field.getAttribute("type"), "password");
      await field.fill(secret);
      await looksRight(v.page, `${name}-form`);
      await v.page.getByRole("button", { name: "Create an address" }).click();
      assert.match(await heading(v.page), /Your webhook address/);
      await looksRight(v.page, name);
      return v.page.locator("figure", { hasText: "Address for Vapi" }).locator("code").innerText();
    };
    const signed = await make("s3cret-of-a-test", "hook");
    assert.equal(await post(signed, undefined, "call-a"), 401);
    assert.equal(await post(signed, "s3cret-of-a-test", "call-a"), 200);
    const open = await make("", "hook-unsigned");
    assert.equal(await post(open, undefined, "call-b"), 200);
    assert.equal(await post(open.replace("/vapi/", "/retell/"), undefined, "call-b"), 404);
    await v.close();
  });

  // A plain redirect behind the form is what the policy forbids: the page that leads
  // on is needed, and this run would notice if the policy refused anything.
  await step("a redirect behind a form", async () => {
    const v = await visitor();
    await v.page.goto(`${plain.base}/connect`);
    await v.page.route("**/connect", (r) => r.continue({ headers: { ...r.request().headers(), accept: "*/*" } })); // as programs ask
    const told = v.page.waitForEvent("console", (m) => /form-action/.test(m.text()));
    await connectButton(v.page).click({ noWaitAfter: true });
    await told;
    assert.ok(v.refused.length > 0);
    await v.context.close();
  });

  await step("decline, and again", async () => {
    const v = await visitor();
    await v.page.goto(`${plain.base}/connect`);
    await connectButton(v.page).click();
    await v.page.getByRole("link", { name: "Deny" }).click();
    assert.match(await heading(v.page), /Access was not allowed/);
    await looksRight(v.page, "declined");
    await v.page.getByRole("button", { name: "Start again" }).click();
    await allow(v.page, "second.kommo.com").click();
    await v.page.waitForURL(`${plain.base}/connect/done`);
    await v.close();
  });

  await step("links that do not work", async () => {
    const v = await visitor();
    await v.page.goto(`${plain.base}/connect`);
    await connectButton(v.page).click();
    const link = await allow(v.page, "second.kommo.com").getAttribute("href");
    let answer;
    v.page.on("request", (r) => r.url().startsWith(`${plain.base}/oauth/callback`) && (answer ??= r.url()));
    await allow(v.page, "second.kommo.com").click();
    await v.page.waitForURL(`${plain.base}/connect/done`);
    assert.ok(link && answer);
    await v.page.goto(answer);
    assert.match(await heading(v.page), /This link does not work any more/);
    await looksRight(v.page, "used");
    const other = await visitor();
    await other.page.goto(answer);
    assert.match(await heading(other.page), /This browser did not ask for this/);
    await looksRight(other.page, "other-browser");
    await other.page.goto(`${plain.base}/connect`);
    await other.page.goto(answer.replace(/referer=[^&]*/, "referer=kommo.example"));
    await looksRight(other.page, "not-ours");
    await other.page.goto(`${plain.base}/connect/done`);
    await looksRight(other.page, "nothing-connected");
    await other.page.goto(`${plain.base}/oauth/callback`);
    await looksRight(other.page, "nothing-here");
    await other.close();
    await v.close();
  });

  await step("an answer from another zone", async () => {
    const v = await visitor();
    await v.page.goto(`${plain.base}/connect`);
    await connectButton(v.page).click();
    await allow(v.page, "second.kommo.com").waitFor();
    const state = new URL(v.page.url()).searchParams.get("state");
    await v.page.goto(`${plain.base}/oauth/callback?code=x&state=${state}&referer=kommo.example`);
    assert.match(await heading(v.page), /This did not come from Kommo/);
    await looksRight(v.page, "zone");
    await v.close();
  });

  await step("by keyboard alone", async () => {
    const v = await visitor();
    const tabTo = async (locator) => {
      for (let i = 0; i < 30; i++) {
        await v.page.keyboard.press("Tab");
        if (await locator.evaluate((e) => e === document.activeElement)) {
          const ring = await locator.evaluate((e) => getComputedStyle(e).outlineStyle);
          assert.notEqual(ring, "none", "focus cannot be seen");
          return;
        }
      }
      assert.fail("cannot be reached by keyboard");
    };
    await v.page.goto(`${plain.base}/connect`);
    await tabTo(connectButton(v.page));
    await looksRight(v.page, "start-focus");
    await v.page.keyboard.press("Enter");
    await allow(v.page, "second.kommo.com").waitFor();
    await allow(v.page, "second.kommo.com").focus(); // the sandbox's page is not ours to judge
    await v.page.keyboard.press("Enter");
    await v.page.waitForURL(`${plain.base}/connect/done`);
    const part = v.page.locator("summary", { hasText: "Claude Code" });
    await tabTo(part);
    await v.page.keyboard.press("Enter");
    await v.page.getByText("claude mcp add --transport http").first().waitFor();
    await v.close();
  });

  for (const [name, options] of Object.entries({
    narrow: { viewport: { width: 320, height: 640 }, isMobile: true },
    dark: { colorScheme: "dark" },
    "dark-narrow": { colorScheme: "dark", viewport: { width: 320, height: 640 }, isMobile: true },
    large: { deviceScaleFactor: 1, viewport: { width: 500, height: 450 } }, // as a window at 200 %
  })) {
    await step(name, async () => {
      const v = await visitor(options);
      await v.page.goto(`${plain.base}/connect`);
      await looksRight(v.page, `${name}-start`);
      await connectButton(v.page).click();
      await v.page.getByRole("link", { name: "Deny" }).click();
      await looksRight(v.page, `${name}-declined`);
      await connect(v.page, plain, "second.kommo.com");
      for (const part of await v.page.locator("summary").all()) await part.click();
      await looksRight(v.page, `${name}-done`);
      await makeKey(v.page, `${name}-key`);
      await v.close();
    });
  }

  await step("without scripts", async () => {
    const v = await visitor({ javaScriptEnabled: false });
    await connect(v.page, plain, "second.kommo.com");
    assert.match(await heading(v.page), /second\.kommo\.com is connected/);
    await v.close();
  });

  await step("a client's authorization", async () => authorize(plain));

  await step("over HTTPS", async () => {
    const tls = await deployment("https");
    const v = await visitor();
    await connect(v.page, tls, "second.kommo.com");
    const [cookie, ...more] = await v.context.cookies(tls.base);
    assert.deepEqual(more, []);
    assert.deepEqual([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path], ["__Host-kommo_connect", true, true, "Lax", "/"]);
    await makeKey(v.page);
    await v.close();
  });

  await step("uninstalled", async () => {
    for (let i = 0; i < 60 && /demo\.kommo\.com/.test(plain.accounts()); i++) await new Promise((r) => setTimeout(r, 1000));
    assert.doesNotMatch(plain.accounts(), /demo\.kommo\.com/);
    assert.equal(await demoKey(), 401);
    assert.match(plain.accounts(), /second\.kommo\.com/);
    const v = await visitor();
    await connect(v.page, plain, "demo.kommo.com");
    await v.close();
    assert.match(plain.accounts(), /demo\.kommo\.com/);
    assert.equal(await demoKey(), 401, "a key comes back with a new consent");
    await uninstalling.close();
  });

  assert.ok(!plain.log().includes(plain.env.KOMMO_CLIENT_SECRET), "the secret is in the log");
  assert.doesNotMatch(plain.log(), /def502|kmcp_/, "a code or key is in the log");
  console.log(`ok Chromium: accounts connected, declined and taken away; ${pagesChecked} pages without a finding of axe or the content policy`);
}

// makeKey has an access key made by the page, and uses it.
async function makeKey(page, name, account = 31000002) {
  const button = page.getByRole("button", { name: "Create an access key" });
  if (!(await button.isVisible())) await page.locator("summary", { hasText: "an access key" }).click();
  await page.getByRole("radio", { name: "Only read" }).check();
  await button.click();
  assert.match(await heading(page), /Your access key/);
  if (name) await looksRight(page, name);
  const key = await page.locator("figure", { hasText: "Access key" }).locator("code").first().innerText();
  assert.match(key, /^kmcp_[A-Z0-9]{40,}$/);
  const base = new URL(page.url()).origin;
  const ask = (bearer, method, params = {}) => page.request.post(`${base}/keys/mcp`, {
    headers: { Authorization: `Bearer ${bearer}`, Accept: "application/json, text/event-stream" },
    data: { jsonrpc: "2.0", id: 1, method, params },
  });
  const answer = await (await ask(key, "tools/call", { name: "get_account", arguments: {} })).json();
  assert.equal(answer.result.structuredContent?.id, account, JSON.stringify(answer));
  const { tools } = (await (await ask(key, "tools/list")).json()).result;
  assert.ok(tools.some((t) => t.name === "get_lead") && !tools.some((t) => t.name === "add_note"), "a key that may only read");
  assert.equal((await ask(`${key}A`, "tools/list")).status(), 401);
  if (name === "dark-key") await printedCommands(page, key);
  await page.goto(`${base}/connect/done`);
  assert.ok(!(await page.content()).includes("kmcp_"), "the key is shown again");
  return async () => (await ask(key, "tools/list")).status();
}

// printedCommands runs what the page of a key says, letter by letter: the Inspector
// lists the tools, and curl is refused, since the key may only read.
async function printedCommands(page, key) {
  for (const part of await page.locator("summary").all()) await part.click();
  const said = await page.locator("figure code").allInnerTexts();
  const inspector = said.find((text) => text.startsWith("npx @modelcontextprotocol/inspector"));
  const launcher = createRequire(import.meta.url).resolve("@modelcontextprotocol/inspector/package.json").replace("package.json", "clients/launcher/build/index.js");
  const listed = execFileSync("sh", ["-c", inspector.replace("npx @modelcontextprotocol/inspector", `"${process.execPath}" "${launcher}"`)], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  assert.match(listed, /search_leads/);
  assert.ok(!said.some((text) => text.startsWith("curl")), "a key that may only read is told how to log calls");
  const openai = JSON.parse(said.find((text) => text.includes("server_label")));
  assert.equal(openai.authorization, key);
}

// authorize goes through a client's authorization: our consent page, Kommo's, and
// back to a listener on this machine.
async function authorize(at) {
  const got = [];
  const client = listen((req, res) => {
    if (req.url.startsWith("/callback")) got.push(new URL(req.url, "http://127.0.0.1"));
    res.end("<!DOCTYPE html><title>client</title>You can close this window.");
  });
  await new Promise((r) => client.listen(0, "127.0.0.1", r));
  try {
    const redirect = `http://127.0.0.1:${client.address().port}/callback`;
    const registered = await (await fetch(`${at.base}/register`, {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ client_name: "Example client", redirect_uris: [redirect], token_endpoint_auth_method: "none" }),
    })).json();
    const ask = `${at.base}/authorize?${new URLSearchParams({
      response_type: "code", client_id: registered.client_id, redirect_uri: redirect, state: "s1", scope: "kommo:read kommo:write",
      resource: `${at.base}/mcp`, code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
    })}`;
    for (const [name, scheme] of [["authorize", "light"], ["authorize-dark", "dark"]]) {
      const v = await visitor({ colorScheme: scheme });
      await v.page.goto(ask);
      await looksRight(v.page, name);
      await v.page.getByRole("button", { name: /Allow/ }).click();
      await allow(v.page, "second.kommo.com").click();
      await v.page.waitForURL(`${redirect}?**`);
      const back = got.pop();
      assert.ok(back?.searchParams.get("code")?.startsWith("kmcp_ac_") && back.searchParams.get("state") === "s1" && back.searchParams.get("iss"), String(back));
      await v.page.goto(ask);
      await v.page.getByRole("button", { name: /Allow/ }).click();
      await v.page.getByRole("link", { name: "Deny" }).click();
      await v.page.waitForURL(`${redirect}?**`);
      assert.equal(got.pop()?.searchParams.get("error"), "access_denied");
      await v.page.goto(ask);
      await v.page.getByRole("button", { name: "Deny" }).click();
      await v.page.waitForURL(`${redirect}?**`);
      assert.equal(got.pop()?.searchParams.get("error"), "access_denied");
      await v.close();
    }
  } finally {
    client.close();
    client.closeAllConnections();
  }
}

try {
  if (shots) writeFileSync(join(shots, ".made"), "");
  await main();
} finally {
  await browser.close();
  for (const child of started) {
    child.removeAllListeners("exit");
    child.kill();
  }
  rmSync(work, { recursive: true, force: true });
}
