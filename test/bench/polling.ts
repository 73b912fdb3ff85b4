/**
 * What an HMI does all day: five reads a second, of set points that stay, measurements that move
 * by a digit or two, coils that seldom change and a counter. Seeded, so that each run has the same.
 */
import { readPoints } from "../../protocols/modbus/build.ts";
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import type { ReadOperation } from "../../protocols/modbus/operation.ts";

export interface Exchange {
  readonly operation: ReadOperation;
  readonly decision: number;
  readonly request: Uint8Array;
  readonly reply: Uint8Array;
  /** When the request came, and how long the asset took for its answer. */
  readonly atMs: number;
  readonly latencyMs: number;
}

const UNIT = 1;
const PERIOD_MS = 1000;
/** Registers whose last digits move with every look. */
const MOVING = 6;

type Random = () => number;

export function* polling(count: number): Generator<Exchange> {
  const random = seeded(42);
  const polls = [
    new Poll(readPoints(UNIT, "holding-registers", 0, 10), 0),
    new Poll(readPoints(UNIT, "input-registers", 0, 20), MOVING),
    new Poll(readPoints(UNIT, "coils", 0, 16), 0),
    new Poll(readPoints(UNIT, "discrete-inputs", 0, 16), 0),
    new Poll(readPoints(UNIT, "holding-registers", 100, 10), 1),
  ];
  for (let n = 0; n < count; n++) {
    const poll = polls[n % polls.length];
    if (poll === undefined) return;
    const atMs = (n * PERIOD_MS) / polls.length + random() * 0.4;
    // A scan cycle of the PLC, and a tail.
    const latencyMs = 1.5 + random() * 0.5 - Math.log(1 - random()) * 0.2;
    yield poll.exchange(n + 1, atMs, latencyMs, random);
  }
}

class Poll {
  private readonly operation: ReadOperation;
  private readonly moving: number;
  private readonly values: number[];

  constructor(operation: ReadOperation, moving: number) {
    this.operation = operation;
    this.moving = moving;
    this.values = Array.from({ length: operation.count }, (_, i) => (i * 7919) % 4096);
  }

  exchange(n: number, atMs: number, latencyMs: number, random: Random): Exchange {
    for (let i = 0; i < this.moving; i++) {
      this.values[i] = ((this.values[i] ?? 0) + Math.round((random() - 0.5) * 3)) & 0xffff;
    }
    const { operation } = this;
    const number = n & 0xffff;
    const request = encodeRequest([operation], number);
    return { operation, decision: n, request, reply: this.reply(number), atMs, latencyMs };
  }

  private reply(number: number): Uint8Array {
    const isBits = this.operation.function <= 2;
    const data = isBits ? this.values.length / 8 : this.values.length * 2;
    const reply = Buffer.alloc(9 + data);
    reply.writeUInt16BE(number, 0);
    reply.writeUInt16BE(3 + data, 4);
    reply[6] = UNIT;
    reply[7] = this.operation.function;
    reply[8] = data;
    if (isBits) reply.fill(0x5a, 9);
    else for (const [i, value] of this.values.entries()) reply.writeUInt16BE(value, 9 + i * 2);
    return new Uint8Array(reply);
  }
}

/** mulberry32 */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
