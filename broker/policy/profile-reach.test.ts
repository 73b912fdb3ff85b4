import { expect, test } from "vitest";
import { classesOf, speaksOf, type WriteReach, writableTags } from "./profile-reach.ts";
import { DOSE, endpoint, MODE, profile, type RuleSketch, SPEED, tag } from "./profile-samples.ts";

const OPERATE: RuleSketch = { match: { classes: ["operate"] } };
const OBSERVE: RuleSketch = { match: { classes: ["observe"] } };

test.each<readonly [RuleSketch[], string[]]>([
  [[], []],
  [
    [OPERATE, OBSERVE],
    ["observe", "operate"],
  ],
  [[{ match: { classes: ["operate"], tags: ["A"] } }], ["operate"]],
  [[{ match: {} }], ["observe", "operate", "configure", "program", "transfer"]],
  [[{ verdict: "hold", match: { classes: ["program"] } }], ["program"]],
  [[{ verdict: "deny", match: { classes: ["operate"] } }, OPERATE, OBSERVE], ["observe"]],
  [[{ verdict: "deny", match: { classes: ["operate"], tags: ["A"] } }, OPERATE], ["operate"]],
  [[{ verdict: "deny", match: {} }, OPERATE], []],
  [[OPERATE, { verdict: "deny", match: {} }], ["operate"]],
])("%j could ever permit %j", (rules, classes) => {
  expect(classesOf(profile(...rules))).toEqual(classes);
});

test.each<readonly [RuleSketch[], string[]]>([
  [[], []],
  [[OBSERVE], ["modbus", "opcua", "ssh"]],
  [[{ match: { functions: [6] } }], ["modbus"]],
  [[{ match: { classes: ["operate"], tags: ["A"] } }], ["modbus", "opcua"]],
  [[{ match: { own: { protocol: "ssh", commands: ["show version"] } } }], ["ssh"]],
  [[{ verdict: "hold", match: { own: { protocol: "opcua" } } }], ["opcua"]],
  [
    [{ verdict: "deny", match: { own: { protocol: "ssh" } } }, { match: { units: [1] } }],
    ["modbus"],
  ],
])("%j could permit something of %j", (rules, protocols) => {
  const spoken = ["modbus", "opcua", "ssh"].filter((each) => speaksOf(profile(...rules), each));
  expect(spoken).toEqual(protocols);
});

const TAGS = [
  tag("A", 0),
  tag("B", 1, { type: "float32" }),
  tag("C", 3),
  tag("Run", 0, { table: "coils", type: "bool" }),
  tag("Level", 0, { table: "input-registers" }),
  tag("Alarm", 0, { table: "discrete-inputs", type: "bool" }),
];

test.each<readonly [RuleSketch[], string[]]>([
  [[OBSERVE], []],
  [[OPERATE], ["A", "B", "C", "Run"]],
  [[{ match: { functions: [6] } }], ["A", "C"]],
  [[{ match: { functions: [5, 16] } }], ["A", "B", "C", "Run"]],
  [[{ match: { classes: ["operate"], tags: ["B", "Run"] } }], ["B", "Run"]],
  [
    [{ verdict: "deny", match: { classes: ["operate"], tags: ["B"] } }, OPERATE],
    ["A", "C", "Run"],
  ],
  [
    [{ verdict: "hold", match: { tags: ["A"] } }, OPERATE],
    ["A", "B", "C", "Run"],
  ],
  [
    [
      {
        match: {
          classes: ["operate"],
          table: "holding-registers",
          addresses: [{ first: 0, last: 1 }],
        },
      },
    ],
    ["A"],
  ],
])("%j lets the tags %j be written", (rules, names) => {
  expect([...writableTags(profile(...rules), endpoint(TAGS)).keys()]).toEqual(names);
});

function reachOf(name: string, ...rules: RuleSketch[]): WriteReach | undefined {
  return writableTags(profile(...rules), endpoint([SPEED, MODE, DOSE])).get(name);
}

test("a tag's reach has the limits of the rule that permits it, narrowed by the tag's own", () => {
  const limits = {
    ...{ min: 20, max: 60, stepMax: 10, intervalMs: 2000 },
    while: { tag: "P1.Remote", is: 1 },
  };
  const rule = { match: { classes: ["operate" as const], tags: ["P1.Speed"] }, limits };
  expect(reachOf("P1.Speed", rule)).toEqual({
    ...{ rule: "p#1", min: 20, max: 50, stepMax: 10, intervalMs: 2000, intervalCount: 1 },
    while: { tag: "P1.Remote", is: 1 },
  });
});

test("limits of raw registers are said in engineering values, of whole values only", () => {
  const rule = { match: { classes: ["operate" as const] }, limits: { min: 100, max: 400 } };
  expect(reachOf("P1.Speed", rule)).toEqual({ rule: "p#1", min: 10, max: 40 });
  expect(reachOf("P1.Mode", rule)).toEqual({ rule: "p#1", min: 100, max: 400 });
  expect(reachOf("D1.Dose", rule)).toEqual({ rule: "p#1", min: 0, max: 1.2 });
});
