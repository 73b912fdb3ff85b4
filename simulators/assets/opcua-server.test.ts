import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttributeIds,
  type ClientSession,
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  StatusCodes,
  setWarningLogger,
  TimestampsToReturn,
  UserTokenType,
} from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startingPlant } from "../process/water-plant.ts";
import { OPCUA_LOGIN, type OpcuaServer, startOpcuaServer } from "./opcua-server.ts";

// Slow: a whole OPC UA server and its certificate are made.
const SLOW_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "sallyport-opcua-"));
const plant = startingPlant(7);
setWarningLogger(() => undefined);
let server: OpcuaServer;

beforeAll(async () => {
  server = await startOpcuaServer({ port: 0, folder }, plant);
  await server.ready();
}, SLOW_MS);

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function signedIn<T>(
  work: (session: ClientSession) => Promise<T>,
  [mode, policy]: readonly [MessageSecurityMode, SecurityPolicy] = PLAIN,
  password: string = OPCUA_LOGIN.password,
): Promise<T> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    securityMode: mode,
    securityPolicy: policy,
    connectionStrategy: { maxRetry: 0 },
    clientCertificateManager: new OPCUACertificateManager({
      rootFolder: join(folder, "client"),
      automaticallyAcceptUnknownCertificate: true,
    }),
  });
  await client.connect(`opc.tcp://127.0.0.1:${server.port}`);
  const { user: userName } = OPCUA_LOGIN;
  try {
    const session = await client.createSession({
      ...{ type: UserTokenType.UserName, userName, password },
    });
    const result = await work(session);
    await session.close();
    return result;
  } finally {
    await client.disconnect();
  }
}

const PLAIN = [MessageSecurityMode.None, SecurityPolicy.None] as const;
const node = (name: string) => `ns=2;s=${name}`;

test.each([
  [MessageSecurityMode.Sign, SecurityPolicy.Basic256Sha256],
  [MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Aes128_Sha256_RsaOaep],
  [MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Aes256_Sha256_RsaPss],
] as const)("it speaks mode %s with %s", { timeout: SLOW_MS }, async (mode, policy) => {
  const level = await signedIn(
    (session) => session.read({ nodeId: node("T101.Level"), attributeId: AttributeIds.Value }),
    [mode, policy],
  );
  expect(level.value.value).toBeCloseTo(plant.measured.t101Level);
});

test("a written setpoint and a called method are wishes to the process", {
  timeout: SLOW_MS,
}, async () => {
  const value = { value: { dataType: DataType.Double, value: 41 } };
  await signedIn(async (session) => {
    const nodeId = node("P101.SpeedSetpoint");
    const status = await session.write({ nodeId, attributeId: AttributeIds.Value, value });
    expect(status).toBe(StatusCodes.Good);
    const call = { objectId: node("P101"), methodId: node("P101.Stop"), inputArguments: [] };
    expect((await session.call(call)).statusCode).toBe(StatusCodes.Good);
  });
  const after = server.command(plant);
  expect(after.setpoints.p101Speed).toBe(41);
  expect(after.switches.p101Run).toBe(false);
  expect(server.command(plant).setpoints.p101Speed).toBe(plant.setpoints.p101Speed);
});

test("a measured value cannot be written, and the account is asked for", {
  timeout: SLOW_MS,
}, async () => {
  const value = { value: { dataType: DataType.Double, value: 1 } };
  const write = { nodeId: node("T101.Level"), attributeId: AttributeIds.Value, value };
  expect(await signedIn((session) => session.write(write))).toBe(StatusCodes.BadNotWritable);
  await expect(signedIn(async () => undefined, PLAIN, "wrong")).rejects.toThrow(/Bad/);
});

test("its values have units and a history", { timeout: SLOW_MS }, async () => {
  const from = new Date(Date.now() - 3_600_000);
  const [unit, history] = await signedIn((session) =>
    Promise.all([
      session.translateBrowsePath({
        startingNode: node("T101.Level"),
        relativePath: {
          elements: [{ targetName: { namespaceIndex: 0, name: "EngineeringUnits" } }],
        },
      } as Parameters<ClientSession["translateBrowsePath"]>[0]),
      session.readHistoryValue(node("T101.Level"), from, new Date()),
    ]),
  );
  expect(unit.targets).toHaveLength(1);
  expect(history.statusCode).toBe(StatusCodes.Good);
});

test("an alarm is an event at its object", { timeout: SLOW_MS }, async () => {
  const told = await signedIn(async (session) => {
    const subscription = await session.createSubscription2({
      ...{ requestedPublishingInterval: 50, publishingEnabled: true },
    });
    const { promise, resolve } = Promise.withResolvers<readonly unknown[]>();
    const item = await subscription.monitor(
      { nodeId: "i=2253", attributeId: AttributeIds.EventNotifier },
      {
        ...{ samplingInterval: 0, queueSize: 10, discardOldest: true },
        filter: (await import("node-opcua")).constructEventFilter(["SourceName", "Severity"]),
      },
      TimestampsToReturn.Both,
    );
    item.on("changed", (values: unknown) => resolve(values as readonly unknown[]));
    const alarms = { ...plant.alarms, t301Low: true };
    setTimeout(() => server.show({ ...plant, alarms }), 300);
    return promise;
  });
  expect(told).toMatchObject([{ value: "T301.LevelLow" }, { value: 800 }]);
});

test("after a restart it shows the same certificate", { timeout: SLOW_MS }, async () => {
  const thumbprint = async () => {
    const client = OPCUAClient.create({ endpointMustExist: false });
    await client.connect(`opc.tcp://127.0.0.1:${server.port}`);
    const [endpoint] = await client.getEndpoints();
    await client.disconnect();
    return endpoint?.serverCertificate?.toString("hex");
  };
  const before = await thumbprint();
  await server.restart();
  expect(await thumbprint()).toBe(before);
});
