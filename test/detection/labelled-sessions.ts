/**
 * Labelled sessions: an operator who keeps the level of the simulated water plant by the speed of
 * its pump, with more drift from week to week, and the same sessions with one attack in each.
 * Everything follows from a seed.
 */

import type { SessionFacts, Verdict } from "../../broker/policy/risk/baseline.ts";
import type { Operation } from "../../protocols/guard.ts";
import type { ReadOperation, Table, WriteOperation } from "../../protocols/modbus/operation.ts";
import { uniform } from "../../simulators/process/noise.ts";
import { advance, startingPlant, type WaterPlant } from "../../simulators/process/water-plant.ts";

export const ATTACKS = [
  "a person who was never on this asset",
  "a register that they never wrote",
  "in the night",
  "from another network",
  "trying what is refused",
  "a burst of writes",
  "a value far outside",
  "a value a little outside",
  "a scan of all registers",
  "a slow search for registers that are there",
  "inside everything that is usual",
] as const;
export type Attack = (typeof ATTACKS)[number];

export interface Step {
  readonly atMs: number;
  readonly operation: Operation;
  readonly verdict: Verdict;
  /** The asset answers it with an exception. */
  readonly declined?: true;
}

export interface LabelledSession {
  readonly facts: SessionFacts;
  /** Source address, as a list of allowed ones knows it. */
  readonly source: string;
  readonly steps: readonly Step[];
}

const MINUTES = 30;
export const SESSION_HOURS = MINUTES / 60;
/** Registers of the example plant, as they are on the wire. */
const SPEED = 11;
const LEVEL_LIMIT = 13;
const MODE = 12;

const OPERATOR = { id: "ben", name: "Ben" };
const PLC = { id: "plc-treatment", name: "Treatment PLC" };

/** A source of chance that a seed decides. */
export class Chance {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  next(): number {
    const [value, state] = uniform(this.state);
    this.state = state;
    return value;
  }
}

/** @param drift how much faster the pump runs than in the weeks that were counted, in Hz */
export function session(seed: number, drift = 0, attack?: Attack): LabelledSession {
  const chance = new Chance(seed);
  const steps = work(chance, seed, drift);
  const facts = {
    person: attack === ATTACKS[0] ? { id: "eve", name: "Eve" } : OPERATOR,
    asset: PLC,
    hour: attack === "in the night" ? 2 : 6 + Math.floor(chance.next() * 9),
    network: attack === "from another network" ? "203.0.113.0/24" : "10.1.4.0/24",
  };
  const source = attack === "from another network" ? "203.0.113.7" : "10.1.4.20";
  const more = attack ? attackSteps(attack, chance) : [];
  const all = [...steps, ...more].sort((a, b) => a.atMs - b.atMs);
  return { facts, source, steps: all };
}

function work(chance: Chance, seed: number, drift: number): Step[] {
  const steps: Step[] = [];
  let plant: WaterPlant = advance(startingPlant(seed), 60);
  let speed = 35 + drift;
  for (let minute = 0; minute < MINUTES; minute++) {
    const atMs = minute * 60_000;
    // The page polls its four blocks every few seconds.
    for (let n = 0; n < 48; n++) {
      const [table, address, count] = BLOCKS[n % BLOCKS.length] ?? BLOCKS[0];
      steps.push(permitted(atMs + n * 1_200, read(table, address, count)));
    }
    plant = advance(plant, 60);
    const wanted = 35 + drift + (plant.measured.t101Level - 2.6) * 4 + (chance.next() - 0.5) * 3;
    if (Math.abs(wanted - speed) > 0.8) {
      speed = Math.min(50, Math.max(20, wanted));
      steps.push(permitted(atMs + 30_000, write(SPEED, Math.round(speed * 10))));
    }
    if (chance.next() < 0.02) steps.push(permitted(atMs + 40_000, write(LEVEL_LIMIT, 450)));
    // A page that names a register which this firmware does not have.
    if (chance.next() < 0.05) {
      const missing = permitted(atMs + 20_000, read("holding-registers", 900, 1));
      steps.push({ ...missing, declined: true });
    }
    // A slip of the hand.
    if (chance.next() < 0.02) steps.push(refused(atMs + 50_000, write(SPEED, 520)));
  }
  return steps;
}

type Block = readonly [table: Table, address: number, count: number];
const BLOCKS: readonly [Block, ...Block[]] = [
  ["input-registers", 0, 14],
  ["holding-registers", 10, 25],
  ["coils", 0, 6],
  ["discrete-inputs", 0, 8],
];

function attackSteps(attack: Attack, chance: Chance): Step[] {
  const fromMs = Math.floor((5 + chance.next() * 20) * 60_000);
  const times = (count: number, everyMs: number, make: (n: number) => Omit<Step, "atMs">) =>
    Array.from({ length: count }, (_, n) => ({ ...make(n), atMs: fromMs + n * everyMs }));
  switch (attack) {
    case "a register that they never wrote":
      return [permitted(fromMs, write(MODE, 0))];
    case "trying what is refused":
      return times(12, 3_000, (n) => refused(0, write(100 + n, 1)));
    case "a burst of writes":
      return times(60, 900, (n) => permitted(0, write(SPEED, 340 + (n % 2) * 20)));
    case "a value far outside":
      return [permitted(fromMs, write(SPEED, 500))];
    case "a value a little outside":
      return [permitted(fromMs, write(SPEED, 372 + Math.floor(chance.next() * 4)))];
    case "a scan of all registers":
      return times(600, 80, (n) => permitted(0, read("holding-registers", n * 100, 100)));
    case "a slow search for registers that are there":
      return times(60, 1_500, (n) => ({
        ...permitted(0, read("holding-registers", 300 + n * 7, 1)),
        declined: true,
      }));
    case "inside everything that is usual":
      return times(6, 60_000, (n) => permitted(0, write(SPEED, n % 2 === 0 ? 340 : 358)));
    default:
      return [];
  }
}

function permitted(atMs: number, operation: Operation): Step {
  return { atMs, operation, verdict: "permit" };
}

function refused(atMs: number, operation: Operation): Step {
  return { atMs, operation, verdict: "deny" };
}

const CODES = {
  ...{ coils: 1, "discrete-inputs": 2, "holding-registers": 3, "input-registers": 4 },
} as const;

function read(table: Table, address: number, count: number): ReadOperation {
  const common = { action: "modbus:read", class: "observe", unit: 1 } as const;
  return { ...common, function: CODES[table], table, address, count };
}

function write(address: number, value: number): WriteOperation {
  const common = { action: "modbus:write", class: "operate", unit: 1, function: 6 } as const;
  return { ...common, table: "holding-registers", address, values: [value] };
}
