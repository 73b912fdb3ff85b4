/**
 * A person opens an asset's screen and its wire as one visit, works in both, ends them together, and
 * finds both recordings on one clock.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PANEL_PASSWORD } from "../../simulators/assets/vnc-panel.ts";
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
  addWire();
}, 120_000);

afterAll(() => site?.close());

/** The panel's asset gets the PLC behind it as a second endpoint. */
function addWire(): void {
  const address = `127.0.0.1:${site.plant.ports.treatment}`;
  const wire =
    `      - { id: wire, protocol: modbus, address: "${address}", allow-local: true, units: [1], ` +
    "tags: [{ name: Wire.Speed, unit-id: 1, register: 40012, type: uint16 }] }\n";
  const text = readFileSync(site.plantFile, "utf8")
    .replace(/( {2}- id: hmi-treatment\n(?:.*\n)*? {4}endpoints:\n)/, `$1${wire}`)
    .replace(
      /\ngrants:\n/,
      '\ngrants:\n  - { id: wire, subject: "role:engineer", endpoint: hmi-treatment/wire, profile: read-only }\n',
    );
  writeFileSync(site.plantFile, text);
}

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
  const endpoints = () =>
    page.evaluate(async () => JSON.stringify(await (await fetch("/api/plant")).json()));
  await expect.poll(endpoints, PATIENCE).toContain("hmi-treatment/wire");
  await page.evaluate(async (password) => {
    await fetch("/api/credentials", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        endpoint: "hmi-treatment/screen",
        credential: { kind: "password", user: "", password },
      }),
    });
  }, PANEL_PASSWORD);
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
  await page.getByText("Wire.Speed").first().waitFor();
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
  await beside.getByRole("button", { name: "Show Screen (screen) beside" }).waitFor();
  // The wire was opened first: the screen comes on the clock of both.
  await expect
    .poll(async () => {
      await page.keyboard.press("ArrowRight");
      return beside.locator("canvas").first().isVisible();
    }, PATIENCE)
    .toBe(true);
  await looks(page, "replay");
  await beside.getByRole("link", { name: "Play this one instead" }).click();
  await page.waitForURL(new RegExp(`/recordings/${screen}\\?t=`));
  await beside.getByRole("button", { name: "Show Modbus (wire) beside" }).click();
  await looks(page, "replay-screen");
}, 400_000);
