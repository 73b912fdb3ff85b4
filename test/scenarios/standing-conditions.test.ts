/**
 * What sessions need besides a grant, over the API of a whole broker with the simulated plant: a
 * supervisor who watches, the control room's consent under a signature, and the key in the desk of
 * the control room. The plant itself is asked what arrived.
 */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { ConsentView } from "../../broker/api/shapes/consents.ts";
import type { GrantView, PlantView } from "../../broker/api/shapes/plant.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { type ConsoleUser, connected, type UserSocket } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { SessionPage } from "../kit/session-page.ts";

const ENDPOINT = "plc-treatment/modbus";
/** Without conditions of its own; the key switch covers it. */
const TUNING = { endpoint: ENDPOINT, grant: "engineers-tune-treatment" };
const speed = (raw: number) => writePoints(1, "holding-registers", 11, [raw]);
const READ = readPoints(1, "holding-registers", 11, 1);

let site: RunningBroker;
let eva: ConsoleUser;
let sue: ConsoleUser;
const sockets: UserSocket[] = [];

beforeAll(async () => {
  site = await startRunningBroker();
  eva = await site.invite("Eva", ["engineer"]);
  sue = await site.invite("Sue", ["supervisor"]);
}, 60_000);
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(() => site?.close());

async function socket(user: ConsoleUser): Promise<UserSocket> {
  const opened = user.socket();
  sockets.push(opened);
  return connected(opened);
}

/** `full-maintenance` needs both a supervisor and the control room, by the plant file. */
async function maintenance(): Promise<string> {
  const fromMs = Date.now();
  const made = await site.first.ask<GrantView>("POST", "/api/grants", {
    ...{ personId: eva.me?.person.id, endpoint: ENDPOINT, profile: "full-maintenance" },
    ...{ fromMs, untilMs: fromMs + 3_600_000, reason: "gearbox" },
  });
  expect(made.status).toBe(201);
  return made.body.id;
}

async function answer(user: ConsoleUser, id: string, body: { answer: string; reason: string }) {
  const path = `/api/consents/${id}`;
  const options = await user.ask<{ text: string; options: RequestOptions }>(
    "POST",
    `${path}/options`,
    body,
  );
  if (options.status !== 200) return options;
  const response = user.authenticator.assert(options.body.options);
  return user.ask<ConsentView>("POST", path, { ...body, text: options.body.text, response });
}

async function consented(grant: string): Promise<string> {
  const asked = await eva.ask<ConsentView>("POST", "/api/consents", { endpoint: ENDPOINT, grant });
  expect(asked.status).toBe(201);
  expect((await answer(sue, asked.body.id, { answer: "agree", reason: "" })).status).toBe(200);
  return asked.body.id;
}

async function open(grant: string, consent?: string) {
  const body = { endpoint: ENDPOINT, grant, ...(consent === undefined ? {} : { consent }) };
  return eva.ask<LiveSessionView & { code: string; message: string }>(
    "POST",
    "/api/sessions",
    body,
  );
}

async function events(): Promise<readonly SiteEventView[]> {
  return (await sue.ask<SiteEventView[]>("GET", "/api/events")).body;
}

const watch = (page: UserSocket, session: string) =>
  new Promise((resolve) => page.emit("watch", session, 0, resolve));

test("without the control room's consent nothing opens; with it one session does, once", async () => {
  const grant = await maintenance();
  expect((await open(grant)).body.code).toBe("consent-required");
  const consent = await consented(grant);
  const opened = await open(grant, consent);
  expect(opened.status).toBe(201);
  expect((await open(grant, consent)).body.code).toBe("consent-required");
  await eva.ask("POST", `/api/sessions/${opened.body.id}/end`, { reason: "" });
  const told = (await events()).map(({ kind }) => kind);
  expect(told).toEqual(expect.arrayContaining(["consent:asked", "consent:agreed"]));
});

test("refused, the asker reads why, and nothing opens", async () => {
  const grant = await maintenance();
  const asked = await eva.ask<ConsentView>("POST", "/api/consents", { endpoint: ENDPOINT, grant });
  await answer(sue, asked.body.id, { answer: "refuse", reason: "pressure test first" });
  const seen = await eva.ask<ConsentView>("GET", `/api/consents/${asked.body.id}`);
  expect(seen.body).toMatchObject({ state: "refused", by: "Sue", reason: "pressure test first" });
  expect((await open(grant, asked.body.id)).body.code).toBe("consent-required");
});

test("nobody without the right agrees, and nobody else sees the question", async () => {
  const grant = await maintenance();
  const asked = await eva.ask<ConsentView>("POST", "/api/consents", { endpoint: ENDPOINT, grant });
  const { id } = asked.body;
  expect((await answer(eva, id, { answer: "agree", reason: "" })).status).toBe(404);
  const other = await site.invite("Olaf", ["engineer"]);
  expect((await other.ask("GET", `/api/consents/${id}`)).status).toBe(404);
  expect((await eva.ask("POST", `/api/consents/${id}/withdrawal`, {})).status).toBe(204);
  expect((await answer(sue, id, { answer: "agree", reason: "" })).status).toBe(409);
});

test("a session that needs a supervisor changes nothing until one watches, and stops when they leave", async () => {
  const grant = await maintenance();
  const { body } = await open(grant, await consented(grant));
  expect(body.conditions).toMatchObject([
    { name: "supervisor" },
    { name: "key-switch remote-access" },
  ]);
  const page = await SessionPage.attach(await socket(eva), body.id);
  const refused = await page.ask(speed(300));
  expect(refused).toMatchObject({ kind: "exception", code: 6 });
  expect(page.rules()).toContain("supervisor-absent");

  const supervisor = await socket(sue);
  expect(await watch(supervisor, body.id)).toEqual({ ok: true });
  expect(await page.ask(speed(300))).toMatchObject({ kind: "exception" });
  supervisor.emit("presence", body.id, true);
  await page.until((event) => event.kind === "conditions" && event.classes.includes("operate"));
  expect(await page.ask(speed(300))).toMatchObject({ kind: "answer" });

  supervisor.disconnect();
  await page.until(
    (event) => event.kind === "conditions" && event.cause.rule === "supervisor-absent",
  );
  expect(await page.ask(speed(310))).toMatchObject({ kind: "exception", code: 6 });
  expect(await page.ask(READ)).toMatchObject({ kind: "answer" });
  await eva.ask("POST", `/api/sessions/${body.id}/end`, { reason: "" });
});

test("a page that is hidden, or is the owner's own, is no supervisor", async () => {
  const grant = await maintenance();
  const { body } = await open(grant, await consented(grant));
  const own = await socket(eva);
  await watch(own, body.id);
  own.emit("presence", body.id, true);
  const supervisor = await socket(sue);
  await watch(supervisor, body.id);
  supervisor.emit("presence", body.id, true);
  supervisor.emit("presence", body.id, false);
  await vi.waitUntil(async () => {
    const now = await eva.ask<LiveSessionView>("GET", `/api/sessions/${body.id}`);
    return now.body.conditions[0]?.unmet?.reason.startsWith("The supervisor left");
  });
  await eva.ask("POST", `/api/sessions/${body.id}/end`, { reason: "" });
});

async function keySwitch(state: "on" | "off" | "unknown"): Promise<void> {
  await vi.waitUntil(
    async () => {
      const { body } = await eva.ask<PlantView>("GET", "/api/plant");
      return body.keySwitches[0]?.state === state;
    },
    { timeout: 15_000 },
  );
}

test("the key is turned off: live sessions only look, new ones are refused; on again they go on", async () => {
  await keySwitch("on");
  const opened = await eva.ask<LiveSessionView>("POST", "/api/sessions", TUNING);
  expect(opened.status).toBe(201);
  const page = await SessionPage.attach(await socket(eva), opened.body.id);
  site.plant.turnKey(false);
  await page.until((event) => event.kind === "conditions" && !event.classes.includes("operate"));
  expect(await page.ask(speed(320))).toMatchObject({ kind: "exception", code: 6 });
  expect(page.rules()).toContain("key-switch");
  const second = await eva.ask("POST", "/api/sessions", TUNING);
  expect(second.body).toMatchObject({ code: "key-switch", message: /Remote access.* is off/ });
  site.plant.turnKey(true);
  await page.until((event) => event.kind === "conditions" && event.classes.includes("operate"));
  expect(await page.ask(speed(320))).toMatchObject({ kind: "answer" });
  await eva.ask("POST", `/api/sessions/${opened.body.id}/end`, { reason: "" });
});

test("a key that cannot be read counts as off, and raises an alarm", async () => {
  const opened = await eva.ask<LiveSessionView>("POST", "/api/sessions", TUNING);
  const page = await SessionPage.attach(await socket(eva), opened.body.id);
  site.plant.fault("treatment", { kind: "hang" });
  await page.until((event) => event.kind === "conditions" && !event.classes.includes("operate"));
  expect((await eva.ask("POST", "/api/sessions", TUNING)).body.code).toBe("key-switch");
  site.plant.fault("treatment", { kind: "none" });
  await keySwitch("on");
  expect(await events()).toContainEqual(
    expect.objectContaining({ kind: "key-switch:unknown", priority: "alarm" }),
  );
  await eva.ask("POST", `/api/sessions/${opened.body.id}/end`, { reason: "" });
});

test("the broker's own reading is recorded as the broker's, and is nobody's session", async () => {
  const auditor = await site.invite("Ida", ["auditor"]);
  const recordings = await auditor.ask<{ subject: { id: string }; profile: string }[]>(
    "GET",
    "/api/recordings",
  );
  const all = Array.isArray(recordings.body) ? recordings.body : [];
  expect(JSON.stringify(recordings.body)).toContain('"key-switch"');
  expect(
    all.every(({ subject, profile }) => (subject.id === "broker") === (profile === "key-switch")),
  ).toBe(true);
  const sessions = await sue.ask<LiveSessionView[]>("GET", "/api/sessions");
  expect(sessions.body.map(({ subject }) => subject.name)).not.toContain("broker");
});
