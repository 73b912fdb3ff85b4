/** What raises alarms in a running broker, and who may do what with them. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { LockView } from "../../broker/api/shapes/locks.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { writePoints } from "../../protocols/modbus/build.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { WorkedSession } from "../kit/worked-session.ts";

const TOKEN = "the-token-of-the-scraper";

let site: RunningBroker;
let sam: ConsoleUser;
let eva: ConsoleUser;
let anna: ConsoleUser;

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_METRICS_TOKEN: TOKEN });
  sam = await site.invite("Sam", ["supervisor"]);
  eva = await site.invite("Eva", ["engineer"]);
  anna = await site.invite("Anna", ["auditor"]);
}, 60_000);
afterAll(() => site.close());

async function alarms(): Promise<AlarmView[]> {
  return (await sam.ask<AlarmView[]>("GET", "/api/alarms")).body;
}

const ofKind = async (kind: string) => (await alarms()).filter((alarm) => alarm.kind === kind);

async function metric(priority: string, state: string): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { text } = await sam.ask("GET", "/metrics", undefined, { headers });
  const line = new RegExp(
    `^sallyport_alarms\\{priority="${priority}",state="${state}"\\} (\\d+)$`,
    "m",
  );
  return Number(line.exec(text)?.[1] ?? -1);
}

test("many refused writes on one session are one alarm", async () => {
  const session = await WorkedSession.open(eva);
  for (let at = 0; at < 20; at += 1) {
    await session.ask(writePoints(1, "holding-registers", 900, [at]));
  }
  await expect.poll(async () => (await ofKind("operation-refused")).length).toBe(1);
  const [alarm] = await ofKind("operation-refused");
  expect(alarm).toMatchObject({ priority: "low", state: "unacknowledged", session: session.id });
  expect(alarm?.text).toContain("Eva");
  expect(await metric("low", "unacknowledged")).toBe(1);
  await session.end();
});

test("supervisors acknowledge with a reason, engineers and auditors do not", async () => {
  const [alarm] = await ofKind("operation-refused");
  const address = `/api/alarms/${alarm?.id}/acknowledgement`;
  for (const user of [eva, anna]) {
    expect((await user.ask("POST", address, { reason: "mine" })).status).toBe(404);
  }
  expect((await sam.ask("POST", address, { reason: "  " })).status).toBe(400);
  const done = await sam.ask<AlarmView>("POST", address, { reason: "I ask Eva\u0007" });
  expect(done.body.acknowledged).toMatchObject({ name: "Sam", reason: "I ask Eva" });
  const again = await sam.ask("POST", address, { reason: "once more" });
  expect([again.status, again.body.code]).toEqual([409, "changed"]);
  expect(await metric("low", "acknowledged")).toBe(1);
});

test("a lock is an alarm while it is in force", async () => {
  const lock = { kind: "asset", target: "plc-treatment", reason: "flooded pit" };
  const set = await sam.ask<LockView>("POST", "/api/locks", lock);
  expect(set.status).toBe(201);
  const [alarm] = await ofKind("lockdown");
  expect(alarm?.text).toBe("Sam locked the asset Treatment PLC: flooded pit");
  const lift = `/api/locks/${set.body.id}/lift`;
  type ToSign = { readonly text: string; readonly options: RequestOptions };
  const { text, options } = (await sam.ask<ToSign>("POST", `${lift}/options`, {})).body;
  await sam.ask("POST", lift, { text, response: sam.authenticator.assert(options) });
  expect(await ofKind("lockdown")).toEqual([]);
  const past = (await sam.ask<AlarmView[]>("GET", "/api/alarms/past")).body;
  expect(past[0]).toMatchObject({ kind: "lockdown", state: "over", acknowledged: null });
});

test("an alarm is shelved no longer than its priority allows, and not by who may only see it", async () => {
  const [alarm] = await ofKind("operation-refused");
  const address = `/api/alarms/${alarm?.id}/shelf`;
  const twelve = { reason: "tomorrow", forMs: 12 * 3_600_000 };
  expect((await anna.ask("POST", address, twelve)).status).toBe(404);
  expect((await sam.ask("POST", address, { ...twelve, forMs: 1e15 })).status).toBe(400);
  expect((await sam.ask("POST", address, { ...twelve, reason: "" })).status).toBe(400);
  expect((await sam.ask<AlarmView>("POST", address, twelve)).body.state).toBe("shelved");
  const back = await sam.ask<AlarmView>("POST", `${address}/end`, { reason: "looked at it" });
  expect(back.body.state).toBe("acknowledged");
});

test("every change of an alarm stands in the site log", async () => {
  const events = await sam.ask<SiteEventView[]>("GET", "/api/events");
  const kinds = new Set(events.body.map(({ kind }) => kind));
  for (const what of ["raised", "acknowledged", "returned", "shelved", "unshelved"]) {
    expect(kinds).toContain(`alarm:${what}`);
  }
  const acknowledged = events.body.find(({ kind }) => kind === "alarm:acknowledged");
  expect(acknowledged?.text).toContain("Sam acknowledged the alarm Operations are refused");
  const folder = path.join(site.folder, "data/site-log/1");
  const logged = () => readFileSync(path.join(folder, "checkpoint"), "utf8").split("\n")[1];
  const found = async () =>
    (await anna.ask("GET", "/api/log/entries?what=alarm:acknowledged")).text.includes("I ask Eva");
  await expect.poll(found, { timeout: 20_000, interval: 500 }).toBe(true);
  expect(Number(logged())).toBeGreaterThan(10);
});
