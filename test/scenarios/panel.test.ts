/**
 * A person works the operator panel from the browser: the real console, broker and VNC, a
 * simulated panel behind them.
 */
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PANEL_BUTTONS, type PanelButton } from "../../simulators/assets/panel-page.ts";
import { PANEL_PASSWORD } from "../../simulators/assets/vnc-panel.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const ENDPOINT = "hmi-treatment/screen";
/** A busy test machine needs some of it. */
const PATIENCE = { timeout: 30_000 };

/** A panel takes few viewers: each test gives its own back. */
const opened: { readonly page: Page; readonly id: string }[] = [];

afterEach(async () => {
  for (const { page, id } of opened.splice(0)) if (!page.isClosed()) await endSession(page, id);
});

let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  site = await openSite();
  ann = await site.device();
  await ann.page.goto(site.enrolmentLink);
  await ann.page.getByRole("button", { name: "Make a passkey" }).click();
  await ann.page.getByText("You are enrolled").first().waitFor();
  await ann.page.goto("/?asset=hmi-treatment");
  await ann.page.getByRole("button", { name: "Set it" }).click();
  await ann.page.getByRole("textbox", { name: "Password" }).fill(PANEL_PASSWORD);
  await ann.page.getByRole("button", { name: "Set", exact: true }).click();
  await ann.page.getByRole("dialog").waitFor({ state: "detached" });
}, 120_000);

afterAll(() => site?.close());

/** Opens a session by this profile and its workbench; the screen is there when this resolves. */
async function open(page: Page, profile: string): Promise<string> {
  const plant = (await page.evaluate(async () => (await fetch("/api/plant")).json())) as {
    assets: { endpoints: { id: string; grants: { id: string; profile: string }[] }[] }[];
  };
  const found = plant.assets.flatMap((each) => each.endpoints).find((e) => e.id === ENDPOINT);
  const grant = found?.grants.find((each) => each.profile === profile)?.id;
  const asked = { endpoint: ENDPOINT, grant };
  const { id } = (await postSigned(page, "/api/sessions", asked)) as { id: string };
  opened.push({ page, id });
  await page.goto(`/sessions/${id}`);
  await page.locator('.vnc-stage[data-phase="shown"] canvas').first().waitFor();
  return id;
}

/** Where a button of the panel lies on the page. */
async function placeOf(page: Page, button: PanelButton): Promise<{ x: number; y: number }> {
  const canvas = await page.locator(".vnc-stage canvas").first().boundingBox();
  if (!canvas) throw new Error("no screen");
  const box = PANEL_BUTTONS[button];
  const scale = canvas.width / 800;
  return {
    x: canvas.x + (box.x + box.width / 2) * scale,
    y: canvas.y + (box.y + box.height / 2) * scale,
  };
}

async function press(page: Page, button: PanelButton): Promise<void> {
  const { x, y } = await placeOf(page, button);
  await page.mouse.click(x, y);
}

/** In pixels of the panel, of 800 × 480. */
async function drag(
  page: Page,
  [left, top, right, bottom]: readonly [number, number, number, number],
): Promise<void> {
  const screen = await page.locator(".rp-page-drawing").boundingBox();
  if (!screen) throw new Error("no screen to draw on");
  const { x, y, width } = screen;
  const scale = width / 800;
  await page.mouse.move(x + left * scale, y + top * scale);
  await page.mouse.down();
  await page.mouse.move(x + right * scale, y + bottom * scale, { steps: 3 });
  await page.mouse.up();
}

async function accessible(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/panel-${name}.png` });
  expect(await violations(page), name).toEqual([]);
}

async function endSession(page: Page, id: string): Promise<void> {
  const status = await page.evaluate(async (session) => {
    const answer = await fetch(`/api/sessions/${session}/end`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "enough" }),
    });
    return answer.status;
  }, id);
  // It may have ended already.
  expect([200, 204, 404]).toContain(status);
}

const runs = () => site.plant.process.switches.p101Run;
const speed = () => site.plant.process.setpoints.p101Speed;

test("whoever has no mouse leaves the screen by Ctrl+Shift+X, of which nothing stays pressed, and comes back", async () => {
  const { page } = ann;
  await open(page, "panel-operate");
  const screen = page.getByRole("application", { name: /^Screen of .* leaves it/ });
  await screen.focus();
  await page.keyboard.press("Tab");
  expect(await hasFocus(screen)).toBe(true);
  await page.keyboard.press("Control+Shift+X");
  const enter = page.getByRole("button", { name: "Type on the screen" });
  await expect.poll(() => hasFocus(enter), PATIENCE).toBe(true);
  await page.keyboard.press("Tab");
  await expect.poll(() => hasFocus(page.getByRole("button", { name: "Keys" }))).toBe(true);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(screen), PATIENCE).toBe(true);
});

const hasFocus = (element: Locator) =>
  element.evaluate((each) => each.ownerDocument.activeElement === each);

test("what is pressed on the panel is done by the works, and looks as it should", async () => {
  const { page } = ann;
  await open(page, "panel-operate");
  await press(page, "stop");
  await expect.poll(runs, PATIENCE).toBe(false);
  await press(page, "start");
  await expect.poll(runs, PATIENCE).toBe(true);
  const before = speed();
  await press(page, "faster");
  await expect.poll(speed, PATIENCE).toBe(before + 0.5);
  await page.keyboard.type("a1");
  await expect.poll(() => site.plant.panel.heard, PATIENCE).toContain("key 31 up");
  await accessible(page, "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await accessible(page, "light");
  await page.setViewportSize(NARROW);
  await accessible(page, "narrow");
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(ann.complaints).toEqual([]);
}, 120_000);

test("a key that the profile denies is refused by name, and the panel hears nothing of it", async () => {
  const { page } = ann;
  await open(page, "panel-operate");
  // The menu has what the profile permits; a keyboard can press the rest, and is refused.
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByRole("menuitem", { name: "Escape" }).click();
  await expect.poll(() => site.plant.panel.heard, PATIENCE).toContain("key ff1b up");
  expect(await page.getByRole("menuitem", { name: /Ctrl|Alt|Super/ }).count()).toBe(0);
  await page.getByRole("menu").waitFor({ state: "detached" });
  const before = site.plant.panel.heard.length;
  await page.keyboard.press("Control+Alt+Delete");
  await page.getByText("panel-operate/system keys").waitFor();
  const heard = () => site.plant.panel.heard.slice(before);
  const modifiers = ["key ffe3 down", "key ffe9 down", "key ffe9 up", "key ffe3 up"];
  await expect.poll(heard, PATIENCE).toEqual(modifiers);
  expect(heard().filter((what) => what.startsWith("key ffff"))).toEqual([]);
  await accessible(page, "refused");
}, 120_000);

test("a click outside of its rectangle is refused, shown where it was, and replayed so", async () => {
  const { page } = ann;
  const id = await open(page, "panel-start-stop");
  // Until its picture is there the page cannot be recognised.
  await expect.poll(() => stateColour(page, ".vnc-stage canvas"), PATIENCE).not.toEqual(BLACK);
  await press(page, "stop");
  await expect.poll(runs, PATIENCE).toBe(false);
  await press(page, "start");
  await expect.poll(runs, PATIENCE).toBe(true);
  const before = speed();
  const heard = site.plant.panel.heard.length;
  await press(page, "faster");
  await page.getByText(/a click \(left\) at \d+, \d+ on the page "Treatment"/).waitFor();
  await page.locator(".vnc-refused-place").waitFor();
  await accessible(page, "region-refused");
  expect(speed()).toBe(before);
  expect(site.plant.panel.heard.slice(heard)).toEqual([]);
  await endSession(page, id);
  await page.goto(`/recordings/${id}`);
  await page.locator(".rp-screen canvas").waitFor({ state: "attached" });
  await page.keyboard.press("r");
  await page.locator(".rp-hand-refused").waitFor();
  await accessible(page, "region-replay");
  await page.getByRole("button", { name: "Page and regions" }).click();
  await drag(page, [16, 16, 336, 32]);
  await page.getByLabel("Name of the page").fill("Pumps");
  await drag(page, [40, 220, 170, 284]);
  await page.getByLabel("Name of the control").fill("Start");
  const made = page.getByLabel("Text for the plant file");
  await expect
    .poll(() => made.inputValue(), PATIENCE)
    .toMatch(/name: "Start", area: "(39|40|41),2\d\d 1/);
  await accessible(page, "region-maker");
}, 180_000);

test("with view-only nothing is done", async () => {
  const { page } = ann;
  await open(page, "panel-view");
  await page.getByText("View only").first().waitFor();
  const before = site.plant.panel.heard.length;
  await press(page, "stop");
  await press(page, "faster");
  await page.waitForTimeout(1_000);
  expect(site.plant.panel.heard.length).toBe(before);
  expect(runs()).toBe(true);
  await accessible(page, "view-only");
}, 120_000);

test("a jog button that is held is let go of when the session is ended, and when its page dies or stands still", async () => {
  for (const end of ["ended", "killed", "still"] as const) {
    const page = end === "killed" ? await ann.context.newPage() : ann.page;
    await page.goto("/");
    const id = await open(page, "panel-operate");
    await press(page, "stop");
    await expect.poll(runs, PATIENCE).toBe(false);
    const { x, y } = await placeOf(page, "jog");
    await page.mouse.move(x, y);
    await page.mouse.down();
    await expect.poll(runs, PATIENCE).toBe(true);
    // No script of it runs any more, as if its network were gone; nothing closes its connection.
    const halted = end === "still" ? await page.context().newCDPSession(page) : undefined;
    await halted?.send("Debugger.enable");
    await halted?.send("Debugger.pause");
    if (end === "killed") await page.close();
    else if (end === "ended") await endSession(page, id);
    await expect.poll(() => site.plant.panel.pressed, { timeout: 20_000 }).toBeUndefined();
    await expect.poll(runs, PATIENCE).toBe(false);
    await halted?.send("Debugger.resume").catch(() => undefined);
    await halted?.detach();
    if (end === "still") await page.getByText("All of it was let go of").first().waitFor();
    if (end !== "killed") await page.mouse.up();
    if (end === "still") await endSession(page, id);
  }
}, 90_000);

/** A canvas, as far as it is looked at here. */
interface Drawn {
  toDataURL(): string;
  getContext(kind: "2d"): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8Array };
  };
}

/** The colour where the panel says whether the pump runs, in the player. */
function stateColour(page: Page, screen = ".rp-screen canvas"): Promise<readonly number[]> {
  return page.locator(screen).evaluate((canvas) => {
    const context = (canvas as unknown as Drawn).getContext("2d");
    return [...context.getImageData(50, 120, 1, 1).data].slice(0, 3);
  });
}

const BLACK = [0, 0, 0];
const RUNNING = [0x2f, 0x6f, 0xab];
const STOPPED = [0xf3, 0xf5, 0xf7];

test("who watches sees the same picture, and the recording shows it at each click", async () => {
  const { page } = ann;
  const id = await open(page, "panel-operate");
  await press(page, "start");
  await expect.poll(runs, PATIENCE).toBe(true);
  const watching = await ann.context.newPage();
  await watching.goto(`/live/${id}`);
  await expect.poll(() => stateColour(watching), PATIENCE).toEqual(RUNNING);
  await page.waitForTimeout(1_000);
  await press(page, "stop");
  await expect.poll(() => stateColour(watching), PATIENCE).toEqual(STOPPED);
  await page.waitForTimeout(1_000);
  await press(page, "start");
  await expect.poll(() => stateColour(watching), PATIENCE).toEqual(RUNNING);
  if (SHOTS) await watching.screenshot({ path: `${SHOTS}/panel-watched.png` });
  await watching.close();
  await endSession(page, id);
  await page.goto(`/recordings/${id}`);
  await page.locator(".rp-screen canvas").waitFor({ state: "attached" });
  // The right to move the pointer, then the clicks on start, stop and start.
  for (const colour of [undefined, undefined, RUNNING, STOPPED]) {
    await page.keyboard.press("n");
    if (colour) await expect.poll(() => stateColour(page), PATIENCE).toEqual(colour);
  }
  await page
    .getByText(/^left at \d+, \d+$/)
    .first()
    .waitFor();
  // The pump stood still in between: pictures on the time line show both.
  const small = () =>
    page
      .locator(".rp-thumbnail canvas")
      .evaluateAll((all) => all.map((canvas) => (canvas as unknown as Drawn).toDataURL()));
  await expect.poll(async () => new Set(await small()).size, PATIENCE).toBeGreaterThanOrEqual(2);
  await page.getByRole("button", { name: "Previous click or key" }).click();
  await expect.poll(() => stateColour(page), PATIENCE).toEqual(RUNNING);
  await accessible(page, "replay");
  await page.getByRole("button", { name: "About" }).click();
  await page.getByRole("button", { name: "Make a video" }).click();
  const taken = page.waitForEvent("download");
  await page.getByRole("link", { name: /^Download the video/ }).click();
  expect((await taken).suggestedFilename()).toBe(`sallyport-${id}.mp4`);
  await accessible(page, "video");
  // A session that has ended is asked for once more, and is not there.
  expect(ann.complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
}, 240_000);
