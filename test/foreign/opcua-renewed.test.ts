/**
 * Foreign clients whose messages the broker itself opens and seals, while they renew their channels
 * with the OPC UA process: nothing is lost, doubled or out of order over many tokens. Slow: a token
 * lives for some seconds, and client, server and process are real.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AttributeIds,
  type ClientSession,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  UserTokenType,
} from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { type ChannelSecurity, NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { OpcuaSite } from "../kit/opcua-site.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 240_000;
/** Renewed after three quarters, refused a quarter after its end: some seconds are to spare. */
const TOKEN_MS = 20_000;
/** Past the end of the first token: without a renewal nothing would be taken any more. */
const USED_MS = 27_000;
const LEVEL = { nodeId: "ns=2;s=T101.Level", attributeId: AttributeIds.Value };
const folder = makeFolder();

let works: OpcuaServer;
let site: OpcuaSite;

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const rules = ["{ name: all, permit: [observe, operate] }"];
  site = await OpcuaSite.open({
    ...{ folder, plant: opcuaPlantText(works.port, thumbprintOf(der), rules), profile: "work" },
    credential: () => ({ kind: "password", ...OPCUA_LOGIN }),
  });
}, SLOW_MS);

afterAll(async () => {
  await site?.close();
  await works?.close();
  removeFolder(folder);
}, SLOW_MS);

function clientOf({ policy, mode }: ChannelSecurity): OPCUAClient {
  return OPCUAClient.create({
    ...{ endpointMustExist: false, securityMode: MessageSecurityMode[mode] },
    ...{ securityPolicy: SecurityPolicy[policy], connectionStrategy: { maxRetry: 0 } },
    defaultSecureTokenLifetime: TOKEN_MS,
    clientCertificateManager: new OPCUACertificateManager({
      rootFolder: join(folder, "client"),
      automaticallyAcceptUnknownCertificate: true,
    }),
  });
}

async function reads(session: ClientSession, forMs: number): Promise<number> {
  const before = performance.now();
  let answers = 0;
  while (performance.now() - before < forMs) {
    const asked = Array.from({ length: 5 }, () => session.read(LEVEL));
    for (const { statusCode } of await Promise.all(asked)) expect(statusCode.isGood()).toBe(true);
    answers += asked.length;
  }
  return answers;
}

async function renewed(security: ChannelSecurity): Promise<void> {
  const live = await site.session("works/opcua");
  const url = `opc.tcp://127.0.0.1:${await site.listen(live)}`;
  const client = clientOf(security);
  await client.connect(url);
  const lost: string[] = [];
  let renewals = 0;
  client.on("security_token_renewed", () => void renewals++);
  client.on("connection_lost", () => lost.push("lost"));
  const user = { type: UserTokenType.UserName, userName: "any", password: "any" } as const;
  const session = await client.createSession(user);
  // A second session over the same channel, which is the broker's by then.
  const beside = await client.createSession(user);
  expect(await reads(session, USED_MS)).toBeGreaterThan(0);
  expect((await beside.read(LEVEL)).statusCode.isGood()).toBe(true);
  expect(renewals).toBeGreaterThan(0);
  expect([lost, site.failures]).toEqual([[], []]);
  // With either the broker's session ends, as this site has it.
  await session.close();
  const { reason } = await live.closed;
  await client.disconnect();
  expect(reason).toContain("the client closed its session");
}

test("channels of every security are renewed while they are used, and go on", {
  timeout: SLOW_MS,
}, async () => {
  await Promise.all(
    [NO_SECURITY, SECURE[0], SECURE[5]].map((each) => renewed(each ?? NO_SECURITY)),
  );
});
