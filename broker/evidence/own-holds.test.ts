import { expect, test } from "vitest";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import { AWAITS_VALUE, type Judged, type TapeBody } from "../../protocols/tape/record.ts";
import { testHeader } from "../../test/kit/tape-header.ts";
import { type HeldBefore, Segment } from "./segment.ts";

const ASKED = "a second person answers";

function verdict(decision: number, kind: "permit" | "hold", reason = ""): TapeBody {
  const operation = { action: "write", class: "operate" } as const;
  const item: Judged = { operation, answer: { kind }, rule: "r", reason };
  return { kind: "verdict", channel: 1, decision, items: [item] };
}

/** The index of a recording with a segment for each list. */
function indexOf(...segments: readonly (readonly TapeBody[])[]) {
  const before: HeldBefore = { waiting: new Set(), own: new Set() };
  let sequence = 0;
  return segments.map((bodies, number) => {
    const out = new ByteWriter();
    const encoder = new TapeEncoder(out);
    encoder.begin(testHeader("s-1"));
    const segment = new Segment(number, 100, before);
    let at = 0;
    for (const body of bodies) {
      encoder.append(sequence, sequence, sequence++, body);
      const bytes = out.bytes.slice(0, out.length);
      segment.put(at, bytes, at, bytes.length);
      at = bytes.length;
      // A list may be asked for at any moment, and changes nothing.
      segment.line();
    }
    const { marks, counts } = segment.line();
    return { held: counts.held, marks: marks.map((mark) => `${mark.kind}@${mark.sequence}`) };
  });
}

test("a write that waits for a reading of the broker's own is neither held nor answered", () => {
  const own = [verdict(1, "hold", AWAITS_VALUE), verdict(1, "permit")];
  expect(indexOf(own)).toEqual([{ held: 0, marks: ["write@1"] }]);
});

test("a write that a second person answers is both, also among others", () => {
  const [index] = indexOf([
    ...[verdict(1, "hold", AWAITS_VALUE), verdict(2, "hold", ASKED), verdict(1, "permit")],
    verdict(2, "permit"),
  ]);
  expect(index).toEqual({ held: 1, marks: ["hold@1", "write@2", "write@3", "answer@3"] });
});

test("after the broker's reading a person is asked: their answer counts", () => {
  const asked = [verdict(1, "hold", AWAITS_VALUE), verdict(1, "hold", ASKED), verdict(1, "permit")];
  expect(indexOf(asked)).toEqual([{ held: 1, marks: ["hold@1", "write@2", "answer@2"] }]);
});

test("a segment may end between the two", () => {
  const [first, second] = indexOf([verdict(1, "hold", AWAITS_VALUE)], [verdict(1, "permit")]);
  expect(first).toEqual({ held: 0, marks: [] });
  expect(second).toEqual({ held: 0, marks: ["write@1"] });
});
