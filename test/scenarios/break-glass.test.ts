/**
 * Break-glass in a real Chromium: at night an administrator takes access without approval, the
 * supervisor's phone shows the alarm at once, the work is recorded, and the use stays until the
 * supervisor has looked at the recording and signed what they found. A lock wins over it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BreakGlassView } from "../../broker/api/shapes/break-glass.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { accessible, ask, enrolled, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

let site: SiteInBrowser;
let ada: Device;
let sam: Device;

beforeAll(async () => {
  site = await openSite();
  ada = await enrolled(await site.device(), site.enrolmentLink);
  const phone = await site.device({ viewport: NARROW, dark: false });
  const person = { name: "Sam", email: "sam@plant.example", employer: "Waterworks" };
  const invited = await ask<{ link: { url: string } }>(ada.page, "POST", "/api/people", {
    ...{ ...person, roles: ["supervisor"] },
  });
  sam = await enrolled(phone, invited.link.url);
  await sam.page.goto("/");
}, 120_000);

afterAll(() => site?.close());

const dialog = () => ada.page.getByRole("dialog", { name: "Break the glass" });

async function fill(): Promise<void> {
  await dialog().getByLabel("Where").selectOption("plc-treatment/modbus");
  await dialog().getByLabel("What has to be done").selectOption("full-maintenance");
  await dialog().getByLabel("For how long").selectOption({ label: "15 minutes" });
  await dialog().getByLabel("Reason").fill("The tank runs over and nobody answers.");
}

test("a lock wins: the glass opens nothing that is locked", async () => {
  const lock = { kind: "asset", target: "plc-treatment", reason: "gas alarm" };
  const { id } = await ask<{ id: string }>(sam.page, "POST", "/api/locks", lock);
  await ada.page.goto("/break-glass");
  await ada.page.getByText("Nobody ever broke the glass here").waitFor();
  await ada.page.getByRole("button", { name: "Break-glass…" }).click();
  await fill();
  await dialog().getByRole("button", { name: "Break the glass" }).click();
  await dialog()
    .getByText(/Sam locked .+gas alarm. Break-glass opens no lock/)
    .waitFor();
  await shot(ada.page, "break-glass-locked");
  await sam.page.getByRole("button", { name: /^Lift the lock/ }).click();
  await sam.page.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
  await expect
    .poll(async () => (await ask<{ id: string }[]>(sam.page, "GET", "/api/locks")).length)
    .toBe(0);
  expect(id).not.toBe("");
});

test("used: one signature opens a short grant, and the supervisor is alarmed at once", async () => {
  await ada.page.goto("/access");
  await ada.page.getByRole("link", { name: "Break-glass…" }).click();
  await fill();
  await shot(ada.page, "break-glass-dialog");
  await accessible(ada.page);
  await dialog().getByRole("button", { name: "Break the glass" }).click();
  await dialog().waitFor({ state: "detached" });
  await sam.page.getByText(/ broke the glass on Treatment PLC/).waitFor();
  await sam.page.getByText("The tank runs over and nobody answers.").waitFor();
  await shot(sam.page, "break-glass-alarm-phone");
  await ada.page.getByText("15 min left").or(ada.page.getByText("14 min left")).waitFor();
  const events = await ask<SiteEventView[]>(sam.page, "GET", "/api/events");
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "break-glass:opened", priority: "alarm" }),
  );
});

test("the work under it is a session like every other, and ends with it", async () => {
  const { page } = ada;
  const [use] = await ask<BreakGlassView[]>(page, "GET", "/api/break-glass");
  await page.goto("/?asset=plc-treatment");
  // The best grant is behind the one button.
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).waitFor();
  await sam.page.goto("/break-glass");
  await sam.page.getByText("It is still open: end it, or wait for its end.").waitFor();
  await sam.page.getByRole("button", { name: /^End the break-glass access/ }).click();
  await sam.page.getByRole("dialog").getByRole("button", { name: "End now" }).click();
  await page
    .getByText(/Sam revoked the grant of this session/)
    .first()
    .waitFor();
  expect(use?.openedBy.name).not.toBe("Sam");
});

test("it stays until somebody else has looked at the recording and signed a verdict", async () => {
  await ada.page.goto("/break-glass");
  await ada.page.getByText("Somebody who neither opened nor held it reviews it.").waitFor();
  expect(await ada.page.getByRole("button", { name: /^Review the use/ }).count()).toBe(0);
  await shot(ada.page, "break-glass-own");
  await sam.page.goto("/");
  await sam.page.getByText("1 use of break-glass waits for your review").waitFor();
  await sam.page.getByRole("link", { name: "Review", exact: true }).first().click();
  await sam.page.getByRole("link", { name: /^Replay the session of/ }).click();
  await sam.page.waitForURL(/\/recordings\//);
  await sam.page.getByText("full-maintenance").first().waitFor();
  await sam.page.goto("/break-glass");
  await accessible(sam.page);
  await sam.page.getByRole("button", { name: /^Review the use/ }).click();
  const review = sam.page.getByRole("dialog", { name: "Review this use" });
  await review.getByLabel("What you found").fill("He only looked; the tank had run over.");
  await shot(sam.page, "break-glass-review-phone");
  await accessible(sam.page);
  await review.getByRole("button", { name: "Sign the review" }).click();
  await sam.page.getByText("Nothing waits for a review").waitFor();
  await sam.page.getByText("All", { exact: true }).click();
  await sam.page.getByText("He only looked; the tank had run over.").waitFor();
  await shot(sam.page, "break-glass-reviewed-phone");
  await accessible(ada.page);
  const complaints = [...ada.complaints, ...sam.complaints];
  expect(complaints.filter((text) => !/40[34]/.test(text))).toEqual([]);
});
