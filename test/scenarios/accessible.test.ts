/**
 * Every page of the navigation, dark and light, wide and on a phone: axe finds nothing wrong, and
 * the page complains about nothing. The person holds every right that one person can.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ask } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;

const TABLET = { width: 768, height: 1024 };
/** As long as a name may be, and nowhere to break it. */
const LONG_NAME = "Wasserwerk".repeat(8);
/** Runs in the page. */
const isTooWide = () => document.documentElement.scrollWidth > window.innerWidth;

let site: SiteInBrowser;
let ada: Device;
let paths: readonly string[];

beforeAll(async () => {
  site = await openSite();
  ada = await site.device();
  await ada.page.goto(site.enrolmentLink);
  await accessible(ada.page, "enrol");
  await ada.page.getByRole("button", { name: "Make a passkey" }).click();
  await ada.page.getByText("You are enrolled").first().waitFor();
  // Also a supervisor, who sees what waits: an auditor is never one as well.
  const { person } = await ask<{ person: { id: string } }>(ada.page, "GET", "/api/me");
  const roles = ["administrator", "engineer", "supervisor"];
  await ask(ada.page, "PATCH", `/api/people/${person.id}`, { roles });
  const plant = readFileSync(site.plantFile, "utf8");
  writeFileSync(site.plantFile, plant.replace("name: Treatment PLC", `name: ${LONG_NAME}`));
  const shown = async () => JSON.stringify(await ask(ada.page, "GET", "/api/plant"));
  await vi.waitUntil(async () => (await shown()).includes(LONG_NAME), { timeout: 60_000 });
  await ada.page.goto("/");
  const links = ada.page.getByRole("navigation", { name: "Main" }).getByRole("link");
  await links.first().waitFor();
  const found = await links.evaluateAll((each) => each.map((link) => link.getAttribute("href")));
  paths = [...found.filter((path) => path !== null), "/account", "/nowhere"];
}, 240_000);

afterAll(() => site?.close());

async function accessible(page: Page, name: string): Promise<void> {
  expect(await wrongWith(page, name)).toEqual([]);
}

async function wrongWith(page: Page, name: string): Promise<readonly string[]> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/page-${name}.png` });
  return (await violations(page)).map((each) => `${name}: ${each}`);
}

async function settled(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator("h1").first().waitFor();
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
}

test.each([
  ["dark and wide", { colorScheme: "dark" }, { width: 1280, height: 860 }],
  ["light and wide", { colorScheme: "light" }, { width: 1280, height: 860 }],
  ["light on a phone", { colorScheme: "light" }, NARROW],
] as const)(
  "every page, %s",
  async (look, media, viewport) => {
    const { page } = ada;
    await page.emulateMedia(media);
    await page.setViewportSize(viewport);
    expect(paths.length).toBeGreaterThan(10);
    const wrong: string[] = [];
    for (const path of paths) {
      await settled(page, path);
      const name = `${look} ${path.replaceAll("/", "_")}`;
      wrong.push(...(await wrongWith(page, name)));
      if (await page.evaluate(isTooWide)) wrong.push(`${name} is too wide`);
      if (media.colorScheme !== "dark") continue;
      // A tablet held upright: what is too wide scrolls in its own place, never the page.
      await page.setViewportSize(TABLET);
      if (await page.evaluate(isTooWide)) wrong.push(`${name} is too wide for a tablet`);
      await page.setViewportSize(viewport);
    }
    expect(wrong).toEqual([]);
    expect(ada.complaints.filter((text) => !/status of 40[134]/.test(text))).toEqual([]);
  },
  // Fifteen pages, twice, each looked through whole: a busy machine needs minutes for it.
  600_000,
);

test("the sign-in page", async () => {
  const other = await site.device({ dark: false });
  await other.page.goto("/sign-in");
  await other.page.getByRole("button").first().waitFor();
  await accessible(other.page, "sign-in");
});
