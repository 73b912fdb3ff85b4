/**
 * The console is built anew while somebody has it open, as an upgrade does: parts that their page
 * has not fetched yet are gone. In a real Chromium the page loads anew by itself and shows what was
 * asked for; what another build left alone is not loaded anew.
 */
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enrolled } from "../kit/people-in-browser.ts";
import { type Device, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const BUILT = path.resolve(import.meta.dirname, "../../dist/console");

/** Two pages are fetched by a browser on a busy machine. */
const WITHIN_MS = 180_000;

const folder = makeFolder();
const served = path.join(folder, "console");
let site: SiteInBrowser;
let ada: Device;

beforeAll(async () => {
  cpSync(BUILT, served, { recursive: true });
  site = await openSite({ SALLYPORT_CONSOLE: served });
  ada = await enrolled(await site.device(), site.enrolmentLink);
}, 240_000);

afterAll(async () => {
  await site?.close();
  removeFolder(folder);
});

/** Scripts and styles, as they name each other. */
const NAMES = /\b[\w.-]+-[\w-]{8}\.(?:js|css)\b/g;
/** The first script of the page, which says nothing of the console and is in every build. */
const LOADER = /^rolldown-runtime-/;

let builds = 0;

/** Puts another build in the folder's place: the same console under other names. */
function buildAnew(): void {
  builds += 1;
  const fresh = path.join(folder, "fresh");
  cpSync(served, fresh, { recursive: true });
  const assets = path.join(fresh, "assets");
  const renamed = new Map(
    readdirSync(assets)
      .filter((name) => /\.(js|css)$/.test(name) && !LOADER.test(name))
      .map((name) => [name, name.replace(/(?=\.\w+$)/, `-${builds}`)]),
  );
  expect(renamed.size).toBeGreaterThan(50);
  for (const file of [path.join(fresh, "index.html"), ...filesOf(assets)]) {
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace(NAMES, (name) => renamed.get(name) ?? name),
    );
  }
  for (const [from, to] of renamed) renameSync(path.join(assets, from), path.join(assets, to));
  renameSync(served, path.join(folder, `old-${builds}`));
  renameSync(fresh, served);
}

function filesOf(assets: string): string[] {
  const names = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name));
  return names.map((name) => path.join(assets, name));
}

const scripts = (page: Page) =>
  page.evaluate(() => [...document.scripts].map((script) => script.getAttribute("src")).join(" "));

test(
  "a page whose parts are gone loads anew, and shows what was asked for",
  async () => {
    const { page } = ada;
    await page.goto("/");
    await page.getByRole("link", { name: "Events" }).waitFor();
    const before = await scripts(page);
    buildAnew();
    await page.getByRole("link", { name: "Events" }).click();
    await page.getByRole("heading", { name: "Events", level: 1 }).waitFor();
    await page.getByRole("table").waitFor();
    expect(await scripts(page)).not.toBe(before);
    expect(new URL(page.url()).pathname).toBe("/events");
  },
  WITHIN_MS,
);

test(
  "a part that the newest console lacks too is said, and nothing is loaded anew for it",
  async () => {
    const { page } = ada;
    for (const file of filesOf(path.join(served, "assets"))) {
      if (/\/gateways-page-[^/]*\.js$/.test(file)) rmSync(file);
    }
    await page.getByRole("link", { name: "Gateways" }).click();
    await page.getByText("A part of this page could not be fetched", { exact: false }).waitFor();
    await page.getByRole("link", { name: "Plant", exact: true }).click();
    await page.getByRole("heading", { name: "Plant", level: 1 }).waitFor();
  },
  WITHIN_MS,
);
