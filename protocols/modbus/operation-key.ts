/**
 * Keys of operations that repeat: numbers below 2^53 that differ whenever the operations do, so
 * that a recording stores a polled read once. The function code takes the lowest 7 bits.
 */
const FUNCTIONS = 128;
const UNITS = 256;
const ADDRESSES = 65_536;
/** Above every quantity of the standard (2000). */
const COUNTS = 2048;
/** Record numbers go to 9999, counts of records to 124. */
const RECORDS = 16_384;
const RECORD_COUNTS = 128;

export function readKey(unit: number, code: number, address: number, count: number): number {
  return ((unit * ADDRESSES + address) * COUNTS + count) * FUNCTIONS + code;
}

/** @param detail what else tells it apart, below 2^16: code and object, or a pointer. */
export function identifyKey(unit: number, code: number, detail: number): number {
  return (unit * ADDRESSES + detail) * FUNCTIONS + code;
}

export function fileReadKey(
  unit: number,
  code: number,
  file: number,
  record: number,
  count: number,
): number {
  const where = (unit * ADDRESSES + file) * RECORDS + record;
  return (where * RECORD_COUNTS + count) * FUNCTIONS + code;
}

/** The lane of a unit: what a held operation keeps back. */
export function laneOf(unit: number): string {
  return LANES[unit] ?? "";
}

/** Made once: a lane is named for every request. */
const LANES: readonly string[] = Array.from({ length: UNITS }, (_, unit) => `unit/${unit}`);
