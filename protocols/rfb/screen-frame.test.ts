import fc from "fast-check";
import { expect, test } from "vitest";
import { ENCODING } from "./encodings.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import { baseOf, decodeScreenFrame, encodeScreenFrame, type ScreenMoment } from "./screen-frame.ts";
import { ScreenHistory } from "./screen-history.ts";
import { ScreenPlayer } from "./screen-player.ts";
import { encodeHello, rectangleHead, updateHead } from "./to-client.ts";

const SIZE = { width: 150, height: 70 };
const at = { sequence: 0, wallMs: 0, monotonicMs: 0, channel: 3 };

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A rectangle whose pixels are all different, or one colour. */
function painted(x: number, side: number, colour?: number): Uint8Array {
  const pixels = Array.from({ length: side * side }, (_, n) => colour ?? n * 7);
  const body = pixels.flatMap((value) => [value & 255, (value >> 8) & 255, value >> 16, 0]);
  const box = { x, y: 3, width: side, height: side, encoding: ENCODING.raw };
  return joined(updateHead(1), rectangleHead(box), Uint8Array.from(body));
}

class Screen {
  readonly history = new ScreenHistory();
  readonly player = new ScreenPlayer();

  constructor() {
    this.push({ kind: "channel", protocol: "vnc", by: "subject", peer: "" });
    const hello = encodeHello({ ...SIZE, format: PLAIN_FORMAT, name: new Uint8Array(0) });
    this.bytes("client", Uint8Array.of(1));
    this.bytes("asset", hello);
  }

  bytes(from: "client" | "asset", bytes: Uint8Array): void {
    this.push({ kind: "bytes", from, bytes });
  }

  push(body: object): void {
    const record = { ...at, ...body } as Parameters<ScreenHistory["push"]>[0];
    for (const event of this.history.push(record)) this.player.show(event);
  }

  get moment(): ScreenMoment {
    return { history: this.history.state, screen: this.player.state };
  }
}

test("a whole frame holds everything, in the middle of messages of both sides too", () => {
  const screen = new Screen();
  screen.bytes("asset", painted(5, 60));
  screen.bytes("client", Uint8Array.of(5, 1, 0, 9, 0, 8, 4, 1));
  screen.bytes("asset", painted(80, 20).subarray(0, 700));
  const { moment } = screen;
  expect(moment.screen.rest.length).toBeGreaterThan(600);
  expect(moment.history.rest.length).toBe(2);
  const { bytes, changed } = encodeScreenFrame(moment);
  expect(changed).toBe(1);
  expect(baseOf(bytes)).toBeUndefined();
  expect(decodeScreenFrame(bytes)).toEqual(moment);
});

test("a frame that rests on another has the changed tiles alone, and merged they are the whole", () => {
  const screen = new Screen();
  screen.bytes("asset", painted(5, 60));
  const before = screen.moment.screen.picture;
  if (!before) throw new Error("no picture");
  screen.bytes("asset", painted(135, 10, 0x4080ff));
  const { bytes, changed } = encodeScreenFrame(screen.moment, { number: 7, ...before });
  // Three tiles in two rows: one of them was drawn into.
  expect(changed).toBeCloseTo(1 / 6);
  expect(baseOf(bytes)).toBe(7);
  expect(decodeScreenFrame(bytes, before)).toEqual(screen.moment);
  expect(decodeScreenFrame(bytes)).toBeUndefined();
  expect(decodeScreenFrame(bytes, { ...before, width: 10, height: 10 })).toBeUndefined();
});

test("a base of another size is none", () => {
  const screen = new Screen();
  const other = { number: 1, width: 10, height: 10, pixels: new Uint32Array(100) };
  const { bytes } = encodeScreenFrame(screen.moment, other);
  expect(decodeScreenFrame(bytes)).toEqual(screen.moment);
});

test("before anything was shown there is a frame too", () => {
  const moment = { history: new ScreenHistory().state, screen: new ScreenPlayer().state };
  expect(decodeScreenFrame(encodeScreenFrame(moment).bytes)).toEqual(moment);
});

test("what is no frame is not taken for one, cut or changed anywhere", () => {
  const screen = new Screen();
  screen.bytes("asset", painted(5, 60));
  const { bytes } = encodeScreenFrame(screen.moment);
  expect(decodeScreenFrame(new Uint8Array(0))).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
      expect(decodeScreenFrame(bytes.subarray(0, place))).toBeUndefined();
      const changed = Uint8Array.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ flip;
      // Whatever comes of it, it is a screen of some size or none, and it does not throw.
      const picture = decodeScreenFrame(changed)?.screen.picture;
      if (picture) expect(picture.pixels.length).toBe(picture.width * picture.height);
    }),
    { numRuns: 300 },
  );
});
