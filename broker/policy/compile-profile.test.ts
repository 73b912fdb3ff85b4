import { expect, test } from "vitest";
import type { Operation } from "../../protocols/guard.ts";
import type {
  DiagnosticOperation,
  IdentifyOperation,
  OtherOperation,
} from "../../protocols/modbus/operation.ts";
import {
  ALL,
  judged,
  matcher,
  OBSERVE,
  OPERATE,
  operate,
  type RuleSketch,
  read,
  TAGS,
  write,
} from "./profile-samples.ts";

const diagnostic = (subFunction: number): DiagnosticOperation => ({
  action: "modbus:diagnostic",
  class: "program",
  unit: 1,
  function: 8,
  subFunction,
  data: [0],
});

const other = (code: number, subFunction?: number): OtherOperation => ({
  action: "modbus:other",
  class: "program",
  unit: 1,
  function: code,
  ...(subFunction === undefined ? {} : { subFunction }),
  payload: new Uint8Array(2),
});

const identify = (code: number): IdentifyOperation => ({
  action: "modbus:identify",
  class: "observe",
  unit: 1,
  function: code,
});

/** Rules, operation and the whole answer. */
const CASES: readonly (readonly [readonly RuleSketch[], Operation, string])[] = [
  // What comes before the rules
  [[OBSERVE], read(0), "permit p#1"],
  [
    [OBSERVE],
    read(0, 1, "coils", 7),
    "deny endpoint-units unit: unit 7 is not part of this endpoint, which has unit 1",
  ],
  [
    [OBSERVE],
    { action: "opcua:read", class: "observe" },
    "deny default-deny operation: opcua:read is not a Modbus operation",
  ],
  // Nothing matches
  [
    [OBSERVE],
    write(12, [1]),
    'deny default-deny address: no rule of the profile "p" permits writing P1.Mode (holding register 40013)',
  ],
  [
    [OBSERVE],
    write(300, [1, 2]),
    'deny default-deny address: no rule of the profile "p" permits writing holding registers 40301 to 40302',
  ],
  [
    [OBSERVE],
    diagnostic(1),
    'deny default-deny operation: no rule of the profile "p" permits diagnostic function 8, sub-function 1',
  ],
  [
    [],
    read(0, 2000, "coils"),
    'deny default-deny address: no rule of the profile "p" permits reading P1.Run, P1.Remote (coils 00001 to 02000)',
  ],
  // Class, function, sub-function, unit, table
  [[{ match: { functions: [3] } }], read(0), "permit p#1"],
  [[{ match: { functions: [4] } }, OBSERVE], read(0), "permit p#2"],
  [[{ match: { units: [2] } }, OBSERVE], read(0), "permit p#2"],
  [[{ match: { classes: ["observe"], table: "coils" } }, OBSERVE], read(0), "permit p#2"],
  [
    [{ match: { table: "coils" } }],
    identify(17),
    'deny default-deny operation: no rule of the profile "p" permits asking the device about itself (function 17)',
  ],
  [[{ match: { functions: [8], subFunctions: [0, 2] } }], diagnostic(2), "permit p#1"],
  [
    [{ match: { functions: [8], subFunctions: [0, 2] } }],
    diagnostic(4),
    'deny default-deny operation: no rule of the profile "p" permits diagnostic function 8, sub-function 4',
  ],
  [[{ match: { functions: [43], subFunctions: [14] } }], identify(43), "permit p#1"],
  [
    [{ match: { functions: [3], subFunctions: [1] } }],
    read(0),
    'deny default-deny address: no rule of the profile "p" permits reading holding register 40001',
  ],
  // Program, and functions that nobody named
  [[{ match: { classes: ["program"] } }], diagnostic(1), "permit p#1"],
  [
    [{ match: { classes: ["program"] } }],
    other(90, 0x10),
    'deny default-deny operation: no rule of the profile "p" permits function 90, sub-function 16; a rule must name the function',
  ],
  [
    [{ match: {} }],
    other(90),
    'deny default-deny operation: no rule of the profile "p" permits function 90; a rule must name the function',
  ],
  [[{ match: { classes: ["program"], functions: [90] } }], other(90, 1), "permit p#1"],
  [
    [{ match: { functions: [90], subFunctions: [1] } }],
    other(90),
    'deny default-deny operation: no rule of the profile "p" permits function 90; a rule must name the function',
  ],
  [
    [{ match: { classes: ["operate"], functions: [90] } }],
    other(90),
    'deny default-deny operation: no rule of the profile "p" permits function 90; a rule must name the function',
  ],
  [[{ verdict: "deny", match: {} }], other(90), "deny p#1 operation: this rule denies function 90"],
  // Addresses: a permit covers the whole operation or does not match it
  [
    [operate({ table: "holding-registers", addresses: [{ first: 100, last: 109 }] })],
    write(100, new Array(10).fill(1)),
    "permit p#1",
  ],
  [
    [operate({ table: "holding-registers", addresses: [{ first: 100, last: 109 }] })],
    write(101, new Array(10).fill(1)),
    'deny default-deny address: no rule of the profile "p" permits writing holding registers 40102 to 40111',
  ],
  [
    [
      operate({
        table: "holding-registers",
        addresses: [
          { first: 105, last: 109 },
          { first: 100, last: 104 },
        ],
      }),
    ],
    write(103, [1, 2, 3]),
    "permit p#1",
  ],
  [[operate({ addresses: [{ first: 65535, last: 65535 }] })], write(65535, [1]), "permit p#1"],
  [
    [operate({ addresses: [{ first: 65534, last: 65534 }] })],
    write(65534, [1, 1]),
    'deny default-deny address: no rule of the profile "p" permits writing holding registers 465535 to 465536',
  ],
  // Tags: nothing but these
  [[operate({ tags: ["P1.Mode"] })], write(12, [1]), "permit p#1"],
  [[operate({ tags: ["P1.Mode", "P1.Speed"] })], write(11, [400, 1]), "permit p#1"],
  [
    [operate({ tags: ["P1.Mode"] })],
    write(12, [1, 1]),
    'deny default-deny address: no rule of the profile "p" permits writing P1.Mode (holding registers 40013 to 40014)',
  ],
  [
    [operate({ tags: ["P1.Mode"] })],
    write(12, [1], "coils"),
    'deny default-deny address: no rule of the profile "p" permits writing coil 00013',
  ],
  [
    [operate({ tags: ["Elsewhere.Tag"] })],
    write(12, [1]),
    'deny default-deny address: no rule of the profile "p" permits writing P1.Mode (holding register 40013)',
  ],
  // Deny and hold touch
  [
    [{ verdict: "deny", match: { classes: ["operate"], tags: ["D1.Dose"] } }, OPERATE],
    write(21, [0]),
    "deny p#1 address: this rule denies writing D1.Dose (holding register 40022)",
  ],
  [
    [{ verdict: "deny", match: { classes: ["operate"], tags: ["D1.Dose"] } }, OPERATE],
    write(18, [0, 0, 0]),
    "deny p#1 address: this rule denies writing D1.Dose (holding registers 40019 to 40021)",
  ],
  [
    [{ verdict: "deny", match: { classes: ["operate"], tags: ["D1.Dose"] } }, OPERATE],
    write(18, [0, 0]),
    "permit p#2",
  ],
  [[OPERATE, { verdict: "deny", match: { tags: ["P1.Mode"] } }], write(12, [0]), "permit p#1"],
  [
    [{ verdict: "hold", match: { classes: ["operate"], tags: ["P1.Mode"] } }, OPERATE],
    write(12, [0]),
    "hold p#1: a person must agree to writing P1.Mode (holding register 40013)",
  ],
  [
    [{ verdict: "hold", match: { classes: ["operate"], tags: ["P1.Mode"] } }, OPERATE],
    write(12, [0, 0]),
    "deny p#1 address: a part of this needs a person to agree; do that part alone: writing P1.Mode (holding registers 40013 to 40014)",
  ],
];

test.each(CASES)("%j judges %j", (rules, operation, answer) => {
  expect(judged(rules, operation)).toBe(answer);
});

test("a class that the session does not hold is denied before anything else", () => {
  expect(judged([OPERATE], write(12, [1]), new Set(["observe"]))).toBe(
    "deny capabilities operation: this session may not operate now; it may only observe",
  );
  expect(judged([OBSERVE], read(0), new Set())).toBe(
    "deny capabilities operation: this session may not observe now; it may nothing at all",
  );
});

test("reading costs no decision object: the same one is answered again", () => {
  const judge = matcher([OBSERVE], TAGS);
  expect(judge.judge(read(0, 100), ALL, 0)).toBe(judge.judge(read(7), ALL, 1));
});
