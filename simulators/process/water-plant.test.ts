import { expect, test } from "vitest";
import { advance, startingPlant, type WaterPlant } from "./water-plant.ts";

const minutes = (count: number): number => count * 60;

function withSpeed(plant: WaterPlant, p101Speed: number): WaterPlant {
  return { ...plant, setpoints: { ...plant.setpoints, p101Speed } };
}

test("the same seed gives the same plant, another seed another one", () => {
  const a = advance(startingPlant(7), 600);
  const b = advance(startingPlant(7), 600);
  const c = advance(startingPlant(8), 600);
  expect(a).toEqual(b);
  expect(a.measured.inflow).not.toBe(c.measured.inflow);
});

test("left alone for six hours the works stays within its limits", () => {
  let plant = startingPlant(1);
  for (let hour = 0; hour < 6; hour += 1) {
    plant = advance(plant, minutes(60));
    expect(plant.measured.t301Level).toBeGreaterThan(1);
    expect(plant.measured.pressure).toBeGreaterThan(3.5);
    expect(plant.measured.pressure).toBeLessThan(4.9);
    expect(plant.alarms.p101Tripped || plant.alarms.p301Tripped).toBe(false);
  }
});

test("a lower pump speed lowers the inflow within seconds and the tank within minutes", () => {
  const before = advance(startingPlant(1), 60);
  const soon = advance(withSpeed(before, 22), 20);
  expect(soon.measured.inflow).toBeLessThan(before.measured.inflow * 0.75);
  const later = advance(soon, minutes(8));
  expect(later.measured.t101Level).toBeLessThan(before.measured.t101Level - 0.1);
});

test("a speed beyond the bounds trips the pump until somebody acknowledges", () => {
  const tripped = advance(withSpeed(startingPlant(1), 60), 30);
  expect(tripped.alarms.p101Tripped).toBe(true);
  const still = advance(withSpeed(tripped, 35), 30);
  expect(still.measured.inflow).toBeLessThan(1);
  const acknowledged = {
    ...still,
    switches: { ...still.switches, acknowledge: true },
  };
  expect(advance(acknowledged, 30).measured.inflow).toBeGreaterThan(50);
});

test("dosing is blocked while nothing flows, and more dose means more chlorine", () => {
  const base = advance(startingPlant(1), minutes(10));
  const dosed = advance({ ...base, setpoints: { ...base.setpoints, dose: 2.4 } }, minutes(20));
  expect(dosed.measured.chlorine).toBeGreaterThan(
    advance(base, minutes(20)).measured.chlorine * 1.5,
  );
  const stopped = advance({ ...base, switches: { ...base.switches, backwash: true } }, 45);
  expect(stopped.alarms.dosingBlocked).toBe(true);
  expect(stopped.measured.doseFlow).toBeLessThan(0.2);
});

test("a backwash cleans the filter and ends by itself", () => {
  const dirty = { ...startingPlant(1), sinceBackwash: 28_000 };
  const washed = advance(
    { ...advance(dirty, 300), switches: { ...dirty.switches, backwash: true } },
    minutes(5),
  );
  expect(washed.switches.backwash).toBe(false);
  expect(washed.measured.filterPressure).toBeLessThan(0.25);
});
