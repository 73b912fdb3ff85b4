/**
 * A person opens an asset's screen and its wire as one visit, works in both, ends them together, and
 * finds both recordings on one clock.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PANEL_PASSWORD } from "../../simulators/assets/vnc-panel.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const PATIENCE = { timeout: 30_000 };

let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  site = await openSite();
  ann = await site.device();
  const { page } = ann;
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
}, 120_000);

afterAll(() => site?.close());

async function looks(page: Page, name: string): Promise<void> {
  for (const scheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [size, viewport] of [
      ["wide", WIDE],
      ["narrow", NARROW],
    ] as const) {
      await page.setViewportSize(viewport);
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/visit-${name}-${scheme}-${size}.png` });
    }
    await page.setViewportSize(WIDE);
    expect(await violations(page)).toEqual([]);
  }
}

const canvas = ".vnc-stage[data-phase='shown'] canvas";

test("screen and wire are opened, worked, ended and replayed as one visit", async () => {
  const { page } = ann;
  const credential = { kind: "password", user: "", password: PANEL_PASSWORD };
  await postSigned(page, "/api/credentials", { endpoint: "hmi-treatment/screen", credential });
  await page.goto("/?asset=hmi-treatment");
  await page.getByRole("button", { name: "Open all 2 as one visit" }).click();
  await page.waitForURL(/\/sessions\/\w+$/);
  const strip = page.getByRole("navigation", { name: "Visit" });
  const tab = (name: string) => strip.getByRole("button", { name });
  await tab("Screen").click();
  await page.locator(canvas).first().waitFor();
  const screen = page.url().split("/").at(-1) ?? "";
  await looks(page, "screen");
  await tab("Modbus").click();
  await page.getByRole("button", { name: "Write PANEL.P101.SpeedSetpoint" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("New value").fill("38");
  await dialog.getByRole("button", { name: /^Write / }).click();
  await expect.poll(() => site.plant.process.setpoints.p101Speed, PATIENCE).toBe(38);
  await dialog.getByText("38").first().waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  const wire = page.url().split("/").at(-1) ?? "";
  expect(wire).not.toBe(screen);
  await looks(page, "wire");
  // The screen stayed connected while the wire was looked at.
  await tab("Screen").click();
  await page.locator(canvas).first().waitFor();
  await page.getByRole("button", { name: "End visit" }).locator("visible=true").click();
  await page.getByRole("dialog").getByText("All 2 sessions of the visit end at once").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "End visit" }).click();
  const live = () =>
    page.evaluate(async () => (await (await fetch("/api/sessions")).json()).length);
  await expect.poll(live, PATIENCE).toBe(0);

  await page.goto(`/recordings/${wire}`);
  const beside = page.getByRole("region", { name: "Recorded in the same visit" });
  await beside.getByRole("button", { name: "Hide Screen (screen)" }).waitFor();
  // A click on the write, and the screen of that second stands beside it.
  const written = page.locator(".rp-entry", { hasText: "PANEL.P101.SpeedSetpoint" }).first();
  await written.getByRole("button").click();
  await beside.locator("canvas").first().waitFor();
  const shown = () => page.locator(".rp-time strong").innerText();
  const second = await written.getByRole("button").innerText();
  await expect.poll(shown, PATIENCE).toBe(second);
  await looks(page, "replay");
  await beside.getByRole("link", { name: "Play this one instead" }).click();
  await page.waitForURL(new RegExp(`/recordings/${screen}\\?t=`));
  await beside.getByRole("button", { name: "Show Modbus (wire) beside" }).click();
  // And from the screen: what was written on the wire, and a click on it brings the screen there.
  await page.getByRole("slider", { name: "Time line" }).press("End");
  await beside
    .locator(".rp-entry", { hasText: "PANEL.P101.SpeedSetpoint" })
    .first()
    .getByRole("button")
    .click();
  await expect.poll(shown, PATIENCE).toBe(second);
  await looks(page, "replay-screen");
  await page.goto(`/recordings?q=${encodeURIComponent("tag:PANEL.P101.SpeedSetpoint")}`);
  const found = page.locator(".sp-search-group").first();
  await found.getByText("hmi-treatment/wire").waitFor();
  await found.getByRole("link", { name: "Part of a visit" }).waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/visit-search.png` });
}, 400_000);
