/** The door for OPC UA tools, with a foreign client: who is let in, who is not, what ends it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AttributeIds, StatusCodes } from "node-opcua";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { OpcuaTicketView } from "../../broker/api/shapes/native.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import {
  OPCUA_LOGIN,
  type OpcuaServer,
  startOpcuaServer,
} from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { isRunning, opcuaChildOf } from "../kit/opcua-child.ts";
import { connectOpcua, type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

// Slow: a broker and an OPC UA server of its own.
const SLOW = { timeout: 180_000 };
const WITHIN = { timeout: 90_000, interval: 200 };
const ENDPOINT = "works/opcua";
const STRONG = SECURE[0] ?? NO_SECURITY;
const folder = mkdtempSync(join(tmpdir(), "sallyport-opcua-"));
let works: OpcuaServer;
let site: RunningBroker;
let eva: ConsoleUser;
let port: number;

function plantFile(asset: number, certificate: string): string {
  return `
site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: works
    name: Works
    zone: z
    endpoints:
      - { id: opcua, protocol: opcua, address: "127.0.0.1:${asset}", allow-local: true, security: Basic256Sha256/SignAndEncrypt, certificates: ["${certificate}"] }
profiles:
  - id: look
    rules: [{ name: read all, permit: observe }]
grants:
  - { id: eva, subject: eva@plant.example, endpoint: works/opcua, profile: look }
`;
}

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = join(folder, "plant.yaml");
  writeFileSync(plant, plantFile(works.port, thumbprintOf(der)));
  site = await startRunningBroker({ SALLYPORT_OPCUA_PORT: "0", SALLYPORT_PLANT: plant });
  const doors = await site.first.ask<{ opcua: { port: number } }>("GET", "/api/native");
  port = doors.body.opcua.port;
  eva = await site.invite("Eva", ["engineer"]);
  const credential = { kind: "password", ...OPCUA_LOGIN };
  const set = await site.first.ask("POST", "/api/credentials", { endpoint: ENDPOINT, credential });
  expect(set.status).toBeLessThan(300);
}, 240_000);

afterAll(async () => {
  await site?.close();
  await works.close();
  rmSync(folder, { recursive: true });
});

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

async function ticketFor(who: ConsoleUser, endpoint = ENDPOINT) {
  const begun = await who.ask<ToSign>("POST", "/api/opcua-tickets/options", { endpoint });
  if (begun.status !== 200) return begun as unknown as { status: number; body: OpcuaTicketView };
  const { text, options } = begun.body;
  const response = who.authenticator.assert(options);
  return who.ask<OpcuaTicketView>("POST", "/api/opcua-tickets", { text, response });
}

async function enter(
  { user, ticket, path }: Pick<OpcuaTicketView, "user" | "ticket" | "path">,
  security = STRONG,
): Promise<SignedIn> {
  const url = `opc.tcp://127.0.0.1:${port}/${path}`;
  const signedIn = await signInOpcua({ url, folder, security, user, password: ticket });
  onTestFinished(() => signOut(signedIn));
  return signedIn;
}

const read = ({ session }: SignedIn) =>
  session.read({ nodeId: "ns=2;s=T101.Level", attributeId: AttributeIds.Value });

async function liveSessions(): Promise<readonly string[]> {
  const list = await eva.ask<{ id: string }[]>("GET", "/api/sessions");
  return list.body.map(({ id }) => id);
}

test("a ticket lets one tool in, once, with the rights of the grant", SLOW, async () => {
  const { status, body } = await ticketFor(eva);
  expect(status).toBe(200);
  expect(body).toMatchObject({ user: ENDPOINT, path: ENDPOINT, port });
  const tool = await enter(body);
  expect((await read(tool)).value.value).toBeGreaterThan(0);
  const call = { objectId: "ns=2;s=P101", methodId: "ns=2;s=P101.Stop", inputArguments: [] };
  expect((await tool.session.call(call)).statusCode.isGood()).toBe(false);
  await expect(enter(body)).rejects.toThrow(/BadUserAccessDenied/);
  expect(await liveSessions()).toEqual([body.session]);
  await signOut(tool);
  await expect.poll(liveSessions).toEqual([]);
});

test.each([
  ["another user", { user: "somebody" }],
  ["another ticket", { ticket: "aaaaaa-bbbbbb-cccccc-dddddd" }],
  ["no ticket", { ticket: "" }],
  ["another asset", { path: "other/opcua" }],
])("%s is refused, and says nothing about why", SLOW, async (_what, wrong) => {
  const { body } = await ticketFor(eva);
  await expect(enter({ ...body, ...wrong })).rejects.toThrow(/BadUserAccessDenied/);
  // Whoever has the right one still comes in.
  const tool = await enter(body);
  expect((await read(tool)).statusCode).toBe(StatusCodes.Good);
  await signOut(tool);
});

test("the certificate that the person is shown is the one that the tool sees", SLOW, async () => {
  const { body } = await ticketFor(eva);
  const url = `opc.tcp://127.0.0.1:${port}/${body.path}`;
  const client = await connectOpcua({ url, folder, security: NO_SECURITY, password: "" });
  const endpoints = await client.getEndpoints();
  await client.disconnect();
  const [shown] = endpoints;
  expect(shown?.serverCertificate && thumbprintOf(shown.serverCertificate)).toBe(body.thumbprint);
  // The asset is reached with security, so nobody comes to it without.
  expect(endpoints.every(({ securityMode }) => securityMode !== 1)).toBe(true);
  await expect(enter(body, NO_SECURITY)).rejects.toThrow();
  await site.first.ask("POST", `/api/sessions/${body.session}/end`, { reason: "tidy" });
});

test("whoever has no grant for it gets no ticket", SLOW, async () => {
  const max = await site.invite("Max", ["engineer"]);
  expect((await ticketFor(max)).status).toBe(404);
  const auditor = await site.invite("Aud", ["auditor"]);
  expect([403, 404]).toContain((await ticketFor(auditor)).status);
  expect((await ticketFor(eva, "works/other")).status).toBe(404);
});

test("a signed act is good for one ticket", SLOW, async () => {
  const begun = await eva.ask<ToSign>("POST", "/api/opcua-tickets/options", { endpoint: ENDPOINT });
  const { text, options } = begun.body;
  const body = { text, response: eva.authenticator.assert(options) };
  const first = await eva.ask<OpcuaTicketView>("POST", "/api/opcua-tickets", body);
  expect(first.status).toBe(200);
  expect((await eva.ask("POST", "/api/opcua-tickets", body)).status).toBeGreaterThanOrEqual(400);
  const tool = await enter(first.body);
  await signOut(tool);
});

test("ending the person's sign-in ends the tool's session", SLOW, async () => {
  const uma = await site.invite("Uma", ["engineer"]);
  const granted = await site.first.ask("POST", "/api/grants", {
    ...{ personId: uma.me?.person.id, endpoint: ENDPOINT, profile: "look", reason: "test" },
    ...{ fromMs: Date.now(), untilMs: Date.now() + 600_000 },
  });
  expect(granted.status).toBe(201);
  const { body } = await ticketFor(uma);
  const tool = await enter(body);
  await read(tool);
  await uma.ask("POST", "/api/sign-out", {});
  await expect(read(tool)).rejects.toThrow();
});

test(
  "its process is killed: people are told, it comes back by itself, and that is told too",
  SLOW,
  async () => {
    const { body } = await ticketFor(eva);
    const tool = await enter(body);
    await read(tool);
    const before = opcuaChildOf(process.pid) ?? 0;
    expect(isRunning(before)).toBe(true);
    process.kill(before, "SIGKILL");
    // What it asks is the broker's own to answer, until that hears of it.
    const reads = () =>
      read(tool).then(
        () => "read",
        () => "ended",
      );
    await expect.poll(reads, WITHIN).toBe("ended");
    await expect.poll(liveSessions, WITHIN).toEqual([]);
    const rings = async () => {
      const { body: all } = await site.first.ask<AlarmView[]>("GET", "/api/alarms");
      return all.filter(({ kind }) => kind === "opcua-process-failed").map(({ state }) => state);
    };
    // It returns once the process, which nobody has asked for, has run for a moment.
    await expect.poll(rings, WITHIN).toEqual(["returned"]);
    const { body: events } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
    const told = events.map(({ kind }) => kind).filter((kind) => kind.startsWith("opcua:"));
    // The newest stands first.
    expect(told).toEqual(["opcua:ready", "opcua:failed"]);
    const again = await enter((await ticketFor(eva)).body);
    expect((await read(again)).statusCode).toBe(StatusCodes.Good);
    await signOut(again);
  },
);
