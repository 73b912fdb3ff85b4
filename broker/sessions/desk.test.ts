import { expect, test } from "vitest";
import type { ReadOperation, WriteOperation } from "../../protocols/modbus/operation.ts";
import type { Decision, Matcher, NeedsValues } from "../policy/decision.ts";
import { OBSERVE_MASK, permittedMask } from "./class-mask.ts";
import { judgeEach, judgeItems, judgeProbe, settleNeeds } from "./desk.ts";

const point = { unit: 1, table: "holding-registers", address: 1 } as const;
const WRITE: WriteOperation = {
  ...{ action: "modbus:write", class: "operate", function: 23, values: [1] },
  ...point,
};
const READ: ReadOperation = {
  ...{ action: "modbus:read", class: "observe", function: 23, count: 1 },
  ...point,
};
const CLASSES = new Set(["observe", "operate"] as const);

const needs: NeedsValues = {
  kind: "needs-values",
  rule: "step",
  ranges: [{ ...point, count: 1 }],
  settle: () => ({ kind: "permit", rule: "step" }),
};

function matcher(answers: Readonly<Record<string, Decision | NeedsValues>>): Matcher {
  return { judge: ({ action }) => answers[action] ?? fail() };
}

function fail(): never {
  throw new Error("the table is broken");
}

test("a policy that throws is a denial with its reason", () => {
  const { items } = judgeItems([WRITE], { judge: fail }, CLASSES, 0);
  expect(items).toMatchObject([
    { rule: "policy-failed", answer: { kind: "deny", refusal: "unavailable" }, reason: /broken/ },
  ]);
});

test("a settling that throws is a denial too", () => {
  expect(settleNeeds(WRITE, { ...needs, settle: fail }, [[1]])).toMatchObject({
    rule: "policy-failed",
    answer: { kind: "deny" },
  });
});

test("what needs a value is held, and its permitted companions with it", () => {
  const table = matcher({ "modbus:write": needs, "modbus:read": { kind: "permit", rule: "read" } });
  const judgement = judgeItems([WRITE, READ], table, CLASSES, 0);
  expect(judgement.items).toMatchObject([
    { answer: { kind: "hold" }, rule: "step" },
    { answer: { kind: "permit" }, rule: "read" },
  ]);
  expect(judgement.needs).toEqual([needs, undefined]);
});

test("nothing is read for a request of which another part is refused anyway", () => {
  const deny: Decision = { kind: "deny", rule: "no", refusal: "address", reason: "" };
  const table = matcher({ "modbus:write": needs, "modbus:read": deny });
  const judgement = judgeItems([WRITE, READ], table, CLASSES, 0);
  expect(judgement.needs).toBeUndefined();
  expect(judgement.items).toMatchObject([
    { answer: { kind: "deny" } },
    { answer: { kind: "deny" } },
  ]);
});

test("a probe reads and does nothing else", () => {
  expect(judgeProbe(READ)).toMatchObject({ rule: "probe", answer: { kind: "permit" } });
  expect(judgeProbe(WRITE)).toMatchObject({ rule: "probe", answer: { kind: "deny" } });
});

test("items that pass by themselves are not kept back by each other", () => {
  const table = matcher({
    "modbus:write": needs,
    "modbus:read": { kind: "permit", rule: "read" },
    "modbus:mask": { kind: "deny", rule: "no", refusal: "address", reason: "denied" },
  });
  const MASK = { ...WRITE, action: "modbus:mask" };
  const judged = judgeEach([WRITE, READ, MASK], table, CLASSES, 0);
  expect(judged.map(({ answer }) => answer.kind)).toEqual(["hold", "permit", "deny"]);
  expect(permittedMask(judged, true)).toBe(OBSERVE_MASK);
  expect(permittedMask(judged, false)).toBe(0);
  expect(judgeEach([READ], { judge: fail }, CLASSES, 0)).toMatchObject([
    { rule: "policy-failed", answer: { kind: "deny" } },
  ]);
});
