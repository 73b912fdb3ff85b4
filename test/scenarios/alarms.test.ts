/**
 * Alarms in a real Chromium: the volume of the recordings runs full under a running broker, which
 * raises, a supervisor on a phone acknowledges with a reason, and room makes it return to normal.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { accessible, ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

/** The broker looks at its volume every ten seconds. */
const LOOKS_WITHIN_MS = 30_000;
const MEBI = 2 ** 20;

/** A volume of its own; undefined where this user may not mount one. */
function mountVolume(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), "sallyport-alarms-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

const volume = mountVolume();
let site: SiteInBrowser;
let admin: Device;
let sam: Device;

beforeAll(async () => {
  site = await openSite(volume ? { SALLYPORT_EVIDENCE: path.join(volume, "evidence") } : {});
  admin = await enrolled(await site.device(), site.enrolmentLink);
  sam = await enrolled(
    await site.device({ viewport: NARROW, dark: false }),
    await invite(admin, "Sam", "supervisor"),
  );
}, 120_000);

afterAll(async () => {
  await site?.close();
  if (volume === undefined) return;
  execFileSync("umount", [volume]);
  rmSync(volume, { recursive: true });
});

test("while nothing needs a person the page says so, and the header is quiet", async () => {
  const { page } = sam;
  await page.goto("/alarms");
  await page.getByText("Nothing needs a person").first().waitFor();
  expect(await page.locator("header").getByText(/alarm/).count()).toBe(0);
  await accessible(page);
});

test.skipIf(volume === undefined)(
  "a recorder that cannot write raises, is acknowledged with a reason, and returns by itself",
  { timeout: 120_000 },
  async () => {
    const filler = path.join(volume ?? "", "filler");
    fill(volume ?? "", filler);
    const { page } = sam;
    const nothing = page.getByText("Nothing can be recorded", { exact: true });
    await nothing.waitFor({ timeout: LOOKS_WITHIN_MS });
    await page
      .locator("header")
      .getByRole("link", { name: /not acknowledged/ })
      .waitFor();
    await shot(page, "alarms-phone", true);
    await accessible(page);
    await admin.page.goto("/alarms");
    await admin.page.getByText("Nothing can be recorded", { exact: true }).waitFor();
    await shot(admin.page, "alarms-wide", true);
    await accessible(admin.page);
    await page.getByRole("button", { name: "Acknowledge: Nothing can be recorded" }).click();
    const dialog = page.getByRole("dialog");
    const acknowledge = dialog.getByRole("button", { name: "Acknowledge" });
    expect(await acknowledge.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("I move old exports away");
    await shot(page, "alarms-acknowledge", true);
    await acknowledge.click();
    await page.getByText("Sam: I move old exports away").waitFor();
    expect(await nothing.count()).toBe(1);
    rmSync(filler);
    await nothing.waitFor({ state: "detached", timeout: LOOKS_WITHIN_MS });
    await page.getByText("History", { exact: true }).click();
    await nothing.waitFor();
    await page.getByText("Over", { exact: true }).first().waitFor();
    await shot(page, "alarms-history", true);
    const events = await ask<SiteEventView[]>(page, "GET", "/api/events");
    const kinds = events
      .filter(({ text }) => text.includes("Nothing can be recorded"))
      .map(({ kind }) => kind);
    expect(kinds.reverse()).toEqual(
      expect.arrayContaining(["alarm:raised", "alarm:acknowledged", "alarm:returned"]),
    );
  },
);

function fill(folder: string, name: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const file = openSync(name, "w");
  const chunk = new Uint8Array(MEBI);
  try {
    for (let left = bavail * bsize; left > 0; left -= chunk.length) {
      writeSync(file, chunk, 0, Math.min(left, chunk.length));
    }
  } finally {
    closeSync(file);
  }
}

test("an alarm is shelved for a while and stays out of the header until then", async () => {
  const good = readFileSync(site.plantFile, "utf8");
  writeFileSync(site.plantFile, good.replace("zone: treatment", "zone: nowhere"));
  const { page } = admin;
  await page.goto("/alarms");
  await page.getByText("The plant file is not valid").waitFor({ timeout: LOOKS_WITHIN_MS });
  await page.getByRole("button", { name: "Shelve: The plant file is not valid" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox").selectOption({ label: "4 hours" });
  await dialog.getByRole("textbox").fill("The contractor mends it after lunch");
  await shot(page, "alarms-shelve", true);
  await dialog.getByRole("button", { name: "Shelve" }).click();
  await page
    .getByText("Admin: The contractor mends it")
    .or(page.getByText(/: The contractor/))
    .first()
    .waitFor();
  const alarms = await ask<AlarmView[]>(page, "GET", "/api/alarms");
  const shelved = alarms.find(({ kind }) => kind === "plant-invalid");
  expect(shelved?.state).toBe("shelved");
  expect((shelved?.shelved?.untilMs ?? 0) - (shelved?.shelved?.atMs ?? 0)).toBe(4 * 3_600_000);
  await shot(page, "alarms-shelved", true);
  writeFileSync(site.plantFile, good);
}, 60_000);

test("every kind says what it means, and which are out of service by design", async () => {
  const { page } = admin;
  await page.goto("/alarms?view=kinds#witness-behind");
  await page
    .getByText(/No witness is configured/)
    .first()
    .waitFor();
  await shot(page, "alarms-kinds", true);
  await accessible(page);
  expect(admin.complaints).toEqual([]);
  expect(sam.complaints).toEqual([]);
});
