import { expect, test } from "vitest";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { allowedWords, refusalAhead } from "./allowed.ts";

type Allowed = NonNullable<TagView["allowed"]>;

const NO_LIMITS: Allowed = {
  profile: "pump-tuning",
  rule: "pump-tuning/pump speed",
  min: null,
  max: null,
  values: null,
  stepMax: null,
  every: null,
  while: null,
};

function speed(allowed: Partial<Allowed> | null): TagView {
  return {
    name: "P101.SpeedSetpoint",
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
    writable: allowed !== null,
    allowed: allowed && { ...NO_LIMITS, ...allowed },
  };
}

const REMOTE: TagView = {
  ...speed(null),
  name: "P101.Remote",
  table: "coils",
  type: "bool",
  scale: 1,
  unit: "",
  states: [
    { value: 0, word: "local" },
    { value: 1, word: "remote" },
  ],
};

test("every limit of the rule is said in words a person knows", () => {
  const tag = speed({
    min: 20,
    max: 45,
    stepMax: 10,
    every: { ms: 2000, count: 1 },
    while: { tag: "P101.Remote", is: 1 },
  });
  expect(allowedWords(tag, [tag, REMOTE])).toEqual([
    "From 20.0 to 45.0 Hz.",
    "At most 10.0 Hz away from the present value.",
    "Once every 2 s.",
    "Only while P101.Remote is remote.",
    "Rule pump-tuning/pump speed.",
  ]);
});

test("where the rule names values, they are listed", () => {
  const [values] = allowedWords(speed({ values: [25, 30] }), []);
  expect(values).toBe("One of 25.0 Hz, 30.0 Hz.");
});

test("a rule without limits leaves the bounds of the plant file", () => {
  expect(allowedWords(speed({}), [])[0]).toBe("From 0.0 to 50.0 Hz.");
  expect(allowedWords(speed(null), [])).toEqual([]);
});

test.each([
  [45, undefined, undefined],
  [45.1, undefined, "Outside what your profile allows: the broker will refuse it."],
  [19.9, undefined, "Outside what your profile allows: the broker will refuse it."],
  [40, 30, undefined],
  [40, 29.9, "More than 10.0 Hz away from the present value: the broker will refuse it."],
])("%f Hz with %s Hz now: %s", (value, now, refusal) => {
  expect(refusalAhead(speed({ min: 20, max: 45, stepMax: 10 }), value, now)).toBe(refusal);
});
