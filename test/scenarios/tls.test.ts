/** A console that certifies itself, in a real Chromium: refused until trusted, then all of it works. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

let site: SiteInBrowser;
/** Told by the broker's own page at the plain door. */
let plainPort = "";

beforeAll(async () => {
  plainPort = String(await freePort());
  site = await openSite({ SALLYPORT_TLS: "site-ca", SALLYPORT_HTTP_PORT: plainPort });
}, 180_000);
afterAll(() => site?.close());

test("a browser that does not trust the site refuses it", async () => {
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await expect(page.goto(site.origin)).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);
  await context.close();
}, 120_000);

test("the page of trust reads well, and everybody can use it", async () => {
  const { page, context } = await site.device();
  await page.goto(`http://localhost:${plainPort}/trust`);
  await page.getByRole("heading", { name: "Trust this site" }).waitFor();
  expect(await page.getByRole("code").textContent()).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(await violations(page)).toEqual([]);
  await context.close();
}, 120_000);

test("once trusted, a passkey is enrolled and a live session works over https", async () => {
  const { page, complaints } = await site.device();
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("link", { name: "Go to the plant" }).click();
  await page.getByText("Treatment PLC").first().click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/^https:.*\/sessions\//);
  await page.getByText("You may read and write").waitFor();
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).waitFor();
  expect(complaints).toEqual([]);
}, 180_000);
