import fc from "fast-check";
import { expect, test } from "vitest";
import { pathGlob } from "./path-glob.ts";

test.each([
  ["/a-b/{x}+(1).txt", "/a-b/{x}+(1).txt", true],
  ["/tmp/plant-1/in/**", "/tmp/plant-1/in/a", true],
  ["/tmp/plant-1/in/**", "/tmp/plant-1/in", true],
  ["/tmp/plant-1/in/**", "/tmp/plant-1/inner", false],
  ["/**/r.txt", "/a/b/r.txt", true],
  ["/**", "/", true],
  ["/logs/*", "/logs/a", true],
  ["/logs/*", "/logs/a/b", false],
  ["/logs/?.log", "/logs/ä.log", true],
  ["/logs/?.log", "/logs//.log", false],
  ["/srv/*/in/**", "/srv/line 1/in/a/b", true],
  ["/srv/*/in/**", "/srv/a/b/in/a", false],
])("%s against %s: %s", (glob, path, matches) => {
  expect(pathGlob(glob).test(path)).toBe(matches);
});

test("it says what the regular expression of the same meaning says", () => {
  const part = fc.constantFrom("a", "b", "/", "*", "**", "?", "/**", ".");
  const glob = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
  const path = fc.array(fc.constantFrom("a", "b", "/", "."), { maxLength: 10 });
  fc.assert(
    fc.property(glob, path, (globbed, letters) => {
      const text = letters.join("");
      expect(pathGlob(globbed).test(text)).toBe(expressionOf(globbed).test(text));
    }),
    { numRuns: 3_000 },
  );
});

function expressionOf(glob: string): RegExp {
  const below = glob.endsWith("/**");
  const body = (below ? glob.slice(0, -3) : glob)
    .replace(/\./g, "\\.")
    .replace(/\*\*|\*|\?/g, (wild) => (wild === "**" ? ".*" : wild === "*" ? "[^/]*" : "[^/]"));
  return new RegExp(below ? `^${body}(/.*)?$` : `^${body}$`, "su");
}

test("a path made to be slow is not", () => {
  const glob = pathGlob(`/${"**a".repeat(12)}b`);
  const began = performance.now();
  expect(glob.test(`/${"a".repeat(4_000)}`)).toBe(false);
  expect(performance.now() - began).toBeLessThan(2_000);
});
