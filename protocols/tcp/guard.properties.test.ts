/** What holds for bytes that are not decoded, wherever they are cut: all of them, in order, or none. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BACKLOG_MAX, type Effect, type Input, type Side } from "../guard.ts";
import { TcpGuard } from "./guard.ts";

const chunk = fc.record({
  from: fc.constantFrom<Side>("client", "asset"),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});
const chunks = fc.array(chunk, { maxLength: 20 });

type Chunk = { readonly from: Side; readonly bytes: Uint8Array };

/** Answers each `decide` after so many more chunks, or never. */
function played(all: readonly Chunk[], answer: "permit" | "deny", answerAt: number): Effect[] {
  const guard = new TcpGuard();
  const effects: Effect[] = [];
  const step = (input: Input) => effects.push(...guard.step(input));
  const answers = [answer === "permit" ? { kind: answer } : { kind: answer, refusal: "operation" }];
  for (const [at, { from, bytes }] of all.entries()) {
    step({ kind: "bytes", from, bytes });
    if (at === answerAt) step({ kind: "answers", id: 1, answers: answers as never });
  }
  return effects;
}

function sentTo(effects: readonly Effect[], side: Side): number[] {
  return effects.flatMap((each) =>
    each.kind === "send" && each.to === side ? [...each.bytes] : [],
  );
}

const came = (all: readonly Chunk[], side: Side) =>
  all.flatMap(({ from, bytes }) => (from === side ? [...bytes] : []));

test("what is permitted arrives whole and in order, however it was cut", () => {
  fc.assert(
    fc.property(chunks, fc.nat(19), (all, at) => {
      fc.pre(at < all.length);
      const effects = played(all, "permit", at);
      expect(sentTo(effects, "asset")).toEqual(came(all, "client"));
      expect(sentTo(effects, "client")).toEqual(came(all, "asset"));
      const single = all.flatMap(({ from, bytes }) =>
        [...bytes].map((byte) => ({ from, bytes: Uint8Array.of(byte) })),
      );
      const bytewise = played(single, "permit", 0);
      expect(sentTo(bytewise, "asset")).toEqual(came(all, "client"));
    }),
  );
});

test("nothing passes undecided or denied, and it asks once", () => {
  fc.assert(
    fc.property(chunks, fc.nat(30), (all, at) => {
      const effects = played(all, "deny", at);
      expect(effects.filter(({ kind }) => kind === "send")).toEqual([]);
      expect(effects.filter(({ kind }) => kind === "decide").length).toBeLessThanOrEqual(1);
    }),
  );
});

test("after its end it is silent and keeps nothing", () => {
  fc.assert(
    fc.property(chunks, chunks, (before, after) => {
      const guard = new TcpGuard();
      for (const each of before) guard.step({ kind: "bytes", ...each });
      guard.step({ kind: "event", event: { kind: "end" } });
      for (const each of after) expect(guard.step({ kind: "bytes", ...each })).toEqual([]);
      expect(guard.backlog("client") + guard.backlog("asset")).toBe(0);
    }),
  );
});

test("a flood before the decision ends it", () => {
  const guard = new TcpGuard();
  const flood = new Uint8Array(BACKLOG_MAX);
  let effects: readonly Effect[] = [];
  for (let n = 0; n < 100 && effects[0]?.kind !== "violation"; n++) {
    effects = guard.step({ kind: "bytes", from: "asset", bytes: flood });
  }
  expect(effects).toMatchObject([{ kind: "violation", from: "asset" }]);
  expect(guard.backlog("asset")).toBe(0);
});
