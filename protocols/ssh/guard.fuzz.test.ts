/**
 * The invariant: whatever arrives on either side, the guard does not throw, its memory stays
 * bounded, and every message to the asset is one whole message of the protocol under a decision
 * that was permitted.
 *
 * Slow on purpose, as the one of Modbus: SALLYPORT_FUZZ sets another number (1,000,000 in the
 * soak), SALLYPORT_FUZZ_SEED repeats a run.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import { toHex } from "../../test/kit/hex.ts";
import { retainedBytes } from "../../test/kit/retained-bytes.ts";
import { channel, message, reply } from "../../test/kit/ssh-samples.ts";
import type { Answer, Effect, Operation } from "../guard.ts";
import { SshGuard } from "./guard.ts";
import { cutMessage, encodeMessage } from "./message.ts";

const MESSAGES = Number(process.env.SALLYPORT_FUZZ ?? 100_000);
const SEED = Number(process.env.SALLYPORT_FUZZ_SEED ?? 20_260_105);
/** Then the channel is looked at as a whole and another begins. */
const MESSAGES_PER_CHANNEL = 40;
/** Two inboxes of a channel, and two of a filter, at their fullest. */
const RETAINED_MAX = 1_700_000;
/** The record of what was fed belongs to the test, not to the guard. */
const PERMIT: Answer = { kind: "permit" };

test(`${MESSAGES} random and mutated messages: no throw, bounded memory, nothing unpermitted`, {
  timeout: 120_000 + MESSAGES / 2,
}, () => {
  const random = generator(SEED);
  const settings = { numRuns: 400, seed: SEED };
  const starts = fc.sample(channel, settings);
  const more = fc.sample(message, settings).map(encodeMessage);
  const counts = { forwarded: 0, denied: 0, violations: 0, channels: 0 };
  for (let done = 0; done < MESSAGES; ) {
    const fuzzed = new Fuzzed(random, counts);
    counts.channels += 1;
    const start = (starts[random(starts.length)] ?? []).map(encodeMessage);
    for (const bytes of start) done += fuzzed.feed(bytes);
    for (let n = 0; n < MESSAGES_PER_CHANNEL && !fuzzed.isOver; n++) {
      done += fuzzed.feed(more[random(more.length)] ?? new Uint8Array(1));
    }
    expect(retainedBytes(fuzzed.driver.guard)).toBeLessThanOrEqual(RETAINED_MAX);
  }
  // The fuzz is worth nothing unless it gets past the first check, and into each of them.
  expect(counts.forwarded).toBeGreaterThan(MESSAGES / 10);
  expect(counts.denied).toBeGreaterThan(MESSAGES / 200);
  expect(counts.violations).toBeGreaterThan(MESSAGES / 200);
});

type Random = (below: number) => number;

class Fuzzed {
  readonly driver: GuardDriver;
  isOver = false;
  private readonly random: Random;
  private readonly counts: { forwarded: number; denied: number; violations: number };
  private readonly permitted = new Set<number>();
  private readonly unanswered: Uint8Array[] = [];

  constructor(random: Random, counts: Fuzzed["counts"]) {
    this.random = random;
    this.counts = counts;
    this.driver = new GuardDriver(
      new SshGuard(),
      ({ id, items }) => this.judge(id, items),
      (effect) => this.watch(effect),
    );
  }

  /** Answers how many messages it was: one. */
  feed(bytes: Uint8Array): number {
    const { random, driver } = this;
    driver.bytes("client", random(12) === 0 ? mutated(random, bytes) : bytes);
    while (this.unanswered.length > random(3) && !this.isOver) this.assetActs();
    const [held] = driver.held.keys();
    if (held !== undefined && random(2) === 0) {
      this.permitted.add(held);
      driver.settle(held, PERMIT);
    }
    return 1;
  }

  private assetActs(): void {
    const { random, driver } = this;
    const sent = this.unanswered.shift();
    const answer = sent && reply(sent, random(12));
    if (!answer) return;
    driver.bytes("asset", random(40) === 0 ? mutated(random, answer) : answer);
  }

  private judge(id: number, items: readonly Operation[]): readonly Answer[] {
    const draw = this.random(8);
    if (draw === 0) return items.map(() => ({ kind: "hold" }));
    if (draw > 1) this.permitted.add(id);
    else this.counts.denied += 1;
    return items.map(() => (draw === 1 ? { kind: "deny", refusal: "operation" } : PERMIT));
  }

  private watch(effect: Effect): void {
    if (effect.kind === "violation") {
      this.counts.violations += 1;
      this.isOver = true;
    }
    if (effect.kind !== "send" || effect.to !== "asset") return;
    this.counts.forwarded += 1;
    this.unanswered.push(effect.bytes);
    const cut = cutMessage(effect.bytes);
    const isWhole = cut.kind === "frame" && cut.length === effect.bytes.length;
    if (!isWhole || !this.permitted.has(effect.decision ?? 0)) {
      throw new Error(`${effect.decision}: ${toHex(effect.bytes)}`);
    }
  }
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
