/**
 * The legs of OPC UA against a foreign client and a foreign server, and against peers that mean
 * harm. Slow: certificates and servers are real.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttributeIds,
  DataType,
  ReadRequest,
  ServiceFault,
  StatusCodes,
  TimestampsToReturn,
} from "node-opcua";
import { ClientSecureChannelLayer } from "node-opcua-secure-channel";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AssetChannel } from "../../broker/legs/opcua/asset-channel.ts";
import { OpcuaSessions } from "../../broker/legs/opcua/asset-session.ts";
import { loadOpcuaIdentity, thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { HANDLE_NOT_SET } from "../../broker/legs/opcua/raw-message.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { type Bridge, type BridgeOptions, openBridge, TICKET } from "../kit/opcua-bridge.ts";
import { connectOpcua, type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { dials } from "../kit/opcua-dial.ts";

const SLOW_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "sallyport-opcua-"));
const LEVEL = "ns=2;s=T101.Level";
const SPEED = "ns=2;s=P101.SpeedSetpoint";
const STRONG = SECURE[0] ?? NO_SECURITY;

let works: OpcuaServer;
let thumbprint: string;
const closing: (() => unknown)[] = [];
const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);

beforeAll(async () => {
  process.on("uncaughtException", note);
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  thumbprint = thumbprintOf(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64"));
}, SLOW_MS);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  expect(uncaught).toEqual([]);
});

afterAll(async () => {
  process.off("uncaughtException", note);
  await works.close();
  rmSync(folder, { recursive: true });
});

type Unlike = Pick<BridgeOptions, "assetSecurity" | "responseTimeoutMs" | "away">;

async function bridge(more: Unlike = {}) {
  const options = { folder, assetPort: works.port, certificates: [thumbprint], ...more };
  const opened = await openBridge(options);
  closing.push(() => opened.close());
  return opened;
}

async function signIn(to: Bridge, security = STRONG, more = {}): Promise<SignedIn> {
  const url = `opc.tcp://127.0.0.1:${to.port}/works/opcua`;
  const signedIn = await signInOpcua({ url, folder, security, password: TICKET, ...more });
  closing.push(() => signOut(signedIn));
  return signedIn;
}

const read = ({ session }: SignedIn) =>
  session.read({ nodeId: LEVEL, attributeId: AttributeIds.Value });

test.each([...SECURE, NO_SECURITY])(
  "a client works with $policy $mode",
  {
    timeout: SLOW_MS,
  },
  async (security) => {
    const own = await bridge({ assetSecurity: security });
    const signedIn = await signIn(own, security);
    expect((await read(signedIn)).value.value).toBeGreaterThan(0);
    const value = { value: { dataType: DataType.Double, value: 33 } };
    const write = { nodeId: SPEED, attributeId: AttributeIds.Value, value };
    expect(await signedIn.session.write(write)).toBe(StatusCodes.Good);
    expect((await signedIn.session.browse("ns=2;s=P101")).references?.length).toBeGreaterThan(3);
    expect(own.asked).toMatchObject([{ path: "works/opcua", user: "works", security }]);
  },
);

test("without a good ticket nobody comes in, and no session is opened at the asset", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge();
  await expect(signIn(own, STRONG, { password: "guessed" })).rejects.toThrow(/BadUserAccessDenied/);
  expect(own.heard).toEqual([]);
});

test("a certificate that is not the trusted one ends the session with its thumbprint", {
  timeout: SLOW_MS,
}, async () => {
  const options = { folder, assetPort: works.port, certificates: ["0".repeat(64)] };
  const own = await openBridge(options);
  closing.push(() => own.close());
  const signedIn = await signIn(own);
  await expect(read(signedIn)).rejects.toThrow();
  expect(own.heard.join()).toContain(
    `another certificate than the one that is trusted (${thumbprint})`,
  );
});

test("a client whose connection breaks comes back to its session and its subscription", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge();
  const signedIn = await signIn(own, STRONG, { reconnects: true });
  const { session, client } = signedIn;
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 50, publishingEnabled: true },
  });
  const item = await subscription.monitor(
    { nodeId: LEVEL, attributeId: AttributeIds.Value },
    { samplingInterval: 50, queueSize: 100, discardOldest: true },
    TimestampsToReturn.Both,
  );
  const changed = () => new Promise<void>((resolve) => void item.once("changed", () => resolve()));
  await changed();
  const before = subscription.subscriptionId;
  const back = new Promise<void>(
    (resolve) => void client.once("connection_reestablished", () => resolve()),
  );
  breakConnection(client);
  await back;
  let level = 3;
  const moving = setInterval(() => {
    level += 0.1;
    const plant = startingPlant(3);
    works.show({ ...plant, measured: { ...plant.measured, t101Level: level } });
  }, 250);
  closing.push(() => clearInterval(moving));
  await changed();
  expect(subscription.subscriptionId).toBe(before);
  expect(own.heard).toEqual(["ready"]);
});

/** As a network does: nobody says goodbye. */
function breakConnection(client: SignedIn["client"]): void {
  const { _secureChannel: channel } = client as unknown as {
    readonly _secureChannel: { forceConnectionBreak(): void };
  };
  channel.forceConnectionBreak();
}

test("a session that is cut answers what waits, and nothing after it", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge();
  const signedIn = await signIn(own);
  await read(signedIn);
  own.cut("the shift supervisor ended it");
  await expect(read(signedIn)).rejects.toThrow();
  await expect.poll(() => own.open).toBe(0);
});

test("an asset that does not answer loses the request, not the session", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge({ responseTimeoutMs: 300 });
  const signedIn = await signIn(own);
  await read(signedIn);
  works.freeze(true);
  signedIn.session.read({ nodeId: LEVEL, attributeId: AttributeIds.Value }).catch(() => undefined);
  // The client asks with a hint of its own; ours is the least.
  await new Promise((resolve) => setTimeout(resolve, 400));
  works.freeze(false);
  expect((await read(signedIn)).value.value).toBeGreaterThan(0);
});

test("an asset that restarts has forgotten the session: it ends, and a new one works", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge();
  const signedIn = await signIn(own);
  await read(signedIn);
  await works.restart();
  await expect.poll(() => own.heard.at(-1), { timeout: 20_000 }).toMatch(/^asset closed: /);
  await expect(read(signedIn)).rejects.toThrow();
  const again = await signIn(own);
  expect((await read(again)).value.value).toBeGreaterThan(0);
});

/** HEL as the library's own client sends it, then a chunk header that lies about its length. */
function killer(kind: "HEL" | "ACK"): Buffer {
  const url = Buffer.from("opc.tcp://127.0.0.1:1/");
  const isHello = kind === "HEL";
  const first = Buffer.alloc(isHello ? 32 + url.length : 28);
  first.write(`${kind}F`, 0, "latin1");
  first.writeUInt32LE(first.length, 4);
  first.writeUInt32LE(65_535, 12);
  first.writeUInt32LE(65_535, 16);
  if (isHello) {
    first.writeInt32LE(url.length, 28);
    url.copy(first, 32);
  }
  const lie = Buffer.alloc(12);
  lie.write("OPNF", 0, "latin1");
  lie.writeUInt32LE(0x7fff_ffff, 4);
  return Buffer.concat([first, lie]);
}

async function throwAt(port: number, ...all: readonly Buffer[]): Promise<void> {
  const socket = net.connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.resume();
  for (const bytes of all) socket.write(bytes);
  await closed;
}

test("seventy bytes that end the library's servers end one connection here", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge();
  const beside = await signIn(own);
  await throwAt(own.port, killer("HEL"));
  await throwAt(own.port, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  await throwAt(own.port, Buffer.alloc(5_000, 0xff));
  expect((await read(beside)).value.value).toBeGreaterThan(0);
});

test("the same bytes from an asset end its connection, and the broker goes on", {
  timeout: SLOW_MS,
}, async () => {
  const hostile = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(killer("ACK")));
  });
  await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
  closing.push(() => hostile.close());
  const { port } = hostile.address() as net.AddressInfo;
  const identity = await loadOpcuaIdentity(join(folder, "broker.pem"));
  const sessions = new OpcuaSessions({
    ...{ name: "hostile/opcua", address: "127.0.0.1", port, path: "", certificates: [thumbprint] },
    ...{ security: STRONG, connectTimeoutMs: 1_000, identity, credential: async () => undefined },
    dial: dials(port),
  });
  await expect(sessions.open()).rejects.toThrow(/broke the protocol/);
});

test("chunks without end are dropped before they fill the memory", {
  timeout: SLOW_MS,
}, async () => {
  const own = await bridge();
  const hello = killer("HEL").subarray(0, -12);
  const chunk = Buffer.alloc(60_000);
  chunk.write("OPNC", 0, "latin1");
  chunk.writeUInt32LE(chunk.length, 4);
  const policy = Buffer.from("http://opcfoundation.org/UA/SecurityPolicy#None");
  chunk.writeInt32LE(policy.length, 12);
  policy.copy(chunk, 16);
  chunk.writeInt32LE(-1, 16 + policy.length);
  chunk.writeInt32LE(-1, 20 + policy.length);
  await throwAt(own.port, hello, ...Array.from({ length: 40 }, () => chunk));
  await expect.poll(() => own.open).toBe(0);
});

test("a renewal with another security mode ends the channel", { timeout: SLOW_MS }, async () => {
  const own = await bridge();
  const identity = await loadOpcuaIdentity(join(folder, "other.pem"));
  const layer = new ClientSecureChannelLayer({
    ...{ securityMode: 3, securityPolicy: "Aes256_Sha256_RsaPss" as never },
    serverCertificate: own.identity.certificate,
    parent: Object.assign(Object.create(identity.provider), {
      ...{ applicationName: "attacker", clientName: "attacker" },
      getCertificate: () => identity.certificate,
      getCertificateChain: () => [identity.certificate],
      getKeyOperations: () => identity.keys,
    }),
    ...{ connectionStrategy: { maxRetry: 0 }, tokenRenewalInterval: 200 },
  });
  const url = `opc.tcp://127.0.0.1:${own.port}`;
  await new Promise<void>((resolve, reject) => {
    layer.create(url, (error) => (error ? reject(error) : resolve()));
  });
  const closed = new Promise<void>((resolve) => void layer.once("close", () => resolve()));
  // Signed and encrypted as before, but it claims None.
  layer.on("send_request", (request, type) => {
    if (type === "OPN") Object.assign(request, { securityMode: 1 });
  });
  await closed;
  expect(own.open).toBe(0);
  layer.dispose();
});

test("a token on another channel than its own is refused", { timeout: SLOW_MS }, async () => {
  const own = await bridge();
  const victim = await signIn(own);
  await read(victim);
  const thief = await AssetChannel.open({
    ...{ url: `opc.tcp://127.0.0.1:${own.port}`, security: STRONG, connectTimeoutMs: 3_000 },
    ...{ certificate: own.identity.certificate, dial: dials(own.port) },
    identity: await loadOpcuaIdentity(join(folder, "other.pem")),
  });
  closing.push(() => thief.close());
  const request = new ReadRequest({ nodesToRead: [{ nodeId: LEVEL, attributeId: 13 }] });
  const { authenticationToken } = victim.session as unknown as {
    readonly authenticationToken: ReadRequest["requestHeader"]["authenticationToken"];
  };
  request.requestHeader.authenticationToken = authenticationToken;
  request.requestHeader.requestHandle = HANDLE_NOT_SET;
  const answer = (await thief.ask(request)).decoded(new ServiceFault());
  expect(answer.responseHeader.serviceResult).toBe(StatusCodes.BadSecureChannelIdInvalid);
  expect((await read(victim)).value.value).toBeGreaterThan(0);
});

test("a tool that only looks what is there needs no ticket", { timeout: SLOW_MS }, async () => {
  const own = await bridge();
  const url = `opc.tcp://127.0.0.1:${own.port}/works/opcua`;
  const client = await connectOpcua({ url, folder, security: NO_SECURITY, password: "" });
  closing.push(() => client.disconnect());
  const endpoints = await client.getEndpoints();
  expect(endpoints.map(({ endpointUrl }) => endpointUrl)).toEqual(Array(7).fill(url));
  expect(OPCUA_LOGIN.user).not.toBe(endpoints[0]?.server.applicationName.text);
  expect(own.asked).toEqual([]);
});

test.each([SECURE[0] ?? NO_SECURITY, SECURE[4] ?? NO_SECURITY])(
  "the broker signs in to the asset with a user's certificate over $policy $mode",
  { timeout: SLOW_MS },
  async (security) => {
    const { identity } = await bridge();
    const user = keptCertificate(join(folder, "user"), "urn:sallyport:service-user");
    const certificate = readFileSync(user.certificateFile, "utf8");
    const privateKey = readFileSync(user.privateKeyFile, "utf8");
    const session = await new OpcuaSessions({
      ...{ name: "works/opcua", address: "127.0.0.1", port: works.port, path: "", security },
      ...{ certificates: [thumbprint], connectTimeoutMs: 20_000, identity },
      dial: dials(works.port),
      credential: async () => ({ kind: "key", user: "service", privateKey, certificate }),
    }).open();
    await session.readState();
    expect(await session.readNamespaces()).toContain("urn:nordwasser:water-plant");
    await session.close();
  },
);

test("a certificate with another one's key is refused by the asset: it checks the signature", {
  timeout: SLOW_MS,
}, async () => {
  const { identity } = await bridge();
  const user = keptCertificate(join(folder, "user"), "urn:sallyport:service-user");
  const thief = keptCertificate(join(folder, "thief"), "urn:sallyport:thief");
  const certificate = readFileSync(user.certificateFile, "utf8");
  const target = {
    ...{ name: "works/opcua", address: "127.0.0.1", port: works.port, path: "", identity },
    ...{ security: STRONG, certificates: [thumbprint], connectTimeoutMs: 20_000 },
    dial: dials(works.port),
  };
  const enters = (privateKeyFile: string) =>
    new OpcuaSessions({
      ...target,
      credential: async () => ({
        ...{ kind: "key", user: "service", certificate },
        privateKey: readFileSync(privateKeyFile, "utf8"),
      }),
    }).open();
  await expect(enters(thief.privateKeyFile)).rejects.toThrow(/BadUserSignatureInvalid/);
  await (await enters(user.privateKeyFile)).close();
});

test("a client whose asset is away hears so in the protocol's words, not a bare hang-up", async () => {
  const to = await bridge({ away: "the asset does not answer" });
  await expect(signIn(to)).rejects.toThrow(/BadServerNotConnected/);
  await expect.poll(() => to.open).toBe(0);
});
