/**
 * Two brokers, and a person who only knows the address of the one that waits: signs in by passkey,
 * works on the plant, is cut and replays what was recorded, in a real Chromium.
 */
import path from "node:path";
import { afterAll, beforeAll, expect, vi } from "vitest";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import type { NativeAskView } from "../../broker/api/shapes/native.ts";
import { type SimulatedPlant, startSimulatedPlant } from "../../simulators/plant.ts";
import { launchBrowser } from "../kit/browser.ts";
import { type Child, startChild } from "../kit/child.ts";
import { freePorts } from "../kit/free-ports.ts";
import { askAtDoor } from "../kit/native-client.ts";
import { accessible, ask, enrolled, shot } from "../kit/people-in-browser.ts";
import {
  databaseUrl,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../kit/postgres.ts";
import { writePlantFile } from "../kit/running-broker.ts";
import { type Device, NARROW, openDevice, WIDE } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const testHere = testWithPostgres();
const MAIN = path.resolve(import.meta.dirname, "../../broker/main.ts");
/** Starts of whole brokers on a busy machine, one after the other. */
const SLOW_MS = 400_000;
const UNTIL = { timeout: 120_000, interval: 200 };

const brokers: Child[] = [];
let folder = "";
let server: TestPostgres;
let plant: SimulatedPlant;
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let device: Device;
let waiting = "";
let sshAtWaiting = 0;

beforeAll(async () => {
  if (noPostgres() !== undefined) return;
  folder = makeFolder();
  server = await startPostgres();
  plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 }, speed: 5 });
  const port = await freePorts(6);
  sshAtWaiting = port + 5;
  const settings = {
    ...{ SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
    ...{ SALLYPORT_STANDBY: "1", SALLYPORT_SIMULATE: "0" },
    SALLYPORT_DATABASE: databaseUrl(await server.database()),
    SALLYPORT_DATA: path.join(folder, "data"),
    SALLYPORT_PLANT: writePlantFile(folder, plant),
    SALLYPORT_ORIGINS: [port, port + 1].map((each) => `http://localhost:${each}`).join(),
  };
  for (const [n, ready] of [/stop +Ctrl-C/, /waits to take over/].entries()) {
    const env = {
      ...settings,
      SALLYPORT_PORT: String(port + n),
      SALLYPORT_SSH_PORT: String(port + 4 + n),
      SALLYPORT_PEER_ADDRESS: `127.0.0.1:${port + 2 + n}`,
    };
    brokers.push(await startChild(process.execPath, [MAIN], { ready, env, withinMs: SLOW_MS }));
  }
  waiting = `http://localhost:${port + 1}`;
  const given = /https?:\S+#token=\S+/.exec(brokers[0]?.output ?? "")?.[0] ?? "";
  await vi.waitFor(async () => {
    expect((await fetch(`${waiting}/readyz/any`)).status).toBe(200);
  }, UNTIL);
  browser = await launchBrowser();
  const link = given.replace(`:${port}`, `:${port + 1}`);
  device = await enrolled(await openDevice(browser, waiting), link);
}, SLOW_MS);

afterAll(async () => {
  await browser?.close();
  for (const broker of brokers) await broker.stop("SIGTERM");
  await plant?.close();
  await server?.stop();
  if (folder) removeFolder(folder);
}, SLOW_MS);

testHere(
  "by the address of the broker that waits a person enrols, writes, is cut and replays it",
  async () => {
    const { page } = device;
    await page.goto("/?asset=plc-treatment");
    const opened = await ask<{ id: string }>(page, "POST", "/api/sessions", {
      endpoint: "plc-treatment/modbus",
    });
    await page.goto(`/sessions/${opened.id}`);
    await page.getByRole("button", { name: "Write P101.SpeedSetpoint" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("New value").fill("33");
    await dialog.getByRole("button", { name: /^Write / }).click();
    await expect.poll(() => plant.process.setpoints.p101Speed, UNTIL).toBeCloseTo(33);
    await shot(page, "either-session");
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
    await page.goto(`/recordings/${opened.id}`);
    await page
      .getByText(/P101\.SpeedSetpoint/)
      .first()
      .waitFor();
    await shot(page, "either-replay");
    expect(new URL(page.url()).origin).toBe(waiting);
  },
  SLOW_MS,
);

testHere(
  "OpenSSH at the broker that waits is asked by the active one who it is",
  async () => {
    const tool = await askAtDoor(sshAtWaiting, "switch-works");
    const asked = await ask<NativeAskView>(device.page, "GET", `/api/native/${tool.id}`);
    expect(asked).toMatchObject({ address: "127.0.0.1", target: "switch-works" });
    tool.stop();
    await tool.ended;
  },
  SLOW_MS,
);

testHere(
  "the health page says who waits and leads people here, in both lights and on a phone",
  async () => {
    const { page } = device;
    const parts = async () => (await ask<HealthView>(page, "GET", "/api/health")).parts;
    const texts = async () => (await parts()).map(({ text }) => text).join("\n");
    await expect.poll(texts, UNTIL).toContain("and leads people here");
    for (const [colorScheme, viewport] of [
      ["dark", WIDE],
      ["light", NARROW],
    ] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto("/health");
      await page.getByText(/and leads people here/).waitFor(UNTIL);
      await shot(page, `either-health-${colorScheme}`, true);
      await accessible(page);
    }
  },
  SLOW_MS,
);
