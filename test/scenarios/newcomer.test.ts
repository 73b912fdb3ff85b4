/**
 * The newcomer's story in a real Chromium: enrol a passkey, open a simulated PLC, change a
 * setpoint within its bounds, be refused outside them with the rule's name, watch the plant
 * react, end the session and replay it. The plant itself is asked, not only the page.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

const PLANT_REACTS_MS = 15_000;

let site: SiteInBrowser;
let device: Device;
/** The address of a moment in the recording. */
let moment = "";

beforeAll(async () => {
  site = await openSite();
  device = await site.device();
}, 120_000);

afterAll(() => site?.close());

test("without a passkey nobody comes past the sign-in page", async () => {
  const stranger = await site.browser.newContext({ baseURL: site.origin, locale: "en-US" });
  const page = await stranger.newPage();
  await page.goto("/recordings");
  await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
  const answer = await page.request.get("/api/plant");
  expect(answer.status()).toBe(401);
  await stranger.close();
});

test("the one-time link enrols a passkey and leads to the plant", async () => {
  const { page } = device;
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
  await page.getByRole("link", { name: "Go to the plant" }).click();
  await page.getByRole("heading", { name: "Plant", exact: true }).waitFor();
});

test("the link works once", async () => {
  const other = await site.device();
  await other.page.goto(site.enrolmentLink);
  await other.page.getByText("This enrolment link does not work").waitFor();
  await other.context.close();
});

test("two clicks from the plant to a working session", async () => {
  const { page } = device;
  await page.getByText("Treatment PLC").first().click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  await page.getByText("You may read and write").waitFor();
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).waitFor();
});

test("a setpoint within its bounds is written, and the plant reacts", async () => {
  const { page } = device;
  const before = site.plant.process.measured.inflow;
  await write("28");
  await page.getByText(/Written\. Read back: 28/).waitFor();
  await expect.poll(() => site.plant.process.setpoints.p101Speed).toBeCloseTo(28);
  await expect
    .poll(() => site.plant.process.measured.inflow, { timeout: PLANT_REACTS_MS })
    .toBeLessThan(before * 0.85);
  await page.keyboard.press("Escape");
});

test("outside its bounds it is refused in place with the rule's name; the PLC hears nothing", async () => {
  const { page } = device;
  await write("47");
  await page.getByText("pump-tuning/pump speed").first().waitFor();
  await page
    .getByText(/47.*above.*45/)
    .first()
    .waitFor();
  expect(site.plant.process.setpoints.p101Speed).toBeCloseTo(28);
  await page.keyboard.press("Escape");
});

test("too large a step from the present value is refused too", async () => {
  const { page } = device;
  await page.waitForTimeout(2_100);
  await write("44");
  await page
    .getByText(/44.*10/)
    .first()
    .waitFor();
  expect(site.plant.process.setpoints.p101Speed).toBeCloseTo(28);
  await page.keyboard.press("Escape");
});

test("ending it leads to a sealed recording that replays the write and the refusals", async () => {
  const { page } = device;
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
  await page.getByText("The session has ended").waitFor();
  await page.getByRole("link", { name: "Open the recording" }).click();
  await page.waitForURL(/\/recordings\//);
  await page.getByText("Sealed").first().waitFor();
  await page.getByRole("button", { name: "Next change" }).click();
  await page
    .getByText(/P101\.SpeedSetpoint/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Next refusal" }).click();
  await page.getByText("pump-tuning/pump speed").first().waitFor();
  await page.getByRole("button", { name: "Copy link to this moment" }).click();
  moment = await page.evaluate<string>("navigator.clipboard.readText()");
  expect(new URL(moment).searchParams.get("at")).toMatch(/^\d+$/);
});

test("a link to a moment opens the player there", async () => {
  const { page } = device;
  await page.goto("/recordings");
  await page.getByRole("table").getByText("Treatment PLC").first().waitFor();
  await page.goto(moment);
  await page.getByText("pump-tuning/pump speed").first().waitFor();
});

test("the recording is taken along as rows and as a capture", async () => {
  const { page } = device;
  await page.getByRole("button", { name: "About" }).click();
  const csv = (await download("Operations (CSV)")).toString("utf8");
  const written = csv.split("\r\n").filter((line) => line.includes(",modbus:write,"));
  expect(written.join("\n")).toMatch(/P101\.SpeedSetpoint.*answered[\s\S]*pump-tuning\/pump speed/);
  const capture = await download("Capture (pcapng)");
  expect(capture.readUInt32LE(0)).toBe(0x0a0d0d0a);
  await page.keyboard.press("Escape");
});

test("what was done becomes a narrower profile, in the editor of the plant file", async () => {
  const { page } = device;
  await page.goto("/grants");
  const grant = page.getByRole("row").filter({ hasText: "pump-tuning" });
  await grant.getByRole("button", { name: /^Narrow/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("id: pump-tuning-narrower").waitFor();
  await dialog.getByRole("button", { name: "Put it into the plant file" }).click();
  await page.getByRole("heading", { name: "Plant file" }).waitFor();
  await page.getByText("Valid.").waitFor();
}, 90_000);

test("no page complained on the way", () => {
  const unexpected = device.complaints.filter((text) => !/status of 40[14]/.test(text));
  expect(unexpected).toEqual([]);
});

async function download(name: string): Promise<Buffer> {
  const { page } = device;
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name }).click(),
  ]);
  return readFileSync(await file.path());
}

async function write(value: string): Promise<void> {
  const { page } = device;
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("New value").fill(value);
  await dialog.getByRole("button", { name: /^Write / }).click();
}
