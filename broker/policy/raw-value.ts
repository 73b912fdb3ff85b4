/** Registers to the raw number of a tag, and bounds in engineering units to bounds of that number. */
import { decodeRaw, registerCount } from "../../protocols/modbus/values.ts";
import type { Tag } from "../plant/model.ts";
import { isFloat } from "./tag-span.ts";

/**
 * The raw value of a tag whose first point is `values[at]`; NaN where not all its points are there.
 * Integers of 64 bit beyond 2^53 come out rounded, and then fail `Number.isSafeInteger`.
 */
export function rawValue(tag: Tag, values: readonly number[], at: number): number {
  const { type, wordOrder } = tag;
  if (type === "uint16" || type === "bool") return values[at] ?? Number.NaN;
  const count = registerCount(type);
  const registers = values.slice(at, at + count);
  return registers.length === count ? Number(decodeRaw(registers, type, wordOrder)) : Number.NaN;
}

/** Whether a raw value can be compared with bounds at all. */
export function isComparable(tag: Tag, raw: number): boolean {
  return isFloat(tag.type) ? Number.isFinite(raw) : Number.isSafeInteger(raw);
}

export function engineering(tag: Tag, raw: number): number {
  return raw * tag.scale + tag.offset;
}

/** What the raw value may be. Compared as it is on the wire, so that no rounding permits more. */
export interface RawLimits {
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[] | undefined;
  /** Largest difference of raw values; Infinity where there is none. */
  readonly step: number;
}

export interface EngineeringLimits {
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly number[];
  readonly stepMax?: number;
}

export function rawLimits(tag: Tag, limits: EngineeringLimits): RawLimits {
  const ends: [number, number] = [
    limits.min === undefined ? -Infinity : limits.min,
    limits.max === undefined ? Infinity : limits.max,
  ];
  if (tag.scale < 0) ends.reverse();
  return {
    min: lowest(tag, toRaw(tag, ends[0])),
    max: highest(tag, toRaw(tag, ends[1])),
    values: limits.values?.map((value) => nearest(tag, toRaw(tag, value))),
    step: limits.stepMax === undefined ? Infinity : largestStep(tag, limits.stepMax),
  };
}

function toRaw(tag: Tag, value: number): number {
  return (value - tag.offset) / tag.scale;
}

/** What offset and scale may have lost in doubles: 45 / 0.1 must be 450. */
function slack({ scale, offset }: Tag, raw: number): number {
  if (!Number.isFinite(raw)) return 0;
  return 4 * Number.EPSILON * Math.max(1, Math.abs(raw) + 2 * Math.abs(offset / scale));
}

function lowest(tag: Tag, raw: number): number {
  if (tag.type === "float32") return Math.min(raw, Math.fround(raw));
  return isFloat(tag.type) ? raw - scaledSlack(tag, raw) : Math.ceil(raw - slack(tag, raw));
}

/** A float32 that a person wrote as 1.2 is 1.2000000477: the bound means the nearest one too. */
function highest(tag: Tag, raw: number): number {
  if (tag.type === "float32") return Math.max(raw, Math.fround(raw));
  return isFloat(tag.type) ? raw + scaledSlack(tag, raw) : Math.floor(raw + slack(tag, raw));
}

function scaledSlack(tag: Tag, raw: number): number {
  return tag.scale === 1 && tag.offset === 0 ? 0 : slack(tag, raw);
}

/** A value that the tag cannot hold becomes NaN, which equals nothing. */
function nearest(tag: Tag, raw: number): number {
  if (tag.type === "float32") return Math.fround(raw);
  if (isFloat(tag.type)) return raw;
  const whole = Math.round(raw);
  return Math.abs(raw - whole) <= slack(tag, raw) ? whole : Number.NaN;
}

function largestStep(tag: Tag, stepMax: number): number {
  const raw = stepMax / Math.abs(tag.scale);
  return isFloat(tag.type) ? raw : Math.floor(raw + slack(tag, raw));
}

/** Whether a change of the raw value is larger than the step, allowing for a float's last digit. */
export function exceedsStep(tag: Tag, from: number, to: number, step: number): boolean {
  const change = Math.abs(to - from);
  if (!isFloat(tag.type)) return change > step;
  const digit = tag.type === "float32" ? 2 ** -23 : Number.EPSILON;
  return !(change <= step + digit * Math.max(Math.abs(from), Math.abs(to)));
}
