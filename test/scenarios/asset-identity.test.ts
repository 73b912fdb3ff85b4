/** An administrator sets a site up: asks an asset for its host key, compares it, accepts it by one touch. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

// Slow: a broker process, a real console and a Chromium.
const SLOW = { timeout: 180_000 };
const SHOTS = process.env.SCENARIO_SHOTS;

let site: SiteInBrowser;
let ada: Device;
let pinned: string;

beforeAll(async () => {
  site = await openSite();
  const text = readFileSync(site.plantFile, "utf8");
  pinned = /host-keys: .*(SHA256:[A-Za-z0-9+/]{43})/.exec(text)?.[1] ?? "";
  writeFileSync(site.plantFile, text.replace(/^\s*host-keys: .*\n/m, ""));
  ada = await site.device();
  // Contrast is measured: not of a dialog that is still fading in.
  await ada.page.emulateMedia({ reducedMotion: "reduce" });
  await ada.page.goto(site.enrolmentLink);
  await ada.page.getByRole("button", { name: "Make a passkey" }).click();
  await ada.page.getByText("You are enrolled").first().waitFor();
}, 180_000);

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

test("the asset is asked, compared and accepted on its panel", SLOW, async () => {
  const { page } = ada;
  await page.goto("/?view=list&asset=switch-works");
  await page.getByText("Nothing is trusted yet: no session reaches it").waitFor();
  await page.getByRole("button", { name: "Ask the asset now" }).click();
  await page.getByRole("button", { name: "Compare and accept" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(pinned, { exact: true }).waitFor();
  await dialog.getByText("ssh-ed25519").waitFor();
  const accept = dialog.getByRole("button", { name: "Accept with passkey" });
  expect(await accept.isDisabled()).toBe(true);
  await accessible(page);
  await shot(page, "identity-dialog");
  await dialog.getByLabel("I have compared the fingerprint with the one at the asset").check();
  await accept.click();
  await page.getByText("This host key is trusted").waitFor();
  await dialog.waitFor({ state: "detached" });
  await accessible(page);
  await shot(page, "identity-trusted");
  const kinds = (await events(page)).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(["asset:identity-asked", "asset:trusted"]));
});

test("a narrow page shows it whole, and withdrawing asks first", SLOW, async () => {
  const { page } = ada;
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Withdraw" }).scrollIntoViewIfNeeded();
  const wide = () => page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
  expect(await wide()).toBe(false);
  await shot(page, "identity-narrow");
  await page.getByRole("button", { name: "Withdraw" }).click();
  const dialog = page.getByRole("dialog").last();
  await dialog.getByText("Do you withdraw the trust in it?").waitFor();
  await dialog.getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("Nothing is trusted yet: no session reaches it").waitFor();
  const kinds = (await events(page)).map(({ kind }) => kind);
  expect(kinds).toContain("asset:trust-withdrawn");
  expect(ada.complaints).toEqual([]);
});
