import { expect, test } from "vitest";
import type { Baseline, Usual } from "./baseline.ts";
import { baselineChanges } from "./baseline-changes.ts";

const BEN: Usual = {
  ...{ person: "Ben", sessions: 9, deeds: ["writing A"], hours: [8], networks: ["192.0.2.0/24"] },
  ...{ changesPerMinute: 4, readsPerMinute: 60, refusedInARow: 0 },
};

function baseline(usual: Baseline["usual"], values: Baseline["values"] = {}) {
  return { usual, values };
}

test("what becomes usual and what does no more is said of each person on each asset", () => {
  const after = { ...BEN, deeds: ["writing A", "writing B"], hours: [9], changesPerMinute: 7 };
  expect(baselineChanges(baseline({ "b plc": BEN }), baseline({ "b plc": after }))).toEqual({
    changes: [
      {
        ...{ person: "Ben", asset: "plc" },
        adds: ["writing B", "around 9:00", "7 changes a minute (4)"],
        drops: ["around 8:00"],
      },
    ],
    more: 0,
  });
});

test("the first baseline adds all of it, and the same one again changes nothing", () => {
  const first = baseline({ "b plc": BEN }, { "plc P101": { min: 20, max: 40 } });
  const { changes } = baselineChanges(undefined, first);
  expect(changes.map(({ person, adds }) => [person, adds[0]])).toEqual([
    ["Ben", "works there at all"],
    ["", "P101 20 to 40"],
  ]);
  expect(baselineChanges(first, first).changes).toEqual([]);
  expect(baselineChanges(first, baseline({})).changes.map(({ drops }) => drops[0])).toEqual([
    ...["works there at all", "P101 20 to 40"],
  ]);
});

test("values that a point may take besides are added; a narrower span drops the wider one", () => {
  const span = (min: number, max: number) => baseline({}, { "plc P101": { min, max } });
  expect(baselineChanges(span(20, 40), span(20, 90)).changes).toMatchObject([
    { adds: ["P101 20 to 90"], drops: [] },
  ]);
  expect(baselineChanges(span(20, 40), span(25, 35)).changes).toMatchObject([
    { adds: [], drops: ["P101 20 to 40"] },
  ]);
});

test("what nobody would read is counted", () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`p${n} plc`, BEN]));
  const { changes, more } = baselineChanges(undefined, baseline(many));
  expect(changes.length + more).toBe(1_000);
  expect(more).toBeGreaterThan(0);
  const busy = { ...BEN, deeds: Array.from({ length: 500 }, (_, n) => `writing ${n}`) };
  const [first] = baselineChanges(undefined, baseline({ "b plc": busy })).changes;
  expect(first?.adds.at(-1)).toMatch(/^and \d+ more$/);
});
