import fc from "fast-check";
import { expect, test } from "vitest";
import { type Cut, INCOMPLETE, Inbox } from "./inbox.ts";

/** Frames for the test: one length byte (not 255), then that many bytes. */
function cut(bytes: Uint8Array): Cut<number[]> {
  const length = bytes[0];
  if (length === undefined) return INCOMPLETE;
  if (length === 255) return { kind: "malformed", reason: "length 255" };
  if (bytes.length < 1 + length) return INCOMPLETE;
  return { kind: "frame", frame: [...bytes.subarray(1, 1 + length)], length: 1 + length };
}

function drain(inbox: Inbox): number[][] {
  const frames: number[][] = [];
  for (let next = inbox.take(cut); next.kind === "frame"; next = inbox.take(cut)) {
    frames.push(next.frame);
  }
  return frames;
}

test("frames come out whole, however the stream was cut", () => {
  const frames = fc.array(fc.array(fc.nat(255), { maxLength: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), (sent, sizes) => {
      const stream = Uint8Array.from(sent.flatMap((frame) => [frame.length, ...frame]));
      const inbox = new Inbox(1000);
      const got: number[][] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i] ?? 7;
        expect(inbox.push(stream.subarray(at, at + size))).toBe(true);
        got.push(...drain(inbox));
        at += size;
      }
      expect(got).toEqual(sent);
      expect(inbox.length).toBe(0);
    }),
  );
});

test("an incomplete frame waits and a malformed one never becomes complete", () => {
  const inbox = new Inbox(10);
  inbox.push(Uint8Array.of(2, 1));
  expect(inbox.take(cut)).toEqual(INCOMPLETE);
  inbox.push(Uint8Array.of(9, 255));
  expect(inbox.take(cut)).toEqual({ kind: "frame", frame: [1, 9], length: 3 });
  expect(inbox.take(cut).kind).toBe("malformed");
  inbox.push(Uint8Array.of(1, 1));
  expect(inbox.take(cut).kind).toBe("malformed");
});

test("bytes beyond the limit are refused and nothing of them is taken", () => {
  const inbox = new Inbox(4);
  expect(inbox.push(Uint8Array.of(1, 2, 3))).toBe(true);
  expect(inbox.push(Uint8Array.of(4, 5))).toBe(false);
  expect(inbox.length).toBe(3);
  expect(inbox.push(Uint8Array.of(4))).toBe(true);
});

test("the bytes are copied: the sender may overwrite its array", () => {
  const inbox = new Inbox(8);
  const shared = Uint8Array.of(1, 7);
  inbox.push(shared);
  shared.fill(0);
  expect(inbox.take(cut)).toEqual({ kind: "frame", frame: [7], length: 2 });
});

test("the view shows what is unconsumed, and skipping consumes it", () => {
  const inbox = new Inbox(8);
  inbox.push(Uint8Array.of(1, 2, 3));
  inbox.skip(1);
  const { bytes, start, end } = inbox.view;
  expect([...bytes.subarray(start, end)]).toEqual([2, 3]);
  inbox.skip(99);
  expect(inbox.length).toBe(0);
});

test("a long life with little in it needs little memory", () => {
  const inbox = new Inbox(65_536);
  for (let i = 0; i < 10_000; i++) {
    inbox.push(Uint8Array.of(3, 1, 2, 3, 3, 1));
    inbox.skip(4);
    inbox.push(Uint8Array.of(2, 3));
    inbox.skip(4);
  }
  expect(inbox.view.bytes.length).toBeLessThan(64);
});

test("a large buffer is given back once it is empty", () => {
  const inbox = new Inbox(65_536);
  inbox.push(new Uint8Array(60_000));
  inbox.skip(59_999);
  expect(inbox.view.bytes.length).toBeGreaterThan(4096);
  inbox.skip(1);
  expect(inbox.view.bytes.length).toBe(0);
});

test("what was lent comes out the same, though the lender uses the array again", () => {
  const frames = fc.array(fc.array(fc.nat(255), { maxLength: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), (sent, sizes) => {
      const stream = Uint8Array.from(
        sent.map((frame) => frame.slice(0, 254)).flatMap((frame) => [frame.length, ...frame]),
      );
      const inbox = new Inbox(1000);
      const got: number[][] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i] ?? 7;
        const lent = Uint8Array.from(stream.subarray(at, at + size));
        expect(i % 5 === 4 ? inbox.push(lent) : inbox.lend(lent)).toBe(true);
        got.push(...drain(inbox));
        inbox.keep();
        lent.fill(99);
        at += size;
      }
      expect(got).toEqual(sent);
      expect(inbox.length).toBe(0);
    }),
  );
});
