import { expect, test } from "vitest";
import { type ParsedPlant, parsePlant } from "./parse-plant.ts";

function parsed(approvals: string): ParsedPlant {
  return parsePlant(
    `site: { id: s, name: Site, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 3 }
assets: []
approvals:
${approvals}
`,
    "plant.yaml",
  );
}

function problems(approvals: string): readonly string[] {
  const result = parsed(approvals);
  return result.kind === "plant"
    ? []
    : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

test("a zone names roles and people, and one of them is enough unless it says two", () => {
  const result = parsed(
    '  - { zone: cell, by: ["role:supervisor", Olga@Plant.example], needed: 2 }',
  );
  expect(result.kind === "plant" && result.plant.approvals).toEqual([
    { zone: "cell", by: ["role:supervisor", "olga@plant.example"], needed: 2 },
  ]);
  const short = parsed('  - { zone: cell, by: ["role:engineer"] }');
  expect(short.kind === "plant" && short.plant.approvals[0]?.needed).toBe(1);
});

test.each([
  ['  - { zone: cel, by: ["role:supervisor"] }', /6:13 there is no zone "cel".*cell/],
  ['  - { zone: cell, by: ["role:auditor"] }', /6:24 the role "auditor" approves nothing/],
  ['  - { zone: cell, by: ["role:vendor"] }', /the role "vendor" approves nothing/],
  ["  - { zone: cell, by: [olga] }", /"olga" approves nothing; write an e-mail address/],
  ["  - { zone: cell, by: [] }", /6:23 this list needs at least 1 item/],
  ["  - { zone: cell, by: [a@b, a@b] }", /given twice/],
  ["  - { zone: cell, by: [a@b], needed: 2 }", /2 people must agree, but 1 is named/],
  ["  - { zone: cell, by: [a@b], needed: 3 }", /write a whole number from 1 to 2/],
  ["  - { zone: cell }", /"by" is missing/],
  ["  - { zone: cell, by: [a@b], quorum: 2 }", /"quorum" is not a key that is known here/],
  [
    "  - { zone: cell, by: [a@b] }\n  - { zone: cell, by: [c@d] }",
    /7:13 zone "cell" has an approval already \(at 6:13\)/,
  ],
])("%s is refused with its place", (line, message) => {
  expect(problems(line).join("\n")).toMatch(message);
});
