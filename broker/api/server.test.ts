import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { openLog } from "../log.ts";
import { endpoint, publicEndpoint } from "./endpoint.ts";
import { guarded, open, type Route, scraped } from "./route.ts";
import { buildServer } from "./server.ts";

const ORIGIN = "http://localhost:7480";
const TOKEN = "a-scraper-token-of-32-characters";

const ROUTES: readonly Route[] = [
  open(
    "POST",
    "/api/echo",
    publicEndpoint({
      summary: "Echo",
      body: z.strictObject({ text: z.string().max(10) }),
      answer: z.object({ text: z.string() }),
      handle: ({ body }) => ({ ...body, secret: "never leaves: not in the answer's schema" }),
    }),
  ),
  open(
    "GET",
    "/api/fault",
    publicEndpoint({
      summary: "Fails",
      answer: z.string(),
      handle: () => {
        throw new Error("a path /secret/of/this/machine");
      },
    }),
  ),
  guarded(
    "GET",
    "/api/closed",
    "people:manage",
    endpoint({ summary: "Closed", answer: z.string(), handle: () => "inside" }),
  ),
  scraped(
    "/metrics",
    publicEndpoint({
      summary: "Metrics",
      answer: z.string(),
      contentType: "text/plain",
      handle: () => "up 1\n",
    }),
  ),
];

let folder: string;
let app: FastifyInstance;
let address: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-api-"));
  mkdirSync(join(folder, "console/assets"), { recursive: true });
  writeFileSync(
    join(folder, "console/index.html"),
    '<html><head><meta name="csp-nonce" content=""></head></html>',
  );
  writeFileSync(join(folder, "console/assets/app-1a2b.js"), "let x = 1;");
  app = await serverWith(ROUTES);
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const NOBODY = {
  signIns: { authenticate: () => undefined, get: () => undefined, onEnded: () => () => {} },
  tokens: {
    authenticate: async () => ({ kind: "refused" as const }),
    asOfNow: async () => undefined,
  },
  machines: { authenticate: async () => ({ kind: "refused" as const }) },
  devices: { checkRequest: async () => "refused" as const, counting: () => undefined },
  decisions: {
    may: () => false,
    mayAt: () => false,
    sitesWith: () => new Set<never>(),
    rights: () => new Set<never>(),
    onPoliciesChanged: () => () => {},
  },
};

/** Nobody is signed in: signed-in people are the business of `test/security/`. */
function serverWith(routes: readonly Route[], requestsPerMinute = 1_000): Promise<FastifyInstance> {
  const settings = {
    origins: [ORIGIN, "https://sallyport.example"],
    trustedProxies: [],
    requestsPerMinute,
    metricsToken: TOKEN,
    postureToken: "",
    unknownDevices: "refuse" as const,
    consoleFolder: join(folder, "console"),
    version: "1.2.3",
  };
  const log = openLog(join(folder, "broker.log"), "info");
  return buildServer(settings, routes, NOBODY, log, () => {});
}

type Headers = Record<string, string>;

/** Injected, since `fetch` does not let a test choose `Host`. */
function ask(method: "GET" | "POST", url: string, headers: Headers = {}, payload?: string) {
  const own = { host: "localhost:7480", ...headers };
  return app.inject({ method, url, headers: own, ...(payload === undefined ? {} : { payload }) });
}

const json = { "content-type": "application/json", origin: ORIGIN };

test("an answer holds what its schema names and nothing else", async () => {
  const answer = await ask("POST", "/api/echo", json, '{"text":"hi"}');
  expect(answer.json()).toEqual({ text: "hi" });
  expect(answer.headers["cache-control"]).toBe("no-store");
});

test("a body that does not fit is refused, naming the field", async () => {
  const answer = await ask("POST", "/api/echo", json, '{"text":"much too long","more":1}');
  expect(answer.statusCode).toBe(400);
  expect(answer.json().code).toBe("invalid-request");
  expect(answer.json().message).toContain("text");
});

test.each([
  ["text/plain", '{"text":"hi"}', 415],
  ["application/x-www-form-urlencoded", "text=hi", 415],
  ["application/json", "{", 400],
  ["application/json", `{"text":"${"x".repeat(70_000)}"}`, 413],
])("a body of type %s is refused where it is not small JSON", async (type, body, status) => {
  const answer = await ask("POST", "/api/echo", { ...json, "content-type": type }, body);
  expect(answer.statusCode).toBe(status);
  expect(answer.json()).toHaveProperty("code");
});

test("a body cannot reach the prototype of anything", async () => {
  const answer = await ask("POST", "/api/echo", json, '{"text":"hi","__proto__":{"admin":true}}');
  expect(answer.statusCode).toBe(400);
});

test("a fault of ours is answered without saying anything about the inside", async () => {
  const answer = await ask("GET", "/api/fault");
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain("secret");
  expect(answer.json().message).toContain(String(answer.headers["x-request-id"]));
});

test.each([
  ["no origin", {}],
  ["another origin", { origin: "http://evil.example" }],
  ["an origin that begins like ours", { origin: `${ORIGIN}.evil.example` }],
  ["the opaque origin", { origin: "null" }],
  ["another origin of ours than the one it was sent to", { origin: "https://sallyport.example" }],
  ["a cross-site fetch", { origin: ORIGIN, "sec-fetch-site": "cross-site" }],
  ["a same-site fetch", { origin: ORIGIN, "sec-fetch-site": "same-site" }],
])("what changes something is refused with %s", async (_name, headers) => {
  const type = { "content-type": "application/json" };
  const answer = await ask("POST", "/api/echo", { ...type, ...headers }, '{"text":"hi"}');
  expect(answer.statusCode).toBe(403);
  expect(answer.json().code).toBe("forbidden-origin");
});

test("another site's page cannot read the API either", async () => {
  const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
  expect((await ask("GET", "/api/fault", headers)).statusCode).toBe(403);
});

test.each(["127.0.0.1:7480", "evil.example", "localhost", "localhost:7480.evil.example", ""])(
  "the host %j is refused, since it is not the console's own",
  async (host) => {
    const answer = await ask("GET", "/", { host });
    expect(answer.statusCode).toBe(421);
    expect(answer.json().message).toContain(ORIGIN);
  },
);

test("only an https origin is pinned to https", async () => {
  const plain = await ask("GET", "/");
  expect(plain.headers["strict-transport-security"]).toBeUndefined();
  const secure = await ask("GET", "/", { host: "sallyport.example" });
  expect(secure.headers["strict-transport-security"]).toContain("max-age=63072000");
});

test("each page carries its own nonce, the same in its policy and in its head", async () => {
  const [first, second] = [await ask("GET", "/"), await ask("GET", "/people")];
  const nonceOf = (body: string) => /csp-nonce" content="([^"]+)"/.exec(body)?.[1];
  const policy = String(first.headers["content-security-policy"]);
  expect(policy).toBe(
    `default-src 'none';script-src 'self';style-src 'self' 'nonce-${nonceOf(first.body)}';` +
      "img-src 'self' data: blob:;font-src 'self';connect-src 'self';worker-src 'self';base-uri 'none';" +
      "form-action 'none';frame-ancestors 'none'",
  );
  expect(nonceOf(first.body)).not.toBe(nonceOf(second.body));
  expect(first.headers["cache-control"]).toBe("no-store");
});

test.each(["/", "/assets/app-1a2b.js", "/api/closed", "/api/nothing", "/nothing.php", "/metrics"])(
  "the answer to %s tells the browser to frame, sniff, embed and refer nothing",
  async (path) => {
    const { headers } = await ask("GET", path);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["x-powered-by"]).toBeUndefined();
  },
);

const TYPED = { "sec-fetch-mode": "navigate", "sec-fetch-site": "none" };

test("who comes without a sign-in is led to the door, and back to the page afterwards", async () => {
  const answer = await ask("GET", "/recordings/a1?at=5", TYPED);
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe("/sign-in?from=%2Frecordings%2Fa1%3Fat%3D5");
  expect(answer.headers["cache-control"]).toBe("no-store");
});

test.each([
  ["the door itself", "/sign-in", TYPED],
  ["an enrolment", "/enrol", TYPED],
  ["a shared recording", "/shared", TYPED],
  // Its cookie is kept from what another site causes: it may well be signed in.
  ["a link on another site", "/recordings/a1", { ...TYPED, "sec-fetch-site": "cross-site" }],
  ["a sign-in that may count", "/recordings/a1", { ...TYPED, cookie: "__Host-sallyport=x" }],
  ["a browser that does not tell", "/recordings/a1", {}],
])("%s gets its page", async (_name, url, headers: Headers) => {
  const answer = await ask("GET", url, headers);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
    200,
    "text/html; charset=utf-8",
  ]);
});

test("a hashed file may be kept for ever", async () => {
  const answer = await ask("GET", "/assets/app-1a2b.js");
  expect(answer.body).toBe("let x = 1;");
  expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
});

test.each([
  "/assets/../index.html",
  "/assets/%2e%2e/%2e%2e/broker.log",
  "/..%2fbroker.log",
  "/assets/..%5c..%5cbroker.log",
  "/assets//app-1a2b.js",
  "/assets/app-1a2b.js%00.css",
  "/index.html.gz",
  "/index.html.br",
  "/broker.log",
  "/.env",
  "/people.json",
  "//evil.example/people",
  "/%ZZ",
])("%s is neither a file nor a page", async (url) => {
  const answer = await ask("GET", url);
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode).toBeLessThan(500);
});

test.each([
  "/api",
  "/api/",
  "/api/closed",
  "/api/closed/",
  "/API/closed",
  "/api/closed.json",
  "/api//closed",
  "//api/closed",
  "/api/%63losed",
  "/%61pi/closed",
  "/%2561pi/closed",
  "/api/./closed",
  "/api/x/../closed",
  "/api/closed;.css",
  "/api/closed?x=.css",
  "/api\\closed",
  "/api/nothing",
])("%s looks the same to who is not signed in, whether it exists or not", async (url) => {
  const answer = await ask("GET", url);
  expect([answer.statusCode, answer.json().code]).toEqual([401, "signed-out"]);
});

test.each(["PUT", "OPTIONS", "HEAD", "TRACE"] as const)(
  "the method %s is no way around",
  async (method) => {
    const answer = await app.inject({
      method: method as "PUT",
      url: "/api/closed",
      headers: { host: "localhost:7480", origin: ORIGIN },
    });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  },
);

test("metrics are for the scraper on this machine alone", async () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };
  expect((await ask("GET", "/metrics", bearer)).body).toBe("up 1\n");
  expect((await ask("GET", "/metrics")).statusCode).toBe(404);
  const wrong = { authorization: `Bearer ${TOKEN.slice(0, -1)}x` };
  expect((await ask("GET", "/metrics", wrong)).statusCode).toBe(404);
  const proxied = { ...bearer, "x-forwarded-for": "127.0.0.1" };
  expect((await ask("GET", "/metrics", proxied)).statusCode).toBe(404);
});

test("whoever asks too often is told when to come back", async () => {
  const hurried = await serverWith(ROUTES, 60);
  const knock = () =>
    hurried.inject({
      method: "POST",
      url: "/api/sign-in/options",
      headers: { host: "localhost:7480", ...json },
      payload: "{}",
    });
  const answers = [await knock(), await knock(), await knock()];
  expect(answers.map((answer) => answer.statusCode)).toEqual([401, 401, 429]);
  expect(Number(answers[2]?.headers["retry-after"])).toBeGreaterThan(0);
  await hurried.close();
});

test("a forwarded address is not believed from who is no proxy of ours", async () => {
  const hurried = await serverWith(ROUTES, 60);
  const headers = { host: "localhost:7480" };
  let last = 0;
  for (let n = 0; n < 62; n += 1) {
    const from = { ...headers, "x-forwarded-for": `203.0.113.${n}` };
    last = (await hurried.inject({ url: "/api/nothing", headers: from })).statusCode;
  }
  expect(last).toBe(429);
  await hurried.close();
});

test("a route that is not in the table stops the start", () => {
  expect(() => app.get("/api/backdoor", () => "")).toThrow();
});

test("the same route twice stops the start", async () => {
  const [first] = ROUTES;
  await expect(serverWith(first ? [first, first] : [])).rejects.toThrow(/twice/);
});

/** Sends raw bytes and answers what came back until the server closed. */
function raw(text: string): Promise<string> {
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (bytes) => {
      got += bytes;
    });
    socket.on("close", () => resolve(got));
    socket.on("error", reject);
    socket.setTimeout(10_000, () => socket.destroy());
  });
}

test("headers that are too large, or come too slowly, end the connection", async () => {
  expect(address).toContain("127.0.0.1");
  const large = `GET / HTTP/1.1\r\nHost: localhost:7480\r\nX: ${"x".repeat(20_000)}\r\n\r\n`;
  expect(await raw(large)).toMatch(/^HTTP\/1.1 431/);
  expect(await raw("GET / HTTP/1.1\r\nHost: loc")).toMatch(/^HTTP\/1.1 408/);
});

test("two lengths in one request are refused", async () => {
  const smuggled =
    "POST /api/echo HTTP/1.1\r\nHost: localhost:7480\r\nContent-Length: 5\r\n" +
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  expect(await raw(smuggled)).toMatch(/^HTTP\/1.1 400/);
});

test("a client that offers HTTP/2 besides is answered in what it asked in", async () => {
  // As the live channel's: what is no WebSocket of ours is closed.
  app.server.on("upgrade", (_request, socket) => socket.destroy());
  const asking = (more: string) =>
    `GET /healthz HTTP/1.1\r\nHost: localhost:7480\r\n${more}\r\n\r\n`;
  const offering =
    "Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA";
  expect(await raw(asking(offering))).toMatch(/^HTTP\/1.1 404/);
  expect(await raw(asking("Connection: Upgrade\r\nUpgrade: websocket"))).toBe("");
});
