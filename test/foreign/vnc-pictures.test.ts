/**
 * What a screen shows is what it shows behind the guard, in every encoding: applications draw for a
 * while (SALLYPORT_DRAWING_SECONDS; ten minutes in the soak) on servers that others wrote.
 */
import path from "node:path";
import { expect } from "vitest";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import {
  differing,
  freePort,
  guardOf,
  listening,
  screenOf,
  startBeside,
  startX11vnc,
  startXtightvnc,
  startXvnc,
  TIGHT_FONTS,
} from "../kit/vnc-screens.ts";
import { VncViewer } from "../kit/vnc-viewer.ts";

const DRAWING_MS = Number(process.env.SALLYPORT_DRAWING_SECONDS ?? 3) * 1_000;
const WITHIN_MS = DRAWING_MS + 180_000;
const PATIENCE = { timeout: 60_000, interval: 200 };

/** Each carries the pixels of its viewer alone. */
const PAINTED = {
  Raw: ENCODING.raw,
  RRE: ENCODING.rre,
  Hextile: ENCODING.hextile,
  Zlib: ENCODING.zlib,
  ZRLE: ENCODING.zrle,
  Tight: ENCODING.tight,
} as const;
const BESIDES = [
  ...[ENCODING.copyRect, ENCODING.cursor, ENCODING.lastRect],
  ...[ENCODING.desktopSize, ENCODING.extendedDesktopSize],
];
const SIZE = { width: 480, height: 360 };
const LARGER = { width: 560, height: 400 };
const X_PROGRAMS = ["xeyes", "xlogo", "xclock", "xwd", "xdotool"];

/** What each server has of them; asked for another, it sends its pixels raw. */
const EVERY: readonly number[] = Object.values(PAINTED);
const TIGER = EVERY.filter((encoding) => encoding !== ENCODING.zlib);
const QEMU = EVERY.filter((encoding) => encoding !== ENCODING.rre);
const TIGHT = EVERY.filter((encoding) => encoding !== ENCODING.zrle);

/** Windows that move over each other, with what moves in them. */
async function draw(display: string): Promise<void> {
  const env = { ...process.env, DISPLAY: display } as Record<string, string>;
  const clock = await startBeside("xclock", ["-update", "1", "-geometry", "120x120+330+10"], env);
  await startBeside("xeyes", ["-geometry", "150x110+20+20"], env);
  await startBeside("xlogo", ["-geometry", "140x140+200+90"], env);
  const untilMs = Date.now() + DRAWING_MS;
  for (let n = 0; n < 8 || Date.now() < untilMs; n += 1) {
    const [x, y] = [20 + ((n * 67) % 300), 20 + ((n * 41) % 220)];
    const window = ["search", "--onlyvisible", "--class", "XLogo", "windowmove", `${x}`, `${y}`];
    await runProgram("xdotool", window, { env });
    await runProgram("xdotool", ["mousemove", `${y}`, `${x}`], { env });
  }
  await clock.stop();
}

/** One after the other: QEMU keeps one waiting at its door. */
async function viewersOf(port: number) {
  const viewers = [];
  for (const [name, encoding] of Object.entries(PAINTED)) {
    const viewer = await VncViewer.open({ port, encodings: [encoding, ...BESIDES] });
    viewer.follow();
    viewers.push({ name, encoding, viewer });
  }
  return viewers;
}

const TIGER_TOO = [ENCODING.copyRect, ENCODING.lastRect, ENCODING.extendedDesktopSize];

for (const [server, open, needed, offered, also] of [
  ["TigerVNC", startXvnc, ["Xvnc"], TIGER, TIGER_TOO],
  ["TightVNC", startXtightvnc, ["Xtightvnc", TIGHT_FONTS], TIGHT, [ENCODING.lastRect]],
  ["x11vnc", startX11vnc, ["x11vnc", "Xvfb"], EVERY, []],
] as const) {
  testWith([...needed, ...X_PROGRAMS])(
    `${server}: after ${DRAWING_MS / 1_000} s of drawing the picture is the same as on a direct connection, in each encoding`,
    async () => {
      const { display, port } = await open(SIZE.width, SIZE.height);
      const conduit = await guardOf(port);
      const [behind, direct] = [await viewersOf(conduit.port), await viewersOf(port)];
      await draw(display);
      if (server === "TigerVNC") await resize(direct[0]?.viewer);
      const truth = await screenOf(display);
      expect(new Set(truth).size).toBeGreaterThan(1);
      for (const { name, encoding, viewer } of [...behind, ...direct]) {
        const wrong = () => differing(truth, viewer.player.picture?.pixels ?? new Uint32Array(0));
        await expect
          .poll(() => `${name}: ${wrong()}, ${viewer.closed}`, PATIENCE)
          .toBe(`${name}: 0, false`);
        if (offered.includes(encoding)) expect([...viewer.seen], name).toContain(encoding);
      }
      const seen = new Set(behind.flatMap(({ viewer }) => [...viewer.seen]));
      expect([...seen]).toEqual(expect.arrayContaining([ENCODING.cursor, ...also]));
      for (const { viewer } of [...behind, ...direct]) viewer.close();
    },
    WITHIN_MS,
  );
}

/** As viewers ask for it; every other viewer is told. */
async function resize(viewer: VncViewer | undefined): Promise<void> {
  const { width, height } = LARGER;
  const bytes = Buffer.alloc(24);
  bytes[0] = 251;
  bytes.writeUInt16BE(width, 2);
  bytes.writeUInt16BE(height, 4);
  bytes[6] = 1;
  bytes.writeUInt16BE(width, 16);
  bytes.writeUInt16BE(height, 18);
  viewer?.say({ kind: "resize", width, height, bytes });
  await expect.poll(() => viewer?.player.picture?.width, PATIENCE).toBe(width);
}

const EXAMPLES = "/usr/share/doc/libvncserver-dev/examples";
const LIBRARY = ["gcc", "/usr/include/rfb/rfb.h", `${EXAMPLES}/example.c`];

/** Colours of 32 and 15 bits, and of a map. */
for (const name of ["example", "simple15", "colourmaptest"]) {
  testWith(LIBRARY)(
    `LibVNCServer's ${name}: the picture is the same as on a direct connection, in each encoding`,
    async () => {
      const program = path.join(temporaryFolder(), name);
      const args = ["-O1", "-w", `${EXAMPLES}/${name}.c`, "-o", program, "-lvncserver", "-lm"];
      expect(await runProgram("gcc", args)).toMatchObject({ code: 0 });
      const port = await freePort();
      await startBeside(program, ["-rfbport", `${port}`, "-listen", "127.0.0.1"]);
      await listening(port);
      const conduit = await guardOf(port);
      await sameBehind(port, conduit.port);
    },
    180_000,
  );
}

testWith(["qemu-system-x86_64"])(
  "QEMU's machine: the picture is the same as on a direct connection, in each encoding",
  async () => {
    const port = await freePort();
    // It counts its ports from the usual one on.
    const at = `127.0.0.1:${port - 5_900}`;
    const parts = ["-M", "pc", "-m", "64", "-net", "none", "-serial", "none", "-monitor", "none"];
    await startBeside("qemu-system-x86_64", [...parts, "-display", "none", "-vnc", at]);
    await listening(port);
    const conduit = await guardOf(port);
    await sameBehind(port, conduit.port, QEMU);
  },
  180_000,
);

/** Of screens that nobody draws on but their own program. */
async function sameBehind(port: number, through: number, offered = EVERY): Promise<void> {
  const viewers = [...(await viewersOf(port)), ...(await viewersOf(through))];
  scribble(viewers.at(-1)?.viewer);
  const now = (viewer: VncViewer | undefined) => {
    // The library leaves a first request without an answer at times, on a busy machine.
    viewer?.ask(false);
    return viewer?.player.picture?.pixels ?? new Uint32Array(0);
  };
  const [first] = viewers;
  for (const { name: encoding, viewer } of viewers) {
    const wrong = () => differing(now(first?.viewer), now(viewer));
    await expect
      .poll(() => `${encoding}: ${wrong()}, ${viewer.closed}`, PATIENCE)
      .toBe(`${encoding}: 0, false`);
  }
  for (const { encoding, viewer } of viewers) {
    if (!offered.includes(encoding)) continue;
    await expect.poll(() => [...viewer.seen], PATIENCE).toContain(encoding);
  }
  expect(new Set(now(first?.viewer)).size).toBeGreaterThan(1);
  for (const { viewer } of viewers) viewer.close();
}

/** Some of the examples draw where a button is held down. */
function scribble(pen: VncViewer | undefined): void {
  for (let n = 0; n < 60; n += 1) {
    const [x, y] = [20 + ((n * 37) % 200), 20 + ((n * 23) % 200)];
    pen?.say({ kind: "pointer", mask: n % 7 === 0 ? 0 : 1, x, y });
  }
  pen?.say({ kind: "pointer", mask: 0, x: 30, y: 30 });
}
