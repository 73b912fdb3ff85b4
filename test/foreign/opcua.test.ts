/**
 * A foreign OPC UA client, the whole session (legs, guard, policy, tape) and a foreign server.
 * Slow: two servers and a broker's session are real processes or threads.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AttributeIds,
  type ClientSession,
  constructEventFilter,
  DataType,
  ofType,
  StatusCodes,
  TimestampsToReturn,
} from "node-opcua";
import { decodeNodeId } from "node-opcua-basic-types";
import { BinaryStream } from "node-opcua-binary-stream";
import { CreateSessionResponse } from "node-opcua-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import { encryptPassword } from "../../broker/legs/opcua/user-token.ts";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { Words } from "../kit/opcua-messages.ts";
import { signInOld } from "../kit/opcua-old-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { replayClient } from "./opcua-replayed.ts";
import { streamsOf } from "./traces-pcap.ts";

const SLOW_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "sallyport-opcua-"));
const URI = "urn:nordwasser:water-plant";

/** Denied nodes and permitted ones, one that is held, one with bounds and a step. */
function plantFile(port: number, certificate: string): string {
  const node = (name: string) => `"nsu=${URI};s=${name}"`;
  const rules = [
    `{ name: no dosing, deny: [observe, operate], opcua: { nodes: [${node("D201.*")}] } }`,
    `{ name: pressure by two, hold: operate, opcua: { does: [write], nodes: [${node("P301.PressureSetpoint")}] }, hold-for: 2s }`,
    `{ name: speed, permit: operate, opcua: { does: [write], nodes: [${node("P101.SpeedSetpoint")}] }, min: 10, max: 50, step: 5 }`,
    `{ name: interval as a double, permit: operate, opcua: { does: [write], nodes: [${node("F201.BackwashInterval")}], types: [Double] } }`,
    `{ name: start only, permit: operate, opcua: { does: [call], methods: [${node("P101.Start")}] } }`,
    `{ name: read all, permit: observe }`,
  ];
  return opcuaPlantText(port, certificate, rules);
}

let works: OpcuaServer;
let conduit: ConduitChild;
let signedIn: SignedIn;
let session: ClientSession;
const errors: string[] = [];

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = join(folder, "plant.yaml");
  writeFileSync(plant, plantFile(works.port, thumbprintOf(der)));
  process.env.CONDUIT_USER = OPCUA_LOGIN.user;
  process.env.CONDUIT_PASSWORD = OPCUA_LOGIN.password;
  const recordings = join(folder, "recordings");
  conduit = await startConduit({ plant, profile: "work", recordings, endpoint: "works/opcua" });
}, SLOW_MS);

afterAll(async () => {
  await conduit?.stop();
  await works.close();
  rmSync(folder, { recursive: true });
  expect(errors).toEqual([]);
});

const node = (name: string) => `ns=2;s=${name}`;
const value = (number: number) => ({ value: { dataType: DataType.Double, value: number } });
const writing = (name: string, number: number) => ({
  ...{ nodeId: node(name), attributeId: AttributeIds.Value, value: value(number) },
});
const reading = (name: string) => ({ nodeId: node(name), attributeId: AttributeIds.Value });

const strong = SECURE.filter(({ mode }) => mode === "SignAndEncrypt");
for (const security of [NO_SECURITY, ...strong, SECURE[5] ?? NO_SECURITY]) {
  const named = `${security.policy} ${security.mode}`;

  test(`${named}: reads, writes, calls, subscriptions and aliases, item by item`, {
    timeout: SLOW_MS,
  }, async () => {
    const url = `opc.tcp://127.0.0.1:${conduit.port}`;
    signedIn = await signInOpcua({ url, folder, security, password: "any" });
    session = signedIn.session;
    try {
      await readsAndWrites();
      await callsAndBrowses();
      await subscribes();
      await aliases();
    } finally {
      await signOut(signedIn);
    }
  });
}

const old = SECURE.filter(({ policy }) => policy === "Basic256Sha256");
for (const security of [NO_SECURITY, ...old]) {
  test(`a client of major version 0, ${security.policy} ${security.mode}: item by item`, {
    timeout: SLOW_MS,
  }, async () => {
    const applicationUri = "urn:sallyport:old-client";
    const client = await signInOld({
      ...keptCertificate(join(folder, "old"), applicationUri),
      ...{ url: `opc.tcp://127.0.0.1:${conduit.port}`, security, applicationUri },
      ...{ user: "works", password: "any" },
    });
    const read = await client.read(["T101.Level", "D201.Flow", "P101.Speed"].map(node));
    const names = read.map(({ statusCode }) => statusCode.name);
    expect(names).toEqual(["Good", "BadUserAccessDenied", "Good"]);
    expect(read[0]?.value?.value).toBeGreaterThan(0);
    expect(await client.writeDouble(node("P101.SpeedSetpoint"), 35)).toBe("Good");
    expect(await client.writeDouble(node("P101.SpeedSetpoint"), 90)).toBe("BadOutOfRange");
    expect(await client.writeDouble(node("D201.DoseSetpoint"), 1)).toBe("BadUserAccessDenied");
    await client.close();
  });
}

async function readsAndWrites(): Promise<void> {
  const { BadUserAccessDenied: denied, Good } = StatusCodes;
  const mixed = await session.read(
    ["T101.Level", "D201.DoseSetpoint", "P101.Speed", "D201.Flow"].map(reading),
  );
  expect(mixed.map(({ statusCode }) => statusCode)).toEqual([Good, denied, Good, denied]);
  expect(mixed[0]?.value.value).toBeGreaterThan(0);
  expect(mixed[1]?.value.value ?? null).toBeNull();
  const written = await session.write([
    writing("P101.SpeedSetpoint", 36),
    writing("D201.DoseSetpoint", 3),
    writing("P101.SpeedSetpoint", 90),
    writing("T101.LevelHighLimit", 1),
  ]);
  expect(written[0]).toBe(Good);
  expect(written[1]).toBe(denied);
  expect(written[2]).toBe(StatusCodes.BadOutOfRange);
  expect(written[3]).not.toBe(Good);
  const asFloat = { value: { dataType: DataType.Float, value: 3_600 } };
  const mistyped = { ...writing("F201.BackwashInterval", 0), value: asFloat };
  expect(await session.write(mistyped)).toBe(StatusCodes.BadTypeMismatch);
  // 36 is there now: 45 is a larger step than the rule allows.
  expect(await session.write(writing("P101.SpeedSetpoint", 45))).toBe(StatusCodes.BadOutOfRange);
  expect(await session.write(writing("P101.SpeedSetpoint", 35))).toBe(Good);
  const started = performance.now();
  expect((await session.write(writing("P301.PressureSetpoint", 4))).name).toMatch(/^Bad/);
  expect(performance.now() - started).toBeGreaterThan(1_900);
  expect((await session.read(reading("P301.PressureSetpoint"))).value.value).toBeCloseTo(4.2);
}

async function callsAndBrowses(): Promise<void> {
  const call = (method: string) => ({
    ...{ objectId: node("P101"), methodId: node(method), inputArguments: [] },
  });
  const [start, stop] = await session.call([call("P101.Start"), call("P101.Stop")]);
  expect(start?.statusCode).toBe(StatusCodes.Good);
  expect(stop?.statusCode).not.toBe(StatusCodes.Good);
  const found = await session.browse([node("P101"), node("D201")]);
  expect(found[0]?.references?.length).toBeGreaterThan(3);
  const from = new Date(Date.now() - 3_600_000);
  const history = await session.readHistoryValue(node("T101.Level"), from, new Date());
  expect(history.statusCode).toBe(StatusCodes.Good);
}

async function subscribes(): Promise<void> {
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 50, publishingEnabled: true },
  });
  const monitor = (name: string) =>
    subscription.monitor(
      reading(name),
      { samplingInterval: 50, queueSize: 10, discardOldest: true },
      TimestampsToReturn.Both,
    );
  const level = await monitor("T101.Level");
  await new Promise<void>((resolve) => void level.once("changed", () => resolve()));
  const forbidden = await monitor("D201.DoseSetpoint").catch((error: Error) => error);
  const status = "statusCode" in forbidden ? forbidden.statusCode : StatusCodes.BadUserAccessDenied;
  expect(status).toBe(StatusCodes.BadUserAccessDenied);
  await subscription.terminate();
}

/** Another name for the same node opens nothing; one for a permitted node works. */
async function aliases(): Promise<void> {
  const names = ["D201.DoseSetpoint", "T101.Level"];
  const registered = await session.registerNodes(names.map(node));
  expect(registered).toHaveLength(2);
  const read = await session.read(
    registered.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
  );
  expect(read.map(({ statusCode }) => statusCode.isGood())).toEqual([false, true]);
}

test("an alarm of the asset comes through a filter as an event, and not past the rules", {
  timeout: SLOW_MS,
}, async () => {
  const url = `opc.tcp://127.0.0.1:${conduit.port}`;
  const security = SECURE[0] ?? NO_SECURITY;
  const own = await signInOpcua({ url, folder, security, password: "any" });
  const subscription = await own.session.createSubscription2({
    ...{ requestedPublishingInterval: 50, publishingEnabled: true },
  });
  const events = (nodeId: string) =>
    subscription.monitor(
      { nodeId, attributeId: AttributeIds.EventNotifier },
      {
        ...{ samplingInterval: 0, queueSize: 100, discardOldest: true },
        filter: constructEventFilter(["SourceName", "Severity"], ofType("SystemEventType")),
      },
      TimestampsToReturn.Both,
    );
  const told: unknown[] = [];
  const server = await events("i=2253");
  server.on("changed", (fields: unknown) => told.push(fields));
  const forbidden = await events(node("D201.Events")).catch((error: Error) => error);
  const status = "statusCode" in forbidden ? forbidden.statusCode : StatusCodes.BadUserAccessDenied;
  expect(status).toBe(StatusCodes.BadUserAccessDenied);
  // Shown again and again: the item at the asset may begin a moment after its answer.
  let isLow = false;
  const alarm = () => {
    isLow = !isLow;
    const plant = startingPlant(3);
    works.show({ ...plant, alarms: { ...plant.alarms, t301Low: isLow } });
  };
  const told800 = () => {
    alarm();
    return told.map((fields) => (fields as readonly { value: unknown }[]).map((f) => f.value));
  };
  await expect
    .poll(told800, { timeout: 30_000, interval: 300 })
    .toContainEqual(["T301.LevelLow", 800]);
  await subscription.terminate();
  await signOut(own);
});

const TRACES =
  process.env.SALLYPORT_TRACES ?? fileURLToPath(new URL("../../../shared/traces", import.meta.url));
const captures = join(TRACES, "icsnpp-opcua-binary");
const why = existsSync(captures) ? "" : " (skipped: no captures here, SALLYPORT_TRACES names them)";

// Of each client the place of its connection in the capture, and what all its requests came to.
test.skipIf(why !== "").each([
  ["open62541_client-server_mainloop", 0, "ACKF OPNF GetEndpoints"],
  [
    ...(["open62541_client-server_mainloop", 2] as const),
    "ACKF OPNF GetEndpoints CreateSession ActivateSession Browse CreateSubscription CreateMonitoredItems Read Write DeleteSubscriptions Call AddNodes CloseSession",
  ],
  [
    ...(["python_opcua-client-server_minimal", 2] as const),
    "ACKF OPNF CreateSession ActivateSession Browse TranslateBrowsePathsToNodeIds CloseSession",
  ],
  [
    ...(["open62541_browse_next", 10] as const),
    "ACKF OPNF CreateSession ActivateSession Browse BrowseNext",
  ],
  [
    ...(["open62541_create_monitored_items", 6] as const),
    "ACKF OPNF CreateSession ActivateSession CreateSubscription Browse CreateMonitoredItems",
  ],
  [
    ...(["open62541_read_service_test_data", 0] as const),
    "ACKF OPNF GetEndpoints CreateSession ActivateSession Read CloseSession",
  ],
])(
  `what the client of %s sent is answered, stream %i${why}`,
  { timeout: SLOW_MS },
  async (name, number, answers) => {
    const stream = streamsOf(readFileSync(join(captures, `${name}.pcap`)))[number];
    if (!stream) throw new Error("no such stream");
    const url = `opc.tcp://127.0.0.1:${conduit.port}`;
    const answered = await replayClient(stream, { port: conduit.port, url, token: ticketFor });
    expect([...new Set(answered)].join(" ")).toBe(answers);
  },
);

/** As its user would give it: in the only way that is offered, encrypted. */
function ticketFor(created: Buffer): Buffer {
  const from = new BinaryStream(created);
  decodeNodeId(from);
  const { serverNonce, serverCertificate, serverEndpoints } = decoded(from);
  const plain = serverEndpoints?.find((each) => each.securityPolicyUri?.endsWith("#None"));
  const offered = plain?.userIdentityTokens?.[0];
  const policy = offered?.securityPolicyUri ?? "";
  const ticket = encryptPassword("any", serverNonce, policy, serverCertificate);
  const body = new Words()
    .text(offered?.policyId ?? "")
    .text("works")
    .u32(ticket?.password.length ?? 0)
    .raw(ticket?.password ?? Buffer.alloc(0))
    .text(ticket?.encryptionAlgorithm)
    .bytes();
  return Buffer.from(new Words().u8(1, 0, 0x44, 1, 1).u32(body.length).raw(body).bytes());
}

function decoded(from: BinaryStream): CreateSessionResponse {
  const response = new CreateSessionResponse();
  response.decode(from);
  return response;
}
