/**
 * Screens and viewers that nobody would build, through the whole conduit as a process: each costs
 * its own session alone, within bounds, and a good viewer of a good screen works among them.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { constants, deflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { PLAIN_FORMAT } from "../../protocols/rfb/pixel-format.ts";
import { encodeHello, rectangleHead, updateHead } from "../../protocols/rfb/to-client.ts";
import type { ConduitChild } from "../kit/conduit-child.ts";
import { drawn } from "../kit/screen-tape.ts";
import { guardOf } from "../kit/vnc-screens.ts";
import { VncViewer } from "../kit/vnc-viewer.ts";

const PATIENCE = { timeout: 60_000, interval: 100 };
/** Of the whole process, threads and pictures of its recordings counted: see `limits.ts`. */
const GROWTH_MAX = 768 * 1_048_576;
/** What a flood sends unless it is stopped: far more than is held anywhere. */
const FLOOD = 192 * 1_048_576;
const TAKEN_MIN = 12 * 1_048_576;
const SIDE = 1_024;

type Screen = (socket: Socket) => void | Promise<void>;

const box = (width: number, height: number, encoding: number) => ({
  ...{ x: 0, y: 0, width, height, encoding },
});
const hello = (width = SIDE, height = SIDE) =>
  encodeHello({ width, height, format: PLAIN_FORMAT, name: new Uint8Array(0) });
const update = (width: number, height: number, encoding: number, data: Uint8Array) =>
  Buffer.concat([updateHead(1), rectangleHead(box(width, height, encoding)), data]);
const numbered = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, 4 * n);
  return bytes;
};

/** A rectangle of Zlib. */
const packed = (data: Uint8Array) =>
  update(SIDE, SIDE, ENCODING.zlib, Buffer.concat([numbered(data.length), data]));

/** Says it over and over, as fast as it is read. */
async function flood(socket: Socket, piece: Uint8Array): Promise<void> {
  for (let sent = 0; sent < FLOOD && !socket.destroyed; sent += piece.length) {
    taken = Math.max(taken, socket.bytesWritten - socket.writableLength);
    if (socket.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const go = () => {
        socket.off("drain", go).off("close", go);
        resolve();
      };
      socket.on("drain", go).on("close", go);
    });
  }
}

/** A whole screen, of which more may follow without the head of its stream. */
const BLACK = deflateSync(Buffer.alloc(4 * SIDE * SIDE), { finishFlush: constants.Z_FULL_FLUSH });
const STREAM_HEAD = 2;
/** A megabyte of nothing in a kilobyte, as many times as a rectangle may be long. */
const BOMB = deflateSync(Buffer.alloc(4 * SIDE * SIDE * 8));
const noise = (length: number) => Buffer.from(Array.from({ length }, (_, n) => (n * 7919) & 0xff));

/** What it says behind its handshake. Those of the first list end their session by themselves. */
const ENDED: Readonly<Record<string, Screen>> = {
  "a screen of 65535 × 65535": (socket) => void socket.write(hello(65_535, 65_535)),
  "a screen of no size": (socket) => void socket.write(hello(0, 0)),
  "a name of four gigabytes": (socket) => {
    const head = Buffer.from(hello());
    head.writeUInt32BE(0xffffffff, 20);
    socket.write(head);
  },
  "a text of four gigabytes": (socket) =>
    void socket.write(Buffer.concat([hello(), Buffer.of(3, 0, 0, 0), numbered(0xffffffff)])),
  "a pointer of 65535 × 65535": (socket) =>
    void socket.write(Buffer.concat([hello(), update(65_535, 65_535, ENCODING.cursor, BOMB)])),
  "a desktop of 65535 × 65535": (socket) =>
    void socket.write(
      Buffer.concat([hello(), update(65_535, 65_535, ENCODING.desktopSize, Buffer.alloc(0))]),
    ),
  "a rectangle beyond its screen": (socket) =>
    void socket.write(Buffer.concat([hello(), update(SIDE + 1, 1, ENCODING.raw, BOMB)])),
  "four gigabytes compressed": (socket) =>
    void socket.write(
      Buffer.concat([hello(), update(SIDE, SIDE, ENCODING.zlib, numbered(0xffffffff))]),
    ),
  "JPEG that nobody asked for": (socket) =>
    void socket.write(Buffer.concat([hello(), update(64, 64, ENCODING.tight, Buffer.of(0x90))])),
  noise: (socket) => void socket.write(Buffer.concat([hello(), Buffer.of(77), noise(1_000)])),
};
/** These say nothing more. */
const STALLED: Readonly<Record<string, Screen>> = {
  "no hello at all": () => undefined,
  "half a hello": (socket) => void socket.write(hello().subarray(0, 11)),
  "half a rectangle": (socket) =>
    void socket.write(Buffer.concat([hello(), update(SIDE, SIDE, ENCODING.raw, noise(5_000))])),
};
/** These are let talk for a while. */
const FLOODS: Readonly<Record<string, Screen>> = {
  "a colour map without end": async (socket) => {
    socket.write(hello());
    const colours = Buffer.concat([Buffer.of(1, 0, 0, 0, 0xff, 0xff), Buffer.alloc(6 * 65_535)]);
    await flood(socket, colours);
  },
  "a bomb in every rectangle": async (socket) => {
    socket.write(hello());
    await flood(socket, packed(BOMB));
  },
  "pictures of a thousandth of their size": async (socket) => {
    socket.write(Buffer.concat([hello(), packed(BLACK)]));
    await flood(socket, packed(BLACK.subarray(STREAM_HEAD)));
  },
  "pointers without end": async (socket) => {
    socket.write(hello());
    await flood(socket, update(256, 256, ENCODING.cursor, noise(256 * 256 * 4 + 32 * 256)));
  },
};

const GOOD: Screen = (socket) => {
  socket.write(hello());
  socket.on("data", () => void (socket.destroyed || socket.write(drawn(0, 0, 30, 1))));
};

/** Of the flood that is on. */
let taken = 0;
/** What the next connection meets. */
let next: Screen = GOOD;
/** Connections that met theirs. */
let met = 0;
let screen: Server;
let port: number;
let conduit: ConduitChild;
const opened = new Set<Socket>();

beforeAll(async () => {
  screen = createServer((socket) => void serve(socket).catch(() => socket.destroy())).listen(
    0,
    "127.0.0.1",
  );
  await once(screen, "listening");
  ({ port } = screen.address() as AddressInfo);
});

afterAll(async () => {
  for (const socket of opened) socket.destroy();
  screen.close();
});

/** Version and security as they should be, then whatever was asked for. */
async function serve(socket: Socket): Promise<void> {
  const say = next;
  met += 1;
  opened.add(socket);
  socket.on("error", () => socket.destroy());
  socket.write("RFB 003.008\n");
  await once(socket, "data");
  socket.write(Buffer.of(1, 1));
  await once(socket, "data");
  socket.write(Buffer.alloc(4));
  await once(socket, "data");
  await say(socket);
}

/** Of the whole process, now or at its height. */
function resident(of: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${conduit.process.pid}/status`, "utf8");
  return 1_024 * Number(status.match(new RegExp(`${of}:\\s*(\\d+)`))?.[1]);
}

/** A viewer that asks for everything that is carried, and reads what comes or leaves it. */
async function viewer(of: Screen, reads: boolean): Promise<Socket> {
  next = of;
  const socket = connect({ port: conduit.port, host: "127.0.0.1", noDelay: true });
  opened.add(socket);
  socket.on("error", () => undefined);
  const asked = [...Object.values(ENCODING)];
  const encodings = Buffer.alloc(4 + 4 * asked.length);
  encodings[0] = 2;
  encodings.writeUInt16BE(asked.length, 2);
  for (const [n, encoding] of asked.entries()) encodings.writeInt32BE(encoding, 4 + 4 * n);
  const request = Buffer.of(3, 0, 0, 0, 0, 0, 255, 255, 255, 255);
  socket.write(Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.of(1, 1), encodings, request]));
  if (reads) socket.resume();
  const before = met;
  await expect.poll(() => met, PATIENCE).toBe(before + 1);
  return socket;
}

async function worksAmongThem(): Promise<void> {
  next = GOOD;
  const good = await VncViewer.open({ port: conduit.port, encodings: [ENCODING.raw] });
  await good.until(() => good.received > 1_000, 60_000);
  good.close();
}

test("a screen that says what cannot be ends its own session, and no other", async () => {
  conduit = await guardOf(port);
  for (const [name, of] of Object.entries(ENDED)) {
    const socket = await viewer(of, true);
    await expect.poll(() => `${name}: ${socket.closed}`, PATIENCE).toBe(`${name}: true`);
    await worksAmongThem();
  }
}, 120_000);

/** Floods take a machine to themselves: `npm run soak`. */
const borne = { ...STALLED, ...(process.env.SALLYPORT_FLOODS === "on" ? FLOODS : {}) };

test("what floods, stalls or bursts is borne within bounds, read or not", async () => {
  conduit = await guardOf(port);
  await worksAmongThem();
  const before = resident("VmRSS");
  for (const [name, of] of Object.entries(borne)) {
    taken = 0;
    const sockets = [await viewer(of, true), await viewer(of, false)];
    await worksAmongThem();
    // It was heard, and more of it than any buffer holds.
    if (name in FLOODS) await expect.poll(() => taken, PATIENCE).toBeGreaterThan(TAKEN_MIN);
    await pause(500);
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map((each) => each.closed || once(each, "close")));
  }
  await worksAmongThem();
  expect(resident("VmHWM") - before).toBeLessThan(GROWTH_MAX);
}, 240_000);

const VIEWERS: Readonly<Record<string, Uint8Array>> = {
  "half a message": Buffer.of(6, 0, 0, 0, 0, 0),
  "a text of four gigabytes": Buffer.concat([Buffer.of(6, 0, 0, 0), numbered(0xffffffff)]),
  "a format with shifts beyond it": Buffer.concat([
    ...[Buffer.of(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 200, 99, 31, 0, 0, 0)],
  ]),
  "a colour map": Buffer.concat([Buffer.of(0, 0, 0, 0, 8, 8), Buffer.alloc(14)]),
  "65535 encodings": Buffer.concat([Buffer.of(2, 0, 0xff, 0xff), Buffer.alloc(4 * 65_535)]),
  noise: noise(100_000),
};

test("a viewer that says what none says harms itself alone", async () => {
  conduit = await guardOf(port);
  for (const said of Object.values(VIEWERS)) {
    const socket = await viewer(GOOD, true);
    await new Promise<void>((resolve) => socket.write(said, () => resolve()));
    await worksAmongThem();
    socket.destroy();
  }
  await worksAmongThem();
  expect(conduit.process.exitCode).toBeNull();
}, 120_000);

const presses = Buffer.concat(
  Array.from({ length: 5_000 }, (_, n) => Buffer.of(5, n & 1, 0, 10, 0, 10)),
);
/** Small things cost most for their length: they are what keeps others from their turn. */
const SMALL: Readonly<Record<string, Uint8Array>> = {
  bells: Buffer.alloc(65_536, 2),
  "pictures of nothing": Buffer.alloc(65_536),
  "texts of nothing": Buffer.alloc(65_536, Buffer.of(3, 0, 0, 0, 0, 0, 0, 0)),
};

test("who says small things without end leaves everybody else their turn", async () => {
  conduit = await guardOf(port);
  for (const piece of Object.values(SMALL)) {
    const socket = await viewer(async (to) => {
      to.write(hello());
      await flood(to, piece);
    }, true);
    await worksAmongThem();
    socket.destroy();
  }
  const hasty = await viewer(GOOD, true);
  const pressing = flood(hasty, presses);
  await worksAmongThem();
  hasty.destroy();
  await pressing;
  expect(conduit.process.exitCode).toBeNull();
}, 120_000);
