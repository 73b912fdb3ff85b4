/**
 * An asset that lies once it is trusted, stands still, dies and comes back, behind a whole broker:
 * whatever it does, its own session is answered or ends with a reason and a sealed recording, the
 * process of OPC UA lives on, and a session to another asset in that process notices nothing.
 * Slow: servers, clients and that process are real.
 */
import { once } from "node:events";
import { join } from "node:path";
import { AttributeIds } from "node-opcua";
import { ReadRequest, type ReadResponse } from "node-opcua-types";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";
import { residentKib } from "../bench/report.ts";
import { type Child, startChild } from "../kit/child.ts";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { openSeeingAsset, type SeeingAsset } from "../kit/opcua-seeing-asset.ts";
import { OpcuaSite } from "../kit/opcua-site.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { LIES, LyingRelay } from "./opcua-lying-relay.ts";

const SLOW_MS = 120_000;
const ENDS = { timeout: 60_000, interval: 50 };
const [LYING, MORTAL, GOOD] = ["works/opcua", "mortal/opcua", "good/opcua"];
const OPEN = { nodeId: "ns=1;s=Open", attributeId: AttributeIds.Value };
const MORTAL_NODE = { nodeId: "ns=1;s=Setpoint", attributeId: AttributeIds.Value };
/** The least that the endpoint lets a request take; clients would wait longer of themselves. */
const PATIENCE_MS = 2_000;
/** Beyond it something is not bounded: the process has some 150 MiB when it begins. */
const RESIDENT_MAX_KIB = 700 * 1_024;
const LIMITS = "in-flight: 16, requests-per-second: 1000, response-timeout: 2s";
const SERVER = new URL("../bench/opcua-asset.ts", import.meta.url).pathname;
const folder = makeFolder();

let asset: SeeingAsset;
let mortal: Child;
let lying: LyingRelay;
let toMortal: LyingRelay;
let site: OpcuaSite;
let good: Tool;
let process0: number | undefined;
const tools: Tool[] = [];

interface Tool extends SignedIn {
  readonly live: LiveSession;
}

function endpoint(id: string, port: number): string {
  return `  - id: ${id}
    name: ${id}
    zone: z
    endpoints:
      - { id: opcua, protocol: opcua, address: "127.0.0.1:${port}", allow-local: true, security: None, limits: { ${LIMITS} } }
`;
}

function startMortal(): Promise<Child> {
  return startChild(process.execPath, [SERVER, join(folder, "mortal")], {
    ready: /listening on (\d+)/,
    withinMs: SLOW_MS,
  });
}

const portOf = ({ ready }: Child) => Number(ready[1]);

beforeAll(async () => {
  asset = await openSeeingAsset(join(folder, "asset"));
  mortal = await startMortal();
  lying = await LyingRelay.start(asset.port);
  toMortal = await LyingRelay.start(portOf(mortal));
  const rules = [`{ name: all, permit: [observe, operate] }`];
  const text = opcuaPlantText(lying.port, asset.certificate, rules, LIMITS)
    .replace("Basic256Sha256/SignAndEncrypt", "None")
    .replace(
      "profiles:",
      `${endpoint("mortal", toMortal.port)}${endpoint("good", asset.port)}profiles:`,
    );
  site = await OpcuaSite.open({
    ...{ folder: join(folder, "site"), plant: text, profile: "work" },
    // As both servers know it.
    credential: () => ({ kind: "password", user: "operator", password: "waterworks" }),
  });
  good = await tool(GOOD);
  tools.pop();
  process0 = site.opcua.pid;
}, SLOW_MS);

afterEach(async () => {
  lying.lie = (chunk) => [chunk];
  await Promise.all(tools.splice(0).map(signOut));
  // One process for all of them, and a session in it that was in nobody's way.
  expect((await good.session.read(OPEN)).statusCode.name).toBe("Good");
  expect(site.opcua.pid).toBe(process0);
  expect(site.failures).toEqual([]);
  expect(residentKib(process0 ?? 0)).toBeLessThan(RESIDENT_MAX_KIB);
});

afterAll(async () => {
  if (good) await signOut(good);
  await site?.close();
  for (const relay of [lying, toMortal]) relay?.close();
  await mortal?.stop("SIGKILL");
  await asset?.close();
  removeFolder(folder);
}, SLOW_MS);

async function tool(endpoint: string, reconnects = false): Promise<Tool> {
  const live = await site.session(endpoint);
  const url = `opc.tcp://127.0.0.1:${await site.listen(live)}`;
  const client = join(folder, "tool");
  const to = { url, folder: client, security: NO_SECURITY, password: "any", reconnects };
  const signedIn = { ...(await signInOpcua(to)), live };
  tools.push(signedIn);
  return signedIn;
}

/** What a client was told: the value's status, or what it was refused with. */
function read({ session }: Tool, what: object = OPEN): Promise<string> {
  return session.read(what as typeof OPEN).then(
    ({ statusCode }) => statusCode.name,
    (error: Error) => error.message,
  );
}

/** By who does not wait long. */
function readSoon({ session }: Tool, { nodeId, attributeId } = OPEN): Promise<string> {
  const request = new ReadRequest({ nodesToRead: [{ nodeId, attributeId }] });
  request.requestHeader.timeoutHint = PATIENCE_MS;
  const asks = session as unknown as {
    performMessageTransaction(
      request: ReadRequest,
      done: (error: Error | null, answer?: ReadResponse) => void,
    ): void;
  };
  return new Promise((resolve) => {
    asks.performMessageTransaction(request, (error, answer) =>
      resolve(error?.message ?? answer?.results?.[0]?.statusCode.name ?? "nothing"),
    );
  });
}

async function sealed(live: LiveSession): Promise<void> {
  const state = async () => {
    const all = await site.evidence.recordings.list();
    return all.find(({ header }) => header.session === live.claims.session)?.state;
  };
  await expect.poll(state, ENDS).toBe("sealed");
}

test.each(Object.keys(LIES))(
  "an asset that %s harms nobody",
  { timeout: SLOW_MS },
  async (name) => {
    const own = await tool(LYING);
    expect(await read(own)).toBe("Good");
    lying.lie = LIES[name] ?? lying.lie;
    const [told] = await Promise.all([readSoon(own), read(good)]);
    // What was asked for may have come before the lie did.
    if (name !== "says everything twice" && !name.startsWith("tells"))
      expect(told).not.toBe("Good");
    lying.lie = (chunk) => [chunk];
    own.live.end({ rule: "owner-ended", reason: "done" });
    expect((await own.live.closed).reason).not.toBe("");
    await sealed(own.live);
    await expect.poll(() => lying.connections, ENDS).toBe(0);
  },
);

test("one that stands still is waited for no longer than may be, and goes on where it stood", {
  timeout: SLOW_MS,
}, async () => {
  const own = await tool(MORTAL);
  expect(await read(own, MORTAL_NODE)).toBe("Good");
  mortal.process.kill("SIGSTOP");
  try {
    const late = readSoon(own, MORTAL_NODE);
    expect(await read(good)).toBe("Good");
    expect(await late).not.toBe("Good");
  } finally {
    mortal.process.kill("SIGCONT");
  }
  await expect.poll(() => read(own, MORTAL_NODE), ENDS).toBe("Good");
});

test("one that is killed ends the session with a reason; started again it is reached anew", {
  timeout: SLOW_MS,
}, async () => {
  const own = await tool(MORTAL);
  expect(await read(own, MORTAL_NODE)).toBe("Good");
  await mortal.stop("SIGKILL");
  const { rule, reason } = await own.live.closed;
  expect([rule, reason]).toEqual(["asset-closed", expect.stringMatching(/clos|connect|refused/i)]);
  expect(await read(own, MORTAL_NODE)).not.toBe("Good");
  await sealed(own.live);
  mortal = await startMortal();
  toMortal.target = portOf(mortal);
  expect(await read(await tool(MORTAL), MORTAL_NODE)).toBe("Good");
});

test("a client whose connection breaks is back with its subscription within the grace", {
  timeout: SLOW_MS,
}, async () => {
  const own = await tool(MORTAL, true);
  const subscription = await own.session.createSubscription2({
    ...{ requestedPublishingInterval: 50, publishingEnabled: true },
  });
  const parameters = { samplingInterval: 50, queueSize: 10, discardOldest: true };
  const value = { nodeId: "ns=1;s=Value1", attributeId: AttributeIds.Value };
  const item = await subscription.monitor(value, parameters, 2);
  let changes = 0;
  item.on("changed", () => void changes++);
  await expect.poll(() => changes, ENDS).toBeGreaterThan(2);
  const number = subscription.subscriptionId;
  const back = once(own.client, "connection_reestablished");
  const inside = own.client as unknown as {
    readonly _secureChannel: { forceConnectionBreak(): void };
  };
  inside._secureChannel.forceConnectionBreak();
  await back;
  const before = changes;
  await expect.poll(() => changes, ENDS).toBeGreaterThan(before + 2);
  expect(subscription.subscriptionId).toBe(number);
});
