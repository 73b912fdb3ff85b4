/**
 * The Audit page of a site with witnesses: who has cosigned the newest checkpoint, checked in the
 * browser with the keys of the policy; and what it says once one of them is gone.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { type Child, startChild } from "../kit/child.ts";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";

const SALLYPORT = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");
const SHOTS = process.env.SCENARIO_SHOTS;
/** A checkpoint follows its first leaf within ten seconds, its cosignatures at once. */
const COSIGNED_WITHIN_MS = 25_000;

let folder: string;
let site: SiteInBrowser;
let admin: Device;
const witnesses: Child[] = [];

beforeAll(async () => {
  folder = makeFolder();
  const data = path.join(folder, "data");
  const key = await begunLog(data);
  const lines = [await startWitness("w1", key), await startWitness("w2", key)];
  const policy = path.join(folder, "policy");
  writeFileSync(policy, `log ${key}\n${lines.join("\n")}\ngroup both all w1 w2\nquorum both\n`);
  site = await openSite({ SALLYPORT_DATA: data, SALLYPORT_WITNESS_POLICY: policy });
  admin = await site.device();
  await admin.page.goto(site.enrolmentLink);
  await admin.page.getByRole("button", { name: "Make a passkey" }).click();
  await admin.page.getByText("You are enrolled").first().waitFor();
}, 120_000);

afterAll(async () => {
  await site?.close();
  for (const witness of witnesses) await witness.stop();
  removeFolder(folder);
});

/** Begun before its broker, so that the witnesses know its key from the first leaf on. */
async function begunLog(data: string): Promise<string> {
  mkdirSync(data, { mode: 0o700 });
  const directory = path.join(data, "site-log");
  const name = "localhost/nordwasser";
  const log = await SiteLog.open({ directory, name, build: "test", clock: systemClock });
  await log.close();
  return log.key;
}

async function startWitness(name: string, key: string): Promise<string> {
  const flags = ["--name", name, "--log", key, "--data", path.join(folder, name), "--port", "0"];
  const witness = await startChild(process.execPath, [SALLYPORT, "witness", ...flags], {
    ready: /^(witness \S+ \S+ http\S+)$/m,
  });
  witnesses.push(witness);
  return witness.ready[1] ?? "";
}

test("who has cosigned the newest checkpoint is shown, with the quorum", async () => {
  const { page } = admin;
  await page.goto("/audit");
  const panel = page.locator("section").filter({ hasText: "Quorum" });
  await panel.getByText("Reached", { exact: true }).waitFor({ timeout: COSIGNED_WITHIN_MS });
  await expect.poll(() => panel.getByText(/Cosigned/).count()).toBe(2);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/audit-witnesses.png`, fullPage: true });
  expect(await violations(page)).toEqual([]);
});

test("without one of them the quorum is missing, and the log goes on", async () => {
  await witnesses[1]?.stop();
  const { page } = admin;
  await page.getByRole("link", { name: "People" }).click();
  await page.goto("/audit");
  const panel = page.locator("section").filter({ hasText: "Quorum" });
  // Its last cosignature stands until the next checkpoint, which the heartbeat brings.
  await panel.getByText("Not this checkpoint yet").waitFor({ timeout: 120_000 });
  await panel.getByText("Not reached").waitFor();
  await page.getByText("Nothing you saw before was changed").waitFor();
  expect(admin.complaints).toEqual([]);
}, 200_000);
