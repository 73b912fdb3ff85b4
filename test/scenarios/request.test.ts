/**
 * A time that is asked for and given, in a real Chromium: an engineer asks from the asset's panel,
 * a supervisor approves on a phone with one touch, the session opens, gets more time, and another
 * one ends with its grant. Each person has a device and a passkey of their own.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

const GRANT_MS = 20_000;

/** Of a grant that a test waits for the end of. */
const SHORT_MS = 12_000;

let site: SiteInBrowser;
let admin: Device;
let eva: Device;
let sam: Device;
/** From outside; enrols in the course of the story. */
let pia: Device;

beforeAll(async () => {
  site = await openSite();
  withoutDistributionGrant(site.plantFile);
  admin = await enrolled(await site.device(), site.enrolmentLink);
  eva = await enrolled(await site.device({ dark: false }), await invite(admin, "Eva", "engineer"));
  const phone = await site.device({ viewport: NARROW });
  sam = await enrolled(phone, await invite(admin, "Sam", "supervisor"));
}, 120_000);

afterAll(() => site?.close());

/** So that nothing is granted on one PLC. */
function withoutDistributionGrant(file: string): void {
  const lines = readFileSync(file, "utf8").split("\n");
  const kept = lines.filter((line) => !line.includes("engineers-read-distribution"));
  expect(kept.length).toBe(lines.length - 1);
  writeFileSync(file, kept.join("\n"));
}

test("an engineer asks from the panel of an asset where nothing is granted", async () => {
  const { page } = eva;
  await page.goto("/");
  await page.getByText("Distribution PLC").first().click();
  await shot(page, "panel", true);
  await page.getByRole("link", { name: "Request access" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What you need to do").selectOption("operations");
  await dialog.getByText("Agreed by any supervisor or any administrator.").waitFor();
  await dialog.getByLabel("Reason").fill("The network pressure swings since noon");
  await dialog.getByLabel("Ticket").fill("WO-4711");
  await shot(page, "form", true);
  await dialog.getByRole("button", { name: "Send request" }).click();
  await page.getByText("Waiting", { exact: true }).waitFor();
  await shot(page, "asked", true);
});

test("the supervisor reads it on a phone and approves with one touch", async () => {
  const { page } = sam;
  await page.goto("/live");
  await page.getByRole("link", { name: "Read and decide" }).waitFor();
  await shot(page, "phone-notice", true);
  await page.getByRole("link", { name: "Read and decide" }).click();
  const request = page.getByRole("article", { name: "Eva (Waterworks)" });
  await request.getByText("The network pressure swings since noon").waitFor();
  await request.getByText("WO-4711").waitFor();
  expect((await page.locator("html").boundingBox())?.width).toBeLessThanOrEqual(NARROW.width);
  await shot(page, "phone", true);
  const [{ id }] = await ask<[{ readonly id: string }]>(page, "GET", "/api/requests");
  await page.goto("/access?request=gone");
  await page.getByText("does not wait for you any more").waitFor();
  await page.goto(`/access?request=${id}`);
  await page.locator("[data-meant]").getByText("WO-4711").waitFor();
  await shot(page, "phone-meant", true);
  const approve = request.getByRole("button", { name: "Approve the request of Eva" });
  const box = await approve.boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(44);
  await approve.click();
  await page.getByText("Approved by Sam").waitFor();
  await shot(page, "phone-approved", true);
});

test("the engineer's page shows the grant at once, and the session opens", async () => {
  const { page } = eva;
  const grant = page
    .getByRole("region", { name: "My grants" })
    .getByRole("article", { name: "Distribution PLC" });
  await grant.getByText("left").waitFor();
  await shot(page, "granted", true);
  await grant.getByRole("link", { name: "Open Distribution PLC" }).click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("You may read and write").waitFor();
});

test("more time is asked for in the session, given on the phone, and its end moves at once", async () => {
  const { page } = eva;
  await page.getByRole("button", { name: "Ask for more time" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("How much more").selectOption("4 hours");
  await dialog.getByLabel("Reason").fill("One more valve");
  await dialog.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByTitle("More time was asked for").waitFor();
  await shot(page, "session", true);
  const request = sam.page.getByRole("article", { name: "Eva (Waterworks)" });
  await request.getByText("4 hours more").waitFor();
  await request.getByRole("button", { name: "Approve the request of Eva" }).click();
  await page.getByRole("button", { name: "Ask for more time" }).waitFor();
  await page.getByText(/5 h 5\d min|6 h/).waitFor();
});

test("giving it back ends the session under it", async () => {
  const { page } = eva;
  const other = await eva.context.newPage();
  await other.goto("/access");
  await other.getByRole("button", { name: /Take back the request for Distribution/ }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
  await page.getByText("The session has ended").waitFor();
  await page.getByText("Your grant was revoked").waitFor();
  await other.close();
});

test("a refusal carries its reason to who asked", async () => {
  await eva.page.goto("/access");
  await askFor(eva.page, 3_600_000);
  const request = sam.page.getByRole("article", { name: "Eva (Waterworks)" });
  await request.getByRole("button", { name: "Refuse the request of Eva" }).click();
  const dialog = sam.page.getByRole("dialog");
  await dialog.getByLabel("Why").fill("Not during the fire drill");
  await dialog.getByRole("button", { name: "Refuse" }).click();
  await eva.page.getByText("Refused by Sam: Not during the fire drill").waitFor();
});

async function askFor(page: Page, lengthMs: number): Promise<void> {
  await ask(page, "POST", "/api/requests", {
    ...{ endpoints: ["plc-distribution/modbus"], profile: "operations", reason: "a short look" },
    untilMs: Date.now() + lengthMs,
  });
}

test("a session ends with its grant, and says so", async () => {
  const { page } = eva;
  await askFor(page, GRANT_MS);
  const request = sam.page.getByRole("article", { name: "Eva (Waterworks)" });
  await request.getByRole("button", { name: "Approve the request of Eva" }).click();
  await page.getByRole("link", { name: "Open Distribution PLC" }).click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("You may read and write").waitFor();
  await page.getByText("The session has ended").waitFor({ timeout: GRANT_MS + 10_000 });
  await page.getByText("Your grant ended").waitFor();
  await page.goto("/access");
  await page
    .getByRole("region", { name: "My grants" })
    .getByText("Treatment PLC")
    .first()
    .waitFor();
  await shot(page, "ended", true);
  expect(await page.getByRole("link", { name: "Open Distribution PLC" }).count()).toBe(0);
}, 60_000);

test("an engineer invites a vendor and asks for their time; the link is shown once", async () => {
  const { page } = eva;
  await page.goto("/vendors");
  await page.getByRole("button", { name: "Invite a vendor" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Pia");
  await dialog.getByLabel("E-mail address").fill("pia@pumps.example");
  await dialog.getByLabel("Company").fill("Pump Works");
  await dialog.getByLabel("Where").selectOption("plc-distribution/modbus");
  await dialog.getByLabel("What they need to do").selectOption("operations");
  await dialog.getByLabel("Reason").fill("Yearly service of P301");
  await shot(page, "invite", true);
  await dialog.getByRole("button", { name: "Send request" }).click();
  const link = await page.getByRole("dialog").getByLabel("Link").inputValue();
  expect(link).toMatch(/#token=/);
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await page.getByRole("table", { name: "Vendors" }).getByText("Invited").waitFor();
  pia = await enrolled(await site.device({ viewport: NARROW }), link);
});

test("before anybody agreed the vendor reads that the request waits, and sees nothing of the plant", async () => {
  const { page } = pia;
  await page.goto("/access");
  await page.getByText("Your request waits until somebody agrees").waitFor();
  await page.goto("/");
  await page.getByRole("link", { name: "Show what was asked" }).waitFor();
  expect(await page.getByText("Distribution PLC").count()).toBe(0);
});

test("the supervisor reads who asks for whom and agrees; the vendor sees just that, and how long", async () => {
  const request = sam.page.getByRole("article", { name: "Pia (Pump Works)" });
  await request.getByText("asked by Eva").waitFor();
  await shot(sam.page, "phone-vendor", true);
  await request.getByRole("button", { name: "Approve the request of Pia" }).click();
  const { page } = pia;
  // Where the invitation leads: nothing has to be looked for.
  await page.goto("/");
  const grants = page.getByRole("region", { name: "My grants" });
  await grants.getByText(/1 h 59 min left|2 h 00 min left/).waitFor();
  expect(await grants.getByRole("article").count()).toBe(1);
  await shot(page, "vendor", true);
});

test("the vendor opens a session on that one asset", async () => {
  const { page } = pia;
  await page.getByRole("link", { name: "Open Distribution PLC" }).click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("You may read and write").waitFor();
});

test("a sponsor who is disabled takes the vendor along, and the rule is named", async () => {
  const people = (await askList(admin.page, "/api/people")) as { id: string; name: string }[];
  const { id } = people.find(({ name }) => name === "Eva") ?? { id: "" };
  await ask(admin.page, "PATCH", `/api/people/${id}`, { disabled: true });
  const { page } = pia;
  await page.getByText("The session has ended").waitFor();
  await page.getByText("sponsor-left").first().waitFor();
  await shot(page, "vendor-suspended", true);
  await page.goto("/access");
  await page.getByText("Your account sleeps until somebody gives you a time.").waitFor();
});

test("an administrator answers for the vendor, who goes on until the grant ends and the account sleeps", async () => {
  const { page } = admin;
  await page.goto("/vendors");
  await page.getByRole("table", { name: "Vendors" }).getByText("Suspended").waitFor();
  await shot(page, "vendors", true);
  await page.getByRole("button", { name: "Answer for Pia" }).click();
  await page.getByRole("dialog").getByLabel("Why").fill("Eva is on leave");
  await page.getByRole("dialog").getByRole("button", { name: "Answer for them" }).click();
  await page.getByRole("table", { name: "Vendors" }).getByText("Active").waitFor();
  await pia.page.goto("/access");
  await pia.page.getByRole("link", { name: "Open Distribution PLC" }).waitFor();
  const grants = (await askList(page, "/api/grants")) as { id: string; subject: string }[];
  const { id } = grants.find(({ subject }) => subject === "Pia") ?? { id: "" };
  await ask(page, "DELETE", `/api/grants/${id}`, {});
  await pia.page.getByText("Your account sleeps until somebody gives you a time.").waitFor();
  await page.getByRole("table", { name: "Vendors" }).getByText("Asleep").waitFor();
});

test("a grant ends with its clock: the vendor's session with it, and the account sleeps", async () => {
  const people = (await askList(admin.page, "/api/people")) as { id: string; name: string }[];
  const personId = people.find(({ name }) => name === "Pia")?.id;
  const endpoint = "plc-distribution/modbus";
  await ask(admin.page, "POST", "/api/grants", {
    ...{ personId, endpoint, profile: "read-only", reason: "a last look" },
    ...{ fromMs: Date.now(), untilMs: Date.now() + SHORT_MS },
  });
  const { page } = pia;
  await page.goto("/?asset=plc-distribution");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("The session has ended").waitFor({ timeout: 2 * SHORT_MS });
  await page.getByText("grant-end").first().waitFor();
  await page.goto("/");
  await page.getByText("Your account sleeps until somebody gives you a time.").waitFor();
  await shot(page, "vendor-asleep", true);
}, 60_000);

test("the review lists the rights that stand with their last use", async () => {
  const { page } = admin;
  await page.goto("/review");
  await page
    .getByRole("table", { name: "Rights that stand" })
    .getByText("All with role engineer")
    .first()
    .waitFor();
  await shot(page, "review", true);
});

function askList(page: Page, path: string): Promise<unknown> {
  return page.evaluate(async (from) => (await fetch(from)).json(), path);
}

test("no page complained on the way", () => {
  for (const { complaints } of [admin, eva, sam, pia]) {
    expect(complaints.filter((text) => !/status of 40[134]/.test(text))).toEqual([]);
  }
});
