import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryLeg } from "../../test/kit/memory-leg.ts";
import type { LegSink } from "./leg.ts";
import { PacedLeg } from "./paced-leg.ts";

/** Which no leg is held to. */
const FIRST = new Uint8Array(65_536);
const TURN = { timeout: 20_000, interval: 5 };

interface Paced {
  readonly peer: MemoryLeg;
  readonly leg: PacedLeg;
  /** What the channel was handed, in the order of its slices. */
  readonly slices: Uint8Array[];
  readonly ends: string[];
}

/** @param msOf what a slice costs, on a clock of its own */
function paced(msOf: (bytes: Uint8Array) => number, onBytes: (leg: PacedLeg) => void = () => {}) {
  let worked = 0;
  let begun = false;
  const peer = new MemoryLeg();
  const leg = new PacedLeg(peer, () => worked);
  const all: Paced = { peer, leg, slices: [], ends: [] };
  const sink: Partial<LegSink> = {
    bytes: (bytes) => {
      if (!begun) return;
      all.slices.push(Uint8Array.from(bytes));
      worked += msOf(bytes);
      onBytes(leg);
    },
    closed: (reason) => void all.ends.push(reason),
  };
  leg.start(sink as LegSink);
  peer.feed(FIRST);
  begun = true;
  return all;
}

const joined = (slices: readonly Uint8Array[]) => [...Buffer.concat(slices)];

test("what costs little passes whole, in the same turn", () => {
  const { peer, slices } = paced(() => 0.1);
  peer.feed(new Uint8Array(65_536));
  peer.feed(new Uint8Array(100));
  expect(slices.map(({ length }) => length)).toEqual([65_536, 100]);
  expect(peer.paused).toBe(false);
});

test("what is dear is taken in slices, and the peer is not read meanwhile", async () => {
  const { peer, slices } = paced(({ length }) => length / 100);
  peer.feed(new Uint8Array(1_000));
  expect(peer.paused).toBe(true);
  peer.feed(new Uint8Array(1_000));
  await expect.poll(() => peer.paused, TURN).toBe(false);
  await expect.poll(() => joined(slices).length, TURN).toBe(2_000);
  expect(Math.max(...slices.slice(1).map(({ length }) => length))).toBeLessThanOrEqual(400);
});

test("everything arrives once and in order, however it costs and whatever the channel does", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.constantFrom(0, 0.5, 3, 9), { minLength: 1, maxLength: 8 }),
      fc.array(fc.constantFrom("pause", "resume", "none"), { minLength: 1, maxLength: 8 }),
      async (pieces, costs, moods) => {
        let at = 0;
        const { peer, leg, slices, ends } = paced(
          () => costs[at++ % costs.length] ?? 0,
          (own) => {
            const mood = moods[at % moods.length];
            if (mood === "pause") own.pause();
            else if (mood === "resume") own.resume();
          },
        );
        for (const piece of pieces) peer.feed(piece);
        await expect
          .poll(() => {
            leg.resume();
            return joined(slices);
          }, TURN)
          .toEqual(joined(pieces));
        peer.hangUp("gone");
        await expect
          .poll(() => {
            leg.resume();
            return ends;
          }, TURN)
          .toEqual(["gone"]);
      },
    ),
    { numRuns: 40 },
  ));

test("what was said before the end is heard before it", async () => {
  const { peer, slices, ends } = paced(({ length }) => length / 100);
  peer.feed(new Uint8Array(2_000));
  peer.hangUp("the asset closed the connection");
  expect(ends).toEqual([]);
  await expect.poll(() => ends, TURN).toEqual(["the asset closed the connection"]);
  expect(joined(slices).length).toBe(2_000);
});

test("nothing that waits is handed on behind a cut", async () => {
  const { peer, leg, slices, ends } = paced(({ length }) => length / 100);
  peer.feed(new Uint8Array(2_000));
  const before = slices.length;
  peer.feed(new Uint8Array(2_000));
  leg.close();
  leg.resume();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect({ closed: peer.closed, more: slices.length - before, ends }).toEqual({
    ...{ closed: true, more: 0, ends: [] },
  });
});
