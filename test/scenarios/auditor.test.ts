/**
 * An auditor's story in a real Chromium: replay what somebody did, say something about a moment,
 * let an inspector without an account see it by a link, and take that back; print what changed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";
import { WorkedSession } from "../kit/worked-session.ts";

/** Where pictures are kept for a person to look at; nowhere unless asked for. */
const PICTURES = process.env.SCENARIO_PICTURES ?? "";

let site: SiteInBrowser;
let theo: Device;
let inspector: Device;
let first: ConsoleUser;
let recording = "";
let link = "";

beforeAll(async () => {
  site = await openSite();
  first = new ConsoleUser(site.origin);
  await first.enrol(site.enrolmentLink);
  const ann = new ConsoleUser(site.origin);
  await ann.enrol(await invite("Ann", "engineer"));
  const session = await WorkedSession.open(ann);
  await session.ask(readPoints(1, "holding-registers", 0, 20));
  await session.ask(writePoints(1, "holding-registers", 11, [360]));
  // Moments of the same millisecond are one row to the play head.
  await pause(20);
  await session.ask(writePoints(1, "holding-registers", 11, [500]));
  await session.end();
  recording = `/recordings/${session.id}`;
  theo = await site.device();
  await theo.page.goto(await invite("Theo", "auditor"));
  await theo.page.getByRole("button", { name: "Make a passkey" }).click();
  await theo.page.getByText("You are enrolled").first().waitFor();
}, 180_000);

afterAll(() => site?.close());

async function invite(name: string, role: string): Promise<string> {
  const invited = await first.ask<{ link: { url: string } }>("POST", "/api/people", {
    ...{ name, email: `${name.toLowerCase()}@plant.example`, employer: "Plant", roles: [role] },
  });
  return invited.body.link.url;
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === "") return;
  mkdirSync(PICTURES, { recursive: true });
  // Panels glide in.
  await page.waitForTimeout(400);
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
}

const WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

async function expectAccessible(page: Page): Promise<void> {
  expect(await violations(page, { tags: WCAG })).toEqual([]);
}

test("the time line says what its marks mean, and leads from one to the next", async () => {
  const { page } = theo;
  await page.goto(recording);
  await page.getByText("Refused").first().waitFor();
  await page.getByRole("button", { name: "Next refusal" }).click();
  await page.locator('tr[aria-current="true"]', { hasText: "Write refused" }).waitFor();
  await page.keyboard.press("Shift+N");
  await page.locator("tr.rp-entry", { hasText: "35.0 → 36.0 Hz" }).waitFor();
  const refused = page.getByRole("button", { name: "Refused 1" });
  await refused.click();
  expect(await refused.getAttribute("aria-pressed")).toBe("false");
  await refused.click();
  await expectAccessible(page);
  await picture(page, "player-dark");
});

test("the state explains what it proves and what it does not", async () => {
  const { page } = theo;
  await page.getByTitle("What this state proves").click();
  await page.getByText("What is not").waitFor();
  await picture(page, "integrity");
  await page.keyboard.press("Escape");
});

test("a comment stands at its moment, and its author may take it back", async () => {
  const { page } = theo;
  await page.keyboard.press("m");
  await page.getByLabel(/^Comment on/).fill("Why was 50 Hz tried?");
  await page.getByRole("button", { name: "Add comment" }).click();
  await page.locator(".rp-comment", { hasText: "Why was 50 Hz tried?" }).waitFor();
  await page.getByRole("button", { name: "Comments 1" }).waitFor();
  await expectAccessible(page);
  await picture(page, "comments");
  await page.getByRole("button", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByLabel("Why").fill("answered by phone");
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("Withdrawn: answered by phone").waitFor();
  expect(await page.getByText("Why was 50 Hz tried?").count()).toBe(0);
});

test("who looked stands with the recording", async () => {
  const { page } = theo;
  await page.getByRole("button", { name: "About" }).click();
  const looked = page.getByRole("group", { name: "Who looked" });
  await looked.getByText("Theo").waitFor();
  await picture(page, "about");
  await page.keyboard.press("Escape");
});

test("a link is made for a person without an account", async () => {
  const { page } = theo;
  await page.getByRole("button", { name: "Share" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("For whom").fill("Inspector Ines, Authority");
  await dialog.getByLabel("Why").fill("audit 7");
  await expectAccessible(page);
  await picture(page, "share");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  await dialog.getByText("The link is made").waitFor();
  link = (await dialog.locator("code").first().getAttribute("title")) ?? "";
  expect(link).toMatch(/\/shared#[\w-]{43}$/);
  await picture(page, "share-made");
});

test("the inspector sees the recording in a browser of their own, and nothing else", async () => {
  inspector = await site.device({ dark: false });
  const { page } = inspector;
  await page.goto(link);
  await page.getByText("For Inspector Ines, Authority").waitFor();
  await page.getByRole("button", { name: "Next change" }).click();
  await page.locator("td.tg-value").first().waitFor();
  expect(page.url()).toBe(`${site.origin}/shared`);
  expect(await page.evaluate<string>("document.cookie")).toBe("");
  await expectAccessible(page);
  await picture(page, "shared-light");
  for (const address of ["/api/me", "/api/recordings", `/api${recording}`]) {
    expect((await page.request.get(address)).status()).toBe(401);
  }
  await page.reload();
  await page.getByText("For Inspector Ines, Authority").waitFor();
  expect(inspector.complaints).toEqual([]);
});

test("revoked, the link shows nothing more in the page that is open", async () => {
  const { page } = theo;
  const dialog = page.getByRole("dialog");
  await dialog
    .getByText("used once")
    .waitFor({ state: "attached" })
    .catch(() => {});
  await dialog.getByRole("button", { name: "Revoke" }).click();
  const asking = page.getByRole("dialog", { name: /^Revoke the link/ });
  await asking.getByRole("button", { name: "Revoke" }).click();
  await inspector.page.getByText("This link counts no more").waitFor();
  expect(await inspector.page.locator(".rp-player").count()).toBe(0);
  await picture(inspector.page, "shared-over");
  const again = await inspector.context.newPage();
  await again.goto(link);
  await again.getByText("This link shows nothing").waitFor();
});

test("the auditor sees all links with their uses", async () => {
  const { page } = theo;
  await page.goto("/links");
  await page.getByText("Inspector Ines, Authority").waitFor();
  await page.getByText("used once").waitFor();
  await expectAccessible(page);
  await picture(page, "links");
});

test("the report says what changed on one page, and prints", async () => {
  const { page } = theo;
  await page.goto(`${recording}/report`);
  const values = page.getByRole("table", { name: "Before and after" });
  const speed = values.locator("tr", { hasText: "P101.SpeedSetpoint" });
  await speed.getByText("35.0 Hz → 36.0 Hz").waitFor();
  await page.getByText("One operation was refused.").waitFor();
  await expectAccessible(page);
  await picture(page, "report-dark");
  const pdf = await page.pdf({ format: "A4" });
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  expect((pdf.toString("latin1").match(/\/Type \/Page\b/g) ?? []).length).toBe(1);
  if (PICTURES !== "") writeFileSync(path.join(PICTURES, "report.pdf"), pdf);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await page.getByRole("button", { name: "Print or save as PDF" }).isVisible()).toBe(false);
  await page.setViewportSize({ width: 794, height: 1123 });
  await picture(page, "report-print");
  await page.emulateMedia({ media: "screen" });
  expect(theo.complaints).toEqual([]);
});

test("on a telephone the player and the report can be read", async () => {
  const { page } = theo;
  await page.setViewportSize(NARROW);
  await page.goto(recording);
  await page.getByText("Refused").first().waitFor();
  await picture(page, "player-narrow");
  await page.goto(`${recording}/report`);
  await page.getByText("One operation was refused.").waitFor();
  const overflow = await page.evaluate<number>("document.documentElement.scrollWidth");
  expect(overflow).toBeLessThanOrEqual(NARROW.width);
  await picture(page, "report-narrow");
});
