/**
 * The OPC UA process dies, hangs or eats all its memory while sessions of OPC UA and Modbus work:
 * those of OPC UA end with a reason, sealed and closed at the asset; the others notice nothing; and
 * the next tool finds a new process. Slow: clients, servers and that process are real.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { AttributeIds } from "node-opcua";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { READ_STATE } from "../../broker/legs/opcua/own-requests.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { MemoryLeg } from "../kit/memory-leg.ts";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { OpcuaSite } from "../kit/opcua-site.ts";
import { RawDevice, replyTo } from "../kit/raw-device.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 180_000;
/** The process is given some seconds before it is taken for dead, and a machine may be slow. */
const ENDS = { timeout: 90_000, interval: 50 };
const OPC = "works/opcua";
const MODBUS = "plc/modbus";
const [READ, READ_ANSWER] = [631, 634];
const LEVEL = { nodeId: "ns=2;s=T101.Level", attributeId: AttributeIds.Value };
const folder = makeFolder();

let works: OpcuaServer;
let plc: RawDevice;
let relay: net.Server;
let site: OpcuaSite;
/** Connections to the asset that are open. */
const toAsset = new Set<net.Socket>();
const before = process.env.NODE_OPTIONS;
const clients: SignedIn[] = [];

function plantText(asset: number, modbus: number, certificate: string): string {
  const rules = [`{ name: all, permit: [observe, operate] }`];
  const text = opcuaPlantText(asset, certificate, rules);
  return text.replace(
    "profiles:",
    `  - id: plc
    name: PLC
    zone: z
    endpoints: [{ id: modbus, protocol: modbus, address: "127.0.0.1:${modbus}", allow-local: true, units: [1] }]
profiles:`,
  );
}

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  plc = await RawDevice.start();
  plc.onFrame = (frame, device) => device.send(replyTo(frame));
  relay = net.createServer((client) => {
    const server = net.connect({ host: "127.0.0.1", port: works.port });
    toAsset.add(client);
    client.on("close", () => toAsset.delete(client));
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on("error", () => client.destroy());
    client.on("close", () => server.destroy());
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const { port } = relay.address() as AddressInfo;
  const faults = new URL("./opcua-process-faults.ts", import.meta.url);
  process.env.NODE_OPTIONS = `--import=${faults.href}`;
  site = await OpcuaSite.open({
    ...{ folder, plant: plantText(port, plc.port, thumbprintOf(der)), profile: "work" },
    credential: () => ({ kind: "password", ...OPCUA_LOGIN }),
  });
}, SLOW_MS);

afterEach(async () => {
  await Promise.all(clients.splice(0).map(signOut));
});

afterAll(async () => {
  if (before === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = before;
  await site?.close();
  relay.close();
  for (const socket of toAsset) socket.destroy();
  await plc.close();
  await works.close();
  removeFolder(folder);
}, SLOW_MS);

/** A tool in a session of its own. It waits for a process that begins anew. */
async function tool(): Promise<SignedIn & { readonly live: LiveSession }> {
  const live = await site.session(OPC);
  const url = `opc.tcp://127.0.0.1:${await site.listen(live)}`;
  const security = SECURE[0] ?? NO_SECURITY;
  const signedIn = await signInOpcua({ url, folder, security, password: "any" });
  clients.push(signedIn);
  expect((await signedIn.session.read(LEVEL)).statusCode.isGood()).toBe(true);
  return { ...signedIn, live };
}

/** A Modbus client that polls; `answers` counts. */
async function polling(live: LiveSession): Promise<{ readonly answers: number; stop(): void }> {
  const leg = new MemoryLeg();
  await live.attach(leg, "test");
  const request = Buffer.from("000100000006010300000001", "hex");
  const poll = () => leg.feed(request);
  leg.onWrite = () => void setTimeout(poll, 10);
  poll();
  return {
    get answers() {
      return leg.written.length;
    },
    stop: () => {
      leg.onWrite = () => undefined;
    },
  };
}

const pid = () => site.opcua.pid ?? 0;

test.each([
  ["is killed", () => process.kill(pid(), "SIGKILL"), /SIGKILL/],
  ["throws what nobody catches", () => process.kill(pid(), "SIGALRM"), /ended with/],
  ["is in an endless loop", () => process.kill(pid(), "SIGUSR2"), /did not answer/],
  ["takes memory outside its heap", () => process.kill(pid(), "SIGPWR"), /SIGKILL|did not answer/],
  ["uses up its memory", () => process.kill(pid(), "SIGHUP"), /ended with|did not answer/],
])(
  "a process that %s takes sessions of OPC UA along and nothing else",
  {
    timeout: SLOW_MS,
  },
  async (_what, harm, why) => {
    const [one, two] = [await tool(), await tool()];
    const modbus = await site.session(MODBUS);
    const polls = await polling(modbus);
    await expect.poll(() => polls.answers, ENDS).toBeGreaterThan(3);
    const failures = site.failures.length;
    harm();
    const [first, second] = await Promise.all([one.live.closed, two.live.closed]);
    for (const cause of [first, second]) {
      expect(cause.reason).toContain("the OPC UA process of the broker failed");
    }
    expect(site.failures.length).toBe(failures + 1);
    expect(site.failures.at(-1)).toMatch(why);
    await expect.poll(() => toAsset.size, ENDS).toBe(0);
    const states = async () => {
      const all = await site.evidence.recordings.list();
      const ended = [one, two].map(({ live }) => live.claims.session);
      return all.filter(({ header }) => ended.includes(header.session)).map(({ state }) => state);
    };
    await expect.poll(states, ENDS).toEqual(["sealed", "sealed"]);
    const answered = polls.answers;
    await expect.poll(() => polls.answers, ENDS).toBeGreaterThan(answered + 3);
    const again = await tool();
    expect((await again.session.read(LEVEL)).statusCode.isGood()).toBe(true);
    await expect.poll(() => polls.answers, ENDS).toBeGreaterThan(answered + 6);
    polls.stop();
    for (const live of [again.live, modbus]) live.end({ rule: "owner-ended", reason: "done" });
    await Promise.all([again.live.closed, modbus.closed]);
  },
);

test("what is asked of an asset does not wait for a process that stands still, which goes on", {
  timeout: SLOW_MS,
}, async () => {
  const { live } = await tool();
  const sessions = site.opcua.sessions({
    ...{ name: OPC, address: "127.0.0.1", port: works.port, path: "", security: NO_SECURITY },
    ...{ certificates: [], connectTimeoutMs: 20_000 },
    credential: async () => ({ kind: "password", ...OPCUA_LOGIN }),
  });
  const session = await sessions.open();
  process.kill(pid(), "SIGSTOP");
  try {
    const { typeId } = await session.ask(READ, READ_STATE, 30_000);
    expect(typeId).toBe(READ_ANSWER);
  } finally {
    process.kill(pid(), "SIGCONT");
  }
  await session.close();
  sessions.done?.();
  live.end({ rule: "owner-ended", reason: "done" });
  await live.closed;
});
