/**
 * Hostile peers of the OPC UA legs, before anybody has signed in: real conversations, broken in
 * all ways, from clients and from assets. Clean ends, nothing uncaught (the runner fails a run for
 * it), nothing left open, and whoever is well meets with no harm meanwhile.
 *
 * SALLYPORT_PEERS sets how many of each (60); SALLYPORT_SEED repeats a run. Slow: every one of
 * them is a connection with handshakes.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { AttributeIds } from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OpcuaSessions } from "../../broker/legs/opcua/asset-session.ts";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { type Bridge, openBridge, TICKET } from "../kit/opcua-bridge.ts";
import { signInOpcua, signOut } from "../kit/opcua-client.ts";
import { dials } from "../kit/opcua-dial.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { broken, chunksIn, withChannel } from "./opcua-breaking.ts";
import { seeded } from "./seeded.ts";

const PEERS = Number(process.env.SALLYPORT_PEERS ?? 60);
const SEED = Number(process.env.SALLYPORT_SEED ?? 20_261_122);
/** Of one conversation with a peer that may say nothing any more. */
const PATIENCE_MS = 250;
const SLOW_MS = 120_000;
const folder = makeFolder();

let works: OpcuaServer;
let bridge: Bridge;
/** What a client and an asset say in a good conversation, without security and with it. */
const said = { client: [] as Buffer[][], asset: [] as Buffer[][] };

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const certificates = [thumbprintOf(der)];
  bridge = await openBridge({ folder, assetPort: works.port, certificates });
  for (const security of [NO_SECURITY, SECURE[4] ?? NO_SECURITY]) {
    const before = await overheard(bridge.port);
    const url = `opc.tcp://127.0.0.1:${before.port}`;
    await signOut(await signInOpcua({ url, folder, security, password: TICKET }));
    said.client.push(...before.connections.map(({ client }) => chunksIn(client)));
    before.close();
    const behind = await overheard(works.port);
    const target = { ...targetOf(behind.port, certificates, security), connectTimeoutMs: 20_000 };
    await (await new OpcuaSessions(target).open()).close();
    said.asset.push(...behind.connections.map(({ server }) => chunksIn(server)));
    behind.close();
  }
}, SLOW_MS);

afterAll(async () => {
  await bridge?.close();
  await works?.close();
  removeFolder(folder);
}, SLOW_MS);

function targetOf(port: number, certificates: readonly string[], security = NO_SECURITY) {
  const { user, password } = OPCUA_LOGIN;
  return {
    ...{ name: "works/opcua", address: "127.0.0.1", port, path: "", certificates, security },
    ...{ connectTimeoutMs: 2 * PATIENCE_MS, identity: bridge.identity, dial: dials(port) },
    credential: async () => ({ kind: "password", user, password }) as const,
  };
}

/** A relay that keeps what both ends say, by connection. */
async function overheard(port: number) {
  const connections: { readonly client: Buffer[]; readonly server: Buffer[] }[] = [];
  const relay = net.createServer((client) => {
    const server = net.connect({ host: "127.0.0.1", port });
    const kept: { client: Buffer[]; server: Buffer[] } = { client: [], server: [] };
    connections.push(kept);
    client.on("data", (bytes) => kept.client.push(bytes));
    server.on("data", (bytes) => kept.server.push(bytes));
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on("error", () => undefined);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const { port: own } = relay.address() as net.AddressInfo;
  return { port: own, connections, close: () => relay.close() };
}

/** One that tries; resolves when it was shown the door, or had no more to say. */
async function hostileClient(chunks: readonly Buffer[]): Promise<void> {
  const socket = net.connect({ port: bridge.port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined);
  const closed = heard(socket, "close");
  let channel = 0;
  socket.on("data", (bytes: Buffer) => {
    if (bytes.toString("latin1", 0, 3) === "OPN") channel = bytes.readUInt32LE(8);
  });
  for (const chunk of chunks) {
    if (socket.destroyed) break;
    socket.write(withChannel(chunk, channel));
    // The first two answers are needed to go on; later ones are not waited for.
    if (channel === 0) await Promise.race([heard(socket, "data"), closed, pause()]);
  }
  socket.end();
  await Promise.race([closed, pause()]);
  socket.destroy();
}

/** Not `once`: that one fails where the peer is refused, which is what is to be seen. */
function heard(socket: net.Socket, name: "data" | "close"): Promise<void> {
  return new Promise((resolve) => socket.once(name, () => resolve()));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
}

test(`${PEERS} broken clients: each is let go of, and a good one works among them`, {
  timeout: SLOW_MS + PEERS * 2 * PATIENCE_MS,
}, async () => {
  const random = seeded(SEED);
  const url = `opc.tcp://127.0.0.1:${bridge.port}`;
  const good = await signInOpcua({ url, folder, security: NO_SECURITY, password: TICKET });
  for (let done = 0; done < PEERS; done += BESIDE) {
    const group = Array.from({ length: BESIDE }, () => hostileClient(broken(said.client, random)));
    await Promise.all(group);
    const target = { nodeId: "ns=2;s=T101.Level", attributeId: AttributeIds.Value };
    expect((await good.session.read(target)).statusCode.isGood()).toBe(true);
  }
  await signOut(good);
  await expect.poll(() => bridge.open, { timeout: 60_000, interval: 100 }).toBe(0);
});

/** At once: a flood is not what is tried here. */
const BESIDE = 6;

test(`${PEERS} broken assets: no session comes about, and each try ends with a reason`, {
  timeout: SLOW_MS + PEERS * 2_500,
}, async () => {
  const random = seeded(SEED + 1);
  const open = new Set<net.Socket>();
  const asset = net.createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    const chunks = [...broken(said.asset, random)];
    socket.on("data", () => {
      const next = chunks.shift();
      if (next) socket.write(next);
      else socket.destroy();
    });
  });
  asset.listen(0, "127.0.0.1");
  await once(asset, "listening");
  const { port } = asset.address() as net.AddressInfo;
  const ends: string[] = [];
  for (let done = 0; done < PEERS; done += BESIDE) {
    const tries = Array.from({ length: BESIDE }, async (_, at) => {
      const security = at % 2 === 0 ? NO_SECURITY : (SECURE[4] ?? NO_SECURITY);
      const sessions = new OpcuaSessions(targetOf(port, [], security));
      const session = await sessions.open().catch((error: Error) => void ends.push(error.message));
      await session?.close();
    });
    await Promise.all(tries);
  }
  asset.close();
  expect(ends.length).toBeGreaterThan(PEERS / 2);
  expect(ends.filter((why) => why === "")).toEqual([]);
  await expect.poll(() => open.size, { timeout: 30_000, interval: 100 }).toBe(0);
});
