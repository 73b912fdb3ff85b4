/** Records of a session on a screen, as a session writes them: a panel that keeps drawing. */
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { PLAIN_FORMAT } from "../../protocols/rfb/pixel-format.ts";
import { encodeHello, rectangleHead, updateHead } from "../../protocols/rfb/to-client.ts";
import type { Header, TapeBody } from "../../protocols/tape/record.ts";

export function screenHeader(session: string): Header {
  return {
    version: 1,
    build: "test",
    session,
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "hmi", name: "HMI", zone: "treatment" },
    endpoint: { id: "screen", protocol: "vnc" },
    grant: { id: "g-1", profile: "panel", until: 1_900_000_000_000 },
    digests: { profile: "aa", plant: "bb" },
    tags: [],
    startedMs: 1_767_600_000_000,
  };
}

export function channelOf(channel: number): TapeBody {
  return { kind: "channel", channel, protocol: "vnc", by: "subject", peer: "test" };
}

export function from(side: "client" | "asset", bytes: Uint8Array, channel = 1): TapeBody {
  return { kind: "bytes", channel, from: side, bytes };
}

/** A screen of this size has said hello. */
export function* helloOf(width: number, height: number, channel = 1): Generator<TapeBody> {
  yield channelOf(channel);
  yield from("client", Uint8Array.of(1), channel);
  const name = new Uint8Array(0);
  yield from("asset", encodeHello({ width, height, format: PLAIN_FORMAT, name }), channel);
}

/** Pixels of a whole screen as an update, raw; what they are given as is 0xAABBGGRR. */
export function shown(width: number, height: number, pixels: Uint32Array): Uint8Array {
  const head = rectangleHead({ x: 0, y: 0, width, height, encoding: ENCODING.raw });
  const bytes = new Uint8Array(4 + head.length + 4 * pixels.length);
  bytes.set(updateHead(1));
  bytes.set(head, 4);
  const view = new DataView(bytes.buffer, 4 + head.length);
  pixels.forEach((pixel, n) => {
    const [red, green, blue] = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    view.setUint32(4 * n, (red << 16) | (green << 8) | blue, true);
  });
  return bytes;
}

/** An update of one rectangle of raw pixels, in stripes. */
export function drawn(x: number, y: number, side: number, seed: number): Uint8Array {
  const head = [
    updateHead(1),
    rectangleHead({ x, y, width: side, height: side, encoding: ENCODING.raw }),
  ];
  const pixels = new Uint8Array(4 * side * side);
  const view = new DataView(pixels.buffer);
  for (let n = 0; n < side * side; n += 1) {
    view.setUint32(4 * n, (((n >> 6) + seed) * 0x050301) & 0xffffff, true);
  }
  return Uint8Array.from([...head.flatMap((part) => [...part]), ...pixels]);
}
