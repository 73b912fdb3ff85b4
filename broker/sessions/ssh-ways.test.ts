import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { encodeMessage } from "../../protocols/ssh/message.ts";
import { startSshSwitch } from "../../simulators/assets/ssh-switch.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { systemClock } from "../clock.ts";
import { EndpointLimiter } from "../legs/endpoint-limiter.ts";
import type { Leg, LegSink } from "../legs/leg.ts";
import type { SshEndpoint } from "../plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../plant/plant-limits.ts";
import { SshWays, WARM_MS } from "./ssh-ways.ts";

const OTHER = `SHA256:${"A".repeat(43)}`;

const NOBODY: Omit<LegSink, "bytes"> = {
  lost: () => {},
  withheld: () => {},
  drained: () => {},
  closed: () => {},
};

/** A shell on this leg, and all that it says. */
function shell(leg: Leg, closed: LegSink["closed"] = () => {}): () => string {
  let said = "";
  const bytes = (more: Uint8Array) => {
    said += Buffer.from(more).toString("latin1");
  };
  leg.start({ ...NOBODY, bytes, closed });
  const rest = new Uint8Array(0);
  leg.write(encodeMessage({ kind: "request", name: "shell", wantReply: true, rest }));
  return () => said;
}

/** Once it greets, or says why not. */
async function saysTo(said: () => string): Promise<string> {
  await expect.poll(said).toMatch(/hello|:/);
  return said();
}

function hostKey() {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  const digest = createHash("sha256").update(parsed.getPublicSSH()).digest("base64");
  return { pem, parsed, fingerprint: `SHA256:${digest.replace(/=+$/, "")}` };
}

/** A server with its key pinned, that counts who connects and who signs in. */
async function warmable() {
  const { pem, fingerprint } = hostKey();
  const served: ssh2.Connection[] = [];
  const told: unknown[][] = [];
  const counts = { open: 0, connected: 0, exchanged: 0, asked: 0 };
  const server = new ssh2.Server({ hostKeys: [pem] }, (connection) => {
    served.push(connection);
    counts.open += 1;
    counts.connected += 1;
    connection.on("handshake", () => (counts.exchanged += 1));
    connection.on("close", () => (counts.open -= 1));
    connection.on("error", () => connection.end());
    connection.on("authentication", (asks) => {
      counts.asked += 1;
      asks.accept();
    });
    connection.on("session", (accept) => accept().on("shell", (take) => take().write("hello")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const clock = new TestClock();
  const ways = new SshWays({
    ...{ name: "server/ssh", clock },
    limiter: new EndpointLimiter(ENDPOINT_LIMITS_DEFAULT, clock),
    credentials: { of: async () => ({ kind: "password", user: "any", password: "any" }) },
    strangeKey: (...shown) => void told.push(shown),
  });
  onTestFinished(() => ways.close("the test is over"));
  const hostKeys = [fingerprint];
  const endpoint: SshEndpoint = {
    ...{ id: "ssh", protocol: "ssh", host: "127.0.0.1", port, allowLocal: true },
    ...{ hostKeys, legacyAlgorithms: false, tags: [], limits: ENDPOINT_LIMITS_DEFAULT },
  };
  const way = ways.connect(endpoint, { address: "127.0.0.1", port });
  return { counts, clock, served, told, way };
}

test("a connection that waits is the first channel's, and signs in only then", async () => {
  const { way, counts } = await warmable();
  const cool = way.warm?.("s-1");
  await expect.poll(() => counts.exchanged).toBe(1);
  expect(counts.asked).toBe(0);
  expect(await saysTo(shell(way.leg("s-1")))).toContain("hello");
  expect(counts).toEqual({ open: 1, connected: 1, exchanged: 1, asked: 1 });
  cool?.();
  expect(await saysTo(shell(way.leg("s-1")))).toContain("hello");
  expect(counts.connected).toBe(1);
});

test("a connection that nobody uses closes with its session, or after a while", async () => {
  const { way, counts, clock } = await warmable();
  const cool = way.warm?.("s-1");
  await expect.poll(() => counts.exchanged).toBe(1);
  cool?.();
  await expect.poll(() => counts.open).toBe(0);
  way.warm?.("s-2");
  await expect.poll(() => counts.exchanged).toBe(2);
  clock.advance(WARM_MS);
  await expect.poll(() => counts.open).toBe(0);
  expect(counts.asked).toBe(0);
  expect(await saysTo(shell(way.leg("s-2")))).toContain("hello");
});

interface HostKeys {
  readonly _protocol: { readonly _hostKeys: Record<string, unknown> };
}

test("a key that changes as keys are exchanged anew ends what runs, and is told", async () => {
  const { way, counts, served, told } = await warmable();
  const closed: string[] = [];
  expect(await saysTo(shell(way.leg("s-1"), (why) => closed.push(why)))).toContain("hello");
  const [connection] = served;
  if (!connection) throw new Error("nobody has connected");
  const { parsed, fingerprint } = hostKey();
  const { _hostKeys: keys } = (connection as unknown as HostKeys)._protocol;
  for (const type of Object.keys(keys)) keys[type] = parsed;
  connection.rekey();
  await expect.poll(() => closed).toHaveLength(1);
  expect(closed[0]).toContain(
    `shows another host key than the one that is trusted (${fingerprint})`,
  );
  expect(told).toEqual([["s-1", "server/ssh", expect.objectContaining({ fingerprint }), true]]);
  await expect.poll(() => counts.open).toBe(0);
});

test.each([
  ["another key than the pinned one", [OTHER], true],
  ["a key where none is pinned", [], false],
])("%s is told, and nothing is signed in to", async (_, hostKeys, pinned) => {
  const asset = await startSshSwitch(0);
  onTestFinished(() => asset.close());
  const told: unknown[][] = [];
  let asked = 0;
  const ways = new SshWays({
    ...{ name: "switch/ssh", clock: systemClock },
    limiter: new EndpointLimiter(ENDPOINT_LIMITS_DEFAULT, systemClock),
    credentials: {
      of: async () => {
        asked += 1;
        return { kind: "password", user: "operator", password: "secret" };
      },
    },
    strangeKey: (...shown) => void told.push(shown),
  });
  onTestFinished(() => ways.close("the test is over"));
  const endpoint: SshEndpoint = {
    ...{ id: "ssh", protocol: "ssh", host: "127.0.0.1", port: asset.port, allowLocal: true },
    ...{ hostKeys, legacyAlgorithms: false, tags: [], limits: ENDPOINT_LIMITS_DEFAULT },
  };
  const leg = ways.connect(endpoint, { address: "127.0.0.1", port: asset.port }).leg("s-1");
  const heard = new Promise<string>((resolve) => {
    leg.start({
      bytes: (bytes) => resolve(Buffer.from(bytes).toString("latin1")),
      ...{ lost: () => {}, withheld: () => {}, drained: () => {} },
      closed: () => {},
    });
  });
  leg.write(
    encodeMessage({ kind: "request", name: "shell", wantReply: true, rest: new Uint8Array(0) }),
  );
  const shown = expect.objectContaining({
    fingerprint: expect.stringMatching(/^SHA256:SDsl9SV3N8zm/),
    algorithm: "ssh-ed25519",
    address: `127.0.0.1:${asset.port}`,
  });
  expect(await heard).toMatch(/SHA256:SDsl9SV3N8zm/);
  expect(told).toEqual([["s-1", "switch/ssh", shown, pinned]]);
  expect(asked).toBe(1);
});
