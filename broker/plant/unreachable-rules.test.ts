import fc from "fast-check";
import { expect, test } from "vitest";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import {
  ALL,
  matcher,
  profile,
  type RuleSketch,
  read,
  tag,
  write,
} from "../policy/profile-samples.ts";
import { unreachableRules } from "./unreachable-rules.ts";

const TAGS = [tag("A", 2, { type: "float32" }), tag("B", 5), tag("C", 6)];

function found(...rules: readonly RuleSketch[]): readonly string[] {
  return unreachableRules(profile(...rules).rules).map(
    ({ rule, because }) => `${rule.name} by ${because.name}`,
  );
}

const range = (first: number, last: number) => ({
  table: "coils" as const,
  addresses: [{ first, last }],
});

test.each<readonly [RuleSketch[], string[]]>([
  [[{ match: {} }, { match: { classes: ["operate"] } }], ["p#2 by p#1"]],
  [[{ match: { classes: ["operate"] } }, { match: {} }], []],
  [[{ match: range(0, 9) }, { match: range(3, 4) }], ["p#2 by p#1"]],
  [[{ match: range(0, 9) }, { match: range(3, 10) }], []],
  [[{ match: range(0, 9) }, { verdict: "deny", match: range(3, 4) }], []],
  [[{ match: range(0, 9) }, { verdict: "hold", match: range(3, 4) }], []],
  [
    [
      { verdict: "deny", match: range(0, 9) },
      { verdict: "deny", match: range(3, 4) },
    ],
    ["p#2 by p#1"],
  ],
  [[{ match: { table: "coils" } }, { match: range(3, 4) }], ["p#2 by p#1"]],
  [[{ match: { tags: ["A", "B"] } }, { match: { tags: ["B"] } }], ["p#2 by p#1"]],
  [[{ match: { tags: ["A"] } }, { match: { tags: ["A", "B"] } }], []],
  [[{ match: { units: [1, 2] } }, { match: { units: [2] } }], ["p#2 by p#1"]],
  [
    [{ match: { functions: [8] } }, { match: { functions: [8], subFunctions: [1] } }],
    ["p#2 by p#1"],
  ],
  // A rule without functions does not permit what nobody named, so the second one still decides.
  [[{ match: { classes: ["program"] } }, { match: { classes: ["program"], functions: [90] } }], []],
  [[{ verdict: "deny", match: {} }, { match: { functions: [90] } }], ["p#2 by p#1"]],
])("of %j unreachable are %j", (rules, names) => {
  expect(found(...rules)).toEqual(names);
});

const match: fc.Arbitrary<RuleSketch["match"]> = fc.record(
  {
    classes: fc.uniqueArray(
      fc.constantFrom("observe" as const, "operate" as const, "program" as const),
      { minLength: 1 },
    ),
    functions: fc.uniqueArray(fc.constantFrom(3, 6, 8, 16, 90), { minLength: 1 }),
    subFunctions: fc.constant([1]),
    units: fc.uniqueArray(fc.constantFrom(1, 2), { minLength: 1 }),
    table: fc.constantFrom("holding-registers" as const, "coils" as const),
    addresses: fc.array(
      fc.tuple(fc.nat(8), fc.nat(4)).map(([first, more]) => ({ first, last: first + more })),
      { minLength: 1, maxLength: 2 },
    ),
    tags: fc.uniqueArray(fc.constantFrom("A", "B", "C"), { minLength: 1 }),
  },
  { requiredKeys: [] },
);

const rules = fc.array(
  fc.record({
    verdict: fc.constantFrom("permit" as const, "deny" as const, "hold" as const),
    match,
  }),
  { minLength: 2, maxLength: 5 },
);

const operations: readonly ModbusOperation[] = [1, 2].flatMap((unit) => [
  ...[0, 2, 3, 5, 6, 9].flatMap((at) => [
    read(at, 1, "holding-registers", unit),
    read(at, 5, "holding-registers", unit),
    write(at, [1], "holding-registers", unit),
    write(at, [1, 1, 1], "holding-registers", unit),
    write(at, [1], "coils", unit),
    write(at, [1, 0, 1, 1], "coils", unit),
  ]),
  { action: "modbus:diagnostic", class: "program", unit, function: 8, subFunction: 1, data: [] },
  {
    action: "modbus:other",
    class: "program",
    unit,
    function: 90,
    subFunction: 1,
    payload: new Uint8Array(),
  },
  { action: "modbus:other", class: "program", unit, function: 91, payload: new Uint8Array() },
]);

test("a rule that is called unreachable never decides anything", () => {
  fc.assert(
    fc.property(rules, (sketches) => {
      const never = unreachableRules(profile(...sketches).rules).map(({ rule }) => rule.name);
      if (never.length === 0) return;
      const judge = matcher(sketches, TAGS, [1, 2]);
      for (const operation of operations) {
        expect(never).not.toContain(judge.judge(operation, ALL, 0).rule);
      }
    }),
    { numRuns: 3_000 },
  );
});
