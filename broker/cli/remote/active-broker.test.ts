import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createSilentServer, type Server } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type Authority, makeAuthority } from "../../../test/kit/certificates.ts";
import { makeFolder, removeFolder } from "../../../test/kit/temporary.ts";
import { activeOf } from "./active-broker.ts";

let own: Authority;
let other: Authority;

beforeAll(() => {
  const folder = makeFolder();
  own = makeAuthority(folder);
  other = makeAuthority(folder, "other");
  return () => removeFolder(folder);
});

const READY: RequestListener = (_, response) => response.end('{"state":"ready"}');
const WAITS: RequestListener = (_, response) =>
  response.writeHead(503).end('{"code":"standby","message":"This one waits.\\u001b[2J"}');

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let issued = 0;

function broker(answer: RequestListener, by = own, names = "IP:127.0.0.1"): Promise<string> {
  issued += 1;
  const { certificate: cert, key } = by.issue(`broker-${issued}`, names);
  return listening(createServer({ cert, key }, answer));
}

const silent = () => listening(createSilentServer((socket) => socket.on("error", () => {})));

test("the one that is ready is found beside one that waits and one that never answers", async () => {
  const active = await broker(READY);
  const all = [await silent(), await broker(WAITS), active];
  expect(await activeOf(all, { ca: [own.ca] })).toBe(active);
});

test("one that says it is ready and cannot prove its name or its authority is not it", async () => {
  const wrong = [
    await broker(READY, other),
    await broker(READY, own, "DNS:elsewhere.example"),
    await broker(WAITS),
    await broker((_, response) => response.end("<html>welcome</html>")),
    await broker((_, response) => response.writeHead(302, { location: "/console" }).end()),
  ];
  const failed = await activeOf(wrong, { ca: [own.ca] }).catch((error: Error) => error);
  const { message } = failed as Error;
  expect(failed).toMatchObject({ exitCode: 5, code: "unreachable" });
  expect(message.match(/it does not prove that it is this one/g)).toHaveLength(2);
  expect(message).toContain("This one waits.");
  expect(message).not.toContain("\u001b");
  expect(message).toMatch(/it answers 200.*it answers 302/);
});

test("what answers without end is left", async () => {
  const endless = await broker((_, response) => {
    const write = () => {
      if (!response.destroyed && response.write("x".repeat(1_000))) setImmediate(write);
    };
    write();
  });
  await expect(activeOf([endless], { ca: [own.ca] })).rejects.toThrow(/not understood/);
});
