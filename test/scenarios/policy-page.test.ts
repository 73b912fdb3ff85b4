/** Policies changed in a real Chromium: checked while one types, put in force, seen, taken back. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

const SHOTS = process.env.SCENARIO_SHOTS;

let site: SiteInBrowser;
let admin: Device;

beforeAll(async () => {
  site = await openSite();
  admin = await site.device();
  await admin.page.goto(site.enrolmentLink);
  await admin.page.getByRole("button", { name: "Make a passkey" }).click();
  await admin.page.getByText("You are enrolled").first().waitFor();
}, 120_000);

afterAll(() => site?.close());

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

test("an administrator edits a policy, is told of a slip with its place, and puts the edit in force", async () => {
  const { page } = admin;
  await page.goto("/policy");
  await page.getByText("administrators-run-the-site", { exact: true }).waitFor();
  await shot(page, "policy-rules");
  await page.getByText("Edit", { exact: true }).click();
  await page.getByText("rights.cedar", { exact: true }).click();
  const text = page.getByRole("textbox", { name: "Text of rights.cedar" });
  const before = await text.inputValue();
  await text.fill(before.replace('Role::"engineer"', 'Role::"enginer"'));
  await page.getByText(/It cannot come into force: 1 problem/).waitFor();
  await page.getByRole("button", { name: /Go to rights\.cedar:\d+:\d+/ }).waitFor();
  await shot(page, "policy-slip");
  await text.fill(`${before}\n// The night shift has read this.\n`);
  await page.getByText(/^Valid: \d+ policies, \d+ tests pass\.$/).waitFor();
  const tried = page.getByRole("region", { name: "What would have been otherwise" });
  await tried.getByRole("button", { name: "Try it on past sessions" }).click();
  await tried.getByText(/There is no past session that you may see/).waitFor();
  await page.getByRole("button", { name: "Put in force" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("a remark for the night shift");
  await dialog.getByRole("button", { name: "Put in force" }).click();
  await page.getByText("policies in force, version 2").waitFor();
  await shot(page, "policy-edited");
});

test("the history shows what changed, and an earlier version comes into force again", async () => {
  const { page } = admin;
  await page.getByText("History", { exact: true }).click();
  await page.getByText("a remark for the night shift").waitFor();
  await page.getByRole("button", { name: "Changes" }).click();
  await page.getByText("+ // The night shift has read this.").waitFor();
  await shot(page, "policy-changes");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Put in force again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Put in force again" }).click();
  await page.getByText("policies in force, version 3").waitFor();
  await page.getByText("back to version 1").waitFor();
  await shot(page, "policy-history");
  expect(admin.complaints).toEqual([]);
});
