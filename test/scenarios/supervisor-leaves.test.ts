/**
 * A session that needs the control room's consent and a supervisor, in a real Chromium: an
 * engineer asks, a supervisor agrees on a phone and watches at a desk, closes the tab while the
 * engineer is about to write, and comes back; then the key in the control room is turned. The
 * plant itself is asked each time. What a tool that writes all the same is answered stands in
 * `standing-conditions.test.ts`.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { accessible, ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";

let site: SiteInBrowser;
let admin: Device;
let eva: Device;
let sam: Device;
let watching: Page;

beforeAll(async () => {
  site = await openSite();
  admin = await enrolled(await site.device(), site.enrolmentLink);
  eva = await enrolled(await site.device(), await invite(admin, "Eva", "engineer"));
  const phone = await site.device({ viewport: NARROW, dark: false });
  sam = await enrolled(phone, await invite(admin, "Sam", "supervisor"));
  const people = await ask<{ id: string; name: string }[]>(admin.page, "GET", "/api/people");
  await ask(admin.page, "POST", "/api/grants", {
    personId: people.find(({ name }) => name === "Eva")?.id,
    ...{ endpoint: "plc-treatment/modbus", profile: "full-maintenance", reason: "gearbox" },
    ...{ fromMs: Date.now(), untilMs: Date.now() + 3_600_000 },
  });
}, 120_000);

afterAll(() => site?.close());

async function fillWrite(value: string): Promise<void> {
  const { page } = eva;
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).click();
  await page.getByRole("dialog").getByLabel("New value").fill(value);
}

const confirmWrite = () =>
  eva.page
    .getByRole("dialog")
    .getByRole("button", { name: /^Write / })
    .click();
const speed = () => site.plant.process.setpoints.p101Speed;
const alone = () => eva.page.getByText("Waiting for a supervisor: you can look");

test("the control room is asked, sees who wants what, and agrees with one touch", async () => {
  await sam.page.goto("/live");
  await eva.page.goto("/?asset=plc-treatment");
  await eva.page
    .getByText(/needs the control room's consent and a supervisor who watches/)
    .waitFor();
  await shot(eva.page, "plant-key-on");
  await accessible(eva.page);
  await eva.page.getByRole("button", { name: "Open", exact: true }).click();
  await eva.page.getByRole("dialog").getByText("Waiting for the control room").waitFor();
  await shot(eva.page, "consent-waits");
  const card = sam.page.getByRole("article", { name: /Eva asks to begin/ });
  await card.getByText("gearbox").waitFor();
  await shot(sam.page, "consent-phone");
  await accessible(sam.page);
  await card.getByRole("button", { name: "Agree" }).click();
  await eva.page.waitForURL(/\/sessions\//);
});

test("nothing changes until a supervisor watches; the engineer is told the rule", async () => {
  await alone().waitFor();
  await eva.page.getByText(/rule supervisor-absent/).waitFor();
  await shot(eva.page, "supervisor-missing");
  await accessible(eva.page);
  await sam.page.getByText("No supervisor").first().waitFor();
  await shot(sam.page, "live-phone");
});

async function comesToWatch(): Promise<void> {
  watching = await sam.context.newPage();
  await watching.setViewportSize(WIDE);
  await watching.goto("/live");
  await watching.getByRole("link", { name: "Watch" }).first().click();
  await watching.getByText(/This session needs a supervisor, and you are one/).waitFor();
  await alone().waitFor({ state: "detached" });
}

test("the supervisor watches, and the write passes", async () => {
  await comesToWatch();
  await shot(watching, "watching");
  await fillWrite("31");
  await confirmWrite();
  await expect.poll(speed).toBeCloseTo(31);
});

test("the supervisor closes the tab: the write at hand cannot be sent, and the rule says why", async () => {
  await fillWrite("32");
  await watching.close();
  await alone().waitFor();
  const send = eva.page.getByRole("dialog").getByRole("button", { name: /^Write / });
  await expect.poll(() => send.isDisabled()).toBe(true);
  await eva.page.getByText(/The supervisor left.*rule supervisor-absent/).waitFor();
  await shot(eva.page, "supervisor-left");
  expect(speed()).toBeCloseTo(31);
});

test("the supervisor comes back, and it works", async () => {
  await eva.page.keyboard.press("Escape");
  await comesToWatch();
  await fillWrite("33");
  await confirmWrite();
  await expect.poll(speed).toBeCloseTo(33);
});

test("the key in the control room is turned: everybody sees it, and nothing changes", async () => {
  await eva.page.keyboard.press("Escape");
  site.plant.turnKey(false);
  await eva.page.getByText("Remote access is switched off at the plant").waitFor();
  await eva.page.getByText(/rule key-switch/).waitFor();
  await shot(eva.page, "key-off-session");
  await sam.page.goto("/");
  await sam.page.getByText("Remote access, control room: off").waitFor();
  await shot(sam.page, "key-off-phone");
  await admin.page.goto("/?asset=plc-treatment");
  await admin.page.getByText("Remote access, control room: off").waitFor();
  await shot(admin.page, "key-off-plant");
  await accessible(admin.page);
  site.plant.turnKey(true);
  await eva.page
    .getByText("Remote access is switched off at the plant")
    .waitFor({ state: "detached" });
});

test("all of it stands in the events, and the pages complained about nothing", async () => {
  const events = await ask<SiteEventView[]>(sam.page, "GET", "/api/events");
  const kinds = new Set(events.map(({ kind }) => kind));
  for (const kind of [
    ...["consent:asked", "consent:agreed", "session:waiting", "session:goes-on"],
    ...["key-switch:off", "key-switch:on"],
  ]) {
    expect(kinds).toContain(kind);
  }
  expect([...eva.complaints, ...sam.complaints, ...admin.complaints]).toEqual([]);
});
