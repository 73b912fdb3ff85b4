import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ParsedPlant, parsePlant } from "./parse-plant.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

/** Every line may be replaced by a test. */
const SMALL = `site: { id: s, name: Site, time-zone: Europe/Vienna }
zones:
  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }
  - { id: cell, name: Cell, level: 1, sl-t: 3 }
conduits:
  - { from: dmz, to: cell, protocols: [modbus] }
assets:
  - id: plc
    name: PLC
    zone: cell
    endpoints:
      - id: modbus
        protocol: modbus
        address: 10.0.0.5
        units: [1, 2]
        tags:
          - { name: A.Set, unit-id: 1, register: 40012, type: uint16, scale: 0.1, unit: Hz, min: 0, max: 50 }
          - { name: A.Level, unit-id: 1, register: 30001, type: float32, unit: m }
          - { name: A.Run, unit-id: 2, table: coils, address: 3, states: { 0: off, 1: on } }
profiles:
  - id: tune
    rules:
      - { name: read, permit: observe }
      - { permit: operate, tags: [A.Set], min: 20, max: 45, step: 10, every: 2s, while: { tag: A.Run, is: 1 } }
grants:
  - { id: g, subject: "role:engineer", endpoint: plc/modbus, profile: tune, from: 2026-01-05T08:00:00+01:00 }
`;

function lines(parsed: ParsedPlant): readonly string[] {
  const problems = parsed.kind === "plant" ? parsed.warnings : parsed.problems;
  return problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function edited(from: string, to: string): ParsedPlant {
  expect(SMALL).toContain(from);
  return parsePlant(SMALL.replace(from, to), "plant.yaml");
}

test("the example is a plant without a warning", () => {
  const parsed = parsePlant(EXAMPLE, "water-plant.yaml");
  expect(lines(parsed)).toEqual([]);
  expect(parsed.kind).toBe("plant");
});

test("a plant comes out with addresses from 0, defaults filled in and rules named", () => {
  const parsed = parsePlant(SMALL, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(lines(parsed).join("\n"));
  const { assets, profiles, grants, digest } = parsed.plant;
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(assets[0]?.endpoints[0]).toMatchObject({ host: "10.0.0.5", port: 502, allowLocal: false });
  expect(assets[0]?.endpoints[0]?.tags[0]).toEqual({
    name: "A.Set",
    description: "",
    unitId: 1,
    table: "holding-registers",
    address: 11,
    type: "uint16",
    wordOrder: "big",
    scale: 0.1,
    offset: 0,
    unit: "Hz",
    min: 0,
    max: 50,
    states: [],
  });
  expect(profiles[0]?.rules.map(({ name }) => name)).toEqual(["tune/read", "tune#2"]);
  expect(profiles[0]?.rules[1]?.limits).toEqual({
    min: 20,
    max: 45,
    stepMax: 10,
    intervalMs: 2_000,
    while: { tag: "A.Run", is: 1 },
  });
  expect(grants[0]).toMatchObject({ fromMs: Date.UTC(2026, 0, 5, 7) });
});

test("a plant survives being sent to another process", () => {
  const parsed = parsePlant(EXAMPLE, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error("the example is invalid");
  expect(JSON.parse(JSON.stringify(parsed.plant))).toEqual(parsed.plant);
});

/** What is replaced, by what, the text that the report points at, and how it begins. */
const MISTAKES: readonly (readonly [from: string, to: string, at: string, problem: string])[] = [
  ["time-zone: Europe/Vienna", "time-zone: Wien", "Wien", '"Wien" is not a time zone'],
  ["id: dmz, name", "id: DMZ, name", "DMZ", '"DMZ" is not an id'],
  ["level: 3.5", "level: 3.7", "3.7", "a Purdue level is one of"],
  ["sl-t: 3", "sl-t: 5", "5", '"5" is not taken; write a whole number from 0 to 4'],
  ["id: dmz, name: DMZ", "id: cell, name: DMZ", "cell", 'zone "cell" exists already (at 3:11)'],
  [
    "from: dmz, to: cell",
    "from: dmz, to: cel",
    "cel",
    'there is no zone "cel"; did you mean "cell"?',
  ],
  [
    "from: dmz, to: cell",
    "from: cell, to: cell",
    "cell",
    "a conduit leads from one zone to another",
  ],
  ["protocols: [modbus]", "protocols: [modbus, modbus]", "modbus", '"modbus" is given twice'],
  ["protocols: [modbus]", "protocols: []", "[] }", "this list needs at least 1 item"],
  [
    "    name: PLC",
    "    nmae: PLC",
    "nmae: PLC",
    '"nmae" is not a key that is known here; did you mean "name"?',
  ],
  ["    zone: cell", "    zone:", "zone:", '"zone" has no value'],
  [
    "    zone: cell",
    "    zone: cell\n    zone: cell",
    "zone: cell",
    '"zone" is given twice (first at 10:5)',
  ],
  ["        protocol: modbus", "        protocol: profinet", "profinet", '"profinet" is not taken'],
  [
    "address: 10.0.0.5",
    "address: 127.0.0.1:502",
    "127.0.0.1:502",
    "127.0.0.1 is a loopback address; if",
  ],
  ["address: 10.0.0.5", "address: localhost", "localhost", "localhost is a loopback name"],
  ["address: 10.0.0.5", "address: 10.0.0.5:70000", "10.0.0.5:70000", "port 70000 does not exist"],
  [
    "address: 10.0.0.5",
    "address: 10.0.5",
    "10.0.5",
    "10.0.5 is neither an IP address nor a host name",
  ],
  [
    "address: 10.0.0.5",
    "address: fd00::5",
    "fd00::5",
    "write an IPv6 address in brackets: [fd00::5]:502",
  ],
  [
    "units: [1, 2]",
    "units: [1, 256]",
    "256",
    '"256" is not taken; write a whole number from 0 to 255',
  ],
  ["unit-id: 1, register: 40012", "unit-id: 3, register: 40012", "3", "unit 3 is not one of"],
  ["unit-id: 1, register: 40012", "register: 40012", "{ name: A.Set,", '"unit-id" is missing'],
  ["register: 40012", "register: 20012", "20012", '"20012" is not a register'],
  ["register: 40012", "register: 40000", "40000", '"40000" is not a register'],
  ["register: 40012", "register: 40012, table: coils", "coils", '"register" says it already'],
  ["register: 40012, ", "", "{ name: A.Set,", "say where the tag is"],
  [
    "register: 30001",
    "register: 365536",
    "{ name: A.Leve",
    "a float32 at address 65535 runs past 65535",
  ],
  ["type: uint16", "type: uint12", "uint12", '"uint12" is not taken; write bool or uint16'],
  ["type: uint16", "type: bool", "bool", "a register is not a bool; write uint16 with states"],
  ["type: uint16, ", "", "{ name: A.Set,", '"type" is missing'],
  [
    "type: uint16,",
    "type: uint16, word-order: little,",
    "little",
    'a uint16 is one word; remove "word-order"',
  ],
  ["scale: 0.1", "scale: 0", "0", "a scale of 0 makes every value 0"],
  ["min: 0, max: 50", "min: 60, max: 50", "60", "min 60 is above max 50"],
  ["min: 0, max: 50", "max: .inf", ".inf", "this must be a number"],
  ["min: 0, max: 50", "min: 7000", "7000", "a uint16 with this scale ends at 6553.5"],
  [
    "unit: m }",
    "unit: m, max: 3 }",
    "3",
    'a tag that nobody can write (input-registers) has no "max"',
  ],
  ["states: { 0: off, 1: on }", "states: { 0: off, 2: on }", "2: on", '"2" is not taken'],
  [
    "states: { 0: off, 1: on }",
    "states: { 0: off, 1: off }",
    "{ 0: off, 1: o",
    'two states are called "off"',
  ],
  ["name: A.Level", "name: A.Set", "A.Set", 'tag "A.Set" exists already (at 17:21)'],
  ["name: A.Level", "name: A Level", "A Level", '"A Level" is not a tag name'],
  [
    "permit: observe",
    "allow: observe",
    "{ name: read, ",
    'say what the rule does: "permit", "deny" or "hold"',
  ],
  [
    "permit: observe",
    "permit: observe, deny: operate",
    "operate",
    '"permit" and "deny" in one rule',
  ],
  ["permit: observe", "permit: obsrve", "obsrve", '"obsrve" is not taken'],
  ["permit: observe", "permit: [observe, all]", "[observe, all]", '"all" stands alone'],
  ["permit: observe", "permit: observe, functions: [6]", "[6] }", "function 6 is operate; write"],
  ["permit: observe", "permit: observe, max: 3", "3", '"max" limits values that are written'],
  ["permit: observe", "permit: observe, every: 2s", "2s", '"every" limits what changes the plant'],
  ["permit: observe", "deny: observe, every: 2s", "2s", 'a deny rule has no "every"'],
  [
    "permit: observe",
    "permit: operate, table: input-registers",
    "input-registers",
    "nobody can write input-registers",
  ],
  ["permit: observe", "permit: observe, addresses: [3]", "[3] }", 'say in which "table"'],
  [
    "permit: observe",
    'permit: observe, table: coils, addresses: ["9-3"]',
    '"9-3"',
    "9 is above 3; write 3-9",
  ],
  [
    "permit: observe",
    "permit: observe, table: coils, addresses: [65536]",
    "65536",
    "addresses end at 65535",
  ],
  ["permit: observe", "permit: program, sub-functions: [1]", "[1] }", 'say of which "functions"'],
  [
    "permit: observe",
    "permit: observe, functions: [3], sub-functions: [1]",
    "[1] }",
    "none of these functions has",
  ],
  ["tags: [A.Set]", "tags: [A.Sett]", "A.Sett", 'there is no tag "A.Sett"; did you mean "A.Set"?'],
  [
    "tags: [A.Set]",
    "tags: [A.Level]",
    "[A.Level], min",
    '"A.Level" cannot be written: it is in input-registers',
  ],
  [
    "tags: [A.Set]",
    "tags: [A.Set], table: coils",
    "coils",
    'tags say where they are; remove "table"',
  ],
  [
    "min: 20, max: 45",
    "min: 60, max: 70",
    "60",
    'no value is left: "A.Set" itself allows 0 to 50 Hz',
  ],
  ["min: 20, max: 45", "min: 45, max: 20", "45", "min 45 is above max 20; exchange them"],
  ["step: 10", "step: -1", "-1", "write a number above 0"],
  ["every: 2s", "every: 2", "2", '"2" is not a duration; write it like 500ms, 2s, 5m or 8h'],
  ["every: 2s", "every: 200h", "200h", '"200h" is not taken; write 10ms to 24h'],
  ["every: 2s", "times: 2", "2", '"times" counts writes per "every"'],
  ["tag: A.Run, is: 1", "tag: A.Run, is: true", "true", "write the raw value: 1"],
  [
    "tag: A.Run, is: 1",
    "tag: A.Ran, is: 1",
    "A.Ran",
    'there is no tag "A.Ran"; did you mean "A.Run"?',
  ],
  ["role:engineer", "role:enginer", '"role:enginer"', 'there is no role "enginer"'],
  ["role:engineer", "role:auditor", '"role:auditor"', "the role auditor opens no sessions"],
  ["role:engineer", "anna", '"anna"', '"anna" is not a subject'],
  [
    "endpoint: plc/modbus",
    "endpoint: plc",
    "plc",
    '"plc" is not an endpoint; write ASSET/ENDPOINT',
  ],
  ["endpoint: plc/modbus", "endpoint: plc/opcua", "plc/opcua", 'there is no endpoint "plc/opcua"'],
  ["profile: tune", "profile: tone", "tone", 'there is no profile "tone"; did you mean "tune"?'],
  ["08:00:00+01:00", "08:00:00", "2026-01-05T08:00:00", '"2026-01-05T08:00:00" is not an instant'],
  [
    "2026-01-05",
    "2026-02-30",
    "2026-02-30T08:00:00+01:00",
    '"2026-02-30T08:00:00+01:00" is not an instant',
  ],
  [
    "08:00:00+01:00",
    "08:00:00Z, until: 2026-01-05T07:00:00Z",
    "2026-01-05T07:00:00Z",
    '"until" is not after "from"',
  ],
];

test.each(MISTAKES)("%j → %j is refused where it stands", (from, to, at, problem) => {
  const parsed = edited(from, to);
  const problems = parsed.kind === "invalid" ? parsed.problems : [];
  const found = problems.find(({ message }) => message.startsWith(problem));
  const row = SMALL.replace(from, to).split("\n")[(found?.line ?? 0) - 1] ?? "";
  expect(row.slice((found?.column ?? 0) - 1).startsWith(at)).toBe(true);
});

test("all problems are reported at once, in the order of the file", () => {
  const broken = SMALL.replace("sl-t: 3", "sl-t: 9")
    .replace("unit: Hz", "unti: Hz")
    .replace("profile: tune", "profile: tuna");
  const reported = lines(parsePlant(broken, "plant.yaml"));
  expect(reported.map((line) => line.split(" ")[0])).toEqual(["4:45", "17:83", "26:71"]);
});

test("zones that contain each other are refused", () => {
  const circle = SMALL.replace("sl-t: 2 }", "sl-t: 2, parent: cell }").replace(
    "sl-t: 3 }",
    "sl-t: 3, parent: dmz }",
  );
  expect(lines(parsePlant(circle, "p"))[0]).toBe(
    "3:56 zones contain each other in a circle: dmz in cell in dmz",
  );
});

const SECOND_ASSET = `  - id: other
    name: Other
    zone: cell
    endpoints:
      - { id: modbus, protocol: modbus, address: 10.0.0.6, units: [1], tags: [{ name: B.Run, register: 00001 }] }
`;

test("a condition must be on the endpoint that is written, and on the one that is granted", () => {
  const two = SMALL.replace("profiles:\n", `${SECOND_ASSET}profiles:\n`);
  const elsewhere = two.replace("tag: A.Run, is", "tag: B.Run, is");
  expect(lines(parsePlant(elsewhere, "p"))[0]).toMatch(
    /"B.Run" is on other\/modbus, but "A.Set" is on plc\/modbus/,
  );
  const untagged = two
    .replace("tags: [A.Set], min: 20, max: 45, step: 10, ", "")
    .replace("endpoint: plc/modbus", "endpoint: other/modbus");
  expect(lines(parsePlant(untagged, "p"))[0]).toMatch(
    /depends on "A.Run", which is on plc\/modbus/,
  );
});

const WARNINGS: readonly (readonly [from: string, to: string, warning: string])[] = [
  ["from: dmz, to: cell", "from: cell, to: dmz", '12:9 no conduit carries modbus into zone "cell"'],
  [
    "name: read, permit: observe }",
    "permit: all }\n      - { permit: observe, table: coils }",
    '24:9 this rule never decides: "tune#1" before it takes all it matches',
  ],
  [
    "tag: A.Run, is: 1",
    "tag: A.Run, is: 7",
    '24:89 "A.Run" has no state 7; it has 0 (off), 1 (on)',
  ],
];

test.each(WARNINGS)("%s → %s is allowed with a warning", (from, to, warning) => {
  const parsed = edited(from, to);
  expect(parsed.kind).toBe("plant");
  expect(lines(parsed)[0]).toContain(warning);
});

test("a limited rule that a later one walks around is pointed out", () => {
  const wide = SMALL.replace("grants:", "      - { name: rest, permit: operate }\ngrants:");
  expect(lines(parsePlant(wide, "p"))[0]).toMatch(/^24:9 .*decided by "tune\/rest" without/);
});

test("whatever a line of the file becomes, the answer is a plant or problems with places", () => {
  const rows = EXAMPLE.split("\n");
  const edit = fc.record({
    row: fc.nat(rows.length - 1),
    text: fc.oneof(
      fc.string(),
      fc.constantFrom("[", "{", "- ", "&a", "*a", "!!x y", "<<: 3", "? x"),
    ),
    keep: fc.boolean(),
  });
  fc.assert(
    fc.property(edit, ({ row, text, keep }) => {
      const changed = rows.with(row, keep ? (rows[row] ?? "") + text : text).join("\n");
      const parsed = parsePlant(changed, "p");
      if (parsed.kind === "plant") return;
      expect(parsed.problems.length).toBeGreaterThan(0);
      for (const problem of parsed.problems) expect(problem.line).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});
