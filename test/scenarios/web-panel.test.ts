/**
 * A person works on a web panel from the browser: the real console and broker, the simulated
 * panel behind them, pages on an origin of their own.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WEB_PANEL_LOGIN } from "../../simulators/assets/web-panel.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const ENDPOINT = "panel-treatment/web";

let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  site = await openSite({ SALLYPORT_PANEL_PORT: "0" });
  ann = await site.device();
  await ann.page.goto(site.enrolmentLink);
  await ann.page.getByRole("button", { name: "Make a passkey" }).click();
  await ann.page.getByText("You are enrolled").first().waitFor();
  await postSigned(ann.page, "/api/credentials", {
    endpoint: ENDPOINT,
    credential: { kind: "password", ...WEB_PANEL_LOGIN },
  });
}, 120_000);

afterAll(() => site?.close());

/** Opens a session by this profile, its page, and the panel in a tab of its own. */
async function open(profile: string): Promise<{ readonly id: string; readonly panel: Page }> {
  const { page, context } = ann;
  const plant = (await page.evaluate(async () => (await fetch("/api/plant")).json())) as {
    assets: { endpoints: { id: string; grants: { id: string; profile: string }[] }[] }[];
  };
  const endpoint = plant.assets
    .flatMap(({ endpoints }) => endpoints)
    .find(({ id }) => id === ENDPOINT);
  const grant = endpoint?.grants.find((each) => each.profile === profile)?.id;
  const { id } = (await postSigned(page, "/api/sessions", { endpoint: ENDPOINT, grant })) as {
    id: string;
  };
  await page.goto(`/sessions/${id}`);
  const [panel] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("button", { name: "Open the panel" }).click(),
  ]);
  await panel.waitForURL(/localhost:\d+\/$/);
  return { id, panel };
}

async function end(id: string): Promise<void> {
  await postSigned(ann.page, `/api/sessions/${id}/end`, { reason: "done" });
}

function main(panel: Page) {
  return panel.frameLocator("frame[name=main]");
}

async function picture(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/web-${name}.png` });
}

test("an operator works the panel: frames, live values, a start by GET, a setpoint by form", async () => {
  const { id, panel } = await open("web-operate");
  await main(panel).getByText("Raw tank T101").waitFor();
  await main(panel)
    .getByText(/^live, second/)
    .waitFor();
  await picture(panel, "overview");
  expect(new URL(panel.url()).hostname).toBe(`${id}.localhost`);
  // The frames were absolute links to the panel's own address.
  for (const frame of panel.frames())
    expect(new URL(frame.url()).host).toBe(new URL(panel.url()).host);
  await panel.frameLocator("frame[name=menu]").getByText("Raw water pump").click();
  await main(panel).locator("#stop").click();
  await expect.poll(() => site.plant.process.switches.p101Run).toBe(false);
  await expect.poll(() => main(panel).locator("#state").innerText()).toBe("stopped");
  await main(panel).locator("#start").click();
  await expect.poll(() => site.plant.process.switches.p101Run).toBe(true);
  await main(panel).locator("#speed").fill("40.0");
  await main(panel).locator("#set").click();
  await expect.poll(() => site.plant.process.setpoints.p101Speed).toBe(40);
  await picture(panel, "pump");
  await main(panel).locator("#speed").fill("60");
  await main(panel).locator("#set").click();
  await main(panel).getByText("no rule of the profile").waitFor();
  expect(site.plant.process.setpoints.p101Speed).toBe(40);
  await picture(panel, "refused");
  await ann.page.bringToFront();
  await ann.page.getByText("Rule: default-deny").first().waitFor();
  await ann.page.getByRole("cell", { name: "/pump.cgi?P101=stop" }).waitFor();
  await looks("session");
  await end(id);
  await panel.reload();
  await panel.getByText("Open the panel from the console").waitFor();
  await replayed(id);
}, 150_000);

/** The player shows what was submitted at its moment, and what became of it. */
async function replayed(id: string): Promise<void> {
  const { page } = ann;
  await page.goto(`/recordings/${id}`);
  const stage = page.getByRole("region", { name: "Page at this moment" });
  await stage.waitFor();
  await page.locator("body").press("r");
  await stage.getByRole("code").getByText("POST /setpoint.cgi").waitFor();
  await stage.getByText("Rule: default-deny").waitFor();
  await stage.getByText("60", { exact: true }).waitFor();
  await looks("replay");
}

async function looks(name: string): Promise<void> {
  const { page } = ann;
  for (const scheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [size, viewport] of [
      ["wide", WIDE],
      ["narrow", NARROW],
    ] as const) {
      await page.setViewportSize(viewport);
      await picture(page, `${name}-${scheme}-${size}`);
    }
    await page.setViewportSize(WIDE);
    expect(await violations(page)).toEqual([]);
  }
}

test("who may only look sees live values and presses nothing", async () => {
  const pressed = () => site.plant.web.asked.filter((each) => each.includes(".cgi")).length;
  const before = pressed();
  const { id, panel } = await open("web-look");
  await main(panel)
    .getByText(/^live, second/)
    .waitFor();
  await panel.frameLocator("frame[name=menu]").getByText("Raw water pump").click();
  await main(panel).locator("#stop").click();
  await main(panel).getByText("Sallyport did not carry this request out.").waitFor();
  await main(panel)
    .getByText(/Rule: capabilities|Rule: default-deny/)
    .waitFor();
  expect(pressed()).toBe(before);
  expect(site.plant.process.switches.p101Run).toBe(true);
  await end(id);
}, 60_000);

test("what the panel knows of itself stays behind: its password, its cookie, its address", async () => {
  const { id, panel } = await open("web-operate");
  await main(panel)
    .getByText(/^live, second/)
    .waitFor();
  const [request] = await Promise.all([panel.waitForRequest(/menu\.html/), panel.reload()]);
  const sent = (await request.allHeaders()).cookie ?? "";
  expect(sent.split("; ").map((pair) => pair.split("=")[0])).toEqual(["__Host-sallyport-panel"]);
  const { headers } = site.plant.web;
  expect(headers.cookie).toBe("PANELSESSION=71f0a");
  expect(headers.host).toBe(`127.0.0.1:${site.plant.ports.web}`);
  expect(JSON.stringify(headers)).not.toContain("sallyport");
  const html = await panel.evaluate(async () => (await fetch("/menu.html")).text());
  expect(html).not.toContain(`127.0.0.1:${site.plant.ports.web}`);
  await end(id);
}, 60_000);

/** As the script of a hostile panel would, past whatever the broker put in its page. */
const TOSS = `(() => {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  const { set } = Object.getOwnPropertyDescriptor(frame.contentWindow.Document.prototype, "cookie");
  for (const name of ["tossed", "PANELSESSION", "__Host-own-lang", "__Host-sallyport-panel"]) {
    set.call(document, name + "=hostile; path=/; domain=localhost");
    set.call(document, name + "=hostile; path=/; secure; domain=localhost");
  }
})()`;

test("two panels open at once share no cookie, and each is told what its own script set", async () => {
  const [one, other] = [await open("web-operate"), await open("web-operate")];
  const read = ({ panel }: typeof one) => panel.evaluate<string>("document.cookie");
  for (const [{ panel }, lang] of [[one, "de"] as const, [other, "fi"] as const]) {
    await panel.goto(new URL("/overview.html", panel.url()).href);
    await panel.evaluate(TOSS);
    await panel.evaluate(`document.cookie = "lang=${lang}; path=/; max-age=600"`);
  }
  await ann.context.addCookies([
    { name: "tossed", value: "hostile", domain: ".localhost", path: "/" },
  ]);
  for (const [opened, lang] of [[one, "de"] as const, [other, "fi"] as const]) {
    expect(await read(opened)).toBe(`lang=${lang}`);
    await opened.panel.reload();
    expect(site.plant.web.headers.cookie).toBe(`PANELSESSION=71f0a; lang=${lang}`);
    expect(await read(opened)).toBe(`lang=${lang}`);
    await opened.panel.evaluate('document.cookie = "lang=; max-age=0"');
    expect(await read(opened)).toBe("");
  }
  await end(one.id);
  await end(other.id);
  await ann.context.clearCookies({ name: "tossed" });
}, 90_000);

test("a file is kept where a rule says so, a page has its workers, and none stays behind or reads what was copied", async () => {
  const { id, panel } = await open("web-operate");
  await main(panel)
    .getByText(/^live, second/)
    .waitFor();
  const asked = await panel.evaluate(`(async () => {
    const csv = await fetch("/report.csv");
    const worker = await navigator.serviceWorker.register("/live.js").then(
      () => "registered",
      () => "refused",
    );
    const own = new Worker(URL.createObjectURL(new Blob(["postMessage(6 * 7)"])));
    const answer = await new Promise((said) => {
      own.onmessage = ({ data }) => said(data);
      own.onerror = () => said("no worker");
    });
    await navigator.clipboard.writeText("of the panel");
    const copied = await navigator.clipboard.readText().catch(({ name }) => name);
    return { csv: csv.status, worker, answer, copied };
  })()`);
  expect(asked).toEqual({ csv: 200, worker: "refused", answer: 42, copied: "NotAllowedError" });
  // The lane on which it was asked for was broken off; the next request has another.
  expect(await panel.evaluate("fetch('/report.csv').then(({ status }) => status)")).toBe(200);
  await end(id);
}, 60_000);
