import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { encodeChunk } from "../../../protocols/http/body.ts";
import { latin1 } from "../../../protocols/http/head.ts";
import type { WebOperation } from "../../../protocols/http/operation.ts";
import { encodeFrame, OPCODE } from "../../../protocols/http/socket-frame.ts";
import type { Judged, TapeBody, TapeRecord } from "../../../protocols/tape/record.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { harOf } from "./har.ts";

const load = createRequire(import.meta.url) as (name: string) => Record<string, object>;
const HOST = "host: abc.localhost:7481\r\n";

/** A tape, written as a conversation. */
class Talk {
  readonly records: TapeRecord[] = [];
  private decisions = 0;

  put(body: TapeBody): this {
    const sequence = this.records.length;
    const wallMs = 1_764_000_000_000 + 100 * sequence;
    this.records.push({ ...body, sequence, wallMs, monotonicMs: 100 * sequence });
    return this;
  }

  open(channel: number): this {
    return this.put({ kind: "channel", channel, protocol: "web", by: "subject", peer: "" });
  }

  says(from: "client" | "asset", text: string | Uint8Array, channel = 1): this {
    const bytes = typeof text === "string" ? latin1(text) : text;
    return this.put({ kind: "bytes", channel, from, bytes });
  }

  decided(operation: Partial<WebOperation>, answer: Judged["answer"], rule = "work/all"): this {
    const whole = { class: "operate", path: "/", query: [], ...operation } as WebOperation;
    const items = [{ operation: whole, answer, rule, reason: `because of ${rule}` }];
    return this.put({ kind: "verdict", channel: 1, decision: ++this.decisions, items });
  }

  async har(): Promise<Har> {
    let text = "";
    const { records } = this;
    const parts = (async function* () {
      yield records;
    })();
    for await (const part of harOf(testHeader("s1"), parts)) text += part;
    return JSON.parse(text);
  }
}

interface Har {
  readonly log: {
    readonly pages: readonly { readonly id: string; readonly title: string }[];
    // What this test looks at is checked against the schema first.
    readonly entries: readonly Record<string, never>[];
  };
}

const PERMIT = { kind: "permit" } as const;
const DENY = { kind: "deny", refusal: "operation" } as const;
const request = { action: "web:request", method: "GET", form: [], files: [] } as const;

/** A page, a form with a password, a refusal, a WebSocket, and a request that nothing answered. */
function worked(): Talk {
  const form = "user=ann&password=s3cret";
  return new Talk()
    .open(1)
    .says(
      "client",
      `GET /?token=abc&x=1 HTTP/1.1\r\n${HOST}sec-fetch-dest: document\r\nauthorization: Basic abc\r\n\r\n`,
    )
    .decided(
      {
        ...request,
        query: [
          ["token", "abc"],
          ["x", "1"],
        ],
      },
      PERMIT,
    )
    .says(
      "asset",
      "HTTP/1.1 200 OK\r\nsallyport-request: 1\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n",
    )
    .says("asset", encodeChunk(latin1("<h1>Pump</h1>")))
    .says("asset", "0\r\n\r\n")
    .says(
      "client",
      `POST /login HTTP/1.1\r\n${HOST}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
    )
    .decided(
      {
        ...request,
        method: "POST",
        form: [
          ["user", "ann"],
          ["password", "s3cret"],
        ],
      },
      { kind: "hold" },
    )
    .decided(
      {
        ...request,
        method: "POST",
        form: [
          ["user", "ann"],
          ["password", "s3cret"],
        ],
      },
      PERMIT,
    )
    .says(
      "asset",
      "HTTP/1.1 200 OK\r\nsallyport-request: 2\r\ncontent-type: image/png\r\ncontent-length: 3\r\n\r\n\xff\x00\x01",
    )
    .says("client", `GET /stop HTTP/1.1\r\n${HOST}\r\n`)
    .decided({ ...request, path: "/stop" }, DENY, "default-deny")
    .says("client", `GET /late HTTP/1.1\r\n${HOST}\r\n`)
    .decided({ ...request, path: "/late" }, PERMIT)
    .put({
      kind: "event",
      channel: 1,
      event: { kind: "timeout", request: 4 },
      cause: "the panel does not answer",
    })
    .says(
      "client",
      `GET /live HTTP/1.1\r\n${HOST}upgrade: websocket\r\nconnection: Upgrade\r\n\r\n`,
    )
    .decided({ action: "web:socket", path: "/live" }, PERMIT)
    .says("asset", "HTTP/1.1 101 Yes\r\nsallyport-request: 5\r\nsec-websocket-accept: x\r\n\r\n")
    .says(
      "client",
      encodeFrame({ opcode: OPCODE.text, final: true, payload: latin1("stop") }, true),
    )
    .decided({ action: "web:message", text: "stop", size: 4 }, DENY, "default-deny")
    .says(
      "asset",
      encodeFrame({ opcode: OPCODE.text, final: true, payload: latin1("7 bar") }, false),
    )
    .put({ kind: "event", channel: 1, event: { kind: "end" }, cause: "cut" });
}

test("it is HAR 1.2, by its schema", async () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addMetaSchema(load("ajv/dist/refs/json-schema-draft-06.json"));
  for (const schema of Object.values(load("har-schema"))) ajv.addSchema(schema);
  const check = ajv.getSchema("har.json#");
  const har = await worked().har();
  expect(check?.(har), JSON.stringify(check?.errors)).toBe(true);
  expect(check?.({ log: { ...har.log, entries: [{}] } })).toBe(false);
  expect(check?.(await new Talk().har())).toBe(true);
});

test("each request has its answer, its times, and what was decided", async () => {
  const { log } = await worked().har();
  expect(log.pages).toMatchObject([
    { id: "page_1", title: "http://abc.localhost:7481/?token=(hidden)&x=1" },
  ]);
  const [page, form, refused, late, socket] = log.entries;
  expect(page).toMatchObject({
    pageref: "page_1",
    request: { method: "GET", bodySize: 0 },
    response: { status: 200, content: { size: 13, mimeType: "text/html", text: "<h1>Pump</h1>" } },
    timings: { blocked: 100, wait: 100, receive: 200 },
    _sallyport: { verdict: "permit", rule: "work/all" },
  });
  expect(form).toMatchObject({
    request: { bodySize: 24 },
    response: { content: { encoding: "base64", text: "/wAB" } },
    timings: { blocked: 200 },
  });
  expect(refused).toMatchObject({
    response: { status: 403, content: { comment: "because of default-deny" } },
    _sallyport: { verdict: "deny", rule: "default-deny" },
  });
  expect(late).toMatchObject({
    response: { status: 0 },
    comment: "No whole answer: the panel does not answer.",
  });
  expect(socket).toMatchObject({
    response: { status: 101 },
    _resourceType: "websocket",
    _webSocketMessages: [
      { type: "send", opcode: 1, data: "stop", _refusedBy: "default-deny" },
      { type: "receive", opcode: 1, data: "7 bar" },
    ],
  });
});

test("what may be a password, and what signs in, is hidden", async () => {
  const text = JSON.stringify(await worked().har());
  expect(text).toContain("ann");
  expect(text).not.toMatch(/s3cret|Basic abc|token=abc/);
});

test("a tape that ends anywhere, or is no HTTP, still gives an archive", async () => {
  const { records } = worked();
  for (let length = 0; length <= records.length; length++) {
    const part = new Talk();
    part.records.push(...records.slice(0, length));
    expect((await part.har()).log.entries.length).toBeGreaterThanOrEqual(0);
  }
  const odd = new Talk().open(1).says("client", "\0\0\r\n\r\n").says("asset", "x\r\n\r\n");
  expect((await odd.har()).log.entries).toEqual([]);
});

test("a body too long to be kept is told by its length and digest", async () => {
  const talk = new Talk().open(1).says("client", `GET /big HTTP/1.1\r\n${HOST}\r\n`);
  talk.decided({ ...request, path: "/big" }, PERMIT);
  talk.says("asset", "HTTP/1.1 200 OK\r\nsallyport-request: 1\r\ncontent-length: 3000000\r\n\r\n");
  for (let n = 0; n < 100; n++) talk.says("asset", new Uint8Array(30_000));
  const { log } = await talk.har();
  expect(log.entries[0]).toMatchObject({
    response: {
      content: { size: 3_000_000, comment: expect.stringMatching(/SHA-256 [0-9a-f]{64}$/) },
    },
  });
});
