/** A console that certifies itself, in a real Chromium: refused until trusted, then all of it works. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WEB_PANEL_LOGIN } from "../../simulators/assets/web-panel.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { freePort, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

let site: SiteInBrowser;
/** Told by the broker's own page at the plain door. */
let plainPort = "";
/** Names below it lead here: see `browser.ts`. */
const PANEL_HOST = "panels.example";

beforeAll(async () => {
  plainPort = String(await freePort());
  site = await openSite({
    ...{ SALLYPORT_TLS: "site-ca", SALLYPORT_HTTP_PORT: plainPort },
    ...{ SALLYPORT_PANEL_PORT: "0", SALLYPORT_PANEL_HOST: PANEL_HOST },
  });
}, 180_000);
afterAll(() => site?.close());

test("a browser that does not trust the site refuses it", async () => {
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await expect(page.goto(site.origin)).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);
  await context.close();
}, 120_000);

test("the page of trust reads well, and everybody can use it", async () => {
  const { page, context } = await site.device();
  await page.goto(`http://localhost:${plainPort}/trust`);
  await page.getByRole("heading", { name: "Trust this site" }).waitFor();
  expect(await page.getByRole("code").textContent()).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(await violations(page)).toEqual([]);
  await context.close();
}, 120_000);

test("once trusted, a passkey is enrolled and a live session works over https", async () => {
  const { page, complaints } = await site.device();
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("link", { name: "Go to the plant" }).click();
  await page.getByText("Treatment PLC").first().click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL(/^https:.*\/sessions\//);
  await page.getByText("You may read and write").waitFor();
  await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).waitFor();
  expect(complaints).toEqual([]);
  await panelsOf(page);
}, 240_000);

const WEB = "panel-treatment/web";

/** As somebody already signed in: each web panel on a name of its own below one host, over TLS. */
async function panelsOf(page: Page): Promise<void> {
  const credential = { kind: "password", ...WEB_PANEL_LOGIN };
  await postSigned(page, "/api/credentials", { endpoint: WEB, credential });
  const [one, other] = [await panelOf(page), await panelOf(page)];
  expect(new Set([one, other].map(({ panel }) => new URL(panel.url()).hostname))).toEqual(
    new Set([`${one.id}.${PANEL_HOST}`, `${other.id}.${PANEL_HOST}`]),
  );
  for (const { panel } of [one, other]) {
    // Frames by absolute links, and values over a WebSocket.
    const main = panel.frameLocator("frame[name=main]");
    await main.getByText(/^live, second/).waitFor();
    expect(await panel.evaluate("isSecureContext")).toBe(true);
    await panel.goto(new URL("/overview.html", panel.url()).href);
  }
  // One panel's script sets what it can for the names of all, and for the console's.
  await one.panel.evaluate(`(() => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const { set } = Object.getOwnPropertyDescriptor(frame.contentWindow.Document.prototype, "cookie");
    for (const name of ["tossed", "PANELSESSION", "__Host-own-lang", "__Host-sallyport-panel"])
      for (const domain of ["${PANEL_HOST}", "example", "localhost"])
        set.call(document, name + "=hostile; path=/; secure; domain=" + domain);
    document.cookie = "lang=de; path=/; max-age=600";
  })()`);
  await other.panel.evaluate('document.cookie = "lang=fi"');
  for (const [{ panel }, lang] of [[one, "de"] as const, [other, "fi"] as const]) {
    await panel.reload();
    expect(await panel.evaluate("document.cookie")).toBe(`lang=${lang}`);
    expect(site.plant.web.headers.cookie).toBe(`PANELSESSION=71f0a; lang=${lang}`);
  }
  const kept = await page.context().cookies();
  const passes = kept.filter(({ name }) => name === "__Host-sallyport-panel");
  expect(new Set(passes.map(({ domain }) => domain))).toEqual(
    new Set([one, other].map(({ id }) => `${id}.${PANEL_HOST}`)),
  );
  for (const pass of passes) {
    expect(pass).toMatchObject({ secure: true, httpOnly: true, sameSite: "Strict", path: "/" });
  }
  for (const { id } of [one, other]) {
    await postSigned(page, `/api/sessions/${id}/end`, { reason: "done" });
  }
  await other.panel.reload();
  await other.panel.getByText("Open the panel from the console").waitFor();
}

async function panelOf(page: Page): Promise<{ readonly id: string; readonly panel: Page }> {
  const { id } = (await postSigned(page, "/api/sessions", { endpoint: WEB })) as { id: string };
  await page.goto(`/sessions/${id}`);
  const [panel] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("button", { name: "Open the panel" }).click(),
  ]);
  await panel.waitForURL((url) => url.pathname === "/" && url.hostname.endsWith(PANEL_HOST));
  return { id, panel };
}
