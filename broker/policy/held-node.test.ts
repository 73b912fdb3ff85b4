import { expect, test } from "vitest";
import type { WriteOperation } from "../../protocols/opcua/operation.ts";
import { changedRange, changesOf, movedTooFar } from "./held-change.ts";

const NODE = "nsu=urn:plant;s=P101.Speed";
const WRITE = {
  ...({ action: "opcua:write", class: "operate", node: NODE, attribute: 13 } as const),
  ...{ type: "Double", value: 1450, text: "1450" },
} satisfies WriteOperation;

test("a held write of a number shows what is there now and what is asked", () => {
  expect(changedRange(WRITE)).toEqual({ node: NODE });
  const shown = { point: "s=P101.Speed", now: "1400", asked: "1450" };
  expect(changesOf(WRITE, [], [1400])).toEqual([shown]);
});

test("what is no number, or a part of an array, is held without a present value", () => {
  const { value: _, ...words } = WRITE;
  const text: WriteOperation = { ...words, type: "String", text: "on" };
  const part: WriteOperation = { ...WRITE, range: "2" };
  expect([changedRange(text), changedRange(part)]).toEqual([undefined, undefined]);
  expect(movedTooFar(part, [], {}, { shown: [], now: [] })).toBeUndefined();
});

test.each([
  [{}, 1400, 1400, false],
  [{}, 1400, 1401, true],
  [{ min: 0, max: 1500 }, 1400, 1475, false],
  [{ min: 0, max: 1500 }, 1400, 1476, true],
  [{ min: 0, max: 1500, holdDistance: 5 }, 1400, 1406, true],
])("under %j, from %s to %s voids the answer: %s", (limits, was, is, isVoid) => {
  const moved = movedTooFar(WRITE, [], limits, { shown: [was], now: [is] });
  expect(moved !== undefined).toBe(isVoid);
});

test("a value that cannot be told any more voids the answer", () => {
  expect(movedTooFar(WRITE, [], { holdDistance: 9 }, { shown: [1], now: [] })).toBeDefined();
});
