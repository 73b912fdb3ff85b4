/** What is known of a computer takes rights from live sessions at once, and gives them back. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { DeviceView, PersonsDeviceView } from "../../broker/api/shapes/devices.ts";
import type { PoliciesView, PolicyActivationView } from "../../broker/api/shapes/policies.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { BrokerClient } from "../../broker/cli/remote/broker-client.ts";
import { Home } from "../../broker/cli/remote/home.ts";
import { MachineKeyPair } from "../../broker/cli/remote/machine-key.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { approveMachine, askToSignIn } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand } from "../kit/sallyport-command.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const TOKEN = "fleet-reports-here-1";
const EXAMPLE = new URL("../../deploy/examples/more-policies/", import.meta.url);
const OS = { name: "Debian GNU/Linux", version: "12" };
const GOOD = { os: OS, diskEncryption: "yes", screenLock: "yes", endpointProtection: "unknown" };
const BAD = { ...GOOD, screenLock: "no" };

let site: RunningBroker;
let ann: ConsoleUser;
let folder: string;

beforeAll(async () => {
  folder = makeFolder();
  site = await startRunningBroker({ SALLYPORT_POSTURE_TOKEN: TOKEN });
  ann = await site.invite("Ann", ["engineer"]);
  await inForce(["healthy-devices.cedar", "healthy-devices.tests.yaml"]);
}, 90_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

/** Beside the policies that are there. */
async function inForce(names: readonly string[]): Promise<void> {
  const now = (await site.first.ask<PoliciesView>("GET", "/api/policies")).body;
  const more = names.map((name) => ({ name, text: readFileSync(new URL(name, EXAMPLE), "utf8") }));
  const change = { files: [...now.files, ...more], basedOn: now.version.digest, reason: "devices" };
  const done = await site.first.ask<PolicyActivationView>("POST", "/api/policies", change);
  expect(done.body.check).toMatchObject({ valid: true, failures: [] });
}

function report(facts: object, more: object = {}, token = TOKEN) {
  const headers = { authorization: `Bearer ${token}`, origin: null, "sec-fetch-site": null };
  const reports = [{ inventory: "LT-0042", facts, ...more }];
  const body = { source: "fleet", reports };
  return ann.ask<{ taken: number; unknown: string[] }>(
    ...(["POST", "/api/posture-reports", body] as const),
    { headers, cookies: false },
  );
}

async function devices(): Promise<readonly DeviceView[]> {
  return (await ann.ask<DeviceView[]>("GET", "/api/me/devices")).body;
}

async function classes(id: string): Promise<readonly string[]> {
  return (await ann.ask<LiveSessionView>("GET", `/api/sessions/${id}`)).body.capabilities;
}

async function kinds(): Promise<readonly string[]> {
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return body.map(({ kind }) => kind);
}

test("who has no token reports nothing, and no page can", async () => {
  expect((await report(GOOD, {}, "wrong-token-of-some-length")).status).toBe(404);
  const asPage = await ann.ask("POST", "/api/posture-reports", { source: "x", reports: [] });
  expect(asPage.status).toBe(404);
});

test("a report about a computer that nobody named is told so", async () => {
  expect((await report(GOOD)).body).toEqual({ taken: 0, unknown: ["LT-0042"] });
});

test("a live session turns view-only with a failing report, and is given back with a good one", async () => {
  const all = (await site.first.ask<PersonsDeviceView[]>("GET", "/api/devices")).body;
  const hers = all.find(({ person }) => person.name === "Ann");
  const named = { inventory: "LT-0042" };
  expect((await site.first.ask("PATCH", `/api/devices/${hers?.id}`, named)).status).toBe(204);

  // Nothing is known of it yet: it may look.
  const grant = { endpoint: "plc-treatment/modbus" };
  const opened = await ann.ask<LiveSessionView>("POST", "/api/sessions", grant);
  expect(opened.body.capabilities).toEqual(["observe"]);
  const { id } = opened.body;

  expect((await report(GOOD)).body).toEqual({ taken: 1, unknown: [] });
  expect(await devices()).toMatchObject([{ compliant: true, failing: [] }]);
  expect(await classes(id)).toContain("operate");

  await report(BAD);
  expect(await classes(id)).toEqual(["observe"]);
  expect(await devices()).toMatchObject([{ compliant: false, failing: ["screen-lock"] }]);

  // An older one that says otherwise comes too late.
  await report(GOOD, { observed: new Date(Date.now() - 3_600_000).toISOString() });
  expect(await classes(id)).toEqual(["observe"]);
  await report(GOOD);
  expect(await classes(id)).toContain("operate");
  expect(await kinds()).toEqual(
    expect.arrayContaining(["device:compliant", "device:not-compliant"]),
  );
  await ann.ask("POST", `/api/sessions/${id}/end`, { reason: "enough" });
});

test("a report that is too old says nothing any more", async () => {
  await site.first.ask("PATCH", `/api/devices/${(await devices())[0]?.id}`, { inventory: "LT-7" });
  const other = await site.invite("Otto", ["engineer"]);
  const [device] = (await other.ask<DeviceView[]>("GET", "/api/me/devices")).body;
  await site.first.ask("PATCH", `/api/devices/${device?.id}`, { inventory: "LT-0042" });
  await report(GOOD, { observed: new Date(Date.now() - 25 * 3_600_000).toISOString() });
  const [now] = (await other.ask<DeviceView[]>("GET", "/api/me/devices")).body;
  expect(now).toMatchObject({ compliant: false, report: { source: "fleet" } });
});

test("a machine reports by the command, and its report counts for the browser that named it", async () => {
  const bea = await site.invite("Bea", ["engineer"]);
  const home = `${folder}/home`;
  const asking = await askToSignIn(home, bea.address);
  expect(await approveMachine(bea, asking.code, asking.number, true)).toBe(204);
  expect(await asking.ended).toBe(0);
  const listed = async () => (await bea.ask<DeviceView[]>("GET", "/api/me/devices")).body;
  await vi.waitFor(async () =>
    expect(await listed()).toContainEqual(
      expect.objectContaining({ kind: "browser", machine: expect.any(String) }),
    ),
  );
  const sent = await runCommand(home, ["posture", "--json"]);
  expect(sent).toMatchObject({ code: 0, errors: "" });
  const [browser] = (await listed()).filter(({ kind }) => kind === "browser");
  expect(browser?.report).toMatchObject({ source: "machine", facts: { os: expect.anything() } });
}, 60_000);

test("nobody signs a report of a machine but the machine", async () => {
  const home = `${folder}/home`;
  const who = await runCommand(home, ["whoami", "--json"]);
  expect(who.code).toBe(0);
  const account = new Home({ SALLYPORT_HOME: home }).account(undefined);
  const client = BrokerClient.of(account, new Home({ SALLYPORT_HOME: home }).key());
  const stranger = MachineKeyPair.create();
  const claims = { aud: account.broker, facts: GOOD };
  const report = await stranger.state("sallyport-posture+jwt", claims, Date.now());
  const answer = client.ask("POST /api/posture", { body: { report } });
  await expect(answer).rejects.toMatchObject({ code: "invalid-report" });
  const elsewhere = await client.stated("sallyport-posture+jwt", { facts: { ...GOOD, more: 1 } });
  const second = client.ask("POST /api/posture", { body: { report: elsewhere } });
  await expect(second).rejects.toMatchObject({ code: "invalid-report" });
});
