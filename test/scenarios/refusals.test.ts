/**
 * What the console refuses, seen from each person's own browser: a wrong role, a grant that ends
 * while its session runs, a session that a supervisor cuts, and a function that no rule names.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import type { SessionEvent } from "../../broker/sessions/session.ts";
import { connected } from "../kit/console-user.ts";
import { startRunningBroker } from "../kit/running-broker.ts";
import { askSigned } from "../kit/signed-in-page.ts";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

let site: SiteInBrowser;
let admin: Device;
let vendor: Device;
let supervisor: Device;

const GRANT_MS = 12_000;

beforeAll(async () => {
  site = await openSite();
  admin = await site.device();
  await enrol(admin, site.enrolmentLink);
}, 120_000);

afterAll(() => site?.close());

async function enrol({ page }: Device, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("link", { name: "Go to the plant" }).click();
  await page.getByRole("heading", { name: "Plant", exact: true }).waitFor();
}

/** Through the People page, as an administrator does it; the person enrols on an own device. */
async function invite(name: string, role: string, dark = true): Promise<Device> {
  const { page } = admin;
  await page.goto("/people");
  await page.getByRole("button", { name: "Invite a person" }).first().click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("E-mail").fill(`${name.split(" ")[0]?.toLowerCase()}@plant.example`);
  await form.getByRole("checkbox", { name: new RegExp(role, "i") }).check();
  await form.getByRole("button", { name: "Invite", exact: true }).click();
  await form.getByText("Say for whom they work.").waitFor();
  await form.getByLabel("Employer").fill("Pumps Ltd");
  await form.getByRole("button", { name: "Invite", exact: true }).click();
  const link = await page.getByLabel("One-time link").inputValue();
  await page.getByRole("button", { name: "Done" }).click();
  const device = await site.device({ dark });
  await enrol(device, link);
  return device;
}

test("an auditor sees the plant and every recording, and can open no session", async () => {
  const { page, context } = await invite("Aud Auditor", "auditor");
  await page.getByText("Treatment PLC").first().click();
  await page.getByText("Your roles do not open sessions.").waitFor();
  expect(await page.getByRole("button", { name: "Open", exact: true }).count()).toBe(0);
  const asked = { endpoint: "plc-treatment/modbus" };
  const { status } = await askSigned(page, "POST", "/api/sessions", asked);
  expect(status).toBe(404);
  await page.goto("/people");
  await page
    .getByText(/no such page/i)
    .first()
    .waitFor();
  await context.close();
});

test("a vendor without a grant sees nothing; with one, its asset at once, and only that", async () => {
  vendor = await invite("Vera Vendor", "vendor");
  await vendor.page.getByText("You hold no grant now").waitFor();
  await grantVendor(GRANT_MS);
  await vendor.page.getByText("Treatment PLC").first().waitFor();
  expect(await vendor.page.getByText("Distribution PLC").count()).toBe(0);
});

test("a session ends with its grant, says so, and cannot be opened again", async () => {
  const { page } = vendor;
  await page.getByRole("link", { name: "Open Treatment PLC" }).first().click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("P101.SpeedSetpoint").first().waitFor();
  await page.getByText("The session has ended").waitFor({ timeout: GRANT_MS + 5_000 });
  await page.getByText("Your grant ended").waitFor();
  await page.goto("/");
  await page.getByText("You hold no grant now").waitFor();
}, 60_000);

test("a supervisor watches a session as it happens and cuts it; its owner reads why", async () => {
  supervisor = await invite("Sue Supervisor", "supervisor", false);
  await openTreatment(admin);
  const { page } = supervisor;
  await page.goto("/live");
  await page.getByRole("link", { name: /watch/i }).first().click();
  await page.waitForURL(/\/live\//);
  await page.getByText(/P101/).first().waitFor();
  await admin.page.getByText(/Watched by Sue Supervisor/).waitFor();
  await page.getByRole("button", { name: "End session" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Why").fill("pump is being serviced");
  await dialog.getByRole("button", { name: "End session" }).click();
  await admin.page.getByText("The session has ended").waitFor();
  await admin.page.getByText("It was cut").waitFor();
  await admin.page.getByText(/pump is being serviced/).waitFor();
});

test("after the cut no byte of the session reaches the plant", async () => {
  const before = site.plant.process.setpoints.p101Speed;
  expect(await admin.page.getByRole("button", { name: /^Write P101/ }).count()).toBe(0);
  await admin.page.waitForTimeout(500);
  expect(site.plant.process.setpoints.p101Speed).toBe(before);
});

test("a function that no rule names is refused on the wire, with the rule named", async () => {
  const running = await startRunningBroker();
  try {
    const opened = await running.first.ask("POST", "/api/sessions", {
      endpoint: "plc-treatment/modbus",
    });
    const socket = await connected(running.first.socket());
    const attached = await new Promise<LiveAnswer>((resolve) =>
      socket.emit("attach", opened.body.id, "main", resolve),
    );
    expect(attached).toMatchObject({ ok: true });
    const answered = new Promise<string>((resolve) =>
      socket.once("bytes", (_id, _channel, bytes) => resolve(Buffer.from(bytes).toString("hex"))),
    );
    const told = new Promise<SessionEvent>((resolve) =>
      socket.on("event", (_, event) => event.kind === "decision" && resolve(event)),
    );
    const umas = Buffer.from("00070000000501 5a000200".replaceAll(" ", ""), "hex");
    socket.emit("bytes", opened.body.id, "main", new Uint8Array(umas));
    expect(await answered).toBe("00070000000301da01");
    expect(await told).toMatchObject({ verdict: "deny", request: 7, rule: "capabilities" });
    socket.disconnect();
  } finally {
    await running.close();
  }
});

async function openTreatment({ page }: Device): Promise<void> {
  await page.goto("/");
  await page.getByText("Treatment PLC").first().click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("P101.SpeedSetpoint").first().waitFor();
}

/** The form counts in minutes; a test has seconds, so it asks as the page would. */
async function grantVendor(forMs: number): Promise<void> {
  const listed = await askSigned(admin.page, "GET", "/api/people");
  const people = listed.body as readonly { readonly id: string; readonly name: string }[];
  const personId = people.find(({ name }) => name === "Vera Vendor")?.id;
  const times = { fromMs: Date.now(), untilMs: Date.now() + forMs };
  const { status } = await askSigned(admin.page, "POST", "/api/grants", {
    ...{ personId, endpoint: "plc-treatment/modbus", profile: "read-only" },
    ...{ ...times, reason: "inspection" },
  });
  expect(status).toBeLessThan(300);
}
