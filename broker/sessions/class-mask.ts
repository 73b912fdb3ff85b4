/** Sets of operation classes as bits: what is held and what is needed are compared on every send. */
import {
  type Capabilities,
  OPERATION_CLASSES,
  type Operation,
  type OperationClass,
} from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";

const BITS: Readonly<Record<OperationClass, number>> = {
  observe: 1,
  operate: 2,
  configure: 4,
  program: 8,
  transfer: 16,
};

export const OBSERVE_MASK = BITS.observe;
export const OPERATE_MASK = BITS.operate;

export function classBit(name: OperationClass): number {
  return BITS[name];
}

export function classMask(classes: Iterable<OperationClass>): number {
  let mask = 0;
  for (const name of classes) mask |= BITS[name];
  return mask;
}

/** The set of these bits: one for all sessions that have the same, since each operation asks it. */
export function classesOf(mask: number): Capabilities {
  const known = SETS[mask];
  if (known) return known;
  const made = new Set(OPERATION_CLASSES.filter((name) => (mask & BITS[name]) !== 0));
  SETS[mask] = made;
  return made;
}

const SETS: Capabilities[] = [];

export function itemsMask(items: readonly Operation[]): number {
  let mask = 0;
  for (const item of items) mask |= BITS[item.class];
  return mask;
}

/**
 * What a decision lets pass: all of its items, or nothing where one is not permitted.
 *
 * @param mixes each item passes by itself
 */
export function permittedMask(items: readonly Judged[], mixes: boolean): number {
  let mask = 0;
  for (const { operation, answer } of items) {
    if (answer.kind === "permit") mask |= BITS[operation.class];
    else if (!mixes) return 0;
  }
  return mask;
}

/** Whether any of it can change a plant. */
export function changesPlant(mask: number): boolean {
  return mask > OBSERVE_MASK;
}
