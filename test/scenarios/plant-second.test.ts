/** A site where a changed plant file waits: an administrator reads the difference and confirms it. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;

let site: SiteInBrowser;
let ada: Device;

beforeAll(async () => {
  site = await openSite({ SALLYPORT_PLANT_SECOND_ADMINISTRATOR: "1" });
  ada = await site.device();
  await ada.page.goto(site.enrolmentLink);
  await ada.page.getByRole("button", { name: "Make a passkey" }).click();
  await ada.page.getByText("You are enrolled").first().waitFor();
}, 120_000);

afterAll(() => site?.close());

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

async function accessible(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}

function events(page: Page): Promise<SiteEventView[]> {
  return page.evaluate(async () => (await fetch("/api/events")).json()) as Promise<SiteEventView[]>;
}

test("a change made on the host waits, and is shown line by line", async () => {
  const { page } = ada;
  await page.goto("/?view=list");
  const text = readFileSync(site.plantFile, "utf8");
  writeFileSync(site.plantFile, text.replace("max: 45", "max: 44"));
  await page.getByText(/A changed plant file waits for you/).waitFor({ timeout: 30_000 });
  await shot(page, "plant-change-waits");
  await page.getByRole("button", { name: "Show the change" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/^\+ .*max: 44/).waitFor();
  await dialog.getByText(/^- .*max: 45/).waitFor();
  await accessible(page);
  await shot(page, "plant-change-dialog");
  expect((await events(page)).map(({ kind }) => kind)).toContain("plant:held");
});

test("one touch with the passkey puts exactly it in force", async () => {
  const { page } = ada;
  await page.getByRole("dialog").getByRole("button", { name: "Confirm", exact: true }).click();
  await page.getByText(/A changed plant file waits for you/).waitFor({ state: "detached" });
  const kinds = (await events(page)).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(["plant:confirmed", "plant:changed"]));
  expect(ada.complaints).toEqual([]);
});

test("what one administrator proposes in the console another confirms: never the same", async () => {
  const { page } = ada;
  const before = readFileSync(site.plantFile, "utf8");
  await page.goto("/plant-file");
  await page.getByText("Nothing is changed.").waitFor();
  await page.getByRole("textbox", { name: "Text of the plant file" }).click();
  await page.keyboard.press("Control+A");
  const fresh = before
    .replace("max: 44", "max: 43")
    .replace("Look at everything; tune the raw", "Look at everything, and tune the raw");
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), fresh);
  await page.keyboard.press("Control+V");
  await page.getByText("Valid.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Show what changes" }).click();
  const plan = page.getByRole("dialog");
  const sees = plan.getByRole("textbox", { name: "What changes and why" });
  await sees.fill("the drive is old");
  // A long line of the file scrolls within its block: what would change is not cut off by it.
  expect(await plan.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  await plan.getByRole("button", { name: "Sign and propose" }).click();
  const waits = page.getByText(/A change by .* waits for another administrator/);
  await waits.waitFor();
  await plan.waitFor({ state: "detached" });
  await accessible(page);
  await shot(page, "plant-file-held");
  expect(readFileSync(site.plantFile, "utf8")).toBe(fresh);
  await page.getByRole("link", { name: "Go to it" }).click();
  await page.getByRole("button", { name: "Show the change" }).click();
  const own = page.getByRole("dialog");
  await own.getByText(/the drive is old$/).waitFor();
  expect(await own.getByRole("button", { name: "Confirm", exact: true }).isDisabled()).toBe(true);
  await page.goto("/plant-file");
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take it back" }).click();
  await waits.waitFor({ state: "detached" });
  expect(readFileSync(site.plantFile, "utf8")).toBe(before);
  const kinds = (await events(page)).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(["plant:proposed", "plant:withdrawn"]));
  expect(ada.complaints).toEqual([]);
}, 150_000);

test("the list of recordings pages, and hides the broker's own until asked for", async () => {
  const { page } = ada;
  const person = { name: "Aud", email: "aud@plant.example", employer: "Waterworks" };
  const invited = await postSigned(page, "/api/people", { ...person, roles: ["auditor"] });
  const auditor = (invited as { link: { url: string } }).link.url;
  const device = await site.device({ viewport: NARROW, dark: false });
  await device.page.goto(auditor);
  await device.page.getByRole("button", { name: "Make a passkey" }).click();
  await device.page.getByText("You are enrolled").first().waitFor();
  await device.page.goto("/recordings");
  const own = device.page.getByLabel("Show the broker's own");
  await own.waitFor();
  await shot(device.page, "recordings-narrow");
  await own.check();
  const theirs = device.page.getByRole("link", { name: "broker" });
  await theirs.first().waitFor();
  await accessible(device.page);
  await shot(device.page, "recordings-own");
  await device.page.setViewportSize({ width: 1280, height: 800 });
  await shot(device.page, "recordings-wide");
  await own.uncheck();
  await device.page.getByText("No recordings yet").waitFor();
  expect(await theirs.count()).toBe(0);
});
