import fc from "fast-check";
import { expect, test } from "vitest";
import { inputOf, setOf } from "./policy-samples.ts";
import { parsePolicySet } from "./policy-set.ts";
import { indexOfByte, POLICIES_MAX, placeOf, SET_LENGTH_MAX, scanPolicies } from "./policy-text.ts";

const HEAD = '@id("hostile") @reason("Hostile.") permit (principal, action, resource)';
const when = (condition: string) => `${HEAD} when { ${condition} };`;

function problems(text: string): readonly string[] {
  const parsed = parsePolicySet([{ name: "a.cedar", text }], "");
  return parsed.kind === "invalid" ? parsed.problems.map(({ message }) => message) : [];
}

/** Each of these ends Cedar's module for the process if it ever gets there. */
const HOSTILE: readonly [string, string][] = [
  ["brackets", when(`${"(".repeat(500)}true${")".repeat(500)}`)],
  ["brackets that never close", when("(".repeat(100_000))],
  ["sets", when(`${"[".repeat(400)}1${"]".repeat(400)} == [1]`)],
  ["records", when(`${"{a:".repeat(300)}1${"}".repeat(300)} == {a: 1}`)],
  ["a chain of and", when(Array(900).fill("context.grant.active").join(" && "))],
  ["a chain of or", when(Array(900).fill("true").join("||"))],
  ["sums", when(`${Array(900).fill("1").join("+")} > 0`)],
  ["attributes", when(`context${".grant".repeat(900)}`)],
  ["negations", when(`${"!(".repeat(400)}true${")".repeat(400)}`)],
  ["conditions", `${HEAD} ${"when { true } ".repeat(900)};`],
  ["ifs", when(`${"if true then ".repeat(500)}true${" else false".repeat(500)}`)],
  ["calls", when(`context.risk.reasons${'.contains("a")'.repeat(500)}`)],
  ["a long string", when(`"${"a".repeat(300_000)}" == ""`)],
];

test.each(HOSTILE)("%s without end are refused before Cedar sees them, in time", (_, text) => {
  const began = performance.now();
  expect(problems(text).join()).toMatch(/split it|more than \d+ characters/);
  expect(performance.now() - began).toBeLessThan(1_000);
  // Whatever was refused, decisions go on.
  const set = setOf("permit (principal, action, resource);");
  expect(set.decide("observe", inputOf([])).permitted).toBe(true);
});

test("what is just within the bounds is decided", () => {
  const condition = `${"(".repeat(30)}${Array(60).fill("(context.grant.active)").join(" || ")}${")".repeat(30)}`;
  const set = setOf(`permit (principal, action, resource) when { ${condition} };`);
  expect(set.decide("observe", inputOf([], { grant: { active: true } })).permitted).toBe(true);
  expect(set.decide("observe", inputOf([])).permitted).toBe(false);
});

test("too many policies and too much text are refused", () => {
  expect(problems(`${HEAD};`.repeat(POLICIES_MAX + 1))).not.toEqual([]);
  expect(problems(`// ${"x".repeat(SET_LENGTH_MAX)}`)[0]).toMatch(/more than/);
});

test("text of any kind is a set or has problems, and never throws", () => {
  const words = fc.constantFrom(
    ...["permit (", "forbid (", "principal", ",", ")", ";", '"', "//", "\n", "@id(", "when {", "}"],
    ...["context", ".", "é", "😀", "\u0000", "\\", "==", "in", "Role::", "?principal", "[", "-"],
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), (parts) => {
      expect(problems(parts.join(" "))).not.toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("policies are cut at their ends and nowhere else", () => {
  const text = `// one; two
@reason("a; \\" b") permit (principal, action, resource); // c;
forbid (principal, action, resource)
`;
  const { parts } = scanPolicies(text);
  expect(parts.map((part) => part.text)).toEqual([
    '@reason("a; \\" b") permit (principal, action, resource);',
    "forbid (principal, action, resource)",
  ]);
  expect(parts.map(({ start }) => placeOf(text, start).line)).toEqual([2, 3]);
});

test("bytes of UTF-8 are found again in text of every script", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(), (text, n) => {
      const index = [...text].slice(0, n % ([...text].length + 1)).join("").length;
      const byte = Buffer.byteLength(text.slice(0, index));
      expect(indexOfByte(text, byte)).toBe(index);
    }),
  );
});
