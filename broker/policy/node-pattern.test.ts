import fc from "fast-check";
import { expect, test } from "vitest";
import { nodePatterns } from "./node-pattern.ts";

const URI = "nsu=http://plant.example/x;";

test.each([
  ["i=2258", "i=2258", true],
  ["i=2258", `${URI}i=2258`, false],
  ["i=*", `${URI}i=2258`, false],
  ["s=*", "nsu=s=;i=1", false],
  [`${URI}s=P101.*`, `${URI}s=P101.Speed`, true],
  [`${URI}s=P101.*`, `${URI}s=P1010`, false],
  [`${URI}s=P101.*`, "nsu=http://plant.example/y;s=P101.Speed", false],
  [`${URI}s=*.Speed`, `${URI}s=.Speed`, true],
  [`${URI}s=*.Speed`, `${URI}i=7`, false],
  [`${URI}s=ab*ba`, `${URI}s=aba`, false],
  [`${URI}s=ab*ba`, `${URI}s=ab\nba`, true],
  [`${URI}s=a?c`, `${URI}s=abc`, false],
])("%s about %s: %s", (pattern, node, matches) => {
  expect(nodePatterns([pattern])(node)).toBe(matches);
});

test("a pattern matches exactly what its regular expression would", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 3 });
  const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("*"));
  const id = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 });
  fc.assert(
    fc.property(pattern, id, (written, text) => {
      const escaped = written.replaceAll(".", "\\.").replaceAll("*", ".*");
      const expected = new RegExp(`^${escaped}$`, "s").test(text);
      expect(nodePatterns([`${URI}s=${written}`])(`${URI}s=${text}`)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
