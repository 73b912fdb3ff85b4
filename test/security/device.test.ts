/** What a thief of a cookie, of a token or of a signature gets: nothing opened, and somebody told. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { DeviceView } from "../../broker/api/shapes/devices.ts";
import type { AttachAnswer } from "../../broker/api/shapes/live.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { ConsoleUser, connected } from "../kit/console-user.ts";
import { DeviceKey } from "../kit/device-key.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

let site: RunningBroker;
let ann: ConsoleUser;
let people = 0;

const WANTED = { endpoint: "plc-treatment/modbus" };
const OPEN = ["POST", "/api/sessions"] as const;

beforeAll(async () => {
  site = await startRunningBroker();
}, 60_000);
afterAll(() => site.close());
// Each test has a person of its own: what it leaves behind is nobody else's.
beforeEach(async () => {
  people += 1;
  ann = await site.invite(`Ann${people}`, ["engineer"]);
});

async function events(kind: string): Promise<readonly SiteEventView[]> {
  const all = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return all.body.filter(
    (event) => event.kind === kind && event.text.includes(ann.me?.person.name ?? "?"),
  );
}

async function sessionsOf(user: ConsoleUser): Promise<readonly LiveSessionView[]> {
  return (await user.ask<LiveSessionView[]>("GET", "/api/sessions")).body;
}

async function nothingOpened(why: RegExp): Promise<void> {
  expect(await sessionsOf(ann)).toEqual([]);
  const [told] = await events("device:unproved");
  expect(told).toMatchObject({ priority: "alarm", text: expect.stringMatching(why) });
  const ringing = async () => {
    const { body } = await site.first.ask<AlarmView[]>("GET", "/api/alarms");
    return body.map(({ kind }) => kind);
  };
  await expect.poll(ringing).toContain("device-unproved");
}

/** Everything of the browser that can be copied. */
function withCookiesOf(user: ConsoleUser): ConsoleUser {
  const thief = new ConsoleUser(site.broker.address);
  for (const [name, value] of user.cookies) thief.cookies.set(name, value);
  thief.me = user.me;
  return thief;
}

async function devicesOf(user: ConsoleUser): Promise<readonly DeviceView[]> {
  return (await user.ask<DeviceView[]>("GET", "/api/me/devices")).body;
}

function attach(user: ConsoleUser, session: string, plain: boolean): Promise<AttachAnswer> {
  const socket = plain ? user.plainSocket() : user.socket();
  return connected(socket).then(
    () =>
      new Promise((resolve) => {
        socket.emit("attach", session, "main", (answer) => {
          resolve(answer);
          socket.disconnect();
        });
      }),
  );
}

test("a body nested without measure is its sender's fault, also where devices sign", async () => {
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const answer = await ann.askPlainly(...OPEN, deep);
  expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
});

test("a person's browser is enrolled with the passkey, silently, and is listed", async () => {
  expect(await devicesOf(ann)).toMatchObject([
    { kind: "browser", name: "Test browser", current: true, inUse: true, compliant: false },
  ]);
  expect(await events("device:enrolled")).toHaveLength(1);
  // Signing in again in the same browser makes no second one.
  await ann.signIn();
  expect(await devicesOf(ann)).toHaveLength(1);
  expect((await ann.ask(...OPEN, WANTED)).status).toBe(201);
});

test("a stolen cookie opens nothing: not without a signature, not by another key", async () => {
  const thief = withCookiesOf(ann);
  expect((await thief.ask("GET", "/api/me")).status).toBe(200);
  const plain = await thief.askPlainly(...OPEN, WANTED);
  expect([plain.status, plain.body.code]).toEqual([403, "device-proof"]);
  await nothingOpened(/without the device's signature/);
  const signed = await thief.ask(...OPEN, WANTED);
  expect([signed.status, signed.body.code]).toEqual([403, "device-proof"]);
  await nothingOpened(/signed by another device/);
});

test("a stolen cookie gives nobody a right either", async () => {
  const admin = site.first;
  const thief = withCookiesOf(admin);
  const person = { name: "Mal", email: "mal@plant.example", employer: "", roles: ["engineer"] };
  expect((await thief.ask("POST", "/api/people", person)).body.code).toBe("device-proof");
  expect((await thief.ask("POST", "/api/me/passkeys", {})).body.code).toBe("device-proof");
  const policy = { files: [], basedOn: "x", reason: "y" };
  expect((await thief.ask("POST", "/api/policies", policy)).body.code).toBe("device-proof");
});

test("a stolen cookie takes over no session that is open", async () => {
  const { body } = await ann.ask(...OPEN, WANTED);
  const thief = withCookiesOf(ann);
  for (const plain of [true, false]) {
    expect(await attach(thief, body.id, plain)).toMatchObject({ ok: false, code: "device-proof" });
  }
  await vi.waitFor(async () => expect((await events("device:unproved")).length).toBeGreaterThan(0));
  expect(await attach(ann, body.id, false)).toMatchObject({ ok: true });
  await ann.ask("POST", `/api/sessions/${body.id}/end`, { reason: "enough" });
});

test("a signature that was used opens nothing again", async () => {
  const proof = (await ann.proofFor(...OPEN, WANTED)) ?? "";
  const headers = { "sallyport-device": proof };
  const first = await ann.askPlainly(...OPEN, WANTED, { headers });
  expect(first.status).toBe(201);
  await ann.ask("POST", `/api/sessions/${first.body.id}/end`, { reason: "enough" });
  const again = await ann.askPlainly(...OPEN, WANTED, { headers });
  expect([again.status, again.body.code]).toEqual([403, "device-proof"]);
  await vi.waitFor(async () => expect(await sessionsOf(ann)).toEqual([]));
  await nothingOpened(/used before/);
});

test.each([
  ["another address", () => ann.proofFor("POST", "/api/sessions/x/panel", WANTED)],
  ["another method", () => ann.proofFor("PATCH", "/api/sessions", WANTED)],
])("a signature for %s opens nothing", async (_, proofOf) => {
  const headers = { "sallyport-device": (await proofOf()) ?? "" };
  const answer = await ann.askPlainly(...OPEN, WANTED, { headers });
  expect([answer.status, answer.body.code]).toEqual([403, "device-proof"]);
  await nothingOpened(/for something else/);
});

test("a signature for another asset opens nothing", async () => {
  const proof = await ann.proofFor(...OPEN, { endpoint: "plc-distribution/modbus" });
  const headers = { "sallyport-device": proof ?? "" };
  const answer = await ann.askPlainly(...OPEN, WANTED, { headers });
  expect(answer.body.code).toBe("device-proof");
  await nothingOpened(/another content/);
});

test("a challenge of somebody else's sign-in opens nothing", async () => {
  const other = await site.invite(`Other${people}`, ["engineer"]);
  const given = await other.ask<{ challenge: string }>("POST", "/api/me/device-nonces", {});
  const { challenge } = given.body;
  const url = `${site.broker.address}/api/sessions`;
  const body = JSON.stringify(WANTED);
  const proof = await ann.device.sign({ challenge, method: "POST", url, body });
  const headers = { "sallyport-device": proof };
  expect((await ann.askPlainly(...OPEN, WANTED, { headers })).body.code).toBe("device-proof");
  await nothingOpened(/challenge of another sign-in/);
});

test("a key that signs another challenge than the passkey's binds nothing", async () => {
  const begun = await ann.ask<{ options: { challenge: string } }>(
    "POST",
    "/api/sign-in/options",
    {},
  );
  const response = ann.authenticator.assert(begun.body.options);
  const url = `${site.broker.address}/api/sign-in`;
  const proof = await new DeviceKey().sign({ challenge: "A".repeat(43), method: "POST", url });
  const headers = { "sallyport-device": proof };
  const answer = await ann.askPlainly("POST", "/api/sign-in", { response }, { headers });
  expect([answer.status, answer.body.code]).toEqual([400, "response-invalid"]);
});

test("revoking a device ends what is open on it at once, and its key opens nothing again", async () => {
  const { body } = await ann.ask(...OPEN, WANTED);
  const other = withCookiesOf(ann);
  other.cookies.clear();
  Object.assign(other, { authenticator: ann.authenticator });
  await other.signIn();
  const [mine] = (await devicesOf(other)).filter(({ current }) => !current);
  const revoked = await other.ask("POST", `/api/me/devices/${mine?.id}/revocation`, {});
  expect(revoked.status).toBe(204);
  expect((await ann.ask("GET", "/api/me")).status).toBe(401);
  await vi.waitFor(async () => expect(await sessionsOf(other)).toEqual([]));
  const ended = await events("session:ended");
  expect(ended.find(({ session }) => session === body.id)?.text).toContain("revoked the device");
  await ann.signIn();
  const answer = await ann.ask(...OPEN, WANTED);
  expect([answer.status, answer.body.code]).toEqual([403, "device-required"]);
  expect(await events("device:revoked-used")).toHaveLength(1);
  // Nor does proving oneself again bring it back.
  expect((await ann.stepUp()).body.code).toBe("device-revoked");
});

test("who lost the key enrols the browser again by passkey; the old one is listed, unused", async () => {
  Object.assign(ann, { device: new DeviceKey() });
  expect((await ann.ask(...OPEN, WANTED)).body.code).toBe("device-proof");
  expect((await ann.stepUp()).status).toBe(200);
  expect((await ann.ask(...OPEN, WANTED)).status).toBe(201);
  const listed = (await devicesOf(ann)).map(({ current, inUse }) => ({ current, inUse }));
  expect(listed).toEqual([
    { current: true, inUse: true },
    { current: false, inUse: false },
  ]);
});

test("without a key nothing opens", async () => {
  const begun = await ann.ask<{ options: { challenge: string } }>(
    "POST",
    "/api/sign-in/options",
    {},
  );
  const response = ann.authenticator.assert(begun.body.options);
  await ann.askPlainly("POST", "/api/sign-in", { response });
  const answer = await ann.askPlainly(...OPEN, WANTED);
  expect([answer.status, answer.body.code]).toEqual([403, "device-required"]);
});

test("an administrator sees and revokes the device of another, who cannot reach theirs", async () => {
  const all = await site.first.ask<readonly (DeviceView & { person: { name: string } })[]>(
    ...(["GET", "/api/devices"] as const),
  );
  const hers = all.body.find(({ person }) => person.name === ann.me?.person.name);
  const own = all.body.find(({ current }) => current);
  const renamed = await ann.ask("PATCH", `/api/me/devices/${own?.id}`, { name: "Mine now" });
  expect(renamed.status).toBe(404);
  const foreign = await ann.ask("POST", `/api/me/devices/${own?.id}/revocation`, {});
  expect(foreign.status).toBe(404);
  await site.first.ask("PATCH", `/api/devices/${hers?.id}`, { name: "Lost laptop" });
  const revoked = await site.first.ask("POST", `/api/devices/${hers?.id}/revocation`, {});
  expect(revoked.status).toBe(204);
  expect((await ann.ask("GET", "/api/me")).status).toBe(401);
  const [told] = await events("device:revoked").then(() => events("device:enrolled"));
  expect(told).toBeDefined();
});
