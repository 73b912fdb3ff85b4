/**
 * Tokens against forged requests: a page's own script reads one in a cookie and says it back in a
 * field. Of all that a panel keeps in cookies its browser is told these alone.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebPlant } from "../kit/web-plant.ts";

const SET = [
  "SESSION=secret; Path=/",
  "XSRF-TOKEN=t0k3n; Path=/app",
  "csrftoken=hidden; Path=/; HttpOnly",
  "old-csrf=; Max-Age=0",
];
const TOLD = [
  "__Host-own-XSRF-TOKEN=t0k3n; Path=/; Secure; SameSite=Strict",
  "__Host-own-old-csrf=; Max-Age=0; Path=/; Secure; SameSite=Strict",
];

let heard: IncomingMessage["headers"] = {};
const panel = createServer((request, response) => {
  heard = request.headers;
  // A panel that says the broker's own field is not believed.
  response.setHeader("x-sallyport-told", "csrf=forged; Domain=localhost");
  if (request.url === "/") response.setHeader("set-cookie", SET);
  response.end("page");
});
let plant: WebPlant;

beforeAll(async () => {
  panel.listen(0, "127.0.0.1");
  await once(panel, "listening");
  const { port } = panel.address() as AddressInfo;
  plant = await WebPlant.open({ port, rules: ["{ name: all, permit: [observe, operate] }"] });
}, 60_000);

afterAll(async () => {
  await plant?.close();
  panel.close();
});

test("a page is told its tokens and no other cookie, and each reaches the panel once", async () => {
  const entered = await plant.enter();
  const first = await entered.get("/");
  expect(first.status).toBe(200);
  expect(first.headers["set-cookie"]).toEqual(TOLD);
  expect(JSON.stringify(first.headers)).not.toMatch(/secret|hidden|forged|x-sallyport/);
  const cookie = `${entered.headers.cookie}; __Host-own-XSRF-TOKEN=t0k3n; __Host-own-lang=de`;
  const said = { cookie, "x-xsrf-token": "t0k3n" };
  expect((await entered.ask("POST", "/app/start", said)).status).toBe(200);
  expect(heard["x-xsrf-token"]).toBe("t0k3n");
  expect(heard.cookie?.split("; ").sort()).toEqual([
    ...["SESSION=secret", "XSRF-TOKEN=t0k3n", "csrftoken=hidden", "lang=de"],
  ]);
});

test("another session of the same panel has none of them", async () => {
  const other = await plant.enter();
  await other.get("/app/page");
  expect(heard.cookie).toBeUndefined();
});
