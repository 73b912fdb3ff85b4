import { expect, test } from "vitest";
import { testHeader } from "../../test/kit/tape-header.ts";
import { ByteWriter } from "./byte-writer.ts";
import { TapeEncoder } from "./encoder.ts";
import type { Judged, TapeBody } from "./record.ts";
import { TapeScan } from "./scan.ts";

type Kind = Judged["answer"]["kind"];

function verdict(decision: number, ...kinds: readonly Kind[]): TapeBody {
  const items = kinds.map(
    (kind): Judged => ({
      operation: { action: "write", class: "operate" },
      answer: kind === "deny" ? { kind, refusal: "value" } : { kind },
      ...{ rule: "r", reason: "" },
    }),
  );
  return { kind: "verdict", channel: 1, decision, items };
}

/** A segment of its own for each list, with what was held before. */
function marksOf(...segments: readonly (readonly TapeBody[])[]): readonly string[] {
  const waiting = new Set<string>();
  const marks: string[] = [];
  let sequence = 0;
  for (const bodies of segments) {
    const out = new ByteWriter();
    const encoder = new TapeEncoder(out);
    encoder.begin(testHeader("s-1"));
    for (const body of bodies) encoder.append(sequence, sequence, sequence++, body);
    const scan = new TapeScan((mark) => marks.push(`${mark.kind}@${mark.sequence}`), waiting);
    const bytes = out.take();
    expect(scan.push(bytes)).toBe(bytes.length);
  }
  return marks;
}

test("the answer to what was held is marked, permitted or refused, once", () => {
  const told = marksOf([
    ...[verdict(1, "hold"), verdict(2, "hold"), verdict(3, "permit")],
    ...[verdict(1, "permit"), verdict(2, "deny"), verdict(1, "permit")],
  ]);
  expect(told).toEqual([
    ...["hold@0", "hold@1", "write@2"],
    ...["write@3", "answer@3", "refusal@4", "answer@4", "write@5"],
  ]);
});

test("what was held in one segment is answered in the next", () => {
  expect(marksOf([verdict(7, "hold")], [verdict(7, "permit")])).toEqual([
    ...["hold@0", "write@1", "answer@1"],
  ]);
});
