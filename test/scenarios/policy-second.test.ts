/** A site that asks for two administrators: one proposes, the other reads the difference and confirms. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

let site: SiteInBrowser;
let ada: Device;
let bob: Device;

beforeAll(async () => {
  site = await openSite({ SALLYPORT_POLICY_SECOND_ADMINISTRATOR: "1" });
  ada = await enrolled(await site.device(), site.enrolmentLink);
  const url = await invite(ada, "Bob", "administrator");
  bob = await enrolled(await site.device({ dark: false }), url);
}, 120_000);

afterAll(() => site?.close());

test("what one administrator proposes is not in force, and they cannot confirm it", async () => {
  const { page } = ada;
  await page.goto("/policy");
  await page.getByText("Edit", { exact: true }).click();
  await page.getByText("rights.cedar", { exact: true }).click();
  await page.getByRole("textbox", { name: "Text of rights.cedar" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText("\n// Read by the night shift.\n");
  await page.getByText(/^Valid: /).waitFor();
  await page.getByRole("button", { name: "Propose" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("a remark for the night shift");
  await dialog.getByRole("button", { name: "Propose" }).click();
  await page.getByText("You proposed this: somebody else confirms it.").waitFor();
  await page.getByText("policies in force, version 1").waitFor();
  expect(await page.getByRole("button", { name: /^Confirm the change/ }).count()).toBe(0);
  await shot(page, "policy-proposed", true);
});

test("the other one sees the difference, confirms with one touch, and it counts", async () => {
  const { page } = bob;
  await page.goto("/policy");
  await page.getByText("+ // Read by the night shift.").waitFor();
  expect(await violations(page)).toEqual([]);
  await shot(page, "policy-confirm", true);
  await page.getByRole("button", { name: /^Confirm the change/ }).click();
  await page.getByText("policies in force, version 2").waitFor();
  await ada.page.getByText("policies in force, version 2").waitFor();
  await page.getByText("History", { exact: true }).click();
  await page.getByText(/, confirmed by Bob/).waitFor();
  expect([...ada.complaints, ...bob.complaints]).toEqual([]);
});
