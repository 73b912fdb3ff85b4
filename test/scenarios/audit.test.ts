/**
 * The Audit page in a real Chromium: the auditor finds an entry, sees its proof checked by the
 * browser, saves it and checks it without the broker; then somebody edits the log on the host, and
 * the page says so.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Download, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogStateView } from "../../broker/api/shapes/log.ts";
import { sha256 } from "../../broker/evidence/log/sha256.ts";
import { verifyEd25519 } from "../../broker/evidence/log/signer.ts";
import { checkNote } from "../../protocols/log/checked-note.ts";
import { leafHash, verifyInclusion } from "../../protocols/log/merkle.ts";
import { parsePolicy } from "../../protocols/log/policy.ts";
import { parseProof } from "../../protocols/log/proof.ts";
import { accessible, ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";

/** A checkpoint follows its first leaf within ten seconds. */
const CHECKPOINT_WITHIN_MS = 20_000;
/** Several waits of that length, and a look at the whole page by axe. */
const SLOW = { timeout: 120_000 };

let site: SiteInBrowser;
let admin: Device;
let anna: Device;

beforeAll(async () => {
  site = await openSite();
  admin = await enrolled(await site.device(), site.enrolmentLink);
  const invitation = await invite(admin, "Anna", "auditor");
  anna = await enrolled(await site.device({ dark: false }), invitation);
  const session = await ask<{ id: string }>(admin.page, "POST", "/api/sessions", {
    endpoint: "plc-treatment/modbus",
  });
  await ask(admin.page, "POST", `/api/sessions/${session.id}/end`, { reason: "done for today" });
}, 120_000);

afterAll(() => site?.close());

async function saved(page: Page, button: string): Promise<Buffer> {
  const waiting: Promise<Download> = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return readFileSync(await (await waiting).path());
}

test("every entry of the log is listed newest first, proved by the browser", SLOW, async () => {
  const { page } = anna;
  await page.goto("/audit");
  await page
    .getByText(/done for today/)
    .first()
    .waitFor({ timeout: CHECKPOINT_WITHIN_MS });
  await expect.poll(() => page.getByText("Proved", { exact: true }).count()).toBeGreaterThan(8);
  expect(await page.getByText("Changed", { exact: true }).count()).toBe(0);
  await page.getByText("It sees this log for the first time").waitFor();
  await shot(page, "audit-wide", true);
  await accessible(page);
});

test("an entry opens with its proof, which holds without the broker", SLOW, async () => {
  const { page } = anna;
  await page.getByRole("textbox", { name: "Search the log" }).fill("done tod");
  const row = page.getByRole("row").filter({ hasText: "done for today" }).first();
  await row.getByRole("button", { name: /Entry 1-/ }).click();
  await page.getByText(/Checked in this browser: this is entry/).waitFor();
  await shot(page, "audit-proof", true);
  await accessible(page);
  const entry = await saved(page, "Save the entry");
  const proof = parseProof((await saved(page, "Save the proof")).toString());
  const state = await ask<LogStateView>(page, "GET", "/api/log");
  const parsed = parsePolicy(`log ${state.logs[0]?.key}\nquorum none\n`, sha256);
  if (!proof || parsed.kind !== "policy") throw new Error("the proof cannot be read");
  const { policy } = parsed;
  const primitives = { sha256, verify: verifyEd25519 };
  const checked = checkNote(Buffer.from(proof.checkpoint), policy, primitives);
  if (typeof checked === "string") throw new Error(checked);
  const { size, root } = checked.checkpoint;
  const holds = (bytes: Uint8Array) =>
    verifyInclusion(leafHash(bytes, sha256), proof.index, size, proof.hashes, root, sha256);
  expect(holds(entry)).toBe(true);
  expect(holds(Buffer.from(entry.toString().replace("done", "gone")))).toBe(false);
});

test("the session of an entry is a click away, and all entries of it", SLOW, async () => {
  const { page } = anna;
  await page.getByRole("link", { name: "Entries of this session" }).first().click();
  await page.waitForURL(/\/audit\?session=/);
  await expect.poll(() => page.getByText("Proved", { exact: true }).count()).toBeGreaterThan(2);
  expect(await page.getByText(/Anna/).count()).toBeLessThan(3);
  // The leaf itself names the session alone.
  const closed = page.getByRole("row").filter({ hasText: "A recording was closed" });
  await closed.getByRole("link", { name: "Treatment PLC" }).waitFor();
  await page.getByRole("link", { name: "Recording", exact: true }).first().click();
  await page.waitForURL(/\/recordings\/.*\?t=\d+/);
});

test("the next visit proves that nothing seen before was changed", async () => {
  const { page } = anna;
  await invite(admin, "Vera", "vendor");
  await page.goto("/audit");
  await page.getByText("Vera").first().waitFor({ timeout: CHECKPOINT_WITHIN_MS });
  await page.getByText("Nothing you saw before was changed").waitFor();
  await page.getByText(/entries seen before are the beginning/).waitFor();
});

test("the range is exported with proofs, which is an event itself", async () => {
  const { page } = anna;
  const waiting = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export" }).click();
  const lines = readFileSync(await (await waiting).path(), "utf8")
    .trim()
    .split("\n");
  const kinds = lines.map((line) => Object.keys(JSON.parse(line))[0]);
  expect(kinds[0]).toBe("head");
  expect(kinds.at(-1)).toBe("end");
  expect(kinds.filter((kind) => kind === "entry").length).toBeGreaterThan(8);
  await page.goto("/audit?what=log:exported");
  await page.getByText(/Anna exported entries/).waitFor({ timeout: CHECKPOINT_WITHIN_MS });
});

test("with a policy of their own auditors trust no key that the broker names", async () => {
  const { page } = anna;
  await page.getByRole("button", { name: "Use my own policy file" }).click();
  const dialog = page.getByRole("dialog");
  const { logs } = await ask<LogStateView>(page, "GET", "/api/log");
  await dialog.getByRole("textbox").fill("log nonsense\nquorum none");
  await dialog.getByText(/Line 1: write: log KEY/).waitFor();
  await dialog.getByRole("textbox").fill(`log ${logs[0]?.key}\nquorum none\n`);
  await dialog.getByRole("button", { name: "Use it" }).click();
  await page.getByText("Keys of your own policy file").waitFor();
  await expect.poll(() => page.getByText("Proved", { exact: true }).count()).toBeGreaterThan(0);
});

test("an administrator sees that the log is well, and nothing that stands in it", async () => {
  const { page } = admin;
  await page.goto("/audit");
  await page.getByText("What stands in the log is for auditors").waitFor();
  await page.getByText("It sees this log for the first time").waitFor();
  expect(await page.getByText(/done for today/).count()).toBe(0);
  await shot(page, "audit-administrator", true);
  await accessible(page);
});

test("an entry edited on the host is shown as changed, plainly", async () => {
  const { page } = anna;
  const data = path.join(path.dirname(site.plantFile), "data");
  const bundle = newestBundle(path.join(data, "site-log/1"));
  const bytes = readFileSync(bundle);
  const at = bytes.indexOf("done for today");
  bytes.write("gone for today", at);
  writeFileSync(bundle, bytes);
  await page.goto("/audit?what=session:ended");
  await page.getByText(/entr(y|ies) shown here do(es)? not fit the signed log/).waitFor();
  const row = page.getByRole("row").filter({ hasText: "gone for today" }).first();
  await row.getByText("Changed", { exact: true }).waitFor();
  await row.getByRole("button", { name: /Entry 1-/ }).click();
  await page.getByText(/This is not what stood here when the checkpoint was signed/).waitFor();
  await shot(page, "audit-tampered", true);
  await accessible(page);
  await page.setViewportSize(NARROW);
  await shot(page, "audit-tampered-phone", true);
  await accessible(page);
  await page.setViewportSize({ width: 1280, height: 860 });
});

/** The entries that the newest checkpoint covers. */
function newestBundle(folder: string): string {
  const size = Number(readFileSync(path.join(folder, "checkpoint"), "utf8").split("\n")[1]);
  return path.join(folder, `tile/entries/000.p/${size}`);
}

test("a log put back to an earlier state is not the one that this browser saw", async () => {
  const { page } = anna;
  const seen = await page.evaluate(() => localStorage.getItem("sallyport.audit.heads") ?? "");
  const heads = JSON.parse(seen) as Record<string, { note: string; atMs: number }>;
  const [origin = "", head] = Object.entries(heads)[0] ?? [];
  const [name, size, root, ...rest] = (head?.note ?? "").split("\n");
  const forged = [name, size, `${root?.startsWith("A") ? "B" : "A"}${root?.slice(1)}`, ...rest];
  // What was kept is not believed without its signature either: then it counts as never seen.
  await page.evaluate(
    (kept) => localStorage.setItem("sallyport.audit.heads", kept),
    JSON.stringify({ [origin]: { note: forged.join("\n"), atMs: 0 } }),
  );
  await page.goto("/audit");
  await page.getByText("It sees this log for the first time").waitFor();
  await page.evaluate(
    (kept) => localStorage.setItem("sallyport.audit.heads", kept),
    JSON.stringify({ ...heads, [origin.replace(/\d+$/, "7")]: head }),
  );
  await page.goto("/audit");
  await page.getByText("This is not the log that this browser saw before").waitFor();
  await page.getByText("A log that this browser has seen is not there any more.").first().waitFor();
  await shot(page, "audit-gone", true);
});
