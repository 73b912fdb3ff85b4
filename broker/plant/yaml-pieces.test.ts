import fc from "fast-check";
import { expect, test } from "vitest";
import { largePlant } from "../../test/kit/large-plant.ts";
import { parsePlant } from "./parse-plant.ts";
import { cutText, type ListPiece } from "./yaml-pieces.ts";

/** So short that every list of more than an item is cut. */
const SHORT = 120;
const SMALL = largePlant(4)
  .split("\n")
  .filter((row) => !/Point([2-9]|1\d)/.test(row));

test("a file that is read in pieces is the plant that it is as a whole, places of warnings too", () => {
  const text = SMALL.join("\n").replace(/protocols: \[.*\]/, "protocols: [modbus]");
  const whole = parsePlant(text, "p");
  expect(whole.kind === "plant" && whole.warnings[0]?.path).toBe("assets[0].endpoints[1]");
  expect(parsePlant(text, "p", SHORT)).toEqual(whole);
  const windows = text.replaceAll("\n", "\r\n");
  expect(withoutDigest(windows, SHORT)).toEqual(withoutDigest(text));
  expect(withoutDigest(`# Ours\n--- # begins\n${text}`, SHORT)).toEqual(withoutDigest(text));
});

test("lists that stand no further in than their key, comments and empty lines are cut as well", () => {
  const text = SMALL.join("\n")
    .replaceAll(/^ {2}(?! )/gm, "")
    .replaceAll(/^ {4}/gm, "  ");
  const loose = text.replaceAll("\n- id", "\n\n# one more\n   # and here\n- id");
  expect(cutText(loose, SHORT)?.find(({ list }) => list)?.list?.pieces.length).toBeGreaterThan(1);
  expect(withoutDigest(loose, SHORT)).toEqual(withoutDigest(loose));
});

const STRANGE = [
  ...[
    "",
    "#",
    "---",
    "...",
    "- a",
    "  - b",
    "  - ",
    "- ",
    "   -",
    "\t- a",
    "  \t",
    "}",
    "]",
    "x: [",
  ],
  ...[
    "a: |",
    "  - |",
    "  - >-",
    '  - "',
    "  - '",
    "  - {",
    "site: x",
    "? a",
    "*a",
    "&a b",
    "%YAML 1.2",
  ],
  ...["zones:", "assets: []", "assets:", '"assets":', "   text", "text", "  - - a", "    - id: a"],
] as const;

const line = fc.oneof(
  fc.constantFrom(...STRANGE),
  fc.constantFrom(...SMALL),
  fc.tuple(fc.nat(6), fc.constantFrom(...SMALL)).map(([n, row]) => " ".repeat(n) + row.trimStart()),
);
const edit = fc.record({
  at: fc.nat(SMALL.length - 1),
  remove: fc.nat(2),
  lines: fc.array(line, { maxLength: 3 }),
});

test("whatever lines of a file become, pieces of it say nothing else than the whole", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const lines = [...SMALL];
      for (const { at, remove, lines: added } of edits) lines.splice(at, remove, ...added);
      const text = lines.join("\n");
      const [whole, pieces] = [parsePlant(text, "p"), parsePlant(text, "p", SHORT)];
      if (whole.kind === "plant" || pieces.kind === "plant") expect(pieces).toEqual(whole);
    }),
    { numRuns: 100 },
  );
});

test("what is wrong in a piece is said with its place in the file", () => {
  const lines = [...SMALL];
  const at = lines.findIndex((row) => row.includes("L2.Point1"));
  lines[at] = String(lines[at]).replace("uint16", "uint17");
  expect(parsePlant(lines.join("\n"), "p", SHORT)).toEqual(parsePlant(lines.join("\n"), "p"));
  lines[at] = "          - { name: [";
  expect(parsePlant(lines.join("\n"), "p", SHORT)).toMatchObject({
    kind: "invalid",
    problems: [{ message: expect.stringMatching(/^this is not valid YAML/), path: "" }, {}],
  });
});

test("the pieces of a list follow each other, none is longer than asked, and their number grows with the list", () => {
  const pieceLength = 16_384;
  const count = (assets: number) => {
    const text = largePlant(assets);
    const pieces = cutText(text, pieceLength)?.flatMap(({ list }) => list?.pieces ?? []) ?? [];
    for (const { from, to } of pieces) expect(to - from).toBeLessThanOrEqual(pieceLength);
    expect(gaps(pieces)).toBeLessThan(4);
    return pieces.length;
  };
  const [hundred, thousand] = [count(100), count(1_000)];
  expect(thousand).toBeGreaterThan(8 * hundred);
  expect(thousand).toBeLessThan(12 * hundred);
});

test("a large file that cannot be cut is refused with what to write, not read into memory", () => {
  const flow = `assets: [${"{},".repeat(2_200_000)}]`;
  expect(parsePlant(flow, "p")).toMatchObject({
    problems: [{ message: expect.stringMatching(/is written in block style/) }],
  });
});

/** Lists other than the first begin behind a key. */
function gaps(pieces: readonly ListPiece[]): number {
  return pieces.filter(({ from }, n) => n > 0 && from !== pieces[n - 1]?.to).length;
}

function withoutDigest(text: string, pieceLength?: number) {
  const parsed = parsePlant(text, "p", pieceLength);
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return { ...parsed.plant, digest: "" };
}
