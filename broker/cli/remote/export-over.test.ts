import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { BrokerClient } from "./broker-client.ts";
import { download } from "./export-over.ts";
import { MachineKeyPair } from "./machine-key.ts";

const ME = JSON.stringify({
  person: {
    ...{ id: "p", name: "Ada", email: "ada@plant.example", employer: "", roles: [] },
    ...{ state: "active", passkeys: 1, lastSignInMs: null, createdMs: 0 },
  },
  ...{ rights: [], assertedMs: 0, signInId: "s", deviceId: null, idleEndsMs: 0 },
  ...{ absoluteEndsMs: 0, wantsSecondPasskey: false },
  site: { id: "site", name: "Site", timeZone: "UTC" },
});

let server: Server;
let client: BrokerClient;
let folder: string;
/** What comes of a bundle. */
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  folder = temporaryFolder();
  server = createServer(({ url }, response) => {
    if (url === "/api/me") response.end(ME);
    else answer(response);
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

test("a file is there when it is whole, for its owner alone", async () => {
  answer = (response) => {
    response.write("half");
    response.end("half");
  };
  const file = path.join(folder, "s.zip");
  expect(await download(client, { session: "s" }, file)).toBe(8);
  expect(readFileSync(file, "utf8")).toBe("halfhalf");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["s.zip"]);
});

test.each([
  ["no length was said", {}],
  ["a length was said", { "content-length": "1000" }],
])("a connection that breaks off leaves nothing, where %s", async (_, headers) => {
  answer = (response) => {
    response.writeHead(200, headers);
    response.write("half", () => response.socket?.destroy());
  };
  const taking = download(client, { session: "s" }, path.join(folder, "s.zip"));
  await expect(taking).rejects.toMatchObject({ exitCode: 5, code: "lost" });
  await expect(taking).rejects.toThrow("broke off after");
  expect(readdirSync(folder)).toEqual([]);
});

test("another file is never written over, not even one that comes meanwhile", async () => {
  const file = path.join(folder, "s.zip");
  answer = (response) => {
    writeFileSync(file, "mine");
    response.end("theirs");
  };
  for (let n = 0; n < 2; n++) {
    const taking = download(client, { session: "s" }, file);
    await expect(taking).rejects.toMatchObject({ exitCode: 2 });
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect(readdirSync(folder)).toEqual(["s.zip"]);
  }
});

test("a refusal is told, and a folder that is not there", async () => {
  answer = (response) => response.writeHead(404).end('{"code":"not-found","message":"No."}');
  const refused = download(client, { session: "s" }, path.join(folder, "s.zip"));
  await expect(refused).rejects.toMatchObject({ exitCode: 4, message: "No." });
  answer = (response) => response.end("whole");
  const nowhere = download(client, { session: "s" }, path.join(folder, "none/s.zip"));
  await expect(nowhere).rejects.toMatchObject({ exitCode: 1 });
});
