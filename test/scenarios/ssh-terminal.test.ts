/**
 * A person works on a switch from the browser: the real console, broker and SSH, a simulated
 * switch behind them.
 */
import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const ENDPOINT = "switch-works/ssh";

let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  site = await openSite({ SALLYPORT_SSH_PORT: "0" });
  ann = await site.device();
  await ann.page.goto(site.enrolmentLink);
  await ann.page.getByRole("button", { name: "Make a passkey" }).click();
  await ann.page.getByText("You are enrolled").first().waitFor();
  await setCredential(ann.page);
}, 120_000);

afterAll(() => site?.close());

/** As an administrator does it: on the panel of the asset. */
async function setCredential(page: Page): Promise<void> {
  await page.goto("/?asset=switch-works");
  await page.getByText("Nothing is set: no session reaches it").waitFor();
  await page.getByRole("button", { name: "Set it" }).click();
  await page.getByLabel("User on the asset").fill(SWITCH_LOGIN.user);
  await page.getByRole("textbox", { name: "Password" }).fill(SWITCH_LOGIN.password);
  await accessible(page, "credential");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByText('A password of "operator"').waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await accessible(page, "panel");
}

/** Opens a session by this profile and its workbench. */
async function open(page: Page, profile: string): Promise<string> {
  const plant = (await page.evaluate(async () => (await fetch("/api/plant")).json())) as {
    assets: { endpoints: { id: string; grants: { id: string; profile: string }[] }[] }[];
  };
  const grants = plant.assets
    .flatMap(({ endpoints }) => endpoints)
    .find(({ id }) => id === ENDPOINT);
  const grant = grants?.grants.find((each) => each.profile === profile)?.id;
  const { id } = (await postSigned(page, "/api/sessions", { endpoint: ENDPOINT, grant })) as {
    id: string;
  };
  await page.goto(`/sessions/${id}`);
  return id;
}

async function shown(page: Page): Promise<string> {
  return page.locator(".xterm-rows").innerText();
}

/** A busy test machine needs some of it. */
const PATIENCE = { timeout: 15_000 };

async function seen(page: Page, text: string): Promise<void> {
  await expect.poll(() => shown(page), PATIENCE).toContain(text);
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

async function accessible(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/ssh-${name}.png` });
  expect(await violations(page), name).toEqual([]);
}

test("a shell is worked in: what is typed does its work, and looks as it should", async () => {
  const { page } = ann;
  await open(page, "switch-maintenance");
  await seen(page, "sw-works#");
  await type(page, "show version");
  await seen(page, "Simulated Industrial Switch");
  await type(page, "configure terminal");
  await type(page, "interface Gi1/0/5");
  await type(page, "description Neu Ölpumpe");
  await expect
    .poll(() => site.plant.switch.state.ports[4]?.description, PATIENCE)
    .toBe("Neu Ölpumpe");
  // What is found is marked by a colour that no style sheet knows.
  await page.getByLabel("Find on the terminal").fill("Industrial");
  const found = page.locator(".xterm-rows span").getByText("Industrial", { exact: true });
  const colour = () => found.evaluate((cell) => getComputedStyle(cell).backgroundColor);
  await expect.poll(colour, PATIENCE).not.toBe("rgba(0, 0, 0, 0)");
  await accessible(page, "shell-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await accessible(page, "shell-light");
  await page.setViewportSize(NARROW);
  await accessible(page, "shell-narrow");
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(ann.complaints).toEqual([]);
}, 60_000);

/** The way of this page's live channel, which can swallow what is sent and break. */
async function frailWay(page: Page) {
  const way = { toBroker: true, toPage: true, sockets: [] as [WebSocketRoute, WebSocketRoute][] };
  await page.routeWebSocket(/\/api\/live/, (socket) => {
    const broker = socket.connectToServer();
    way.sockets.push([socket, broker]);
    socket.onMessage((message) => way.toBroker && broker.send(message));
    broker.onMessage((message) => way.toPage && socket.send(message));
  });
  return {
    way,
    async breakOff() {
      for (const [socket, broker] of way.sockets.splice(0)) {
        await broker.close();
        await socket.close();
      }
      way.toBroker = way.toPage = true;
    },
  };
}

test("a broken connection loses nothing of a terminal and repeats nothing: it is the same shell", async () => {
  const page = await ann.context.newPage();
  const { way, breakOff } = await frailWay(page);
  await page.goto("/");
  await open(page, "switch-maintenance");
  await seen(page, "sw-works#");
  await type(page, "configure terminal");
  await seen(page, "(config)#");
  // The page does not hear what the switch says to this.
  way.toPage = false;
  await type(page, "hostname unheard");
  await expect.poll(() => site.plant.switch.state.hostname, PATIENCE).toBe("unheard");
  expect(await shown(page)).not.toContain("unheard(config)#");
  await breakOff();
  await seen(page, "unheard(config)#");
  // And the broker hears nothing of this, until the page is back.
  way.toBroker = false;
  await type(page, "hostname unsent");
  expect(site.plant.switch.state.hostname).toBe("unheard");
  await breakOff();
  await seen(page, "unsent(config)#");
  await page.getByRole("status").getByText("Running").waitFor();
  await type(page, "hostname sw-works");
  await seen(page, "sw-works(config)#");
  const text = await shown(page);
  for (const once of ["hostname unheard", "hostname unsent", "configure terminal"]) {
    expect(text.split(once).length, `${once} in ${text}`).toBe(2);
  }
  expect(text).not.toContain("new shell");
  await page.close();
}, 60_000);

test("a profile of named commands offers them and no shell", async () => {
  const { page } = ann;
  await open(page, "switch-look");
  await page.getByRole("button", { name: "show version" }).click();
  await seen(page, "Simulated Industrial Switch");
  await page.getByText("Ended with status 0.").first().waitFor();
  await accessible(page, "commands");
}, 60_000);

test("a supervisor who joins in the middle has the right screen at once, and sees what follows", async () => {
  const { page } = ann;
  const id = await open(page, "switch-maintenance");
  await seen(page, "#");
  await type(page, "show interfaces");
  await seen(page, "Historian");
  const watching = await ann.context.newPage();
  await watching.goto(`/live/${id}`);
  await expect.poll(() => shown(watching), PATIENCE).toContain("Historian");
  await type(page, "show version");
  await expect.poll(() => shown(watching), PATIENCE).toContain("Simulated Industrial Switch");
  // Nothing can be typed into somebody else's terminal.
  await watching.locator(".xterm-helper-textarea").focus();
  await watching.keyboard.type("zzz");
  await accessible(watching, "watch");
  expect(await shown(page)).not.toContain("zzz");
  await watching.close();
}, 60_000);

test("what was done is played: the screen of each moment, what was typed, and what it came to", async () => {
  const { page } = ann;
  const id = await open(page, "switch-maintenance");
  await seen(page, "sw-works#");
  await type(page, "show interfaces");
  await seen(page, "Historian");
  await type(page, "configure terminal");
  await type(page, "hostname renamed");
  await seen(page, "renamed(config)#");
  await postSigned(page, `/api/sessions/${id}/end`, { reason: "" });
  await page.goto(`/recordings/${id}`);
  await page
    .getByRole("button", { name: "hostname renamed" })
    .or(page.getByText("hostname renamed"))
    .first()
    .waitFor();
  await accessible(page, "player-start");
  const row = page.getByRole("row").filter({ hasText: "hostname renamed" }).first();
  await row.getByRole("button").first().click();
  // The moment is that of the line; the switch's answer comes a little later.
  const later = async () => {
    await page.keyboard.press("ArrowRight");
    return shown(page);
  };
  await expect.poll(later, PATIENCE).toContain("renamed(config)#");
  await accessible(page, "player-change");
  const first = page.getByRole("row").filter({ hasText: "show interfaces" }).first();
  await first.getByRole("button").first().click();
  await expect.poll(() => shown(page), PATIENCE).not.toContain("renamed");
  expect(ann.complaints).toEqual([]);
}, 60_000);

test("files are fetched and brought where the profile permits it, and refused by rule elsewhere", async () => {
  const { page } = ann;
  const id = await open(page, "switch-maintenance");
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByRole("button", { name: "config", exact: true }).click();
  await page.getByText("startup.cfg").waitFor();
  const upload = {
    name: "new.cfg",
    mimeType: "text/plain",
    buffer: Buffer.alloc(300_000, "vlan\n"),
  };
  await page.getByLabel("Upload").setInputFiles(upload);
  await page.getByText("Done").waitFor();
  expect(site.plant.switch.files.get("/config/new.cfg")?.length).toBe(300_000);
  await accessible(page, "files");
  const fetching = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download new.cfg" }).click();
  const fetched = await (await fetching).createReadStream();
  const parts: Buffer[] = [];
  for await (const part of fetched) parts.push(part as Buffer);
  expect(Buffer.concat(parts).equals(upload.buffer)).toBe(true);
  await page.getByRole("button", { name: "Rename new.cfg" }).click();
  await page.getByLabel("New name").fill("old.cfg");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await page.getByText("old.cfg").first().waitFor();
  expect(site.plant.switch.files.has("/config/old.cfg")).toBe(true);
  await page.getByRole("button", { name: "All files" }).click();
  await page.getByRole("button", { name: "firmware", exact: true }).click();
  await page.getByText("README.txt").waitFor();
  await page.getByLabel("Upload").setInputFiles({ ...upload, name: "evil.bin" });
  await page.getByText(/Rule: switch-maintenance\/firmware stays/).waitFor();
  expect(site.plant.switch.files.has("/firmware/evil.bin")).toBe(false);
  await accessible(page, "files-refused");
  await page.getByRole("tab", { name: "Terminal" }).click();
  await seen(page, "#");
  await postSigned(page, `/api/sessions/${id}/end`, { reason: "" });
  await page.goto(`/recordings/${id}`);
  const kept = page.getByRole("link", { name: "Download /config/new.cfg as it passed" });
  await kept.first().waitFor();
  await accessible(page, "player-files");
  const taking = page.waitForEvent("download");
  await kept.first().click();
  const taken: Buffer[] = [];
  for await (const part of await (await taking).createReadStream()) taken.push(part as Buffer);
  expect(Buffer.concat(taken).equals(upload.buffer)).toBe(true);
  const noted = await page.evaluate(async () => (await fetch("/api/events")).text());
  expect(noted).toContain("took the file");
  expect(ann.complaints).toEqual([]);
}, 60_000);
