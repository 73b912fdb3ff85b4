import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { BrokerClient } from "./broker-client.ts";
import { MachineKeyPair } from "./machine-key.ts";

let server: Server;
let client: BrokerClient;
let asked: { readonly method: string; readonly url: string; readonly keys: readonly unknown[] }[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const keys = [request.headers["idempotency-key"], request.headers.dpop];
    asked.push({ method: request.method ?? "", url: request.url ?? "", keys });
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new BrokerClient({ origin }, MachineKeyPair.create());
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test("parameters stand in their places, and nothing of them is an address", async () => {
  answer = (response) => response.end('{"cutMicroseconds":1,"droppedOperations":0,"more":true}');
  const params = { id: "../me?x=1#" };
  const cut = await client.ask("POST /api/sessions/{id}/end", { params, body: {} });
  expect(cut).toEqual({ cutMicroseconds: 1, droppedOperations: 0 });
  expect(asked[0]).toMatchObject({ method: "POST", url: "/api/sessions/..%2Fme%3Fx%3D1%23/end" });
});

test("a query says what was given, and nothing else", async () => {
  answer = (response) => response.end("[]");
  await client.ask("GET /api/recordings", { query: { limit: 5, asset: "a&b" } });
  expect(asked[0]?.url).toBe("/api/recordings?limit=5&asset=a%26b");
});

test.each([
  ["", "not a broker's answer"],
  ["<html>", "not a broker's answer"],
  ["{}", "cutMicroseconds is not as this command knows it"],
  ['{"cutMicroseconds":"1"}', "cutMicroseconds is not as this command knows it"],
])("an answer that is not as the document says is no answer, and why: %s", async (text, why) => {
  answer = (response) => response.end(text);
  const cut = client.ask("POST /api/sessions/{id}/end", { params: { id: "s" }, body: {} });
  await expect(cut).rejects.toMatchObject({
    ...{ code: "not-understood", exitCode: 1, message: expect.stringContaining(why) },
  });
});

test("what only does something answers nothing", async () => {
  answer = (response) => response.writeHead(204).end();
  expect(await client.ask("DELETE /api/me/tokens/{id}", { params: { id: "t" } })).toBeUndefined();
});

test("a refusal is told in the broker's words", async () => {
  answer = (response) => response.writeHead(403).end('{"code":"no-grant","message":"Ask first."}');
  await expect(client.ask("GET /api/plant")).rejects.toMatchObject({
    ...{ code: "no-grant", message: "Ask first.", exitCode: 4 },
  });
  answer = (response) => response.writeHead(502).end('{"code":"active-lost","message":"Look."}');
  await expect(client.ask("GET /api/plant")).rejects.toMatchObject({
    message: "Look.",
    exitCode: 5,
  });
  answer = (response) => response.writeHead(502).end("<html>a proxy</html>");
  await expect(client.ask("GET /api/plant")).rejects.toMatchObject({ code: "http-502" });
});

test("a broker that is spoken to by https and has no certificate is told by its right address", async () => {
  const { port } = server.address() as AddressInfo;
  const wrong = new BrokerClient({ origin: `https://127.0.0.1:${port}` }, MachineKeyPair.create());
  await expect(wrong.ask("GET /api/recordings", { query: {} })).rejects.toThrow(
    `cannot be reached (EPROTO); it does not speak TLS as this one does: is it http://127.0.0.1:${port} ?`,
  );
});

test("where nothing answers it is said what to look at", async () => {
  server.close();
  await once(server, "close");
  await expect(client.ask("GET /api/recordings", { query: {} })).rejects.toThrow(
    /cannot be reached \(ECONNREFUSED\); nothing answers there: does the broker run/,
  );
});

test("an answer that is lost is asked for again under the same key, with a new proof", async () => {
  answer = (response) => {
    if (asked.length === 1) response.socket?.resetAndDestroy();
    else response.end('{"cutMicroseconds":1,"droppedOperations":0}');
  };
  await client.ask("POST /api/sessions/{id}/end", { params: { id: "s" }, body: {} });
  const [[key, proof] = [], [again, newer] = []] = asked.map(({ keys }) => keys);
  expect(asked).toHaveLength(2);
  expect(again).toBe(key);
  expect(newer).not.toBe(proof);
});

/** Of a site with a standby: `client` knows both, and the first one waits. */
async function pair(): Promise<{ readonly stopActive: () => void; became(active: boolean): void }> {
  let isActive = false;
  const standby = createServer((request, response) => {
    if (!isActive) {
      response.writeHead(503).end('{"code":"standby","message":"Another broker is active."}');
      return;
    }
    asked.push({ method: request.method ?? "", url: request.url ?? "", keys: ["standby"] });
    response.end(request.url === "/readyz" ? READY : "[]");
  });
  standby.listen(0, "127.0.0.1");
  await once(standby, "listening");
  onTestFinished(() => {
    standby.closeAllConnections();
    standby.close();
  });
  const originOf = (of: Server) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`;
  const address = { origin: originOf(standby), others: [originOf(server)] };
  client = new BrokerClient(address, MachineKeyPair.create());
  return {
    stopActive: () => {
      server.closeAllConnections();
      server.close();
    },
    became: (active) => {
      isActive = active;
    },
  };
}
const READY = '{"state":"ready"}';

test("of two brokers the active one is asked, and after a take-over the other one", async () => {
  const { stopActive, became } = await pair();
  answer = (response) => response.end(asked.at(-1)?.url === "/readyz" ? READY : "[]");
  await client.ask("GET /api/recordings", { query: {} });
  // Who waits is asked nothing but whether it is active, and nobody proves a key for that.
  expect(asked.map(({ url, keys }) => [url, keys[1] !== undefined])).toEqual([
    ["/readyz", false],
    ["/api/recordings", true],
  ]);
  stopActive();
  await expect(client.ask("GET /api/recordings", { query: {} })).rejects.toMatchObject({
    exitCode: 5,
    message: expect.stringMatching(/ECONNREFUSED\); .*: Another broker is active\.\)$/),
  });
  became(true);
  asked = [];
  await client.ask("GET /api/recordings", { query: {} });
  expect(asked.map(({ url, keys }) => [url, keys[0]])).toEqual([
    ["/readyz", "standby"],
    ["/api/recordings", "standby"],
  ]);
});

test("what may have been done before a take-over is not asked for again", async () => {
  const { stopActive, became } = await pair();
  const end = () => client.ask("POST /api/sessions/{id}/end", { params: { id: "s" }, body: {} });
  answer = (response) => {
    if (asked.at(-1)?.url === "/readyz") response.end(READY);
    else {
      became(true);
      stopActive();
    }
  };
  await expect(end()).rejects.toMatchObject({ code: "taken-over", exitCode: 5 });
  expect(asked.filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("one that has come to wait did nothing of it: the active one is asked", async () => {
  const { became } = await pair();
  answer = (response) => {
    if (asked.at(-1)?.url === "/readyz" && asked.length === 1) response.end(READY);
    else {
      became(true);
      response.writeHead(503).end('{"code":"standby","message":"It waits."}');
    }
  };
  expect(await client.ask("GET /api/recordings", { query: {} })).toEqual([]);
  expect(asked.at(-1)?.keys).toEqual(["standby"]);
});
