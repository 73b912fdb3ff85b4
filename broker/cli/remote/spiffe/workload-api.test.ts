/** Agents that do not keep to the protocol; one of gRPC's own is in `test/foreign/workload-api.test.ts`. */
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import path from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { SpiffeAuthority, type Svid } from "../../../../test/kit/spiffe.ts";
import { temporaryFolder } from "../../../../test/kit/temporary.ts";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { fieldOf } from "./fields.ts";
import { endpointOf, fetchJwt, fetchX509, watchX509 } from "./workload-api.ts";

const ID = "spiffe://plant.example/historian";
let svid: Svid;
let other: Svid;

beforeAll(async () => {
  const authority = await SpiffeAuthority.make();
  [svid, other] = [await authority.issue(), await authority.issue()];
});

/** @returns its endpoint */
async function agent(answer: (stream: ServerHttp2Stream, asked: string) => void): Promise<string> {
  const file = path.join(temporaryFolder(), "agent.sock");
  const server = createServer();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => stream.destroy());
    expect(headers["workload.spiffe.io"]).toBe("true");
    answer(stream, String(headers[":path"]));
  });
  server.on("session", (session) => onTestFinished(() => session.destroy()));
  server.listen(file);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `unix://${file}`;
}

function message(bytes: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

const der = (key: string) => Buffer.from(key.replace(/-----.*-----|\n/g, ""), "base64");
const one = (id: string, chain: Uint8Array, key: Uint8Array) =>
  fieldOf(1, Buffer.concat([fieldOf(1, id), fieldOf(2, chain), fieldOf(3, key)]));
const good = () => one(ID, svid.der, der(svid.key));
const begin = { ":status": 200, "content-type": "application/grpc" };

async function failure(work: Promise<unknown>): Promise<CommandFailed> {
  const error = await work.then(
    () => undefined,
    (why: unknown) => why,
  );
  if (error instanceof CommandFailed) return error;
  throw new Error(`it did not fail as a command does: ${error}`);
}

test("a certificate with its chain is taken, byte by byte as at once", async () => {
  const bytes = message(Buffer.concat([good(), one("spiffe://x/y", other.der, der(other.key))]));
  const endpoint = await agent((stream, asked) => {
    expect(asked).toBe("/SpiffeWorkloadAPI/FetchX509SVID");
    stream.respond(begin);
    for (const byte of bytes) stream.write(Uint8Array.of(byte));
  });
  const taken = await fetchX509(endpoint);
  expect(taken).toMatchObject({ spiffeId: ID, certificate: svid.certificate });
  expect((await fetchX509(endpoint, "spiffe://x/y")).spiffeId).toBe("spiffe://x/y");
});

test.each<readonly [string, (stream: ServerHttp2Stream) => void, RegExp]>([
  ["speaks HTTP alone", (stream) => stream.respond({ ":status": 404 }, { endStream: true }), /404/],
  ["hangs up", (stream) => stream.session?.destroy(), /cannot be reached/],
  ["packs its message", (stream) => say(stream, message(good(), 1)), /packed/],
  ["announces a gigabyte", (stream) => say(stream, Buffer.from("003fffffff", "hex")), /too long/],
  ["sends rubbish", (stream) => say(stream, message(Buffer.from("zzzz"))), /kind 2|longer|kind/],
  ["leaves the key out", (s) => say(s, message(fieldOf(1, fieldOf(1, ID)))), /field 2 .* missing/],
  [
    "gives another's key",
    (stream) => say(stream, message(one(ID, svid.der, der(other.key)))),
    /its key is not that of its certificate/,
  ],
  [
    "gives what is no certificate",
    (stream) => say(stream, message(one(ID, Buffer.from("abc"), der(svid.key)))),
    /cannot be reached/,
  ],
  [
    "gives a thousand identities",
    (stream) => say(stream, message(Buffer.concat(Array.from({ length: 1_000 }, () => good())))),
    /more identities/,
  ],
])("an agent that %s is told in a line, and nothing of it counts", async (_, answer, why) => {
  const failed = await failure(fetchX509(await agent(answer)));
  expect(failed.message).toMatch(why);
  expect(failed.exitCode).not.toBe(EXIT.done);
});

function say(stream: ServerHttp2Stream, bytes: Uint8Array): void {
  stream.respond(begin);
  stream.write(bytes);
}

test("what the agent refuses is refused, in its words", async () => {
  const trailersOnly = { ...begin, "grpc-status": "7", "grpc-message": "no%20identity%1b" };
  const endpoint = await agent((stream) => stream.respond(trailersOnly, { endStream: true }));
  const failed = await failure(fetchJwt(endpoint, "https://sallyport.example"));
  expect(failed).toMatchObject({ exitCode: EXIT.refused, code: "no-identity" });
  expect(failed.message).toContain("no identity");
});

test("each certificate of a stream is heard of, and a stream that ends is begun again", async () => {
  let begun = 0;
  const endpoint = await agent((stream) => {
    begun += 1;
    say(stream, message(good()));
    if (begun === 1) stream.write(message(good()), () => stream.end());
  });
  const heard: string[] = [];
  const changed = () => heard.push("changed");
  const stop = watchX509(endpoint, { changed, lost: () => heard.push("lost") });
  onTestFinished(stop);
  await expect.poll(() => heard).toEqual(["changed", "changed", "lost", "changed"]);
});

test.each([
  ["unix:///run/spire/agent.sock", { path: "/run/spire/agent.sock" }],
  ["unix:/run/spire/agent.sock", { path: "/run/spire/agent.sock" }],
  ["npipe:spire-agent\\public\\api", { path: "\\\\.\\pipe\\spire-agent\\public\\api" }],
  ["npipe:\\\\.\\pipe\\spire", { path: "\\\\.\\pipe\\spire" }],
  ["tcp://127.0.0.1:8081", { host: "127.0.0.1", port: 8_081 }],
  ["tcp://[::1]:8081", { host: "::1", port: 8_081 }],
])("%s is an endpoint", (text, address) => {
  expect(endpointOf(text)).toEqual(address);
});

test.each([
  ...[
    "",
    "/run/agent.sock",
    "unix://agent.sock",
    "unix:",
    "tcp://10.0.0.1:8081",
    "tcp://127.0.0.1",
  ],
  ...["tcp://127.evil.example:80", "https://127.0.0.1:80", "tcp://127.0.0.1:99999"],
])("%j is none", (text) => {
  expect(() => endpointOf(text)).toThrow(CommandFailed);
});
