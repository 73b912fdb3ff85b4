/** The command as one file, where nothing else of the project is. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogStateView } from "../../broker/api/shapes/log.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { makeCommand } from "../../deploy/release/make-command.ts";
import { approveMachine, signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand, startCommand } from "../kit/sallyport-command.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const folder = makeFolder();
const home = path.join(folder, "home");
let file: string;
let site: RunningBroker;

beforeAll(async () => {
  file = await makeCommand(path.join(folder, "made"));
  site = await startRunningBroker();
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

test("one file knows its version, its help and its mistakes", { timeout: 60_000 }, async () => {
  expect(readdirSync(path.dirname(file))).toEqual(["sallyport.mjs"]);
  const version = await runCommand(home, ["--version"], file);
  expect(version).toMatchObject({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  const help = await runCommand(home, ["connect", "--help"], file);
  expect(help.output).toContain("sallyport connect plc-treatment");
  expect(help.output).toContain("Exit codes: 0 done");
  expect((await runCommand(home, ["connect"], file)).code).toBe(2);
  expect((await runCommand(home, ["assets"], file)).code).toBe(3);
});

test("it signs in, and asks the broker", { timeout: 90_000 }, async () => {
  const asking = startCommand(home, ["login", site.broker.address, "--json"], file);
  const [line = ""] = await asking.says(/^\{"kind":"ask".*$/m);
  const { code, number } = JSON.parse(line) as { code: string; number: number };
  expect(await approveMachine(site.first, code, number)).toBe(204);
  expect(await asking.ended).toBe(0);
  const assets = await runCommand(home, ["assets"], file);
  expect(assets).toMatchObject({
    code: 0,
    output: expect.stringContaining("plc-treatment/modbus"),
  });
});

/** One of her own that has ended. */
async function endedSession(): Promise<string> {
  const asked = { endpoint: "plc-treatment/modbus" };
  const { body } = await site.first.ask<LiveSessionView>("POST", "/api/sessions", asked);
  await site.first.ask("POST", `/api/sessions/${body.id}/end`, { reason: "done" });
  return body.id;
}

async function writePolicy(name: string, key?: string): Promise<string> {
  const { body } = await site.first.ask<LogStateView>("GET", "/api/log");
  const policy = path.join(folder, name);
  writeFileSync(policy, `log ${key ?? body.logs[0]?.key}\nquorum none\n`);
  return policy;
}

test("it takes a recording over the network, and proves it offline", {
  timeout: 120_000,
}, async () => {
  const session = await endedSession();
  const policy = await writePolicy("policy");
  const bundle = path.join(folder, "bundle.zip");
  const take = async () => {
    const done = await runCommand(home, ["export", session, "--out", bundle, "--json"], file);
    // Its end is under a checkpoint a moment later.
    if (done.code !== 0) expect(done.errors).toContain("There is no bundle of it now");
    return done.code;
  };
  await expect.poll(take, { timeout: 60_000, interval: 500 }).toBe(0);
  const proved = await runCommand(home, ["verify", bundle, "--policy", policy], file);
  expect(proved).toMatchObject({ code: 0, output: expect.stringMatching(/^PROVED\n/) });
  expect(proved.output).toContain(session);
  const asked = ["verify", session, "--policy", policy, "--json"];
  const direct = await runCommand(home, asked, file);
  expect(direct.code).toBe(0);
  expect(JSON.parse(direct.output)).toMatchObject({ verdict: "proved", sessions: [{ session }] });
  const csv = path.join(folder, "deeds.csv");
  const sheet = await runCommand(home, ["export", session, "--as", "csv", "--out", csv], file);
  expect([sheet.code, existsSync(csv)]).toEqual([0, true]);
  // One that broke off goes on where it was.
  const whole = readFileSync(csv);
  const half = Math.floor(whole.length / 2);
  const again = path.join(folder, "again.csv");
  writeFileSync(`${again}.part`, whole.subarray(0, half));
  const rest = ["export", session, "--as", "csv", "--out", again, "--json"];
  const resumed = await runCommand(home, rest, file);
  expect(JSON.parse(resumed.output)).toMatchObject({ bytes: whole.length, confirmed: true });
  expect(readFileSync(again)).toEqual(whole);
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  const told = body.filter(({ kind }) => kind === "recording:exported");
  expect(told).toHaveLength(4);
  expect(told.filter(({ text }) => text.endsWith(`from byte ${half} on`))).toHaveLength(1);
});

test("who may not have a recording gets nothing of it, and no policy is no proof", {
  timeout: 90_000,
}, async () => {
  const session = await endedSession();
  const other = path.join(folder, "other-home");
  const eve = await site.invite("Eve", ["engineer"]);
  await signInMachine(other, eve);
  const out = path.join(folder, "none.zip");
  const refused = await runCommand(other, ["export", session, "--out", out], file);
  expect([refused.code, existsSync(out)]).toEqual([4, false]);
  const none = path.join(folder, "no-policy");
  expect((await runCommand(home, ["verify", session, "--policy", none], file)).code).toBe(2);
  expect((await runCommand(home, ["verify", "../x", "--policy", none], file)).code).toBe(2);
  expect((await runCommand(home, ["export", "../x"], file)).code).toBe(2);
});
