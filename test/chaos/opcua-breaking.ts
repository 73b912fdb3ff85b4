/** Breaks a good conversation of OPC UA (chunks of OPC 10000-6, 6.7.2 and 7.1.2) in random ways. */
export type Random = () => number;

const HEADER = 8;
const EXTREMES = [
  0, 1, 7, 8, 9, 4_095, 4_097, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];
const TYPES = ["HEL", "ACK", "ERR", "RHE", "OPN", "MSG", "CLO", "XYZ"];
const FINALS = ["F", "C", "A", "\0"];
/** Of one chunk: more tries nothing new. */
const CHANGES_MAX = 3;

/** The chunks of a stream, each by itself. */
export function chunksIn(parts: readonly Buffer[]): Buffer[] {
  const whole = Buffer.concat(parts);
  const chunks: Buffer[] = [];
  for (let at = 0; at + HEADER <= whole.length; ) {
    const length = whole.readUInt32LE(at + 4);
    chunks.push(whole.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** For the secure channel that the broker gave this connection. */
export function withChannel(chunk: Buffer, channel: number): Buffer {
  const type = chunk.toString("latin1", 0, 3);
  if (channel === 0 || chunk.length < 12 || !["MSG", "CLO"].includes(type)) return chunk;
  const own = Buffer.from(chunk);
  own.writeUInt32LE(channel, 8);
  return own;
}

/** One of the conversations, with something wrong in it. */
export function broken(good: readonly (readonly Buffer[])[], random: Random): readonly Buffer[] {
  const chosen = pick(good, random) ?? [];
  const chunks = chosen.map((chunk) => Buffer.from(chunk));
  const from = below(chunks.length, random);
  const changed = chunks.flatMap((chunk, at) => (at === from ? brokenChunk(chunk, random) : chunk));
  return below(4, random) === 0 ? cutAnew(changed, random) : changed;
}

function brokenChunk(chunk: Buffer, random: Random): Buffer[] {
  let own = chunk;
  for (let left = 1 + below(CHANGES_MAX, random); left > 0; left--) own = change(own, random);
  const again = below(8, random);
  return again === 0 ? [own, own] : again === 1 ? [chunk, own] : [own];
}

function change(chunk: Buffer, random: Random): Buffer {
  const own = Buffer.from(chunk);
  if (own.length < HEADER) return own;
  switch (below(8, random)) {
    case 0:
      own.write(pick(TYPES, random) ?? "", 0, "latin1");
      return own;
    case 1:
      own.write(pick(FINALS, random) ?? "", 3, "latin1");
      return own;
    case 2:
      own.writeUInt32LE(pick(EXTREMES, random) ?? 0, 4);
      return own;
    case 3:
      own.writeUInt32LE(pick(EXTREMES, random) ?? 0, below(own.length - 3, random));
      return own;
    case 4:
      return withLength(own.subarray(0, HEADER + below(own.length - HEADER + 1, random)));
    case 5:
      return withLength(Buffer.concat([own, Buffer.alloc(1 + below(5_000, random), 0xa5)]));
    case 6:
      return own.subarray(0, below(own.length, random));
    default:
      for (let left = 1 + below(8, random); left > 0; left--) {
        own[HEADER + below(own.length - HEADER, random)] = below(256, random);
      }
      return own;
  }
}

function withLength(chunk: Buffer): Buffer {
  const own = Buffer.from(chunk);
  own.writeUInt32LE(own.length, 4);
  return own;
}

/** The same bytes, cut where no chunk ends: all at once, or in pieces. */
function cutAnew(chunks: readonly Buffer[], random: Random): Buffer[] {
  const whole = Buffer.concat(chunks);
  const pieces: Buffer[] = [];
  for (let at = 0; at < whole.length; ) {
    const length = 1 + below(whole.length, random);
    pieces.push(whole.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function below(count: number, random: Random): number {
  return Math.floor(random() * Math.max(1, count));
}

function pick<T>(all: readonly T[], random: Random): T | undefined {
  return all[below(all.length, random)];
}
