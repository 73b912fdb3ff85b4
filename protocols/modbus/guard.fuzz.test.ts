/**
 * The invariant: whatever bytes arrive on either side, the guard does not throw, its memory stays
 * bounded, and every frame that reaches the asset is exactly one whole request that decodes
 * strictly to the very operations that were permitted.
 *
 * Slow on purpose: 100,000 frames find what a hundred scenarios do not. SALLYPORT_FUZZ sets
 * another number (1,000,000 in the soak), SALLYPORT_FUZZ_SEED repeats a run.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Decide, GuardDriver, type Send } from "../../test/kit/guard-driver.ts";
import { toHex } from "../../test/kit/hex.ts";
import { honestReply, requestFrame } from "../../test/kit/modbus-samples.ts";
import { retainedBytes } from "../../test/kit/retained-bytes.ts";
import type { Answer, Effect } from "../guard.ts";
import { frameLength, frameUnit, HEADER_LENGTH } from "./frame.ts";
import { ModbusGuard } from "./guard.ts";
import { Malformed } from "./malformed.ts";
import { decodeRequest } from "./request.ts";

const FRAMES = Number(process.env.SALLYPORT_FUZZ ?? 100_000);
const SEED = Number(process.env.SALLYPORT_FUZZ_SEED ?? 20_260_105);
/** A channel is looked at as a whole and begun anew after so many frames. */
const FRAMES_PER_CHANNEL = 200;
const RETAINED_MAX = 600_000;

test(`${FRAMES} random and mutated frames: no throw, bounded memory, nothing unpermitted`, {
  timeout: 60_000 + FRAMES / 5,
}, () => {
  const random = generator(SEED);
  const corpus = fc.sample(requestFrame, { numRuns: 400, seed: SEED });
  const counts = { forwarded: 0, refused: 0, violations: 0 };
  for (let done = 0; done < FRAMES; done += FRAMES_PER_CHANNEL) {
    const frames = Math.min(FRAMES_PER_CHANNEL, FRAMES - done);
    runChannel(random, corpus, frames, counts);
  }
  // The fuzz is worth nothing unless it gets past the first check, and into each of them.
  expect(counts.forwarded).toBeGreaterThan(FRAMES / 20);
  expect(counts.refused).toBeGreaterThan(FRAMES / 50);
  expect(counts.violations).toBeGreaterThan(FRAMES / 1000);
});

type Random = (below: number) => number;

interface Counts {
  forwarded: number;
  refused: number;
  violations: number;
}

class Fuzzed {
  readonly decided = new Map<number, Decide>();
  readonly unanswered: Send[] = [];
  readonly driver: GuardDriver;
  private readonly random: Random;

  constructor(random: Random, counts: Counts) {
    this.random = random;
    this.driver = new GuardDriver(
      new ModbusGuard({ inFlightMax: 8, parkedMax: 4 }),
      (decide) => this.judge(decide),
      (effect) => this.watch(effect, counts),
    );
  }

  private judge({ items }: Decide): readonly Answer[] {
    const draw = this.random(8);
    if (draw === 0) return items.map(() => ({ kind: "hold" }));
    return items.map(() =>
      draw === 1 ? { kind: "deny", refusal: "address" } : { kind: "permit" },
    );
  }

  private watch(effect: Effect, counts: Counts): void {
    if (effect.kind === "decide") this.decided.set(effect.id, effect);
    if (effect.kind === "refused") counts.refused++;
    if (effect.kind === "violation") counts.violations++;
    if (effect.kind !== "send" || effect.to !== "asset") return;
    counts.forwarded++;
    this.unanswered.push(effect);
    mustBeWhatWasPermitted(effect, this.decided.get(effect.decision ?? 0));
  }

  get isOver(): boolean {
    return this.driver.violations.length > 0;
  }
}

function runChannel(
  random: Random,
  corpus: readonly Uint8Array[],
  frames: number,
  counts: Counts,
): void {
  let fuzzed = new Fuzzed(random, counts);
  for (let i = 0; i < frames; i++) {
    if (fuzzed.isOver) fuzzed = new Fuzzed(random, counts);
    fuzzed.driver.bytes("client", fuzzedFrame(random, corpus));
    assetActs(random, fuzzed);
    const [held] = fuzzed.driver.held.keys();
    if (held !== undefined && random(3) === 0) fuzzed.driver.settle(held, { kind: "permit" });
  }
  expect(retainedBytes(fuzzed.driver.guard)).toBeLessThanOrEqual(RETAINED_MAX);
}

/** Mostly answers, sometimes is late, now and then lies. */
function assetActs(random: Random, { driver, unanswered }: Fuzzed): void {
  while (unanswered.length > random(8)) {
    const [send] = unanswered.splice(random(unanswered.length), 1);
    if (!send) return;
    if (random(12) === 0) {
      const request = ((send.bytes[0] ?? 0) << 8) | (send.bytes[1] ?? 0);
      driver.feed({ kind: "event", event: { kind: "timeout", request } });
    } else {
      const reply = honestReply(send.bytes, random(1000));
      driver.bytes("asset", random(200) === 0 ? mutated(random, reply) : reply);
    }
  }
}

function mustBeWhatWasPermitted({ bytes }: Send, decide: Decide | undefined): void {
  const context = () => toHex(bytes);
  if (frameLength(bytes, 0, bytes.length) !== bytes.length) throw new Error(context());
  const items = decodeRequest(frameUnit(bytes, 0), bytes, HEADER_LENGTH, bytes.length);
  if (items instanceof Malformed) throw new Error(`${items.reason}: ${context()}`);
  if (JSON.stringify(items) !== JSON.stringify(decide?.items)) throw new Error(context());
}

function fuzzedFrame(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const frame = corpus[random(corpus.length)] ?? new Uint8Array(1);
  switch (random(8)) {
    case 0:
    case 1:
      return frame;
    case 2:
      return framed(random, randomBytes(random, 1 + random(20)));
    case 3:
      return framed(random, mutated(random, frame.subarray(HEADER_LENGTH)));
    case 4:
      return random(20) === 0 ? mutated(random, frame) : framed(random, lying(random, frame));
    case 5:
      return random(50) === 0 ? randomBytes(random, 1 + random(40)) : frame;
    case 6:
      return framed(random, Uint8Array.from([...frame.subarray(HEADER_LENGTH), ...frame]));
    default:
      return framed(random, frame.subarray(HEADER_LENGTH, 8 + random(frame.length - 7)));
  }
}

/** A PDU in a correct header, so that the fuzz gets past the framing. */
function framed(random: Random, whole: Uint8Array): Uint8Array {
  const pdu = whole.length === 0 ? Uint8Array.of(random(256)) : whole.subarray(0, 253);
  const length = pdu.length + 1;
  return Uint8Array.from([random(256), random(256), 0, 0, length >> 8, length & 255, 1, ...pdu]);
}

/** Changes a byte among the counts and lengths that stand early in a PDU. */
function lying(random: Random, frame: Uint8Array): Uint8Array {
  const pdu = frame.slice(HEADER_LENGTH);
  pdu[random(Math.min(10, pdu.length))] = random(256);
  return pdu;
}

function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Array.from(bytes);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(copy.length + 1);
    const how = random(3);
    if (how === 0) copy.splice(at, 0, random(256));
    else if (how === 1) copy.splice(at, 1);
    else if (copy.length > 0) copy[at % copy.length] = random(256);
  }
  return Uint8Array.from(copy);
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/** Xorshift: the same seed gives the same run on every machine. */
function generator(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
