import fc from "fast-check";
import { expect, test } from "vitest";
import { parseQuery } from "./parse-query.ts";
import { matcherOf, matchesWildcard } from "./pattern.ts";
import { printQuery } from "./print-query.ts";
import { NAME_FIELDS, PERSONAL_FIELDS, TEXT_FIELDS, type Term, WORDS } from "./terms.ts";
import type { Times } from "./values.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 6);
const TIMES: Times = {
  nowMs: NOW_MS,
  local: (year, month, day, hour, minute) => Date.UTC(year, month - 1, day, hour - 1, minute),
};
const iso = (ms: number) => new Date(ms).toISOString();

function terms(text: string): readonly Term[] {
  const parsed = parseQuery(text, TIMES);
  if (parsed.kind === "fault") throw new Error(`${parsed.fault.message} at ${parsed.fault.at}`);
  return parsed.terms;
}

test("a search reads as it is written", () => {
  const query =
    'asset:plc-treatment tag:P101.* value:>40 verdict:deny by:"Ana" after:2026-11-01 text:"reload"';
  expect(terms(query)).toEqual([
    { field: "asset", any: ["plc-treatment"] },
    { field: "tag", any: ["P101.*"] },
    { field: "value", any: [{ min: 40, minOpen: true }] },
    { field: "verdict", any: ["deny"] },
    { field: "by", any: ["Ana"] },
    { field: "after", atMs: Date.UTC(2026, 9, 31, 23) },
    { field: "text", any: ["reload"] },
  ]);
});

test.each([
  ["", []],
  ["  pump  ", [{ field: "any", any: ["pump"] }]],
  ["-pump", [{ field: "any", not: true, any: ["pump"] }]],
  ["-", [{ field: "any", any: ["-"] }]],
  ['"verdict:deny"', [{ field: "any", any: ["verdict:deny"] }]],
  ['text:"a \\"b\\" \\\\"', [{ field: "text", any: ['a "b" \\'] }]],
  ["verdict:DENY,hold", [{ field: "verdict", any: ["deny", "hold"] }]],
  ["-tag:A,B", [{ field: "tag", not: true, any: ["A", "B"] }]],
  [
    "value:35..45,-3",
    [
      {
        field: "value",
        any: [
          { min: 35, max: 45 },
          { min: -3, max: -3 },
        ],
      },
    ],
  ],
  ["value:..20", [{ field: "value", any: [{ max: 20 }] }]],
  ["value:<=1e3", [{ field: "value", any: [{ max: 1000 }] }]],
  ["register:40012", [{ field: "register", any: [range("holding-registers", 11, 11)] }]],
  ["reg:holding:11..20", [{ field: "register", any: [range("holding-registers", 11, 20)] }]],
  ["register:12", [{ field: "register", any: [{ from: 12, to: 12 }] }]],
  ["register:30001..30010", [{ field: "register", any: [range("input-registers", 0, 9)] }]],
  ["last:8h", [{ field: "after", atMs: NOW_MS - 8 * 3_600_000 }]],
  ["until:2026-11-01T14:30Z", [{ field: "before", atMs: Date.UTC(2026, 10, 1, 14, 30) }]],
  ["person:ana", [{ field: "by", any: ["ana"] }]],
  ["typed:reload", [{ field: "text", any: ["reload"] }]],
  ["-shown:error", [{ field: "text", not: true, any: ["error"] }]],
])("%s", (query, expected) => {
  expect(terms(query)).toEqual(expected);
});

function range(table: string, from: number, to: number) {
  return { table, from, to };
}

test.each([
  ["vedict:deny", 0, 6, "verdict"],
  ["x verdict:dney", 10, 14, "deny"],
  ['text:"open', 5, 10, '"open"'],
  ["verdict:denied", 8, 14, "deny"],
  ["class:write", 6, 11, "operate"],
  ["verdict:constructor", 8, 19, undefined],
  ["value:warm", 6, 10, undefined],
  ["value:9..3", 6, 10, undefined],
  ["register:99999", 9, 14, undefined],
  ["after:2026-02-30", 6, 16, undefined],
  ["after:2026-13-01", 6, 16, undefined],
  ["-after:2026-11-01", 0, 17, undefined],
  ["last:soon", 0, 9, undefined],
  ["tag:", 4, 4, undefined],
  ["any:x", 0, 3, undefined],
  ["http://x", 0, 4, undefined],
])("%s is a fault with its place", (query, at, end, suggestion) => {
  const parsed = parseQuery(query, TIMES);
  expect(parsed).toMatchObject({ kind: "fault", fault: { at, end } });
  expect(parsed.kind === "fault" && parsed.fault.suggestion).toBe(suggestion);
});

test("a fault names the field as it was written", () => {
  const parsed = parseQuery("since:yesterday", TIMES);
  expect(parsed).toMatchObject({ fault: { message: expect.stringContaining("“since” takes") } });
});

const text = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const not = fc.option(fc.constant({ not: true as const }), { nil: {} });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
const interval = fc.oneof(
  finite.map((value) => ({ min: value, max: value })),
  fc.record({ min: finite, minOpen: fc.constant(true as const) }),
  fc.record({ min: finite }),
  fc.record({ max: finite, maxOpen: fc.constant(true as const) }),
  fc.tuple(finite, finite).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
);
const anyOf = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 4 });
const fields = [...PERSONAL_FIELDS, ...NAME_FIELDS, ...TEXT_FIELDS.filter((f) => f !== "any")];
const patternTerm = fc
  .tuple(fc.constantFrom(...fields), not, anyOf(text))
  .map(([field, negation, any]) => ({ field, ...negation, any }));
const bareTerm = fc
  .tuple(not, text)
  .map(([negation, word]) => ({ field: "any" as const, ...negation, any: [word] }));
const wordTerm = fc
  .constantFrom(...(Object.keys(WORDS) as (keyof typeof WORDS)[]))
  .chain((field) =>
    fc
      .tuple(not, anyOf(fc.constantFrom<string>(...WORDS[field])))
      .map(([negation, any]) => ({ field, ...negation, any })),
  );
const valueTerm = fc
  .tuple(not, anyOf(interval))
  .map(([negation, any]) => ({ field: "value" as const, ...negation, any }));
const momentTerm = fc
  .tuple(fc.constantFrom("after" as const, "before" as const), fc.integer({ min: 0, max: 4e12 }))
  .map(([field, atMs]) => ({ field, atMs }));
const term = fc.oneof(patternTerm, bareTerm, wordTerm, valueTerm, momentTerm);

test("whatever is asked is printed as a text that asks the same", () => {
  fc.assert(
    fc.property(fc.array(term, { maxLength: 8 }), (asked) => {
      const printed = printQuery(asked as readonly Term[], iso);
      if (printed.length > 2000) return;
      expect(terms(printed)).toEqual(asked.map(normal));
    }),
  );
});

/** -0 is printed as 0. */
function normal<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

test("no text throws or takes long, and every fault lies within it", () => {
  const pieces = fc.constantFrom(
    ...['"', "\\", ":", "-", ",", " ", "value:", "tag:", "after:", "register:", "..", ">", "*"],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 6 })), { maxLength: 40 }), (p) => {
      const query = p.join("");
      const parsed = parseQuery(query, TIMES);
      if (parsed.kind === "terms") return;
      expect(parsed.fault.at).toBeGreaterThanOrEqual(0);
      expect(parsed.fault.end).toBeGreaterThanOrEqual(parsed.fault.at);
      expect(parsed.fault.end).toBeLessThanOrEqual(query.length);
    }),
  );
  expect(parseQuery("x".repeat(3000), TIMES).kind).toBe("fault");
  expect(parseQuery("x ".repeat(30), TIMES).kind).toBe("fault");
  expect(parseQuery(`tag:${"x,".repeat(40)}x`, TIMES).kind).toBe("fault");
});

test("a wildcard stands for any run of characters, as a regular expression would have it", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  const plain = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
  fc.assert(
    fc.property(letters, plain, (pattern, word) => {
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(word);
      expect(matchesWildcard(pattern, word)).toBe(expected);
    }),
  );
});

test.each([
  ["by", "ana", "Ana Weber", true],
  ["by", "weber", "Ana Weber", true],
  ["by", "ana", "Diana Weber", false],
  ["by", "an", "Ana Weber", false],
  ["tag", "p101.speed", "P101.Speed", true],
  ["tag", "P101", "P101.Speed", false],
  ["tag", "P101*", "P101.Speed", true],
  ["reason", "limit", "above its LIMIT of 45", true],
  ["file", "*.zip", "a.zip", true],
] as const)("%s:%s of %s", (field, pattern, told, matches) => {
  expect(matcherOf(field, pattern)(told)).toBe(matches);
});
