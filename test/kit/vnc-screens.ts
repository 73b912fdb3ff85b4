/** X displays, servers of VNC on them, and the guard of screens before them, for tests with others' programs. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { onTestFailed, onTestFinished } from "vitest";
import { type Child, runProgram, startChild } from "./child.ts";
import { type ConduitChild, startConduit } from "./conduit-child.ts";
import { temporaryFolder } from "./temporary.ts";
import { VncViewer } from "./vnc-viewer.ts";
import { startDisplay, startXvfb } from "./x-display.ts";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** Runs until the test has ended. */
export async function startBeside(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Child> {
  const child = await startChild(program, args, { ready: /^/, env });
  onTestFinished(async () => void (await child.stop()));
  return child;
}

/** TigerVNC's server on a display of the test's own. */
export async function startXvnc(width: number, height: number) {
  const port = await freePort();
  const display = await startDisplay("Xvnc", [
    ...["-geometry", `${width}x${height}`, "-depth", "24", "-rfbport", String(port)],
    // All viewers of a test come from one address, and some have not said who they are yet.
    ...["-SecurityTypes", "None", "-localhost", "-BlacklistThreshold", "1000"],
  ]);
  await listening(port);
  return { display, port };
}

/** The older line of servers that TigerVNC came from. */
export async function startXtightvnc(width: number, height: number) {
  const port = await freePort();
  const display = `:${1_000 + (port % 50_000)}`;
  await startBeside("Xtightvnc", [
    ...[display, "-geometry", `${width}x${height}`, "-depth", "24", "-rfbport", String(port)],
    ...["-localhost", "-fp", TIGHT_FONTS, "-alwaysshared"],
  ]);
  await listening(port);
  return { display, port };
}

/** It does not begin without. */
export const TIGHT_FONTS = "/usr/share/fonts/X11/misc";

/** A server that reads the screen of another. */
export async function startX11vnc(width: number, height: number) {
  const port = await freePort();
  const display = await startXvfb(width, height);
  const args = ["-display", display, "-rfbport", String(port), "-localhost", "-forever", "-shared"];
  await startBeside("x11vnc", [...args, "-nopw", "-quiet", "-noxdamage", "-wait", "10"]);
  await listening(port);
  return { display, port };
}

/** Until a viewer is let in. */
export async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const viewer = await VncViewer.open({ port, encodings: [0] }).catch(() => undefined);
    viewer?.close();
    if (viewer) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on ${port}`);
}

/** One connection after the other, each a session, to a screen without a password. */
export async function guardOf(port: number): Promise<ConduitChild> {
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
      - { id: vnc, protocol: vnc, address: "127.0.0.1:${port}", allow-local: true, limits: { connections: 32 } }
profiles:
  - { id: operate, rules: [{ permit: [observe, operate] }, { permit: transfer, clipboard: in }] }
`,
  );
  const to = { plant, endpoint: "hmi/vnc", profile: "operate", recordings: path.join(here, "r") };
  const conduit = await startConduit({ ...to, more: ["--session-per-connection"] });
  onTestFinished(async () => void (await conduit.stop("SIGTERM")));
  // Why sessions ended, for whoever reads of a failure.
  onTestFailed(() => void process.stderr.write(conduit.output));
  return conduit;
}

/** What the X server itself says is on its screen: red, green, blue a pixel. */
export async function screenOf(display: string): Promise<Uint32Array> {
  const file = path.join(temporaryFolder(), "screen.xwd");
  await runProgram("xwd", ["-root", "-silent", "-display", display, "-out", file]);
  const bytes = readFileSync(file);
  const at = bytes.readUInt32BE(0) + bytes.readUInt32BE(76) * 12;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const stride = bytes.readUInt32BE(48);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [blue = 0, green = 0, red = 0] = bytes.subarray(at + y * stride + 4 * x);
      pixels[y * width + x] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
    }
  }
  return pixels;
}

/** Of two pictures; all where their sizes differ. */
export function differing(one: Uint32Array, other: Uint32Array): number {
  if (one.length !== other.length) return Math.max(one.length, other.length);
  return one.reduce((count, pixel, n) => count + (pixel >>> 0 === other[n] ? 0 : 1), 0);
}
