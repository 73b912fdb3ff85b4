import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { assetWords } from "./asset-words.ts";

const HOST = "127.0.0.1";

async function listening(port = 0) {
  const server = createServer((socket) => socket.resetAndDestroy()).listen(port, HOST);
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

async function errorAt(port: number): Promise<unknown> {
  const socket = connect({ host: HOST, port });
  return new Promise((resolve) => socket.on("error", resolve).on("connect", () => undefined));
}

test("an asset that takes no connection is named by its place", async () => {
  const { server, port } = await listening();
  server.close();
  await once(server, "close");
  expect(assetWords(await errorAt(port))).toBe(
    `${HOST}:${port} takes no connection (ECONNREFUSED)`,
  );
});

test("one that breaks off is told from one that was never reached", async () => {
  const { server, port } = await listening();
  expect(assetWords(await errorAt(port))).toMatch(/broke the connection off.* \(ECONNRESET\)$/);
  server.close();
});

test("what has no words of its own is said as it came", () => {
  expect(assetWords(new Error("a padlock of the wrong kind"))).toBe("a padlock of the wrong kind");
  expect(assetWords(Object.assign(new Error("read EIO"), { code: "EIO" }))).toBe("read EIO");
  expect(assetWords("gone")).toBe("gone");
});
