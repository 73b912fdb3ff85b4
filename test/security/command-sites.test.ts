/** The command's lists at a broker of two sites: those of one alone, and what is said of one that is none. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { MeView } from "../../broker/api/shapes/people.ts";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import type { BrokerClient } from "../../broker/cli/remote/broker-client.ts";
import {
  showAlarms,
  showAssets,
  showGrants,
  showRecordings,
  showSessions,
} from "../../broker/cli/remote/lists.ts";
import { machineClient } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const SITES = `sites:
  - { id: east, name: East works, time-zone: UTC }
  - { id: west, name: West works, time-zone: UTC }
zones:`;

let site: RunningBroker;
let client: BrokerClient;

beforeAll(async () => {
  site = await startRunningBroker();
  const { plantFile } = site.broker;
  const text = readFileSync(plantFile, "utf8")
    .replace(/^zones:/m, SITES)
    .replace(/(id: site-operations, .*) }/, "$1, site: east }")
    .replace(/(id: distribution, .*), parent: site-operations }/, "$1, site: west }");
  writeFileSync(plantFile, text);
  const known = async () => (await site.first.ask<MeView>("GET", "/api/me")).body.sites.length;
  await vi.waitFor(async () => expect(await known()).toBe(2), { timeout: 60_000, interval: 200 });
  for (const asset of ["plc-treatment", "plc-distribution"]) {
    const asked = { endpoint: `${asset}/modbus` };
    const { body } = await site.first.ask<LiveSessionView>("POST", "/api/sessions", asked);
    if (asset === "plc-distribution") continue;
    await site.first.ask("POST", `/api/sessions/${body.id}/end`, { reason: "done" });
  }
  client = await machineClient(site.first);
}, 240_000);

afterAll(() => site?.close());

/** What the command prints for programs, by endpoint. */
async function listed(
  show: (flags: { json: true; site?: string; limit: number }) => Promise<void>,
  out: string[],
  at?: string,
): Promise<string[]> {
  await show({ json: true, limit: 50, ...(at !== undefined && { site: at }) });
  const rows = JSON.parse(out.splice(0).join("")) as { readonly endpoint: string }[];
  return rows.map(({ endpoint }) => endpoint);
}

test("each list is of one site where one is named, and of all otherwise", async () => {
  const said: string[] = [];
  const out = { write: (text: string) => said.push(text) };
  for (const show of [showAssets, showGrants]) {
    const at = (id?: string) => listed((flags) => show(client, flags, out), said, id);
    expect(await at("west")).toContain("plc-distribution/modbus");
    expect(await at("west")).not.toContain("plc-treatment/modbus");
    expect(await at("east")).toContain("plc-treatment/modbus");
    expect(await at("east")).not.toContain("plc-distribution/modbus");
    expect(await at()).toEqual(
      expect.arrayContaining(["plc-treatment/modbus", "plc-distribution/modbus"]),
    );
  }
  const sessions = (id: string) => listed((flags) => showSessions(client, flags, out), said, id);
  expect(await sessions("west")).toEqual(["plc-distribution/modbus"]);
  expect(await sessions("east")).toEqual([]);
  const tapes = (id: string) => listed((flags) => showRecordings(client, flags, out), said, id);
  expect(await tapes("east")).toEqual(["plc-treatment/modbus"]);
});

/** Alarms that say this, as the command lists them. */
async function needing(phrase: string, at?: string): Promise<string[]> {
  const said: string[] = [];
  const out = { write: (text: string) => said.push(text) };
  await showAlarms(client, { json: true, ...(at !== undefined && { site: at }) }, out);
  const rows = JSON.parse(said.join("")) as { readonly text: string }[];
  return rows.map(({ text }) => text).filter((text) => text.includes(phrase));
}

const SOON = { timeout: 60_000, interval: 200 };

test("what needs a person is of one site where one is named", async () => {
  const reason = "The pump is open";
  const lock = { kind: "asset", target: "plc-distribution", reason };
  expect((await site.first.ask("POST", "/api/locks", lock)).status).toBeLessThan(300);
  await vi.waitFor(async () => expect(await needing(reason)).toHaveLength(1), SOON);
  expect(await needing(reason, "west")).toHaveLength(1);
  expect(await needing(reason, "east")).toEqual([]);
});

test("what locks a zone goes with it to another site", async () => {
  const reason = "The river is high";
  const lock = { kind: "zone", target: "distribution", reason };
  expect((await site.first.ask("POST", "/api/locks", lock)).status).toBeLessThan(300);
  await vi.waitFor(async () => expect(await needing(reason, "west")).toHaveLength(1), SOON);
  const { plantFile } = site.broker;
  const text = readFileSync(plantFile, "utf8");
  writeFileSync(plantFile, text.replace(/(id: distribution, .*), site: west/, "$1, site: east"));
  await vi.waitFor(async () => expect(await needing(reason, "east")).toHaveLength(1), SOON);
  expect(await needing(reason, "west")).toEqual([]);
});

test("a site that is none is said, with those there are", async () => {
  const out = { write: () => true };
  await expect(showAssets(client, { json: true, site: "north" }, out)).rejects.toThrow(
    /no site north: the sites here are .*east.*west/,
  );
});
