/**
 * A works of fifteen hundred assets in a real Chromium: one is found, its zone is opened on a map that
 * is seen whole, an endpoint is chosen by typing, and what happens there fetches no plant again.
 * Ten thousand take the same ways (`deploy/sizing.md`); only their start is too long for every run.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MeView } from "../../broker/api/shapes/people.ts";
import { largePlant } from "../kit/large-plant.ts";
import { accessible, ask, enrolled, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const ASSETS = 1_500;
const ZONES = ASSETS / 50;

const folder = makeFolder();
let site: SiteInBrowser;
let ada: Device;

beforeAll(async () => {
  const file = path.join(folder, "plant.yaml");
  writeFileSync(file, largePlant(ASSETS));
  site = await openSite({ SALLYPORT_PLANT: file });
  ada = await enrolled(await site.device(), site.enrolmentLink);
}, 360_000);

afterAll(async () => {
  await site?.close();
  removeFolder(folder);
});

test("a list comes first, with the zones in the order in which people count", async () => {
  const { page } = ada;
  await page.goto("/");
  const zones = page.getByRole("navigation", { name: "Zones" });
  await zones.getByText("Hall 29").waitFor();
  const names = await zones.getByRole("button").allInnerTexts();
  const halls = names.map((name) => name.split("\n")[0]).filter((name) => name?.startsWith("Hall"));
  expect(halls).toEqual(Array.from({ length: ZONES }, (_, at) => `Hall ${at}`));
  await shot(page, "large-list-dark");
});

test("one asset is found by a point of it", async () => {
  const { page } = ada;
  await page.getByLabel("Filter assets").fill("L1234.Point3");
  await page.getByRole("button", { name: "Controller 1234" }).click();
  await page.getByText("15 tags").first().waitFor();
  expect(await page.getByRole("button", { name: /^Controller \d/ }).count()).toBe(1);
});

test("the map is seen whole, and a zone is opened on it", async () => {
  const { page } = ada;
  await page.goto("/");
  await page.getByText("Map", { exact: true }).click();
  const map = page.getByRole("region", { name: /^Map of/ });
  const tiles = map.getByRole("button", { name: /^Hall \d+/ });
  await expect.poll(() => tiles.count()).toBe(ZONES);
  await expect.poll(() => areWithin(map, tiles)).toBe(true);
  await shot(page, "large-map-dark");
  await accessible(page);
  await page.getByLabel("Filter assets").fill("controller 61");
  await map
    .getByRole("button", { name: /^Hall 12 / })
    .getByText("10 of 50")
    .waitFor();
  await page.getByLabel("Filter assets").fill("");
  await map.getByRole("button", { name: /^Hall 12 / }).click();
  await map.getByRole("button", { name: /^Controller 600 / }).waitFor();
  await map.getByRole("button", { name: /^Controller 649 / }).waitFor();
  await shot(page, "large-zone-dark");
  await map.getByRole("button", { name: /^Close/ }).click();
  await expect.poll(() => tiles.count()).toBe(ZONES);
});

test("all is locked without looking for it below the zones, and the last zone is in reach", async () => {
  const { page } = ada;
  await page.getByRole("button", { name: "Lock…" }).click();
  const menu = page.getByRole("menu");
  const items = menu.getByRole("menuitem");
  await expect.poll(() => items.first().innerText()).toBe("Lock site: Large works");
  expect(await items.last().innerText()).toBe("Lock zone: Production");
  await items.last().scrollIntoViewIfNeeded();
  await expect.poll(() => areWithin(menu, items.last())).toBe(true);
  await shot(page, "large-lock-dark");
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
});

type Located = ReturnType<Device["page"]["locator"]>;

async function areWithin(outer: Located, inner: Located): Promise<boolean> {
  const room = await outer.boundingBox();
  const boxes = await Promise.all((await inner.all()).map((each) => each.boundingBox()));
  return boxes.every(
    (box) =>
      box !== null &&
      room !== null &&
      box.x >= room.x &&
      box.y >= room.y &&
      box.x + box.width <= room.x + room.width &&
      box.y + box.height <= room.y + room.height,
  );
}

test("an endpoint out of two thousand is chosen by typing a part of its name", async () => {
  const { page } = ada;
  await page.goto("/grants");
  await page.getByRole("button", { name: "Make a grant" }).click();
  const dialog = page.getByRole("dialog");
  const endpoint = dialog.getByPlaceholder(/^Type to find one of/);
  await endpoint.fill("1437 web");
  await page.getByRole("option", { name: "Controller 1437 · web" }).click();
  expect(await endpoint.inputValue()).toBe("Controller 1437 · web");
  await shot(page, "large-grant-dark");
  await accessible(page);
  // The whole dialog is looked through: a busy machine needs half a minute for it.
}, 180_000);

test("what happens in the plant fetches what changed, and not the plant again", async () => {
  const { page } = ada;
  await page.goto("/");
  await page.getByText("List", { exact: true }).click();
  await page.getByLabel("Filter assets").fill("controller 1437");
  await page.getByRole("button", { name: "Controller 1437" }).waitFor();
  const asked: string[] = [];
  const note = (request: Request) => asked.push(new URL(request.url()).pathname);
  page.on("request", note);
  const { person } = await ask<MeView>(page, "GET", "/api/me");
  await ask(page, "POST", "/api/grants", {
    ...{ personId: person.id, endpoint: "plc-1437/modbus", profile: "looking", reason: "A look" },
    ...{ fromMs: Date.now(), untilMs: Date.now() + 3_600_000 },
  });
  await expect
    .poll(() => asked.filter((each) => each === "/api/plant/state").length)
    .toBeGreaterThan(0);
  await page.getByRole("button", { name: "Controller 1437" }).click();
  await page.getByText("looking").first().waitFor();
  page.off("request", note);
  expect(asked).not.toContain("/api/plant");
});

test("what is fetched again and is the same costs its name alone", async () => {
  const { page } = ada;
  const answers = await page.evaluate(
    async (paths) => {
      const again = async (path: string) => {
        const first = await fetch(path, { cache: "no-store" });
        const tag = first.headers.get("etag") ?? "";
        await first.arrayBuffer();
        const second = await fetch(path, { cache: "no-store", headers: { "if-none-match": tag } });
        return [second.status, (await second.arrayBuffer()).byteLength];
      };
      return Promise.all(paths.map(again));
    },
    ["/api/plant", "/api/requests/choices", "/api/plant-file"],
  );
  expect(answers).toEqual([
    [304, 0],
    [304, 0],
    [304, 0],
  ]);
});

test("in the light and on a phone it is the same plant", async () => {
  const { page } = ada;
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  await page.getByText("Map", { exact: true }).click();
  await page.getByRole("button", { name: /^Hall 12 / }).waitFor();
  await shot(page, "large-map-light");
  await page.setViewportSize(NARROW);
  await page.getByLabel("Filter assets").fill("controller 77");
  await page.getByText("Controller 77", { exact: true }).waitFor();
  await shot(page, "large-phone-light");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
    NARROW.width,
  );
  await page.setViewportSize(WIDE);
  expect(ada.complaints).toEqual([]);
});
