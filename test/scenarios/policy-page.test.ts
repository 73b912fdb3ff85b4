/** Policies and the plant file changed in a real Chromium: checked while one types, put in force, seen, taken back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { PoliciesView } from "../../broker/api/shapes/policies.ts";
import { ask } from "../kit/people-in-browser.ts";
import { startCommand } from "../kit/sallyport-command.ts";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;

const PLANT_FILE = "Text of the plant file";

/** A person at work, with a command beside it, on a busy machine. */
const SLOW = 150_000;

let site: SiteInBrowser;
let admin: Device;

beforeAll(async () => {
  site = await openSite();
  admin = await site.device();
  await admin.page.goto(site.enrolmentLink);
  await admin.page.getByRole("button", { name: "Make a passkey" }).click();
  await admin.page.getByText("You are enrolled").first().waitFor();
}, 120_000);

afterAll(() => site?.close());

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

async function inForce(page: Page, name: string): Promise<string> {
  const { files } = await ask<PoliciesView>(page, "GET", "/api/policies");
  return files.find((file) => file.name === name)?.text ?? "";
}

/** As a person does: all of it chosen, then pasted over. */
async function write(page: Page, label: string, text: string): Promise<void> {
  await page.getByRole("textbox", { name: label }).click();
  await page.keyboard.press("Control+A");
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
  await page.keyboard.press("Control+V");
}

test(
  "an administrator edits a policy, is told of a slip with its place, and puts the edit in force",
  async () => {
    const { page } = admin;
    await page.goto("/policy");
    await page.getByText("administrators-run-the-site", { exact: true }).waitFor();
    await shot(page, "policy-rules");
    await page.getByText("Edit", { exact: true }).click();
    await page.getByText("rights.cedar", { exact: true }).click();
    const before = await inForce(page, "rights.cedar");
    await write(
      page,
      "Text of rights.cedar",
      before.replace('Role::"engineer"', 'Role::"enginer"'),
    );
    await page.getByText(/It cannot come into force: 1 problem/).waitFor();
    await page.getByText("defaults.tests.yaml", { exact: true }).click();
    await page.getByRole("button", { name: /Go to rights\.cedar:\d+:\d+/ }).click();
    await page.locator(".cm-lintRange-error").first().waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "policy-slip");
    const remark = "// The night shift has read this.";
    await write(page, "Text of rights.cedar", `${before}\n${remark}\n`);
    await page.getByText(/^Valid: \d+ policies, \d+ tests pass\.$/).waitFor();
    // Looking elsewhere loses nothing of it.
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.getByRole("heading", { name: "Events" }).waitFor();
    await page.getByRole("link", { name: "Policy", exact: true }).click();
    await page.getByText("Edit", { exact: true }).click();
    await page.getByText(/^Valid: \d+ policies, \d+ tests pass\.$/).waitFor();
    const tried = page.getByRole("region", { name: "What would have been otherwise" });
    await tried.getByRole("button", { name: "Try it on past sessions" }).click();
    await tried.getByText(/There is no past session that you may see/).waitFor();
    await page.getByRole("button", { name: "Put in force" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("a remark for the night shift");
    await dialog.getByRole("button", { name: "Put in force" }).click();
    await page.getByText("policies in force, version 2").waitFor();
    await shot(page, "policy-edited");
  },
  SLOW,
);

test(
  "the history shows what changed, and an earlier version comes into force again",
  async () => {
    const { page } = admin;
    await page.getByText("History", { exact: true }).click();
    await page.getByText("a remark for the night shift").waitFor();
    await page.getByRole("button", { name: "Changes" }).click();
    await page.getByText("+ // The night shift has read this.").waitFor();
    await shot(page, "policy-changes");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Put in force again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Put in force again" }).click();
    await page.getByText("policies in force, version 3").waitFor();
    await page.getByText("back to version 1").waitFor();
    await shot(page, "policy-history");
    expect(admin.complaints).toEqual([]);
  },
  SLOW,
);

test(
  "the plant file is edited: a slip is marked at its place, the plan says what changes, one touch counts",
  async () => {
    const { page } = admin;
    const before = readFileSync(site.plantFile, "utf8");
    await page.goto("/plant-file");
    await page.getByText("Nothing is changed.").waitFor();
    await write(page, PLANT_FILE, before.replace("max: 45", "mxa: 45"));
    await page.getByText(/It cannot come into force: 1 problem/).waitFor();
    await page.getByRole("button", { name: /Go to line \d+:\d+/ }).click();
    await page.locator(".cm-lintRange-error").first().waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "plant-file-slip");
    const fresh = before.replace("max: 45", "max: 44");
    await write(page, PLANT_FILE, fresh);
    await page.getByText("Valid.", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Show what changes" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("limits max: 45 → 44").waitFor();
    await dialog.getByText("No live session would end. All are decided again at once.").waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "plant-file-plan");
    await dialog
      .getByRole("textbox", { name: "What changes and why" })
      .fill("the drive trips at 45");
    await dialog.getByRole("button", { name: "Sign and put in force" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("assets in force, version 2").waitFor();
    expect(readFileSync(site.plantFile, "utf8")).toBe(fresh);
    await page.getByText("History", { exact: true }).click();
    await page.getByText("the drive trips at 45").waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "plant-file-history");
  },
  SLOW,
);

test(
  "an edit on the host is told to who writes, and their text stays",
  async () => {
    const { page } = admin;
    const now = readFileSync(site.plantFile, "utf8");
    await page.getByText("Edit", { exact: true }).click();
    await write(page, PLANT_FILE, `${now}# mine\n`);
    await page.getByText("Valid.", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.getByRole("heading", { name: "Events" }).waitFor();
    await page.getByRole("link", { name: "Plant file", exact: true }).click();
    await page.getByText("Valid.", { exact: true }).waitFor();
    writeFileSync(site.plantFile, now.replace("max: 44", "max: 43"));
    await page.getByText(/was changed by others while you edited/).waitFor();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByText("Nothing is changed.").waitFor();
  },
  SLOW,
);

test(
  "a sheet becomes tags in the text, with what is wrong by its rows; endpoints are looked for",
  async () => {
    const { page } = admin;
    await page.getByRole("button", { name: "Import", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "Endpoint" }).fill("plc-treatment/modbus");
    await page.getByRole("option", { name: "plc-treatment/modbus" }).click();
    const sheet = dialog.getByRole("textbox", { name: "Text of the sheet" });
    await sheet.fill("name;register;type;scale\nP201.Speed;40112;uint16;zero\n");
    await dialog.getByRole("button", { name: "Look at it" }).click();
    await dialog.getByText('"zero" is no number (scale)').waitFor();
    await sheet.fill("name;register;type;scale\nP201.Speed;40112;uint16;0,1\n");
    await dialog.getByRole("button", { name: "Look at it" }).click();
    await dialog.getByText("- { name: P201.Speed, register: 40112").waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "plant-file-import");
    await dialog.getByRole("button", { name: "Put into the text" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("Valid.", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByText("Reachability", { exact: true }).click();
    await page.getByRole("button", { name: "Look for them now" }).click();
    const plc = page.getByRole("row", { name: /plc-distribution\/modbus/ });
    await plc.getByText("Answers", { exact: true }).waitFor();
    await page.getByText(/silent\.$/).waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "plant-file-reach");
  },
  SLOW,
);

test(
  "the command's plan is shown by --dry-run, and signed in the page of its person",
  async () => {
    const { page } = admin;
    const now = readFileSync(site.plantFile, "utf8").replace("max: 43", "max: 44");
    const home = mkdtempSync(path.join(tmpdir(), "sallyport-home-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const login = startCommand(home, ["login", site.origin]);
    const [address] = await login.says(/http\S+\/device\/[A-Z-]+/);
    const [, number = ""] = await login.says(/choose +(\d+)/);
    await page.goto(address);
    await page.getByRole("button", { name: String(Number(number)), exact: true }).click();
    expect(await login.ended).toBe(0);
    const file = path.join(home, "plant.yaml");
    writeFileSync(file, now);
    const seen = startCommand(home, ["apply", "-f", file, "--dry-run"]);
    await seen.says(/~ rule pump-tuning\/pump speed: limits max: 43 → 44/);
    expect(await seen.ended).toBe(0);
    const apply = startCommand(home, ["apply", "-f", file, "--yes", "--reason", "as it was"]);
    const [url] = await apply.says(/http\S+plant-file\?plan=\S+/);
    await page.goto(url);
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/Asked for by the sallyport command/).waitFor();
    await dialog.getByRole("button", { name: "Sign and put in force" }).click();
    await dialog.waitFor({ state: "detached" });
    await apply.says(/It is in force\./);
    expect(await apply.ended).toBe(0);
    expect(readFileSync(site.plantFile, "utf8")).toBe(now);
    const again = startCommand(home, ["apply", "-f", file]);
    await again.says(/Nothing would change/);
    expect(await again.ended).toBe(0);
    expect(admin.complaints).toEqual([]);
  },
  SLOW,
);

test(
  "what was being written outlives the end of a sign-in, for its writer alone",
  async () => {
    const { page, context } = admin;
    const sealed = () => page.evaluate(() => sessionStorage.getItem("sallyport.drafts"));
    await page.goto("/plant-file");
    await page.getByText("Nothing is changed.").waitFor();
    await write(page, PLANT_FILE, `${readFileSync(site.plantFile, "utf8")}# mine\n`);
    await page.getByText("Valid.", { exact: true }).waitFor();
    await expect.poll(sealed).toMatch(/^[\w+/=]+\.[\w+/=]+$/);
    // Else the browser offers the passkey by itself, and the page is gone at once.
    await page.route("**/api/sign-in/options", (route) => route.abort());
    await context.clearCookies();
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.getByText(/What you were writing waits in this tab/).waitFor();
    expect(await violations(page)).toEqual([]);
    await shot(page, "draft-waits");
    await page.unroute("**/api/sign-in/options");
    await page.reload();
    await page.getByRole("heading", { name: "Events" }).waitFor();
    await page.getByRole("link", { name: "Plant file", exact: true }).click();
    await page.getByText("Valid.", { exact: true }).waitFor();
    await page.getByRole("textbox", { name: PLANT_FILE }).press("Control+End");
    await page.getByText("# mine").waitFor();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByText("Nothing is changed.").waitFor();
    await expect.poll(sealed).toBeNull();
    // Whoever sits there next, with another key, reads nothing and does not stumble over it.
    await page.evaluate(() =>
      sessionStorage.setItem("sallyport.drafts", "bm9uc2Vuc2U=.bm9uc2Vuc2U="),
    );
    await page.reload();
    await page.getByText("Nothing is changed.").waitFor();
    expect(await sealed()).toBeNull();
  },
  SLOW,
);
