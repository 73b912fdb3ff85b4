/** A lone administrator locked the site: the way out is on the host, with the broker running or not. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LockView } from "../../broker/api/shapes/locks.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { openStore } from "../../broker/store/store.ts";
import { runProgram } from "../kit/child.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const COMMAND = new URL("../../broker/cli/sallyport.ts", import.meta.url).pathname;

let site: RunningBroker;
beforeAll(async () => {
  // As the broker's own program does: the command refuses files that others could read.
  process.umask(0o077);
  site = await startRunningBroker();
}, 60_000);
afterAll(() => site.close());

function unlock(...more: string[]) {
  const env = { SALLYPORT_DATA: join(site.folder, "data") };
  return runProgram(process.execPath, [COMMAND, "unlock", ...more], { env });
}

async function lock(kind: string, target: string): Promise<void> {
  const answer = await site.first.ask("POST", "/api/locks", { kind, target, reason: "alone" });
  expect(answer.status).toBe(201);
}

async function locks(): Promise<readonly string[]> {
  const answer = await site.first.ask<LockView[]>("GET", "/api/locks");
  return answer.body.map(({ kind }) => kind).sort();
}

const opens = () => site.first.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });

test("beside a running broker the site opens again at once, with an alarm that says who", async () => {
  await lock("site", "nordwasser");
  await lock("person", site.first.me?.person.id ?? "");
  await lock("asset", "plc-distribution");
  expect((await opens()).body.code).toBe("locked");
  const done = await unlock();
  expect(done).toMatchObject({ code: 0, output: expect.stringMatching(/^Lifted: .*Nord/) });
  expect(await locks()).toEqual(["asset"]);
  expect((await opens()).status).toBe(201);
  const events = (await site.first.ask<SiteEventView[]>("GET", "/api/events")).body;
  const lifted = events.filter(({ kind }) => kind === "lock:lifted-on-host");
  expect(lifted).toHaveLength(2);
  expect(lifted[0]).toMatchObject({ priority: "alarm" });
  expect(lifted[0]?.text).toMatch(/ on this machine lifted the lock of .* on the host/);
});

test("every other lock stays unless all are asked for", async () => {
  const none = await unlock();
  expect(none.output).toMatch(/^Nothing was locked that keeps an administrator out\./);
  expect(await locks()).toEqual(["asset"]);
  expect((await unlock("--all")).output).toMatch(/^Lifted: the asset Distribution PLC/);
  expect(await locks()).toEqual([]);
});

test("with the broker stopped it is done in the database, and kept as an alarm", async () => {
  await lock("site", "nordwasser");
  await site.broker.close();
  expect((await unlock()).output).toMatch(/^Lifted: the site Waterworks Nord\.\n/);
  const store = await openStore({ path: join(site.folder, "data/sallyport.db") });
  const events = await store.log.list();
  await store.close();
  expect(events[0]).toMatchObject({ kind: "lock:lifted-on-host", priority: "alarm" });
  expect((await unlock()).output).toMatch(/^Nothing was locked/);
});
