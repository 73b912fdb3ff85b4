import { expect, test } from "vitest";
import type { Operation } from "../../protocols/guard.ts";
import type { DiagnosticOperation } from "../../protocols/modbus/operation.ts";
import {
  ALL,
  inWords,
  judged,
  mask,
  matcher,
  needed,
  OPERATE,
  operate,
  type RuleSketch,
  read,
  TAGS,
  tag,
  write,
} from "./profile-samples.ts";

const diagnostic = (subFunction: number): DiagnosticOperation => ({
  action: "modbus:diagnostic",
  class: "program",
  unit: 1,
  function: 8,
  subFunction,
  data: [0],
});

/** Rules, operation and the whole answer. */
const CASES: readonly (readonly [readonly RuleSketch[], Operation, string])[] = [
  // Bounds in engineering units
  [[operate({ tags: ["P1.Speed"] }, { min: 20, max: 45 })], write(11, [450]), "permit p#1"],
  [
    [operate({ tags: ["P1.Speed"] }, { min: 20, max: 45 })],
    write(11, [451]),
    "deny p#1 value: P1.Speed = 45.1 Hz is above the limit of 45.0 Hz",
  ],
  [[operate({ tags: ["P1.Speed"] }, { min: 20, max: 45 })], write(11, [200]), "permit p#1"],
  [
    [operate({ tags: ["P1.Speed"] }, { min: 20, max: 45 })],
    write(11, [199]),
    "deny p#1 value: P1.Speed = 19.9 Hz is below the limit of 20.0 Hz",
  ],
  [
    [operate({ tags: ["P1.Speed"] }, { max: 45.25 })],
    write(11, [453]),
    "deny p#1 value: P1.Speed = 45.3 Hz is above the limit of 45.25 Hz",
  ],
  [[operate({ tags: ["P1.Speed"] }, { values: [20, 30] })], write(11, [300]), "permit p#1"],
  [
    [operate({ tags: ["P1.Speed"] }, { values: [20, 30] })],
    write(11, [250]),
    "deny p#1 value: P1.Speed = 25.0 Hz is not one of the allowed values: 20.0 Hz, 30.0 Hz",
  ],
  [
    [operate({ tags: ["P1.Run"] }, { values: [0] })],
    write(3, [1], "coils"),
    "deny p#1 value: P1.Run = 1 is not one of the allowed values: 0",
  ],
  [[operate({ tags: ["P1.Run"] }, { values: [0] })], write(3, [0], "coils"), "permit p#1"],
  // The tag's own bounds hold for every profile
  [
    [OPERATE],
    write(11, [600]),
    "deny tag-bounds value: P1.Speed = 60.0 Hz is above the limit of 50.0 Hz that holds for everyone",
  ],
  [
    [operate({ tags: ["P1.Speed"] }, { max: 70 })],
    write(11, [600]),
    "deny tag-bounds value: P1.Speed = 60.0 Hz is above the limit of 50.0 Hz that holds for everyone",
  ],
  [
    [OPERATE],
    write(10, [9, 600, 1]),
    "deny tag-bounds value: P1.Speed = 60.0 Hz is above the limit of 50.0 Hz that holds for everyone",
  ],
  [
    [OPERATE],
    write(40, [1001, 0]),
    "deny tag-bounds value: C1.Count = 1001 is above the limit of 1000 that holds for everyone",
  ],
  [[OPERATE], write(40, [0xfff0, 0xffff]), "permit p#1"],
  [
    [OPERATE],
    write(41, [0]),
    "deny tag-bounds value: only a part of C1.Count would be written, but it has limits; write all of it at once: holding registers 40041 to 40042",
  ],
  // Floats: 1.2 as a float32 is 1.2, the next one up is not; no NaN, no infinity
  [[OPERATE], write(20, [0x3f99, 0x999a]), "permit p#1"],
  [
    [OPERATE],
    write(20, [0x3f99, 0x999b]),
    "deny tag-bounds value: D1.Dose = 1.2000001668930054 mg/l is above the limit of 1.2 mg/l that holds for everyone",
  ],
  [
    [OPERATE],
    write(20, [0x7fc0, 0]),
    "deny tag-bounds value: D1.Dose = NaN mg/l is no number that can be compared with its limits",
  ],
  [
    [OPERATE],
    write(20, [0xff80, 0]),
    "deny tag-bounds value: D1.Dose = -Infinity mg/l is no number that can be compared with its limits",
  ],
  [[OPERATE], write(20, [0x8000, 0]), "permit p#1"],
  // Raw values where no tag is named
  [
    [operate({ addresses: [{ first: 100, last: 109 }] }, { max: 1000 })],
    write(100, [1000, 1001]),
    "deny p#1 value: holding register 40102 = 1001 is above the limit of 1000",
  ],
  [
    [operate({ addresses: [{ first: 100, last: 109 }] }, { min: 5 })],
    write(100, [5, 4]),
    "deny p#1 value: holding register 40102 = 4 is below the limit of 5",
  ],
  [
    [operate({ table: "coils" }, { values: [1] })],
    write(9, [1, 0], "coils"),
    "deny p#1 value: coil 00011 = 0 is not one of the allowed values: 1",
  ],
  // Masks
  [[operate({ tags: ["P1.Mode"] })], mask(12, 0xff00, 3), "permit p#1"],
  [[OPERATE], mask(11, 0x0000, 0x00ff), "permit p#1"],
  [
    [OPERATE],
    mask(11, 0x0000, 0x0fff),
    "deny tag-bounds value: P1.Speed = 409.5 Hz is above the limit of 50.0 Hz that holds for everyone",
  ],
  [[OPERATE], mask(11, 0xff00, 0x000f), "needs 1/holding-registers/11+1"],
  // Step and interlock ask for values, after the bounds
  [
    [operate({ tags: ["P1.Speed"] }, { max: 45, stepMax: 10 })],
    write(11, [451]),
    "deny p#1 value: P1.Speed = 45.1 Hz is above the limit of 45.0 Hz",
  ],
  [
    [operate({ tags: ["P1.Speed"] }, { stepMax: 10 })],
    write(11, [450]),
    "needs 1/holding-registers/11+1",
  ],
  [
    [operate({ tags: ["P1.Speed"] }, { stepMax: 10, while: { tag: "P1.Remote", is: 1 } })],
    write(11, [450]),
    "needs 1/holding-registers/11+1 1/coils/5+1",
  ],
  [
    [operate({ tags: ["P1.Mode"] }, { while: { tag: "Gone", is: 1 } })],
    write(12, [1]),
    "deny p#1 value: this rule depends on Gone, which is not on this endpoint",
  ],
  // Limits are about what changes the plant
  [[{ match: {}, limits: { while: { tag: "P1.Remote", is: 1 } } }], read(0), "permit p#1"],
  [
    [{ match: { classes: ["program"] }, limits: { max: 1 } }],
    diagnostic(0),
    "deny p#1 value: this rule limits values, and this operation has none that could be judged",
  ],
  [
    [{ match: { classes: ["program"] }, limits: { while: { tag: "P1.Remote", is: 0 } } }],
    diagnostic(0),
    "needs 1/coils/5+1",
  ],
];

test.each(CASES)("%j judges %j", (rules, operation, answer) => {
  expect(judged(rules, operation)).toBe(answer);
});

const STEP = [operate({ tags: ["P1.Speed"] }, { stepMax: 10 })];

test.each([
  [[[350]], "permit p#1"],
  [[[550]], "permit p#1"],
  [
    [[349]],
    "deny p#1 value: P1.Speed may change by 10.0 Hz at most; from 34.9 Hz to 45.0 Hz is more",
  ],
  [
    [[551]],
    "deny p#1 value: P1.Speed may change by 10.0 Hz at most; from 55.1 Hz to 45.0 Hz is more",
  ],
  [[], "deny p#1 value: the current values could not be read"],
  [[[]], "deny p#1 value: the current values could not be read"],
  [[[350, 1]], "deny p#1 value: the current values could not be read"],
  [[[350], [1]], "deny p#1 value: the current values could not be read"],
])("a step to 45.0 Hz with the current registers %j: %s", (values, answer) => {
  expect(inWords(needed(STEP, write(11, [450])).settle(values))).toBe(answer);
});

test("a step of a float allows for its last digit and not for NaN", () => {
  const rules = [operate({ tags: ["D1.Dose"] }, { stepMax: 0.2 })];
  // 1.2 from 1.0, both as float32, is 0.2000000477.
  const to = write(20, [0x3f99, 0x999a]);
  expect(inWords(needed(rules, to).settle([[0x3f80, 0]]))).toBe("permit p#1");
  expect(inWords(needed(rules, to).settle([[0x3f7f, 0]]))).toMatch(/^deny p#1 value: D1.Dose may/);
  expect(inWords(needed(rules, to).settle([[0x7fc0, 0]]))).toBe(
    "deny p#1 value: the current value of D1.Dose is no number to step from",
  );
});

test("a step without a tag is counted in raw values, register by register", () => {
  const rules = [operate({ table: "holding-registers" }, { stepMax: 5 })];
  const step = () => needed(rules, write(100, [10, 20]));
  expect(inWords(step().settle([[5, 25]]))).toBe("permit p#1");
  expect(inWords(step().settle([[5, 26]]))).toBe(
    "deny p#1 value: holding register 40102 may change by 5 at most; from 26 to 20 is more",
  );
});

test("an interlock refuses in the words of the tag's states", () => {
  const rules = [operate({ tags: ["P1.Mode"] }, { while: { tag: "P1.Remote", is: 1 } })];
  expect(inWords(needed(rules, write(12, [1])).settle([[1]]))).toBe("permit p#1");
  expect(inWords(needed(rules, write(12, [1])).settle([[0]]))).toBe(
    "deny p#1 value: P1.Remote is 0 (local), but must be 1 (remote)",
  );
});

test("a mask is judged by the register that it would leave", () => {
  const masked = () => needed([OPERATE], mask(11, 0xff00, 0x0034));
  expect(inWords(masked().settle([[0x01ff]]))).toBe(
    "permit tag-bounds".replace("tag-bounds", "p#1"),
  );
  expect(inWords(masked().settle([[0x02ff]]))).toMatch(
    /^deny tag-bounds value: P1.Speed = 56.4 Hz/,
  );
});

test("bits that the mask keeps do not come from its second half", () => {
  const kept = needed([OPERATE], mask(11, 0xff00, 0x0f34));
  expect(inWords(kept.settle([[0x0000]]))).toBe("permit p#1");
});

test.each([
  ["float32", [0xff80, 0]],
  ["float64", [0x7ff0, 0, 0, 0]],
  ["float64", [0x7ff8, 0, 0, 0]],
  ["uint64", [0x0020, 0, 0, 1]],
  ["int64", [0x8000, 0, 0, 0]],
] as const)(
  "a %s %j cannot be compared exactly, and is denied wherever there is a limit",
  (type, values) => {
    const bounded = [tag("X", 0, { type, max: 1e300 })];
    const open = [tag("X", 0, { type })];
    const step = [operate({ tags: ["X"] }, { stepMax: 1e300 })];
    const words = /X = \S+ is no number that can be compared with its limits$/;
    expect(inWords(matcher([OPERATE], bounded).judge(write(0, values), ALL, 0))).toMatch(words);
    expect(inWords(matcher(step, open).judge(write(0, values), ALL, 0))).toMatch(words);
    expect(inWords(matcher([OPERATE], open).judge(write(0, values), ALL, 0))).toBe("permit p#1");
  },
);

test("half a tag with limits cannot be masked, whatever it holds now", () => {
  expect(judged([OPERATE], mask(20, 0xff00, 0))).toMatch(
    /^deny tag-bounds value: only a part of D1.Dose/,
  );
});

test("a decision is settled once", () => {
  const decision = needed(STEP, write(11, [450]));
  decision.settle([[450]]);
  expect(() => decision.settle([[450]])).toThrow("settled once");
});

test("a rate counts permits alone, for each point, and answers busy", () => {
  const rules = [operate({ tags: ["P1.Speed", "P1.Mode"] }, { intervalMs: 2_000 })];
  const judge = matcher(rules, TAGS);
  const at = (ms: number, address: number, values: readonly number[]) =>
    inWords(judge.judge(write(address, values), ALL, ms)).split(":")[0];
  expect(at(0, 11, [600])).toBe("deny tag-bounds value");
  expect(at(0, 11, [400])).toBe("permit p#1");
  expect(at(1_999, 11, [400])).toBe("deny p#1 busy");
  expect(at(1_999, 12, [1])).toBe("permit p#1");
  expect(at(2_000, 11, [400, 1])).toBe("deny p#1 busy");
  expect(at(2_000, 11, [400])).toBe("permit p#1");
  expect(inWords(judge.judge(write(11, [1]), ALL, 2_001))).toBe(
    "deny p#1 busy: too soon: this is allowed once in 2 s; try again later",
  );
});

test("a rate is not counted when the current values refuse", () => {
  const judge = matcher(
    [operate({ tags: ["P1.Speed"] }, { stepMax: 10, intervalMs: 2_000 })],
    TAGS,
  );
  const settle = (ms: number, values: readonly number[]) => {
    const decision = judge.judge(write(11, [450]), ALL, ms);
    return decision.kind === "needs-values"
      ? inWords(decision.settle([values]))
      : inWords(decision);
  };
  expect(settle(0, [0])).toMatch(/^deny p#1 value/);
  expect(settle(0, [450])).toBe("permit p#1");
  expect(settle(1, [450])).toMatch(/^deny p#1 busy/);
});
