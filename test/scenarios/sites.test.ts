/**
 * Two sites in two time zones behind one broker, in a real Chromium: the same weekly window is open
 * in one and shut in the other at the same instant, who supervises one finds nothing of the other,
 * and whoever looks after both looks at each alone.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { LogPageView } from "../../broker/api/shapes/log.ts";
import type { HeldGrantView } from "../../broker/api/shapes/requests.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { accessible, ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { askSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

const DAY_MS = 24 * 3_600_000;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

let site: SiteInBrowser;
/** Looks after the whole. */
let ada: Device;
let eva: Device;
/** Supervises the east, where it is noon. */
let sam: Device;
/** Supervises the west, where it is midnight. */
let max: Device;

beforeAll(async () => {
  site = await openSite();
  divide(site.plantFile);
  ada = await enrolled(await site.device(), site.enrolmentLink);
  eva = await enrolled(await site.device({ dark: false }), await invite(ada, "Eva", "engineer"));
  sam = await enrolled(await site.device(), await invite(ada, "Sam", "supervisor"));
  max = await enrolled(await site.device(), await invite(ada, "Max", "supervisor"));
}, 180_000);

afterAll(() => site?.close());

/** The zones of zones such as `Etc/GMT-5`, which is five hours before UTC, never change. */
function zoneAt(hoursBeforeUtc: number): string {
  return `Etc/GMT${hoursBeforeUtc > 0 ? "-" : "+"}${Math.abs(hoursBeforeUtc)}`;
}

function divide(file: string): void {
  const noon = 12 - new Date().getUTCHours();
  const midnight = noon > 0 ? noon - 12 : noon + 12;
  const sites = [
    "sites:",
    `  - { id: east, name: East works, time-zone: ${zoneAt(noon)}, supervisors: [sam@plant.example] }`,
    `  - { id: west, name: West works, time-zone: ${zoneAt(midnight)}, supervisors: [max@plant.example] }`,
  ].join("\n");
  const text = readFileSync(file, "utf8")
    .replace(/^zones:/m, `${sites}\nzones:`)
    .replace(/(id: site-operations, .*) }/, "$1, site: east }")
    .replace(/(id: distribution, .*), parent: site-operations }/, "$1, site: west }");
  expect(text.match(/, site: (east|west) }/g)).toHaveLength(2);
  writeFileSync(file, text);
}

test("each supervisor is asked about requests for their own site", async () => {
  await expect
    .poll(async () => (await ask<{ sites: unknown[] }>(ada.page, "GET", "/api/plant")).sites.length)
    .toBe(2);
  for (const endpoint of ["plc-treatment/modbus", "plc-distribution/modbus"]) {
    await ask(eva.page, "POST", "/api/requests", {
      ...{ endpoints: [endpoint], profile: "operations", reason: "Care on both sides" },
      ...{ weekly: DAYS.map((day) => ({ day, from: "09:00", until: "16:00" })) },
      untilMs: Date.now() + 20 * DAY_MS,
    });
  }
  for (const [who, asset, other] of [
    [sam, "Treatment PLC", "Distribution PLC"],
    [max, "Distribution PLC", "Treatment PLC"],
  ] as const) {
    const { page } = who;
    await page.goto("/access");
    const request = page.getByRole("article", { name: "Eva (Waterworks)" });
    await request.getByText(asset).first().waitFor();
    expect(await page.getByText(other).count()).toBe(0);
    await request.getByRole("button", { name: "Approve the request of Eva" }).click();
    await page
      .getByText(/^Approved by/)
      .first()
      .waitFor();
  }
});

test("the same window is open in the east and shut in the west", async () => {
  const { page } = eva;
  await page.goto("/access");
  const card = (name: string) =>
    page
      .getByRole("region", { name: "My grants" })
      .getByRole("article", { name })
      .filter({ hasText: "09:00–16:00" });
  await card("Treatment PLC").getByText("time of East works").waitFor();
  await card("Treatment PLC").getByText("In force", { exact: true }).waitFor();
  await card("Distribution PLC").getByText("time of West works").waitFor();
  expect(await card("Distribution PLC").getByText("In force", { exact: true }).count()).toBe(0);
  await shot(page, "sites-grants-light", true);
  const grants = await ask<HeldGrantView[]>(page, "GET", "/api/me/grants");
  const of = (site: string) => grants.find((each) => each.weekly !== null && each.site === site);
  const open = (grant: HeldGrantView | undefined) =>
    askSigned(page, "POST", "/api/sessions", { endpoint: grant?.endpoint, grant: grant?.id });
  expect((await open(of("west"))).status).not.toBe(201);
  expect((await open(of("east"))).status).toBe(201);
});

test("a supervisor sees, freezes and ends sessions at their own site alone", async () => {
  const seen = (who: Device) => ask<LiveSessionView[]>(who.page, "GET", "/api/sessions");
  const [session] = await seen(sam);
  expect(session).toMatchObject({ site: "east", asset: { name: "Treatment PLC" } });
  expect(await seen(max)).toEqual([]);
  const freeze = (who: Device) =>
    askSigned(who.page, "POST", `/api/sessions/${session?.id}/freeze`, { reason: "Look first" });
  expect((await freeze(max)).status).toBe(404);
  expect((await freeze(sam)).status).toBe(200);
  const lock = { kind: "site", target: "east", reason: "Not mine" };
  expect((await askSigned(max.page, "POST", "/api/locks", lock)).status).toBe(403);
});

test("whoever looks after both looks at one alone, and is told what a list leaves out", async () => {
  const { page } = ada;
  await page.goto("/");
  await page.locator(".sp-map").getByText("East works").waitFor();
  await page.locator(".sp-map").getByText("West works").waitFor();
  await shot(page, "sites-map-dark");
  await page.getByLabel("Site", { exact: true }).selectOption("West works");
  await page.getByRole("button", { name: /Distribution PLC/ }).waitFor();
  await expect.poll(() => page.getByRole("button", { name: /Treatment PLC/ }).count()).toBe(0);
  await accessible(page);
  await shot(page, "sites-west-dark");
  await page.goto("/live");
  await page.getByText("1 not at West works.").waitFor();
  await shot(page, "sites-live-dark");
  await page.getByRole("button", { name: "Show all sites" }).click();
  await page.getByText("Treatment PLC").first().waitFor();
  expect(ada.complaints).toEqual([]);
});

test("an auditor narrows the log to what was done at one site", async () => {
  const ann = await enrolled(await site.device(), await invite(ada, "Ann", "auditor"));
  const at = async (site: string) => {
    const path = `/api/log/entries?site=${site}&what=session:opened`;
    const { entries } = await ask<LogPageView>(ann.page, "GET", path);
    return entries.length;
  };
  await expect.poll(() => at("east")).toBeGreaterThan(0);
  expect(await at("west")).toBe(0);
  const { page } = ann;
  await page.goto("/audit?what=session:opened");
  const entries = page.getByRole("table").getByText("session:opened");
  await entries.first().waitFor();
  await page.getByLabel("Site of the asset").selectOption("West works");
  await page.getByText("Nothing matches the filter").waitFor();
  await page.getByLabel("Site of the asset").selectOption("East works");
  await entries.first().waitFor();
  await accessible(page);
  await shot(page, "sites-audit-dark");
  expect(ann.complaints).toEqual([]);
});

test("an alarm of one site is found there, and by nobody who supervises another", async () => {
  const lock = { kind: "asset", target: "plc-treatment", reason: "Leak at the dosing pump" };
  expect((await askSigned(sam.page, "POST", "/api/locks", lock)).status).toBeLessThan(300);
  const alarms = async (who: Device, query = "") => {
    const all = await ask<AlarmView[]>(who.page, "GET", `/api/alarms${query}`);
    // A key switch that is read there cannot be then, and rings as well.
    return all.filter(({ kind }) => kind === "lockdown");
  };
  await expect.poll(() => alarms(sam)).toMatchObject([{ kind: "lockdown", site: "east" }]);
  expect(await alarms(max)).toEqual([]);
  expect(await alarms(ada, "?site=east")).toHaveLength(1);
  expect(await alarms(ada, "?site=west")).toEqual([]);
  const [alarm] = await alarms(ada);
  const seen = { reason: "I go there" };
  const path = `/api/alarms/${alarm?.id}/acknowledgement`;
  expect((await askSigned(max.page, "POST", path, seen)).status).toBe(404);
  const told = async (who: Device) => {
    const query = "/api/events?contains=session:frozen";
    return (await ask<SiteEventView[]>(who.page, "GET", query)).length;
  };
  await expect.poll(() => told(sam)).toBeGreaterThan(0);
  expect(await told(max)).toBe(0);
  const { page } = ada;
  await page.goto("/alarms");
  const row = page.getByRole("table").getByText("A lock is in force");
  const filter = page.locator("main").getByLabel("Site", { exact: true });
  await row.first().waitFor();
  await filter.selectOption("West works");
  await expect.poll(() => row.count()).toBe(0);
  await filter.selectOption("East works");
  await row.first().waitFor();
  await accessible(page);
  await shot(page, "sites-alarms-dark");
  expect((await askSigned(sam.page, "POST", path, seen)).status).toBe(200);
  expect(ada.complaints).toEqual([]);
});

test("on a phone the site is chosen as well", async () => {
  const { page } = sam;
  await page.setViewportSize(NARROW);
  await page.goto("/");
  await page.getByLabel("Site", { exact: true }).selectOption("East works");
  await page.getByText("Treatment PLC").first().waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
    NARROW.width,
  );
  await shot(page, "sites-phone-dark");
});
