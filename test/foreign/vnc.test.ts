/** Screens of TigerVNC and x11vnc behind the guard: colours, passwords, a viewer in front. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
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
import { freePort, screenOf, startBeside, startXvnc } from "../kit/vnc-screens.ts";
import { VncViewer } from "../kit/vnc-viewer.ts";
import { clickOn, startXvfb } from "../kit/x-display.ts";

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

/** One that a helper of the kit has started. */
interface Screen {
  readonly display: string;
  readonly port: number;
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
    const screen = await startXvnc(WIDTH, HEIGHT);
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
    const protectedScreen = await protectedX11vnc(await startXvfb(WIDTH, HEIGHT));
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
    const seat = await startXvfb(1_024, 768);
    const to = `127.0.0.1::${conduit.port}`;
    start("xtigervncviewer", ["-SecurityTypes", "None", to], { DISPLAY: seat });
    const heard = async () => {
      await clickOn(seat, "HMI", 255, 250);
      return panel.heard.slice(0, 2);
    };
    await expect.poll(heard, { timeout: 60_000 }).toEqual(["stop down", "stop up"]);
  },
  60_000,
);

testWith(["gvnccapture", "Xvnc", "xlogo", "xwd"])(
  "what gtk-vnc takes a picture of is the same behind the guard as directly",
  async () => {
    const { display, port } = await startXvnc(WIDTH, HEIGHT);
    await startBeside("xlogo", ["-geometry", `${WIDTH}x${HEIGHT}+0+0`, "-display", display]);
    const colours = async () => new Set(await screenOf(display)).size;
    await expect.poll(colours, { timeout: 60_000 }).toBeGreaterThan(1);
    const conduit = await conduitTo(port);
    const taken = async (at: number) => {
      const file = path.join(temporaryFolder(), "screen.png");
      const end = await runProgram("gvnccapture", [`127.0.0.1:${at - 5_900}`, file]);
      expect(end, end.output).toMatchObject({ code: 0 });
      return readFileSync(file);
    };
    const same = async () => (await taken(conduit.port)).equals(await taken(port));
    await expect.poll(same, { timeout: 60_000 }).toBe(true);
  },
  150_000,
);
