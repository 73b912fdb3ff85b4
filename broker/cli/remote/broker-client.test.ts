import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
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

test.each(["", "<html>", "{}", '{"cutMicroseconds":"1"}'])(
  "an answer that is not as the document says is no answer: %s",
  async (text) => {
    answer = (response) => response.end(text);
    const cut = client.ask("POST /api/sessions/{id}/end", { params: { id: "s" }, body: {} });
    await expect(cut).rejects.toMatchObject({ code: "not-understood", exitCode: 1 });
  },
);

test("what only does something answers nothing", async () => {
  answer = (response) => response.writeHead(204).end();
  expect(await client.ask("DELETE /api/me/tokens/{id}", { params: { id: "t" } })).toBeUndefined();
});

test("a refusal is told in the broker's words", async () => {
  answer = (response) => response.writeHead(403).end('{"code":"no-grant","message":"Ask first."}');
  await expect(client.ask("GET /api/plant")).rejects.toMatchObject({
    ...{ code: "no-grant", message: "Ask first.", exitCode: 4 },
  });
  answer = (response) => response.writeHead(502).end("<html>a proxy</html>");
  await expect(client.ask("GET /api/plant")).rejects.toMatchObject({ code: "http-502" });
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
