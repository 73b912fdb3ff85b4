/**
 * A write that needs a second person, in a real Chromium: an engineer sets the chlorine dose, a
 * supervisor on a phone sees the value now beside the one asked for and answers with one touch.
 * Permitted, refused, timed out, and void because the plant moved; then freeze and lockdown. The
 * plant itself is asked each time.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordingView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { fromHex } from "../kit/hex.ts";
import { ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

/** The hold of the example lasts 30 s. */
const TIMED_OUT_MS = 45_000;

let site: SiteInBrowser;
let admin: Device;
let eva: Device;
let sam: Device;

beforeAll(async () => {
  site = await openSite();
  admin = await enrolled(await site.device(), site.enrolmentLink);
  eva = await enrolled(await site.device(), await invite(admin, "Eva", "engineer"));
  const phone = await site.device({ viewport: NARROW, dark: false });
  sam = await enrolled(phone, await invite(admin, "Sam", "supervisor"));
  await eva.page.goto("/?asset=plc-treatment");
  await eva.page.getByRole("button", { name: /dosing-with-a-second-person/ }).click();
  await eva.page.waitForURL(/\/sessions\//);
  await sam.page.goto("/live");
}, 120_000);

afterAll(() => site?.close());

async function write(value: string): Promise<void> {
  const { page } = eva;
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Write D201.DoseSetpoint" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("New value").fill(value);
  await dialog.getByRole("button", { name: /^Write / }).click();
}

async function askFor(value: string): Promise<void> {
  await write(value);
  await eva.page.getByText("Waiting for a supervisor").waitFor();
}

const card = () => sam.page.getByRole("article", { name: /Eva wants to change D201/ }).first();
const dose = () => site.plant.process.setpoints.dose;

test("the supervisor sees who wants what, the value now and the value asked", async () => {
  await askFor("1.4");
  await shot(eva.page, "hold-waits");
  await card().getByText("1.4 mg/l").waitFor();
  await card()
    .getByText(/\d+ s left/)
    .waitFor();
  await shot(sam.page, "hold-phone");
  expect(dose()).not.toBeCloseTo(1.4);
});

test("one touch with the passkey permits exactly this write", async () => {
  await card().getByRole("button", { name: "Permit" }).click();
  await eva.page.getByText(/Written\. Read back: 1\.4/).waitFor();
  await expect.poll(dose).toBeCloseTo(1.4);
  await expect.poll(() => card().count()).toBe(0);
});

test("refused: the engineer is told by whom, and the plant hears nothing", async () => {
  await askFor("1.8");
  await card().getByRole("button", { name: "Refuse" }).click();
  await eva.page
    .getByText(/Sam refused/)
    .first()
    .waitFor();
  await shot(eva.page, "hold-refused");
  expect(dose()).toBeCloseTo(1.4);
});

/** Somebody at the PLC itself sets 1.0 mg/l. */
async function doseByHand(): Promise<void> {
  const socket = connect(site.plant.ports.treatment, "127.0.0.1");
  socket.write(fromHex("0001 0000 000b 01 10 0014 0002 04 3f80 0000"));
  await once(socket, "data");
  socket.destroy();
  await expect.poll(dose).toBeCloseTo(1.0);
}

test("void: the plant moved while the supervisor looked", async () => {
  await askFor("1.6");
  await card().waitFor();
  await doseByHand();
  await card().getByRole("button", { name: "Permit" }).click();
  await sam.page.getByText("Your answer is void: nothing was sent.").waitFor();
  await eva.page
    .getByText(/The answer is void/)
    .first()
    .waitFor();
  await shot(sam.page, "hold-void");
  expect(dose()).toBeCloseTo(1.0);
});

test(
  "nobody answers: refused by itself, and may be permitted for next time",
  async () => {
    await askFor("1.1");
    await eva.page
      .getByText(/Nobody answered in time/)
      .first()
      .waitFor({ timeout: TIMED_OUT_MS });
    expect(dose()).toBeCloseTo(1.0);
    await sam.page.getByRole("button", { name: "Permit if asked again within 10 min" }).click();
    await sam.page.getByText("Exactly this may pass once if it is asked for again.").waitFor();
    await shot(sam.page, "hold-next");
    await write("1.1");
    await eva.page.getByText(/Written\. Read back: 1\.1/).waitFor();
    await expect.poll(dose).toBeCloseTo(1.1);
  },
  TIMED_OUT_MS + 30_000,
);

test("asked beforehand, for a tool that cannot wait: permitted once, for minutes", async () => {
  const { page } = eva;
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Write D201.DoseSetpoint" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("New value").fill("1.3");
  await dialog.getByRole("button", { name: "Ask beforehand" }).click();
  await dialog.getByText("A supervisor was asked.").waitFor();
  await shot(page, "hold-beforehand");
  expect(dose()).toBeCloseTo(1.1);
  await card().getByText("1.3 mg/l").waitFor();
  await card().getByLabel("Passes within").selectOption({ label: "5 minutes" });
  await shot(sam.page, "hold-beforehand-phone");
  await card().getByRole("button", { name: "Permit once" }).click();
  await sam.page
    .getByText("Exactly this may pass once if it is asked for again.")
    .first()
    .waitFor();
  await write("1.3");
  await page.getByText(/Written\. Read back: 1\.3/).waitFor();
  await expect.poll(dose).toBeCloseTo(1.3);
});

test("frozen by the supervisor: the engineer is told by whom and why, and resumed goes on", async () => {
  await eva.page.keyboard.press("Escape");
  await sam.page.getByRole("button", { name: /^Freeze the session of Eva/ }).click();
  await sam.page.getByRole("dialog").getByLabel("Reason").fill("wait for the laboratory");
  await sam.page.getByRole("dialog").getByRole("button", { name: "Freeze" }).click();
  await eva.page.getByText("Your session is frozen").waitFor();
  await eva.page
    .getByText(/Sam: wait for the laboratory/)
    .first()
    .waitFor();
  await shot(eva.page, "frozen");
  await sam.page.getByRole("button", { name: /^Resume the session of Eva/ }).click();
  await sam.page.getByRole("dialog").getByLabel("Reason").fill("the sample is good");
  await sam.page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await eva.page.getByText("Your session is frozen").waitFor({ state: "detached" });
});

test("the site is locked from the plant page; two different people lift it", async () => {
  await sam.page.goto("/");
  await sam.page.getByRole("button", { name: "Lock…" }).click();
  await sam.page.getByRole("menuitem", { name: /^Lock site/ }).click();
  await sam.page.getByRole("dialog").getByLabel("Reason").fill("gas alarm");
  await sam.page.getByRole("dialog").getByRole("button", { name: "Lock site" }).click();
  await eva.page
    .getByText(/It was locked/)
    .first()
    .waitFor();
  await eva.page.getByText(/The site Waterworks Nord is locked/).waitFor();
  await shot(eva.page, "locked-out");
  await shot(sam.page, "locked-phone");
  await liftAs(sam, "Agree to lift");
  await sam.page.getByText(/one more person is needed/).waitFor();
  await admin.page.goto("/");
  await shot(admin.page, "locked-admin");
  await liftAs(admin, "Lift");
  await sam.page.getByText(/is locked/).waitFor({ state: "detached" });
});

async function liftAs({ page }: Device, act: string): Promise<void> {
  await page.getByRole("button", { name: /^Lift the lock/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: act }).click();
}

test("all of it stands in the events, and the pages complained about nothing", async () => {
  const events = await ask<SiteEventView[]>(sam.page, "GET", "/api/events");
  const kinds = new Set(events.map(({ kind }) => kind));
  for (const kind of ["hold:waiting", "session:frozen", "session:resumed", "lock:set"]) {
    expect(kinds).toContain(kind);
  }
  const recordings = await ask<RecordingView[]>(eva.page, "GET", "/api/recordings");
  expect(recordings[0]?.counts.held).toBeGreaterThanOrEqual(4);
  // A session that was cut is looked for once more, and is not there.
  const own = eva.complaints.filter((text) => !text.includes("404 (Not Found)"));
  expect([...own, ...sam.complaints, ...admin.complaints]).toEqual([]);
});
