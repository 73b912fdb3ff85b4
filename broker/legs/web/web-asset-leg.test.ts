/** The leg over real connections: what waits in it, what breaks it, what an asset does to it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { encodeChunk } from "../../../protocols/http/body.ts";
import { latin1 } from "../../../protocols/http/head.ts";
import { systemClock } from "../../clock.ts";
import type { Credential } from "../../plant/credential.ts";
import type { EndpointLimits, WebEndpoint } from "../../plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../../plant/plant-limits.ts";
import type { WebSignIn } from "../../plant/web-model.ts";
import { EndpointLimiter } from "../endpoint-limiter.ts";
import { PanelPlaces } from "./panel-places.ts";
import { WebAssetLeg } from "./web-asset-leg.ts";
import { WebSite } from "./web-site.ts";

const PASSWORD: Credential = { kind: "password", user: "fitter", password: "s3cret" };
/** No machine is so slow that it counts as a panel that does not answer. */
const PATIENT = { responseTimeoutMs: 60_000, connectTimeoutMs: 60_000 };
const NO_TLS = { certificates: () => [] };

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  body: string;
}

type Came = (asked: Asked, response: ServerResponse) => void;

class Site {
  readonly asked: Asked[] = [];
  readonly heard: string[] = [];
  readonly withheld: string[] = [];
  readonly lost: string[] = [];
  closed: string | undefined;
  /** What the session answers to "may it still leave?". */
  obstacle: () => string | undefined = () => undefined;
  readonly leg: WebAssetLeg;
  readonly limiter: EndpointLimiter;

  private constructor(port: number, parts: Parts) {
    const limits = { ...ENDPOINT_LIMITS_DEFAULT, ...PATIENT, ...parts.limits };
    const endpoint: WebEndpoint = {
      ...{ id: "web", protocol: "web", host: "127.0.0.1", port, allowLocal: true, tags: [] },
      ...{ limits, signIn: parts.signIn ?? { kind: "none" } },
    };
    this.limiter = new EndpointLimiter(limits, systemClock);
    const credential = async () => {
      await parts.before?.();
      return PASSWORD;
    };
    const places = new PanelPlaces(this.limiter).enter();
    const site = new WebSite({ endpoint, address: "127.0.0.1", places, credential, ...NO_TLS });
    this.leg = new WebAssetLeg(site, () => site.close());
    this.leg.start({
      bytes: (bytes) => void this.heard.push(Buffer.from(bytes).toString("latin1")),
      lost: (_, cause) => void this.lost.push(cause),
      withheld: (_, cause) => void this.withheld.push(cause),
      obstacle: () => this.obstacle(),
      closed: (reason) => {
        this.closed = reason;
      },
      drained: () => {},
    });
    onTestFinished(() => this.leg.close());
  }

  static async open(came: Came, parts: Parts = {}): Promise<Site> {
    let site: Site | undefined;
    const server: Server = createServer((request, response) => {
      const asked = {
        ...{ method: request.method ?? "", url: request.url ?? "", headers: request.headers },
        body: "",
      };
      site?.asked.push(asked);
      request.setEncoding("latin1").on("data", (text) => {
        asked.body += text;
      });
      if (parts.early) came(asked, response);
      else request.on("end", () => came(asked, response));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    site = new Site((server.address() as AddressInfo).port, parts);
    return site;
  }

  ask(number: number, line: string, more = "", change: number | undefined = number): void {
    const head = `${line} HTTP/1.1\r\nsallyport-request: ${number}\r\nhost: a.localhost\r\n${more}\r\n`;
    this.leg.write(latin1(head), change);
  }

  get text(): string {
    return this.heard.join("");
  }
}

interface Parts {
  readonly limits?: Partial<EndpointLimits>;
  readonly signIn?: WebSignIn;
  /** The panel answers before it has read the request. */
  readonly early?: boolean;
  /** Waited for before the credential is there. */
  before?(): Promise<void>;
}

const ok: Came = (_, response) => response.end("done");

test("a change that waits for its turn is given back when the right to it is lost", async () => {
  const site = await Site.open(ok, { limits: { inFlightMax: 1 } });
  const other = { mayTake: () => false };
  expect(site.limiter.take(other)).toBe(true);
  site.ask(1, "POST /start", "content-length: 0\r\n");
  expect(site.leg.waiting).toBe(1);
  site.leg.withdraw("frozen");
  expect(site.withheld).toEqual(["frozen"]);
  site.limiter.give();
  site.ask(2, "GET /", "", undefined);
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked.map(({ url }) => url)).toEqual(["/"]);
});

test("a change that waits for the sign-in is looked at once more before its first byte", async () => {
  const credential = Promise.withResolvers<void>();
  const signIn = { kind: "basic" } as const;
  const site = await Site.open(ok, { signIn, before: () => credential.promise });
  site.ask(1, "POST /start", "content-length: 0\r\n");
  site.obstacle = () => "the right to it was lost";
  credential.resolve();
  await expect.poll(() => site.withheld, { timeout: 20_000 }).toHaveLength(1);
  expect(site.asked).toEqual([]);
});

test("after a cut nothing leaves any more, no sign-in either", async () => {
  const credential = Promise.withResolvers<void>();
  const signIn: WebSignIn = { kind: "form", path: "/in", user: "u", password: "p", fields: [] };
  const site = await Site.open(ok, { signIn, before: () => credential.promise });
  site.ask(1, "POST /start", "content-length: 0\r\n");
  site.leg.close();
  credential.resolve();
  const other = await Site.open(ok);
  other.ask(1, "GET /");
  await expect.poll(() => other.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked).toEqual([]);
  expect(site.leg.waiting).toBe(0);
});

test("a large body goes on once the panel has its head, and its answer comes behind it", async () => {
  const site = await Site.open((asked, response) => response.end(`got ${asked.body.length}`));
  site.ask(1, "PUT /image", "content-length: 300000\r\n");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("HTTP/1.1 100 ");
  for (let n = 0; n < 30; n++) site.leg.write(encodeChunk(new Uint8Array(10_000).fill(65)), 1);
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("got 300000");
});

test("an answer that comes too early waits for the whole request", async () => {
  const refuse: Came = (_, response) => {
    response.writeHead(413, { connection: "close" }).end("too large");
  };
  const site = await Site.open(refuse, { early: true });
  site.ask(1, "PUT /image", "content-length: 20000\r\n");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("HTTP/1.1 100 ");
  site.leg.write(encodeChunk(new Uint8Array(10_000)), 1);
  await expect.poll(() => site.asked, { timeout: 20_000 }).toHaveLength(1);
  expect(site.text).not.toContain("413");
  site.leg.write(encodeChunk(new Uint8Array(10_000)), 2);
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("too large");
});

test("an upload is broken off when the right to it is lost, and never becomes whole", async () => {
  const site = await Site.open(ok);
  site.ask(1, "PUT /image", "content-length: 20000\r\n");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("HTTP/1.1 100 ");
  site.leg.write(encodeChunk(new Uint8Array(10_000)), 1);
  site.leg.withdraw("frozen");
  expect(site.lost).toEqual(["frozen"]);
  site.leg.write(encodeChunk(new Uint8Array(10_000)), 1);
  site.ask(2, "GET /", "", undefined);
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked.filter(({ url }) => url === "/")).toHaveLength(1);
  expect(site.text.match(/done/g)).toHaveLength(1);
});

test("a piece of a body that comes late is no request, whatever it says", async () => {
  const site = await Site.open(ok);
  site.leg.write(encodeChunk(latin1("GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n")), 1);
  site.ask(1, "GET /");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked.map(({ url }) => url)).toEqual(["/"]);
});

test("a digest is found among other challenges, and the request sent once more with it", async () => {
  const site = await Site.open(
    ({ headers }, response) => {
      if (headers.authorization !== undefined) return void response.end("done");
      const fields = ['Basic realm="a"', 'Digest realm="b", nonce="n1", qop="auth"'];
      response.writeHead(401, { "www-authenticate": fields }).end();
    },
    { signIn: { kind: "digest" } },
  );
  site.ask(1, "GET /");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked.at(-1)?.headers.authorization).toMatch(
    /^Digest username="fitter", realm="b", nonce="n1", uri="\/"/,
  );
  expect(site.text).not.toMatch(/www-authenticate/i);
});

test("an upload that met a nonce which was over passes at the second try", async () => {
  let nonce = "n1";
  const site = await Site.open(
    ({ headers }, response) => {
      if (headers.authorization?.includes(`nonce="${nonce}"`)) return void response.end("done");
      response.writeHead(401, { "www-authenticate": `Digest realm="b", nonce="${nonce}"` }).end();
    },
    { signIn: { kind: "digest" } },
  );
  site.ask(1, "GET /");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  nonce = "n2";
  for (const n of [2, 3]) {
    site.ask(n, "POST /upload", "content-length: 5\r\n", n);
    await expect.poll(() => site.text, { timeout: 20_000 }).toContain("100 Continue");
    site.heard.length = 0;
    site.leg.write(encodeChunk(latin1("12345")), n);
    await expect.poll(() => site.text, { timeout: 20_000 }).toMatch(n === 2 ? / 401 / : /done/);
    site.heard.length = 0;
  }
});

test("a challenge without an end is not listened to for ever", async () => {
  let ended = 0;
  const site = await Site.open(
    ({ headers }, response) => {
      if (headers.authorization) return void response.end("in");
      response.on("close", () => {
        ended += 1;
      });
      response.writeHead(401, { "www-authenticate": 'Digest realm="r", nonce="n"' });
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.on("drain", flood);
      flood();
    },
    { signIn: { kind: "digest" } },
  );
  site.ask(1, "GET /");
  await expect.poll(() => ended, { timeout: 20_000 }).toBe(1);
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("in");
});

test("a header carries the password, whatever the browser says in it, and no answer shows it", async () => {
  const signIn: WebSignIn = { kind: "header", name: "X-Api-Key" };
  const site = await Site.open(ok, { signIn });
  site.ask(1, "GET /", "x-api-key: mine\r\n");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked[0]?.headers["x-api-key"]).toBe(PASSWORD.password);
  expect(site.text).not.toContain(PASSWORD.password);
});

const FORM: Extract<WebSignIn, { kind: "form" }> = {
  ...{ kind: "form", path: "/login", user: "name", password: "code" },
  fields: [["action", "enter"]],
};

test("a form is filled in once, its cookie kept here, and filled in again when it was forgotten", async () => {
  let live = "";
  const site = await Site.open(
    ({ url, headers }, response) => {
      if (url === "/login") {
        live = `c${site.asked.length}`;
        return void response.writeHead(302, { "set-cookie": `sid=${live}`, location: "/" }).end();
      }
      if (headers.cookie === `sid=${live}`) return void response.end("done");
      response.writeHead(302, { location: "/login" }).end();
    },
    { signIn: FORM },
  );
  site.ask(1, "GET /");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("done");
  expect(site.asked[0]).toMatchObject({
    method: "POST",
    body: "action=enter&name=fitter&code=s3cret",
  });
  site.ask(2, "GET /again");
  await expect.poll(() => site.text.match(/done/g), { timeout: 20_000 }).toHaveLength(2);
  live = "the panel restarted";
  site.ask(3, "GET /third");
  await expect.poll(() => site.text.match(/done/g), { timeout: 20_000 }).toHaveLength(3);
  expect(site.asked.map(({ url }) => url)).toEqual([
    "/login",
    "/",
    "/again",
    "/third",
    "/login",
    "/third",
  ]);
  expect(site.text).not.toMatch(/sid=|302|s3cret/);
});

test("a form that wants its page's token back gets it, with the cookie of that page", async () => {
  const site = await Site.open(
    ({ method, url, headers, body }, response) => {
      if (url !== "/login") return void response.end(headers.cookie);
      if (method === "GET") {
        response.setHeader("set-cookie", "pre=1");
        const field = "<INPUT type=hidden value='a&amp;b&#33;' name=csrf>";
        return void response.end(`<form><input name="name">${field}</form>`);
      }
      const good = headers.cookie === "pre=1" && body.startsWith("csrf=a%26b%21&");
      response.writeHead(good ? 302 : 403, { "set-cookie": "sid=2", location: "/" }).end();
    },
    { signIn: { ...FORM, tokens: ["csrf"] } },
  );
  site.ask(1, "GET /");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("pre=1; sid=2");
  expect(site.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "GET /login",
    "POST /login",
    "GET /",
  ]);
});

test("a sign-in page without the token is said", async () => {
  const site = await Site.open(ok, { signIn: { ...FORM, tokens: ["csrf"] } });
  site.ask(1, "POST /start", "content-length: 0\r\n");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain('has no field "csrf"');
  expect(site.asked.map(({ method }) => method)).toEqual(["GET"]);
});

test("a sign-in that is refused is said, and nothing of the request leaves", async () => {
  const site = await Site.open((_, response) => void response.writeHead(403).end(), {
    signIn: FORM,
  });
  site.ask(1, "POST /start", "content-length: 0\r\n");
  await expect.poll(() => site.text, { timeout: 20_000 }).toContain("did not take what the broker");
  expect(site.asked.map(({ url }) => url)).toEqual(["/login"]);
});

test("a panel that sends heads without end is told of, and costs nothing more", async () => {
  const site = await Site.open((_, response) => {
    for (let n = 0; n < 4_000; n++)
      response.socket?.write(n === 0 ? "HTTP/1.1 200 OK\r\n" : `x-${n}: ${"y".repeat(100)}\r\n`);
  });
  site.ask(1, "GET /");
  await expect.poll(() => site.lost, { timeout: 20_000 }).toHaveLength(1);
  expect(site.text).toBe("");
});

test("who is not listened to is not silent: a slow reader gets the whole file", async () => {
  const site = await Site.open(
    (_, response) =>
      void response
        .writeHead(200, { "content-type": "application/zip" })
        .end(Buffer.alloc(2_000_000, 65)),
    { limits: { responseTimeoutMs: 5_000 } },
  );
  site.ask(1, "GET /file");
  await expect.poll(() => site.heard.length, { timeout: 20_000 }).toBeGreaterThan(1);
  site.leg.pause();
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  site.leg.resume();
  await expect.poll(() => site.text.endsWith("0\r\n\r\n"), { timeout: 20_000 }).toBe(true);
  expect(site.closed).toBeUndefined();
}, 60_000);
