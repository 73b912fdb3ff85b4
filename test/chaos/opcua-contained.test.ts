/**
 * A fault inside the OPC UA library, also one that nobody could catch, ends the connection that it
 * was working for; every other session goes on. Slow: the broker's session, its clients and the
 * asset are real.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AttributeIds, type ClientSession } from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { opcuaChildOf } from "../kit/opcua-child.ts";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 120_000;
const folder = makeFolder();
const node = (name: string) => `ns=2;s=${name}`;

let works: OpcuaServer;
let conduit: ConduitChild;

function plantFile(port: number, certificate: string): string {
  const rules = [`{ name: all, permit: [observe, operate] }`];
  return opcuaPlantText(
    port,
    certificate,
    rules,
    "in-flight: 16, requests-per-second: 1000, connections: 8, connect-timeout: 20s",
  );
}

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = join(folder, "plant.yaml");
  writeFileSync(plant, plantFile(works.port, thumbprintOf(der)));
  const faults = new URL("./opcua-faults.ts", import.meta.url);
  const { user: CONDUIT_USER, password: CONDUIT_PASSWORD } = OPCUA_LOGIN;
  conduit = await startConduit({
    ...{ plant, profile: "work", endpoint: "works/opcua" },
    recordings: join(folder, "recordings"),
    more: ["--session-per-connection"],
    env: { CONDUIT_USER, CONDUIT_PASSWORD, NODE_OPTIONS: `--import=${faults.href}` },
  });
}, SLOW_MS);

afterAll(async () => {
  await conduit?.stop();
  await works.close();
  removeFolder(folder);
}, SLOW_MS);

async function joined(): Promise<SignedIn & { readonly lost: Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const url = `opc.tcp://127.0.0.1:${conduit.port}`;
  const signedIn = await signInOpcua({ url, folder, security: NO_SECURITY, password: "any" });
  for (const name of ["connection_lost", "close"] as const) {
    signedIn.client.on(name, () => resolve());
  }
  return { ...signedIn, lost: promise };
}

async function isGood(session: ClientSession): Promise<boolean> {
  const target = { nodeId: node("T101.Level"), attributeId: AttributeIds.Value };
  return (await session.read(target)).statusCode.isGood();
}

test("a fault of the library in a timer, on the client's side, ends that connection alone", {
  timeout: SLOW_MS,
}, async () => {
  const [other, hurt] = [await joined(), await joined()];
  expect(await isGood(hurt.session)).toBe(true);
  await Promise.allSettled([hurt.client.findServers()]);
  await hurt.lost;
  expect(await isGood(other.session)).toBe(true);
  expect(conduit.output).toContain("fails in a timer");
  const next = await joined();
  expect(await isGood(next.session)).toBe(true);
  expect(conduit.output).not.toContain("fault of the broker");
  for (const each of [next, other, hurt]) await signOut(each);
});

test("a fault of the library in a promise, on the asset's side, costs that session one channel", {
  timeout: SLOW_MS,
}, async () => {
  const [other, hurt] = [await joined(), await joined()];
  expect(await isGood(hurt.session)).toBe(true);
  process.kill(opcuaChildOf(conduit.process.pid ?? 0) ?? 0, "SIGHUP");
  await expect.poll(() => conduit.output, { timeout: 30_000 }).toContain("fails in a promise");
  expect(await isGood(other.session)).toBe(true);
  // The session at the asset is taken up again over a new channel.
  const goesOn = () => isGood(hurt.session).catch(() => false);
  await expect.poll(goesOn, { timeout: 30_000, interval: 200 }).toBe(true);
  expect(conduit.output).not.toContain("fault of the broker");
  for (const each of [other, hurt]) await signOut(each);
});

test("a fault of the broker's own is nobody's connection, and ends the broker", {
  timeout: SLOW_MS,
}, async () => {
  const other = await joined();
  expect(await isGood(other.session)).toBe(true);
  conduit.process.kill("SIGUSR2");
  expect(await conduit.ended).toBe(7);
  expect(conduit.output).toContain("fault of the broker: injected in the broker");
  await signOut(other);
});
