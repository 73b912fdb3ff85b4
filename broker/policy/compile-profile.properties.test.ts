/** Whatever the profile, the tags and the writes: what is promised about permits holds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import { decodeRaw, registerCount } from "../../protocols/modbus/values.ts";
import type { Tag } from "../plant/model.ts";
import type { Decision, PointRange } from "./decision.ts";
import { firstOf, lastOf, tableOf } from "./points.ts";
import {
  ALL,
  inWords,
  mask,
  matcher,
  type RuleSketch,
  read,
  tag,
  write,
} from "./profile-samples.ts";
import { lastAddress } from "./tag-span.ts";

/** A small device: what happens at its borders happens often. */
const SIZE = 24;
const REGISTER_TYPES = [
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
  "float32",
  "float64",
] as const;

const tagAt = (n: number): fc.Arbitrary<Tag> =>
  fc
    .record({
      address: fc.nat(SIZE - 4),
      type: fc.constantFrom(...REGISTER_TYPES),
      wordOrder: fc.constantFrom("big" as const, "little" as const),
      scale: fc.constantFrom(1, 0.1, 0.01, -1, 10),
      offset: fc.constantFrom(0, 0, -40, 2.5),
      ends: fc.option(fc.tuple(fc.integer({ min: -500, max: 500 }), fc.nat(900))),
    })
    .map(({ address, ends, ...rest }) =>
      tag(`T${n}`, address, {
        ...rest,
        ...(ends === null ? {} : { min: ends[0], max: ends[0] + ends[1] }),
      }),
    );

const tags = fc.tuple(tagAt(0), tagAt(1), tagAt(2), tagAt(3));

const range = fc
  .tuple(fc.nat(SIZE), fc.nat(6))
  .map(([first, more]) => ({ first, last: first + more }));

const match: fc.Arbitrary<RuleSketch["match"]> = fc.oneof(
  fc.constant({}),
  fc.constantFrom<OperationClass>("observe", "operate").map((each) => ({ classes: [each] })),
  fc.constantFrom(3, 6, 16, 22).map((each) => ({ functions: [each] })),
  fc
    .array(range, { minLength: 1, maxLength: 3 })
    .map((addresses) => ({ table: "holding-registers" as const, addresses })),
  fc
    .uniqueArray(fc.constantFrom("T0", "T1", "T2", "T3", "Gone"), { minLength: 1, maxLength: 3 })
    .map((names) => ({ classes: ["operate" as const], tags: names })),
);

const limits: fc.Arbitrary<NonNullable<RuleSketch["limits"]>> = fc.oneof(
  fc.constant({}),
  fc.nat(600).map((max) => ({ max })),
  fc.integer({ min: -300, max: 300 }).map((min) => ({ min })),
  fc.integer({ min: 1, max: 60 }).map((stepMax) => ({ stepMax })),
  fc.constant({ while: { tag: "T0", is: 0 } }),
);

const rule: fc.Arbitrary<RuleSketch> = fc.record({
  verdict: fc.constantFrom("permit" as const, "permit" as const, "deny" as const, "hold" as const),
  match,
  limits,
});

const rules = fc.array(rule, { maxLength: 6 });

const word = fc.oneof(fc.nat(0xffff), fc.nat(700), fc.constantFrom(0x7fc0, 0xff80, 0x8000, 0xffff));

const operation: fc.Arbitrary<ModbusOperation> = fc.oneof(
  fc.tuple(fc.nat(SIZE), fc.integer({ min: 1, max: 8 })).map(([at, count]) => read(at, count)),
  fc
    .tuple(fc.nat(SIZE), fc.array(word, { minLength: 1, maxLength: 8 }))
    .map(([at, values]) => write(at, values)),
  fc.tuple(fc.nat(SIZE), word, word).map(([at, and, or]) => mask(at, and, or)),
);

const device = fc.array(word, { minLength: 2 * SIZE, maxLength: 2 * SIZE });

function decide(
  sketches: readonly RuleSketch[],
  plant: readonly Tag[],
  asked: ModbusOperation,
  memory: readonly number[],
): Decision {
  const decision = matcher(sketches, plant).judge(asked, ALL, 0);
  if (decision.kind !== "needs-values") return decision;
  const valuesOf = (range: PointRange) => {
    if ("node" in range) throw new Error("Modbus has no nodes");
    return memory.slice(range.address, range.address + range.count);
  };
  return decision.settle(decision.ranges.map(valuesOf));
}

/** The device after the write. */
function carryOut(asked: ModbusOperation, memory: readonly number[]): readonly number[] {
  const after = [...memory];
  if (asked.action === "modbus:write") {
    for (const [n, value] of asked.values.entries()) after[asked.address + n] = value;
  }
  if (asked.action === "modbus:mask") {
    const current = memory[asked.address] ?? 0;
    after[asked.address] = (current & asked.and) | (asked.or & ~asked.and & 0xffff);
  }
  return after;
}

function valueIn(each: Tag, memory: readonly number[]): number {
  const { address, type, wordOrder } = each;
  const registers = memory.slice(address, address + registerCount(type));
  return Number(decodeRaw(registers, type, wordOrder)) * each.scale + each.offset;
}

function touches(asked: ModbusOperation, each: Tag): boolean {
  return each.address <= lastOf(asked) && lastAddress(each) >= firstOf(asked);
}

/** A float32 bound means its nearest float32; an integer is compared exactly. */
function keeps(each: Tag, value: number): boolean {
  const { min = -Infinity, max = Infinity, type } = each;
  const digit = type === "float32" ? 2 ** -22 : 2 ** -48;
  const slack = digit * Math.max(1, Math.abs(value), Math.abs(each.offset));
  return value >= min - slack && value <= max + slack;
}

test("after a permitted write no touched tag is outside its bounds, in any profile", () => {
  fc.assert(
    fc.property(rules, tags, operation, device, (sketches, plant, asked, memory) => {
      const decision = decide([...sketches, { match: {} }], plant, asked, memory);
      if (decision.kind !== "permit" || asked.class !== "operate") return;
      const after = carryOut(asked, memory);
      for (const each of plant.filter((one) => touches(asked, one))) {
        if (each.min === undefined) continue;
        expect(keeps(each, valueIn(each, after)), `${each.name} ${valueIn(each, after)}`).toBe(
          true,
        );
      }
    }),
    { numRuns: 3_000 },
  );
});

test("after a permitted write the tags that its rule names keep the rule's limits too", () => {
  fc.assert(
    fc.property(tags, limits, operation, device, (plant, given, asked, memory) => {
      const names = plant.map(({ name }) => name);
      const decision = decide([{ match: { tags: names }, limits: given }], plant, asked, memory);
      if (decision.kind !== "permit" || asked.class !== "operate") return;
      const after = carryOut(asked, memory);
      for (const each of plant.filter((one) => touches(asked, one))) {
        const value = valueIn(each, after);
        const { min, max, stepMax } = given;
        if (min !== undefined || max !== undefined) {
          expect(keeps({ ...each, ...given } as Tag, value)).toBe(true);
        }
        if (stepMax === undefined) continue;
        const change = Math.abs(value - valueIn(each, memory));
        expect(change).toBeLessThanOrEqual(stepMax + 2 ** -20 * Math.max(1, Math.abs(value)));
      }
    }),
    { numRuns: 3_000 },
  );
});

test("rules after the one that decides change nothing, in whatever order they stand", () => {
  fc.assert(
    fc.property(rules, rules, tags, operation, device, (before, later, plant, asked, memory) => {
      const first = decide([...before, { match: {} }], plant, asked, memory);
      const more = decide([...before, { match: {} }, ...later], plant, asked, memory);
      const turned = decide(
        [...before, { match: {} }, ...later.toReversed()],
        plant,
        asked,
        memory,
      );
      expect(inWords(more)).toBe(inWords(first));
      expect(inWords(turned)).toBe(inWords(first));
    }),
  );
});

/** The rule that decides, found the slow way, straight from the sentence in the documentation. */
function slowly(sketches: readonly RuleSketch[], plant: readonly Tag[], asked: ModbusOperation) {
  const points = Array.from(
    { length: lastOf(asked) - firstOf(asked) + 1 },
    (_, n) => firstOf(asked) + n,
  );
  for (const [n, { verdict = "permit", match: wanted }] of sketches.entries()) {
    if (wanted.classes && !wanted.classes.includes(asked.class)) continue;
    if (wanted.functions && !wanted.functions.includes(asked.function)) continue;
    if (wanted.table && wanted.table !== tableOf(asked)) continue;
    const inside = points.filter(
      (at) =>
        (wanted.addresses?.some(({ first, last }) => at >= first && at <= last) ?? true) &&
        (!wanted.tags ||
          plant.some(
            (t) => wanted.tags?.includes(t.name) && at >= t.address && at <= lastAddress(t),
          )),
    );
    if (inside.length === points.length) return `p#${n + 1} ${verdict}`;
    if (inside.length > 0 && verdict !== "permit") return `p#${n + 1} deny`;
  }
  return "default-deny deny";
}

test("the lookup finds the rule that reading the profile from the top would find", () => {
  fc.assert(
    fc.property(rules, tags, operation, (sketches, plant, asked) => {
      const bare = sketches.map((each) => ({ ...each, limits: {} }));
      const free = plant.map(({ min: _min, max: _max, ...rest }) => rest);
      const decision = matcher(bare, free).judge(asked, ALL, 0);
      expect(`${decision.rule} ${decision.kind}`).toBe(slowly(bare, free, asked));
    }),
    { numRuns: 3_000 },
  );
});

test("without the class nothing passes, and no answer ever throws", () => {
  const held = fc.uniqueArray(fc.constantFrom(...OPERATION_CLASSES)).map((list) => new Set(list));
  fc.assert(
    fc.property(rules, tags, operation, held, (sketches, plant, asked, capabilities) => {
      const decision = matcher(sketches, plant).judge(asked, capabilities, 0);
      if (capabilities.has(asked.class)) return;
      expect(decision).toMatchObject({ kind: "deny", rule: "capabilities" });
    }),
  );
});

test("a read never needs values: limits are about what changes the plant", () => {
  fc.assert(
    fc.property(rules, tags, fc.nat(SIZE), (sketches, plant, at) => {
      expect(matcher(sketches, plant).judge(read(at, 3), ALL, 0).kind).not.toBe("needs-values");
    }),
  );
});
