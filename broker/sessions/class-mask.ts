/** Sets of operation classes as bits: what is held and what is needed are compared on every send. */
import type { Operation, OperationClass } from "../../protocols/guard.ts";

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

export function itemsMask(items: readonly Operation[]): number {
  let mask = 0;
  for (const item of items) mask |= BITS[item.class];
  return mask;
}

/** Whether any of it can change a plant. */
export function changesPlant(mask: number): boolean {
  return mask > OBSERVE_MASK;
}
