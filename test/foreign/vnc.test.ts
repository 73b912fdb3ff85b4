/** Screens of TigerVNC and x11vnc behind the guard: colours, passwords, a viewer in front. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, onTestFinished } from "vitest";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { PANEL_PASSWORD, startVncPanel } from "../../simulators/assets/vnc-panel.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { runProgram } from "../kit/child.ts";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { VncViewer } from "../kit/vnc-viewer.ts";

const WIDTH = 640;
const HEIGHT = 480;
const running: ChildProcess[] = [];
const conduits: ConduitChild[] = [];

afterEach(async () => {
  for (const child of running.splice(0).reverse()) child.kill("SIGTERM");
  await Promise.all(conduits.splice(0).map((conduit) => conduit.stop("SIGTERM")));
});

function start(program: string, args: readonly string[], env: Record<string, string> = {}): void {
  const child = spawn(program, args, { stdio: "ignore", env: { ...process.env, ...env } });
  running.push(child);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** An X display of this test's own. */
async function freeDisplay(): Promise<string> {
  return `:${200 + ((await freePort()) % 700)}`;
}

interface Screen {
  readonly display: string;
  readonly port: number;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const viewer = await VncViewer.open({ port, encodings: [0] }).catch(() => undefined);
    viewer?.close();
    if (viewer) return;
    await pause(100);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function xvnc(): Promise<Screen> {
  const [display, port] = [await freeDisplay(), await freePort()];
  const size = ["-geometry", `${WIDTH}x${HEIGHT}`, "-depth", "24"];
  start("Xvnc", [
    display,
    ...size,
    "-rfbport",
    String(port),
    "-SecurityTypes",
    "None",
    "-localhost",
    // All viewers of a test come from one address, and some have not said who they are yet.
    ...["-BlacklistThreshold", "1000"],
  ]);
  await listening(port);
  return { display, port };
}

async function x11vnc(more: readonly string[] = []): Promise<Screen> {
  const [display, port] = [await freeDisplay(), await freePort()];
  start("Xvfb", [display, "-screen", "0", `${WIDTH}x${HEIGHT}x24`]);
  await pause(1_000);
  const args = ["-display", display, "-rfbport", String(port), "-localhost", "-forever", "-shared"];
  start("x11vnc", [...args, "-nopw", "-quiet", "-noxdamage", "-wait", "10", ...more]);
  await listening(port);
  return { display, port };
}

async function conduitTo(port: number, password?: string): Promise<ConduitChild> {
  const here = temporaryFolder();
  const plant = path.join(here, "plant.yaml");
  writeFileSync(
    plant,
    `site: { id: s, name: S, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: hmi
    name: HMI
    zone: z
    endpoints:
      - { id: vnc, protocol: vnc, address: "127.0.0.1:${port}", allow-local: true }
profiles:
  - id: operate
    rules: [{ permit: [observe, operate] }, { permit: transfer, clipboard: in }]
`,
  );
  const env = password === undefined ? {} : { CONDUIT_USER: "", CONDUIT_PASSWORD: password };
  const to = { plant, endpoint: "hmi/vnc", profile: "operate", recordings: path.join(here, "r") };
  const conduit = await startConduit({ ...to, env, more: ["--session-per-connection"] });
  conduits.push(conduit);
  return conduit;
}

/** Draws, moves things about, and stands still. */
async function draw({ display }: Screen): Promise<void> {
  const env = { DISPLAY: display };
  start("xeyes", ["-geometry", "200x150+20+20"], env);
  start("xlogo", ["-geometry", "220x220+300+40"], env);
  await pause(700);
  const moves = [100, 220, 340].flatMap((x) => ["mousemove", String(x), "300", "sleep", "0.1"]);
  await runProgram("xdotool", moves, { env: { ...process.env, ...env } as Record<string, string> });
  start("xmessage", ["-geometry", "+60+280", "Pumpe läuft. The quick brown fox."], env);
  await pause(700);
}

const X_PROGRAMS = ["xeyes", "xlogo", "xmessage", "xdotool"];

testWith(["Xvnc", ...X_PROGRAMS])(
  "colours of sixteen bits are cut and decoded as the viewer asked for them",
  async () => {
    const screen = await xvnc();
    const conduit = await conduitTo(screen.port);
    const format = {
      ...{ bitsPerPixel: 16, depth: 16, bigEndian: true },
      ...{ redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 },
    };
    for (const encoding of [ENCODING.zrle, ENCODING.tight, ENCODING.hextile]) {
      const viewer = await VncViewer.open({ port: conduit.port, encodings: [encoding], format });
      await draw(screen);
      await viewer.settle();
      expect({ encoding, broken: viewer.player.broken, closed: viewer.closed }).toEqual({
        ...{ encoding, broken: false, closed: false },
      });
      viewer.close();
    }
  },
  90_000,
);

testWith(["x11vnc", "Xvfb", ...X_PROGRAMS])(
  "x11vnc's password is given by the broker, and a wrong one opens nothing",
  async () => {
    const screen = await x11vnc().catch(() => undefined);
    const protectedScreen = await protectedX11vnc(screen?.display ?? ":0");
    const right = await conduitTo(protectedScreen, "geheim12");
    const viewer = await VncViewer.open({ port: right.port, encodings: [0] });
    expect(viewer.player.picture?.width).toBe(WIDTH);
    viewer.close();
    const wrong = await conduitTo(protectedScreen, "falsch");
    await expect(VncViewer.open({ port: wrong.port, encodings: [0] })).rejects.toThrow();
  },
  60_000,
);

async function protectedX11vnc(display: string): Promise<number> {
  const port = await freePort();
  const args = ["-display", display, "-rfbport", String(port), "-localhost", "-forever", "-shared"];
  start("x11vnc", [...args, "-passwd", "geheim12", "-quiet"]);
  for (let tries = 0; tries < 100; tries += 1) {
    const open = await VncViewer.open({ port, encodings: [0], password: "geheim12" }).catch(
      () => undefined,
    );
    open?.close();
    if (open) return port;
    await pause(100);
  }
  throw new Error("x11vnc does not listen");
}

testWith(["Xvfb", "xtigervncviewer", "xdotool"])(
  "what is clicked in TigerVNC's viewer is pressed on the panel",
  async () => {
    const panel = await startVncPanel(0, startingPlant(1));
    onTestFinished(() => panel.close());
    const conduit = await conduitTo(panel.port, PANEL_PASSWORD);
    const seat = await freeDisplay();
    start("Xvfb", [seat, "-screen", "0", "1024x768x24"]);
    await pause(1_000);
    const to = `127.0.0.1::${conduit.port}`;
    start("xtigervncviewer", ["-SecurityTypes", "None", to], { DISPLAY: seat });
    const env = { ...process.env, DISPLAY: seat } as Record<string, string>;
    await pause(4_000);
    const found = await runProgram("xdotool", ["search", "--name", "HMI"], { env });
    const window = found.output.trim().split("\n").at(-1) ?? "";
    const there = ["mousemove", "--window", window, "255", "250", "sleep", "0.3"];
    const click = ["mousedown", "1", "sleep", "0.3", "mouseup", "1", "sleep", "0.5"];
    await runProgram("xdotool", [...there, ...click], { env });
    await expect.poll(() => panel.heard).toEqual(["stop down", "stop up"]);
  },
  60_000,
);
