/**
 * Findings in a real Chromium: a rule of the plant file stops an engineer who was never there, a
 * supervisor on a phone reads the sentence, looks at the moment and lets it go on by passkey.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { proposeBaseline } from "../../broker/risk/baseline-book.ts";
import { accessible, ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

/** Of somebody else: nobody here has worked on anything. */
const BASELINE = {
  ...{ version: 1, sessions: 12, from: "2026-09-01", until: "2026-11-01" },
  usual: {
    "p-ana plc-treatment": {
      ...{ person: "Ana", sessions: 12, deeds: ["writing P101.SpeedSetpoint"], hours: [8, 9] },
      ...{ networks: ["192.0.2.0/24"], changesPerMinute: 4, readsPerMinute: 60, refusedInARow: 0 },
    },
  },
  values: { "plc-treatment P101.SpeedSetpoint": { min: 24, max: 32 } },
};
const OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
const folder = makeFolder();

let site: SiteInBrowser;
let admin: Device;
let eva: Device;
let sam: Device;

beforeAll(async () => {
  site = await openSite({ SALLYPORT_RISK: "observe", SALLYPORT_DATA: path.join(folder, "data") });
  admin = await enrolled(await site.device(), site.enrolmentLink);
  eva = await enrolled(await site.device(), await invite(admin, "Eva", "engineer"));
  const phone = await site.device({ viewport: NARROW, dark: false });
  sam = await enrolled(phone, await invite(admin, "Sam", "supervisor"));
}, 240_000);

afterAll(async () => {
  await site?.close();
  removeFolder(folder);
});

async function looked({ page }: Device, name: string): Promise<void> {
  for (const viewport of [WIDE, NARROW]) {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await shot(page, `${name}-${viewport.width}-${colorScheme}`, true);
      await accessible(page);
      expect(await page.evaluate(OVERFLOWS)).toBe(false);
    }
  }
}

test("nothing is compared until an administrator has signed for a baseline", async () => {
  const { page } = admin;
  await page.goto("/integrations");
  await page.getByText("Nothing is compared yet").waitFor();
  await shot(page, "baseline-none");
  // As `sallyport risk learn --propose` does.
  proposeBaseline(path.join(folder, "data"), JSON.stringify(BASELINE));
  await page.getByText("Waits for an approval").waitFor();
  await page.getByText("writing P101.SpeedSetpoint").first().waitFor();
  await looked(admin, "baseline-waits");
  await page.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Why it is right").fill("Read with the shift");
  await accessible(page);
  await dialog.getByRole("button", { name: "Approve" }).click();
  await page.getByText("In force: 12 sessions from 2026-09-01 to 2026-11-01").waitFor();
  await page.getByText("Read with the shift").first().waitFor();
  await shot(page, "baseline-in-force", true);
  await page.setViewportSize(WIDE);
}, 240_000);

test("a baseline that was wrong is put back by the same act", async () => {
  const { page } = admin;
  const wider = { ...BASELINE, sessions: 13, values: {} };
  proposeBaseline(path.join(folder, "data"), JSON.stringify(wider));
  await page.getByText("P101.SpeedSetpoint 24 to 32").waitFor();
  const dialog = page.getByRole("dialog");
  const sign = async (reason: string) => {
    await dialog.getByLabel("Why it is right").fill(reason);
    await dialog.getByRole("button", { name: "Approve" }).click();
  };
  await page.getByRole("button", { name: "Approve" }).click();
  await sign("Counted again");
  await page.getByText("In force: 13 sessions").waitFor();
  await page.getByRole("button", { name: "Put back" }).click();
  await sign("The values were lost");
  await page.getByText("In force: 12 sessions").waitFor();
  await page.getByText("The values were lost").first().waitFor();
}, 240_000);

test("the rules are listed for administrators, also before there are any", async () => {
  const { page } = admin;
  await page.goto("/integrations");
  await page.getByText("No rule answers findings").waitFor();
  const rules = `
responses:
  - { id: never-there-before, findings: [first-asset], answer-within: 30m, unanswered: end }
  - { id: odd-values, findings: [value, change-rate], zone: treatment, answer-within: 10m, unanswered: stay, trial: true }
`;
  writeFileSync(site.plantFile, `${readFileSync(site.plantFile, "utf8")}${rules}`);
  await expect
    .poll(async () => {
      await page.reload();
      return page.getByText("never-there-before").first().isVisible();
    })
    .toBe(true);
  await page.getByText("first time on an asset").first().waitFor();
  await looked(admin, "response-rules");
}, 240_000);

test("what a rule stopped goes on once a supervisor has signed for it", async () => {
  await eva.page.goto("/?asset=plc-treatment");
  await eva.page.getByRole("button", { name: "Open", exact: true }).click();
  await eva.page.waitForURL(/\/sessions\//);
  await eva.page.getByText("A finding stopped this session").waitFor();
  await shot(eva.page, "response-own");
  await accessible(eva.page);

  const { page } = sam;
  await page.goto("/");
  await page.getByText("A finding stopped somebody's work and waits for your answer.").waitFor();
  await page.getByRole("link", { name: "Answer" }).click();
  const card = page.getByRole("article", { name: /What Eva does on .* was stopped/ });
  await card.getByText("Eva has not worked on").waitFor();
  await card.getByText("Without an answer it ends by itself.").waitFor();
  await looked(sam, "response-waits");
  const moment = card.getByRole("link", { name: "Look at the moment" });
  expect(await moment.getAttribute("href")).toMatch(/^\/recordings\//);
  await card.getByRole("button", { name: "Let it go on" }).click();
  const go = card.getByRole("button", { name: "Let it go on now" });
  expect(await go.isDisabled()).toBe(true);
  await card.getByLabel("Why? The person reads it.").fill("She is new here");
  await accessible(page);
  await shot(page, "response-signs");
  await go.click();
  await card.waitFor({ state: "detached" });
  await eva.page.getByText("A finding stopped this session").waitFor({ state: "detached" });

  const told = "/api/events?contains=She%20is%20new%20here";
  await expect
    .poll(() => ask<SiteEventView[]>(admin.page, "GET", told).then((all) => all.map((e) => e.kind)))
    .toContain("response:resumed");
  expect([admin, eva, sam].flatMap(({ complaints }) => complaints)).toEqual([]);
}, 240_000);
