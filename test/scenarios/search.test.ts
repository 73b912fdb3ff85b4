/**
 * Searching everything recorded, in a real Chromium: an engineer looks for a value and a refusal in
 * a session that still runs, and comes into the player at that very moment.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

/** Set, screenshots of each state are left there for people to look at. */
const PICTURES = process.env.PICTURES_OF_SEARCH;

let site: SiteInBrowser;
let device: Device;

beforeAll(async () => {
  site = await openSite();
  device = await site.device();
  const { page } = device;
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
  await page.getByRole("link", { name: "Go to the plant" }).click();
  await page.getByText("Treatment PLC").first().click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await write("28");
  await page.getByText(/Written\. Read back: 28/).waitFor();
  await page.keyboard.press("Escape");
  await write("47");
  await page.getByText("pump-tuning/pump speed").first().waitFor();
  await page.keyboard.press("Escape");
}, 180_000);

afterAll(() => site?.close());

async function write(value: string): Promise<void> {
  const { page } = device;
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("New value").fill(value);
  await dialog.getByRole("button", { name: /^Write / }).click();
}

async function picture(name: string): Promise<void> {
  if (PICTURES) await device.page.screenshot({ path: `${PICTURES}/search-${name}.png` });
}

test("what a session does is found while it runs, by tag, value and verdict", async () => {
  const { page } = device;
  await page.goto("/recordings");
  const box = page.getByRole("combobox", { name: "Search inside recordings" });
  await box.click();
  await page.getByRole("option").first().waitFor();
  await picture("fields-proposed");
  await box.fill("tag:P101.SpeedS");
  await page.getByRole("option", { name: "P101.SpeedSetpoint", exact: true }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  expect(await box.inputValue()).toBe("tag:P101.SpeedSetpoint ");
  await box.pressSequentially("class:operate");
  await page.keyboard.press("Enter");
  await page.getByText(/2 hits in 1 recording/).waitFor();
  const rows = page.getByRole("table").locator("tbody tr");
  expect(await rows.nth(0).innerText()).toMatch(/P101\.SpeedSetpoint = 47[\s\S]*Denied/);
  expect(await rows.nth(1).innerText()).toMatch(/P101\.SpeedSetpoint = 28[\s\S]*Permitted/);
  expect(page.url()).toContain("q=tag%3AP101.SpeedSetpoint");
  await picture("results");
  expect(await violations(page)).toEqual([]);
});

test("a misspelt field says where it is, and is mended by a click", async () => {
  const { page } = device;
  const box = page.getByRole("combobox", { name: "Search inside recordings" });
  await box.fill("vedict:deny");
  await page.keyboard.press("Enter");
  await page.getByText("There is no field “vedict”").waitFor();
  await picture("fault");
  await page.getByRole("button", { name: "Write verdict instead" }).click();
  await page.getByText(/1 hit in 1 recording/).waitFor();
});

test("a search that was written into the list's filter is led to where it belongs", async () => {
  const { page } = device;
  await page.goto("/recordings");
  const filter = page.getByRole("textbox", { name: "Filter recordings" });
  await filter.fill("no such name");
  await page.getByRole("button", { name: "Search for no such name" }).waitFor();
  await filter.fill("verdict:deny");
  const lead = page.getByRole("button", { name: "Search for verdict:deny" });
  await lead.waitFor();
  await picture("instead");
  expect(await violations(page)).toEqual([]);
  await lead.click();
  await page.getByText(/1 hit in 1 recording/).waitFor();
  const box = page.getByRole("combobox", { name: "Search inside recordings" });
  expect(await box.inputValue()).toBe("verdict:deny");
});

test("the same search is made with plain fields", async () => {
  const { page } = device;
  await page.getByRole("button", { name: "Fields" }).click();
  expect(await page.getByLabel("Verdict").inputValue()).toBe("deny");
  await page.getByLabel("Verdict").selectOption("permit");
  await page.getByLabel("Tag", { exact: true }).fill("P101.*");
  await page.getByLabel("Value").fill("20..30");
  await page.getByLabel("Class").selectOption("operate");
  await page.getByLabel("Value").press("Enter");
  await page.getByText(/1 hit in 1 recording/).waitFor();
  await picture("fields");
  expect(await violations(page)).toEqual([]);
});

test("a result leads into the player at its record, and back to the results", async () => {
  const { page } = device;
  await page.getByRole("table").locator("tbody a").first().click();
  await page.waitForURL(/\/recordings\/[^?]+\?at=\d+$/);
  await page.goBack();
  await page.getByText(/1 hit in 1 recording/).waitFor();
});

test("what is found is taken along as CSV", async () => {
  const { page } = device;
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV" }).click(),
  ]);
  const lines = readFileSync(await file.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/modbus:write,P101\.SpeedSetpoint,28,permit/);
});

test("nothing found says how far was looked, and works on a phone", async () => {
  const { page } = device;
  await page.setViewportSize(NARROW);
  await page.goto("/recordings?q=tag%3AP101.*%20value%3A%3E1000");
  await page.getByText("Nothing found").waitFor();
  await page.getByText("Looked through 1 recording").waitFor();
  await picture("nothing-narrow");
  await page.goto("/recordings?q=class%3Aoperate");
  await page.getByText(/2 hits in 1 recording/).waitFor();
  await picture("narrow");
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
});

test("no page complained on the way", () => {
  const unexpected = device.complaints.filter((text) => !/status of 40[14]/.test(text));
  expect(unexpected).toEqual([]);
});
