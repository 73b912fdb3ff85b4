/** Assets that nobody pinned: refused, shown, compared, accepted with a passkey, changed, withdrawn. */
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { AssetIdentitiesView, KnownIdentityView } from "../../broker/api/shapes/identities.ts";
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { newKey } from "../../broker/native/ssh-host-key.ts";
import { encodeMessage } from "../../protocols/ssh/message.ts";
import { type OpcuaServer, startOpcuaServer } from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { makeAuthority } from "../kit/certificates.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

// Slow: a broker, an OPC UA server and an https server of its own.
const SLOW = { timeout: 120_000 };
const WITHIN = { timeout: 30_000, interval: 50 };
const folder = mkdtempSync(join(tmpdir(), "sallyport-identity-"));
const SWITCH = "switch/ssh";

let site: RunningBroker;
let ada: ConsoleUser;
let eva: ConsoleUser;
let works: OpcuaServer;
let panel: TlsServer;
let panelDigest: string;
let device: Device;

/** A device of SSH that counts who tries to sign in. */
interface Device {
  readonly port: number;
  readonly fingerprint: string;
  readonly tried: () => number;
  close(): Promise<void>;
}

async function startDevice(port: number): Promise<Device> {
  const key = newKey();
  let tried = 0;
  const server = new ssh2.Server({ hostKeys: [key] }, (connection) => {
    connection.on("error", () => connection.end());
    connection.on("authentication", (context) => {
      if (context.method !== "password") return context.reject(["password"]);
      tried += 1;
      context.accept();
    });
    connection.on("session", (accept) => {
      const session = accept();
      session.on("pty", (yes) => yes?.());
      session.on("shell", (yes) => yes().write("device> "));
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  const blob = parsed.getPublicSSH();
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: `SHA256:${digest}`,
    tried: () => tried,
    // Connections that are there live on; the port is free at once.
    close: async () => {
      server.close();
      await setImmediate();
    },
  };
}

async function startPanel(): Promise<TlsServer> {
  const { certificate, key } = makeAuthority(folder).issue("panel", "IP:127.0.0.1");
  panelDigest = new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
  const server = createTlsServer({ cert: certificate, key }, (_, answer) => answer.end("panel"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function plantText(tlsPort: number): string {
  const at = (port: number) => `address: "127.0.0.1:${port}", allow-local: true`;
  return `
site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - { id: switch, name: Switch, zone: z, endpoints: [{ id: ssh, protocol: ssh, ${at(device.port)} }] }
  - { id: works, name: Works, zone: z, endpoints: [{ id: opcua, protocol: opcua, ${at(works.port)}, security: Basic256Sha256/SignAndEncrypt }] }
  - { id: panel, name: Panel, zone: z, endpoints: [{ id: web, protocol: web, ${at(tlsPort)}, tls: true }] }
profiles:
  - id: all
    rules: [{ name: all, permit: [observe, operate, configure] }]
grants:
  - { id: engineers, subject: "role:engineer", endpoint: switch/ssh, profile: all }
`;
}

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  panel = await startPanel();
  device = await startDevice(0);
  const file = join(folder, "plant.yaml");
  writeFileSync(file, plantText((panel.address() as AddressInfo).port));
  site = await startRunningBroker({ SALLYPORT_PLANT: file });
  ada = site.first;
  eva = await site.invite("Eva", ["engineer"]);
  const credential = { kind: "password", user: "operator", password: "very secret" };
  const set = await ada.ask("POST", "/api/credentials", { endpoint: SWITCH, credential });
  expect(set.status).toBeLessThan(300);
}, 120_000);

afterAll(async () => {
  await site?.close();
  await works?.close();
  panel?.close();
  await device?.close();
  rmSync(folder, { recursive: true });
});

async function known(endpoint: string): Promise<readonly KnownIdentityView[]> {
  const { body } = await ada.ask<AssetIdentitiesView>("GET", "/api/asset-identities");
  return body.endpoints.find((each) => each.endpoint === endpoint)?.known ?? [];
}

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

async function sign(who: ConsoleUser, wish: object) {
  const begun = await who.ask<ToSign>("POST", "/api/asset-identities/options", wish);
  if (begun.status !== 200) return begun;
  const { text, options } = begun.body;
  const response = who.authenticator.assert(options);
  return who.ask("POST", "/api/asset-identities", { text, response });
}

const trust = (endpoint: string, fingerprint: string, keep = false) =>
  sign(ada, { act: "trust", endpoint, fingerprint, keep });

/** Eva's terminal: opens a session, asks for a shell, and says what came back. */
async function terminal() {
  const opened = await eva.ask<{ id: string }>("POST", "/api/sessions", { endpoint: SWITCH });
  expect(opened.status).toBe(201);
  const { id } = opened.body;
  const socket = eva.socket();
  let heard = "";
  let ended: unknown;
  socket.on("bytes", (_session, _channel, bytes) => {
    heard += Buffer.from(bytes).toString("latin1");
  });
  socket.on("event", (_session, event) => {
    if (event.kind !== "end") return;
    ended = event.cause;
    heard += event.cause.reason;
  });
  socket.connect();
  await once(socket as never, "connect");
  const attached = await new Promise<LiveAnswer>((done) => socket.emit("attach", id, "main", done));
  expect(attached.ok).toBe(true);
  const rest = new Uint8Array(0);
  for (const message of [
    encodeMessage({ kind: "open", type: "session", rest }),
    encodeMessage({ kind: "request", name: "shell", wantReply: true, rest }),
  ]) {
    socket.emit("bytes", id, "main", message);
  }
  return {
    id,
    says: (words: RegExp) => vi.waitFor(() => expect(heard).toMatch(words), WITHIN),
    ended: () => vi.waitUntil(() => ended, WITHIN),
    close: async () => {
      await eva.ask("POST", `/api/sessions/${id}/end`, {});
      socket.disconnect();
    },
  };
}

async function events(): Promise<readonly SiteEventView[]> {
  return (await ada.ask<SiteEventView[]>("GET", "/api/events")).body;
}

async function alarm(kind: string): Promise<AlarmView | undefined> {
  const { body } = await ada.ask<AlarmView[]>("GET", "/api/alarms");
  return body.find((each) => each.kind === kind && each.state !== "returned");
}

test(
  "each of the three kinds is seen without a session, and its fingerprint is its own",
  SLOW,
  async () => {
    for (const endpoint of [SWITCH, "works/opcua", "panel/web"]) {
      expect(await known(endpoint)).toEqual([]);
      const looked = await ada.ask("POST", "/api/asset-identities/look", { endpoint });
      expect([endpoint, looked.status]).toEqual([endpoint, 204]);
    }
    expect(await known(SWITCH)).toMatchObject([
      { fingerprint: device.fingerprint, algorithm: "ssh-ed25519", trusted: null },
    ]);
    expect(device.tried()).toBe(0);
    const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
    const certificate = new X509Certificate(pem);
    const plain = (text: string) => text.replaceAll(":", "").toLowerCase();
    const [opcua] = await known("works/opcua");
    expect(opcua?.fingerprint).toBe(plain(certificate.fingerprint256));
    expect(opcua?.alsoWritten.map(({ text }) => plain(text))).toContain(
      plain(certificate.fingerprint),
    );
    const [web] = await known("panel/web");
    expect(web).toMatchObject({ fingerprint: panelDigest, algorithm: "EC prime256v1" });
    expect(web?.certificate).toMatchObject({ subject: "CN=panel", issuer: "CN=ca" });
  },
);

test(
  "what is not accepted is told nothing and rings; accepted it works; changed it is refused again",
  SLOW,
  async () => {
    const before = await terminal();
    await before.says(/no host key of switch\/ssh is trusted yet/);
    await before.close();
    expect(device.tried()).toBe(0);
    await vi.waitUntil(() => alarm("asset-key-unknown"), WITHIN);

    const old = device.fingerprint;
    expect((await trust(SWITCH, old)).body).toEqual({ waits: false });
    const works1 = await terminal();
    await works1.says(/device>/);
    expect(device.tried()).toBe(1);

    const { port } = device;
    await device.close();
    device = await startDevice(port);
    const second = await terminal();
    await second.says(/shows another host key than the one that is trusted/);
    expect(device.tried()).toBe(0);
    await second.close();
    await vi.waitUntil(() => alarm("asset-key-changed"), WITHIN);
    expect((await events()).find(({ kind }) => kind === "asset:key-changed")?.text).toContain(
      device.fingerprint,
    );

    expect((await trust(SWITCH, device.fingerprint)).body).toEqual({ waits: false });
    expect(await works1.ended()).toMatchObject({ rule: "trust-withdrawn" });
    await vi.waitUntil(async () => !(await alarm("asset-key-changed")), WITHIN);
    const third = await terminal();
    await third.says(/device>/);
    const { fingerprint } = device;
    const withdrawn = await sign(ada, { act: "withdraw", endpoint: SWITCH, fingerprint });
    expect(withdrawn.status).toBe(200);
    expect(await third.ended()).toMatchObject({ rule: "trust-withdrawn" });
    const states = (await known(SWITCH)).map((each) => [each.fingerprint, each.trusted]);
    expect(states.toSorted()).toEqual(
      [
        [old, null],
        [fingerprint, null],
      ].toSorted(),
    );
  },
);

test("an engineer neither sees nor asks nor signs, and nobody signs for two", SLOW, async () => {
  const { fingerprint } = device;
  const wish = { act: "trust", endpoint: SWITCH, fingerprint, keep: false };
  expect((await eva.ask("GET", "/api/asset-identities")).status).toBe(404);
  expect((await eva.ask("POST", "/api/asset-identities/look", { endpoint: SWITCH })).status).toBe(
    404,
  );
  expect((await sign(eva, wish)).status).toBe(404);
  const begun = await ada.ask<ToSign>("POST", "/api/asset-identities/options", wish);
  const { text, options } = begun.body;
  const response = ada.authenticator.assert(options);
  const forged = text.replace(fingerprint, `SHA256:${"A".repeat(43)}`);
  const lied = await ada.ask("POST", "/api/asset-identities", { text: forged, response });
  expect(lied.status).toBeGreaterThanOrEqual(400);
  expect((await known(SWITCH)).every(({ trusted }) => trusted === null)).toBe(true);
  for (const bad of [
    { ...wish, endpoint: "../switch" },
    { ...wish, fingerprint: "" },
    { ...wish, act: "forget" },
    { ...wish, more: 1 },
  ]) {
    const answer = await ada.ask("POST", "/api/asset-identities/options", bad);
    expect([400, 404]).toContain(answer.status);
  }
});

test("an asset that is away or speaks something else is said so", SLOW, async () => {
  await device.close();
  const away = await ada.ask("POST", "/api/asset-identities/look", { endpoint: SWITCH });
  expect(away.status).toBe(502);
  expect(away.body).toMatchObject({ code: "nothing-shown" });
  device = await startDevice(device.port);
});
