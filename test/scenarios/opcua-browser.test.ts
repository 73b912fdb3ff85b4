/**
 * An engineer works on an OPC UA server from the browser: the real console and broker, the
 * simulated waterworks behind them. Slow: a browser, a broker, an OPC UA server.
 */
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPCUA_LOGIN } from "../../simulators/assets/opcua-server.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;

let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  site = await openSite();
  // Its library takes seconds to load: not within what a person waits for.
  await site.plant.opcua.ready();
  ann = await site.device();
  const { page } = ann;
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
  await page.goto("/?asset=opc-treatment");
  await page.getByRole("button", { name: "Set it" }).click();
  await page.getByLabel("User on the asset").fill(OPCUA_LOGIN.user);
  await page.getByRole("textbox", { name: "Password" }).fill(OPCUA_LOGIN.password);
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}, 240_000);

afterAll(() => site?.close());

test("an engineer browses, watches, writes within bounds and is refused outside", {
  timeout: 240_000,
}, async () => {
  const { page } = ann;
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  const tree = page.getByRole("tree");
  await choose(tree, "Object Waterworks");
  await choose(tree, "Object P101");
  await looksRight("tree");
  await choose(tree, "Variable SpeedSetpoint");
  const value = page.getByTestId("node-value");
  await value.getByText(/Hz$/).waitFor();
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await page.getByRole("button", { name: "Stop watching" }).waitFor();
  await looksRight("node");

  await page.getByRole("button", { name: "Write…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("From 20 Hz to 45 Hz.").waitFor();
  // Typing begins in the field, not on the button that closes.
  await dialog.locator("input:focus").waitFor();
  await page.keyboard.type("33");
  await looksRight("write");
  await dialog.getByRole("button", { name: "Write 33 Hz" }).click();
  await dialog.getByText("Written. Read back: 33 Hz").waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await value.getByText("33 Hz").waitFor();
  await expect.poll(() => site.plant.process.setpoints.p101Speed, { timeout: 30_000 }).toBe(33);

  await page.getByRole("button", { name: "Write…" }).click();
  await dialog.getByLabel("New value (Double)").fill("50");
  await dialog.getByRole("button", { name: "Write 50 Hz" }).click();
  await dialog.getByText("Rule opcua-operate/pump speed", { exact: true }).waitFor();
  await dialog.getByText("is above the limit 45").waitFor();
  await looksRight("refused");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(site.plant.process.setpoints.p101Speed).toBe(33);
  expect(ann.complaints).toEqual([]);
});

test("a method is called with its typed argument", {
  timeout: 240_000,
}, async () => {
  const { page } = ann;
  const tree = page.getByRole("tree");
  await choose(tree, "Object F201");
  await choose(tree, "Method StartBackwash");
  await page.getByRole("button", { name: "Call…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Interval (UInt32)").fill("seven");
  await dialog.getByText("This is no UInt32.").waitFor();
  await dialog.getByLabel("Interval (UInt32)").fill("7200");
  await looksRight("call");
  await dialog.getByRole("button", { name: "Call F201 / StartBackwash" }).click();
  await dialog.getByText("Done", { exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect
    .poll(() => site.plant.process.setpoints.backwashInterval, { timeout: 30_000 })
    .toBe(7200);
});

test("found by a search, a value shows its course and its history", {
  timeout: 240_000,
}, async () => {
  const { page } = ann;
  await page.getByLabel("Find a node").fill("t101.level");
  await page.keyboard.press("Enter");
  const tree = page.getByRole("tree", { name: "Find a node" });
  await choose(tree, "Variable T101 / Level");
  await page.getByTestId("node-value").getByText(/ m$/).waitFor();
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await page.getByRole("button", { name: "History" }).click();
  await page.getByRole("button", { name: "Read", exact: true }).click();
  await page
    .getByRole("status")
    .getByText(/^\d+ values?$/)
    .waitFor();
  await looksRight("history");
  await page.getByRole("tab", { name: "Watch (2)" }).click();
  for (const name of ["OPC.P101.SpeedSetpoint", "OPC.T101.Level"]) {
    await page.getByRole("button", { name: `Draw ${name}` }).click();
  }
  await page
    .getByRole("row", { name: /OPC.T101.Level/ })
    .getByText("Good")
    .waitFor();
  await looksRight("watch");
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByRole("button", { name: "Show all events" }).click();
  await looksRight("events");
  // The process shows its own state again soon: the alarm comes, and goes.
  const told = page.getByText("T301.LevelLow").first();
  const alarm = async () => {
    const now = site.plant.process;
    site.plant.opcua.show({ ...now, alarms: { ...now.alarms, t301Low: true } });
    return told.isVisible();
  };
  await expect.poll(alarm, { timeout: 120_000, interval: 3_000 }).toBe(true);
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText("OPC.P101.SpeedSetpoint ← 33 Hz").waitFor();
  await looksRight("log");
  expect(ann.complaints).toEqual([]);
});

test("by the keyboard alone a named point is found and shown", { timeout: 240_000 }, async () => {
  const { page } = ann;
  await page.getByLabel("Clear the search").click();
  await page.getByText("Named points").click();
  const tree = page.getByRole("tree", { name: "Named points" });
  await tree.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "OPC.P301.Pressure", exact: true }).waitFor();
  await page.getByTestId("node-value").getByText(/ bar$/).waitFor();
  await looksRight("named");
});

test("a dose waits for a second person, who is named as what it waits for", {
  timeout: 240_000,
}, async () => {
  const { page } = ann;
  await page.getByRole("treeitem", { name: "OPC.D201.DoseSetpoint" }).click();
  await page.getByRole("heading", { name: "OPC.D201.DoseSetpoint", exact: true }).waitFor();
  await page.getByRole("button", { name: "Write…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("New value (Double)").fill("1.1");
  await dialog.getByText("A second person must agree.").waitFor();
  await dialog.getByRole("button", { name: "Write 1.1 mg/l" }).click();
  await dialog.getByText("Waiting for a supervisor").waitFor();
  await dialog.getByText("Held by rule opcua-operate/dose", { exact: false }).waitFor();
  await looksRight("held");
  expect(site.plant.process.setpoints.dose).not.toBe(1.1);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("the recording tells by names what was done, refused and watched", {
  timeout: 240_000,
}, async () => {
  const { page } = ann;
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
  const link = page.locator(".wb-ended a[href^='/recordings/']");
  const address = await link.getAttribute("href");
  const state = async () => (await (await page.request.get(`/api${address}`)).json()).state;
  await expect.poll(state, { timeout: 60_000 }).toBe("sealed");
  await link.click();
  await page.waitForURL(/\/recordings\//);
  const list = page.getByRole("region", { name: "Operations" });
  await list.getByText("OPC.P101.SpeedSetpoint 35 → 33 Hz").waitFor();
  await list.getByText("OPC.P101.SpeedSetpoint 33 → 50 Hz").waitFor();
  await list.getByText("opcua-operate/pump speed").first().waitFor();
  await list.getByText("F201.StartBackwash of F201 (7200)").waitFor();
  // What else the server told before may fill the rows that are drawn.
  const filter = list.getByLabel("Filter by tag, register, rule, text");
  await filter.fill("T301.LevelLow");
  await list
    .getByText(/^T301\.LevelLow: .*\(severity 800\)$/)
    .first()
    .waitFor();
  await filter.fill("");
  await page.getByRole("button", { name: "Next end" }).click();
  await list.getByText("OPC.D201.DoseSetpoint 1.2 → 1.1 mg/l").first().waitFor();
  const values = page.getByRole("region", { name: "Values at this moment" });
  await values
    .getByRole("row", { name: /OPC.P101.SpeedSetpoint/ })
    .getByText("33 Hz")
    .waitFor();
  await page.getByRole("region", { name: "Trends" }).getByText("OPC.T101.Level").waitFor();
  await looksRight("player");
  const csv = await page.request.get(`/api${address}/export?format=csv`);
  const written = (await csv.text()).split("\r\n").filter((row) => row.includes("opcua:write"));
  expect(written).toHaveLength(3);
  expect(written[0]).toContain(",Double,33,35,permit,opcua-operate/pump speed,");
  await page.getByRole("link", { name: "What it changed" }).click();
  const marked = page.getByRole("table", { name: "Before and after" });
  await marked.getByRole("row", { name: /OPC.P101.SpeedSetpoint.*35 Hz → 33 Hz$/ }).waitFor();
  await marked.getByRole("row", { name: /OPC.P101.Run.*running.*running.*same$/ }).waitFor();
  const changes = page.getByRole("table", { name: "Every change" });
  await changes.getByText("OPC.P101.SpeedSetpoint: 35 → 33 Hz", { exact: true }).waitFor();
  await changes.getByText(/StartBackwash of F201 \(7200\)/).waitFor();
  await looksRight("report");
  // What asks for the ended session is told that it is gone.
  expect(ann.complaints.filter((text) => !text.includes("404 (Not Found)"))).toEqual([]);
});

test("points that the plant file does not name are found below a node, as rows for it", {
  timeout: 240_000,
}, async () => {
  const { page, context } = ann;
  await page.goto("/?asset=opc-treatment");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/\/sessions\//);
  const tree = page.getByRole("tree");
  await choose(tree, "Object Waterworks");
  await choose(tree, "Object F201");
  await page.getByRole("button", { name: "To the plant file…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/^\d+ new points? found\.$/).waitFor();
  const opened = context.waitForEvent("page");
  await dialog.getByRole("link", { name: "Look at them in the plant file" }).click();
  const file = await opened;
  const sheet = file.getByRole("dialog");
  await expect
    .poll(() => sheet.getByRole("textbox", { name: "Text of the sheet" }).inputValue())
    .toMatch(/^name,node\n"[\w.-]+","nsu=urn:nordwasser:water-plant;s=F201\./);
  await sheet.getByRole("button", { name: "Look at it" }).click();
  await sheet.getByText(/rows? would be written:$/).waitFor();
  await sheet.getByRole("button", { name: "Put into the text" }).click();
  await file.getByText("Valid.", { exact: true }).waitFor();
  await file.close();
  await dialog.waitFor({ state: "detached" });
});

/** By its class and name. */
async function choose(tree: Locator, name: string): Promise<void> {
  await tree.getByRole("treeitem", { name, exact: true }).click();
}

async function looksRight(named: string): Promise<void> {
  const { page } = ann;
  if (SHOTS) await shoot(page, named);
  expect(await violations(page)).toEqual([]);
}

async function shoot(page: Page, named: string): Promise<void> {
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${SHOTS}/opcua-${named}.png` });
  await page.setViewportSize(NARROW);
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${SHOTS}/opcua-${named}-narrow.png` });
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${SHOTS}/opcua-${named}-light.png` });
  await page.emulateMedia({ colorScheme: "dark" });
}
