/**
 * Registers and coils as the values that people work with, and back.
 *
 * Raw values are what the registers hold (64-bit types as bigint, so that nothing is lost);
 * engineering values are numbers: `raw * scale + offset`.
 */
export type PointType =
  | "bool"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64";

/** `big`: the first register is the most significant word. Bytes within a word are always big-endian. */
export type WordOrder = "big" | "little";

export interface PointFormat {
  readonly type: PointType;
  readonly wordOrder: WordOrder;
  readonly scale: number;
  readonly offset: number;
}

export type Encoded =
  | { readonly kind: "registers"; readonly registers: readonly number[] }
  /** In words, for the person who typed the value. */
  | { readonly kind: "fault"; readonly reason: string };

interface Layout {
  /** Registers (or, for `bool`, one coil or register). */
  readonly count: number;
  readonly min: bigint;
  readonly max: bigint;
  readonly float?: true;
}

const integer = (count: number, min: bigint, max: bigint): Layout => ({ count, min, max });

const LAYOUTS: { readonly [type in PointType]: Layout } = {
  bool: integer(1, 0n, 1n),
  uint16: integer(1, 0n, 0xffffn),
  int16: integer(1, -0x8000n, 0x7fffn),
  uint32: integer(2, 0n, 0xffff_ffffn),
  int32: integer(2, -0x8000_0000n, 0x7fff_ffffn),
  uint64: integer(4, 0n, 0xffff_ffff_ffff_ffffn),
  int64: integer(4, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn),
  float32: { count: 2, min: 0n, max: 0n, float: true },
  float64: { count: 4, min: 0n, max: 0n, float: true },
};

/** How far a typed value may lie from a step of the scale, in steps: the noise of decimal fractions. */
const STEP_TOLERANCE = 1e-6;
/** Digits that survive `raw * scale` in doubles; more would show 35.300000000000004. */
const DIGITS = 14;

/** Registers that a value of this type takes; 1 for `bool`, on either kind of table. */
export function registerCount(type: PointType): number {
  return LAYOUTS[type].count;
}

/** Exactly what the registers hold. @throws RangeError if their number is not that of the type. */
export function decodeRaw(
  registers: readonly number[],
  type: PointType,
  wordOrder: WordOrder,
): number | bigint {
  const view = viewOf(registers, type, wordOrder);
  switch (type) {
    case "bool":
      return view.getUint16(0) === 0 ? 0 : 1;
    case "uint16":
      return view.getUint16(0);
    case "int16":
      return view.getInt16(0);
    case "uint32":
      return view.getUint32(0);
    case "int32":
      return view.getInt32(0);
    case "uint64":
      return view.getBigUint64(0);
    case "int64":
      return view.getBigInt64(0);
    case "float32":
      return view.getFloat32(0);
    case "float64":
      return view.getFloat64(0);
  }
}

/** The inverse of `decodeRaw`. */
export function encodeRaw(raw: number | bigint, type: PointType, wordOrder: WordOrder): Encoded {
  const { count, min, max, float } = LAYOUTS[type];
  const view = new DataView(new ArrayBuffer(8));
  if (float) {
    if (type === "float32") view.setFloat32(0, Number(raw));
    else view.setFloat64(0, Number(raw));
    return registersOf(view, count, wordOrder);
  }
  if (typeof raw === "number" && !Number.isInteger(raw)) return fault(`${raw} is not whole`);
  const whole = BigInt(raw);
  if (whole < min || whole > max) return fault(`${raw} does not fit ${type} (${min} to ${max})`);
  // As many low bits as the type has, in two's complement, left aligned like the registers.
  view.setBigUint64(0, BigInt.asUintN(64, whole << BigInt(64 - 16 * count)));
  return registersOf(view, count, wordOrder);
}

/** The engineering value. Beyond 2^53 a 64-bit value is the nearest number. NaN stays NaN. */
export function decodeValue(registers: readonly number[], format: PointFormat): number {
  const raw = Number(decodeRaw(registers, format.type, format.wordOrder));
  if (format.scale === 1 && format.offset === 0) return raw;
  return Number((raw * format.scale + format.offset).toPrecision(DIGITS));
}

/**
 * Registers for an engineering value. A value between two steps of the scale is a fault and not
 * rounded: the person shall see what will be written.
 */
export function encodeValue(value: number, format: PointFormat): Encoded {
  if (!Number.isFinite(value)) return fault("not a number");
  const { type, wordOrder, scale, offset } = format;
  const exact = scale === 1 && offset === 0 ? value : (value - offset) / scale;
  if (LAYOUTS[type].float) return encodeFloat(value, exact, type, wordOrder);
  const raw = Math.round(exact);
  if (Math.abs(exact - raw) > STEP_TOLERANCE) return betweenSteps(value, exact, format);
  if (!Number.isSafeInteger(raw)) return fault(`${value} has more digits than can be kept exact`);
  const encoded = encodeRaw(raw, type, wordOrder);
  return encoded.kind === "fault" ? outOfRange(value, format) : encoded;
}

/** Smallest and largest engineering value of an integer or boolean format; undefined for floats. */
export function valueRange(
  format: PointFormat,
): { readonly min: number; readonly max: number } | undefined {
  const { min, max, float } = LAYOUTS[format.type];
  if (float) return undefined;
  const ends = [Number(min), Number(max)].map((raw) => engineering(raw, format));
  return { min: Math.min(...ends), max: Math.max(...ends) };
}

function encodeFloat(value: number, exact: number, type: PointType, wordOrder: WordOrder): Encoded {
  const kept = type === "float32" ? Math.fround(exact) : exact;
  return Number.isFinite(kept)
    ? encodeRaw(exact, type, wordOrder)
    : fault(`${value} is too large for ${type}`);
}

function engineering(raw: number, { scale, offset }: PointFormat): number {
  return Number((raw * scale + offset).toPrecision(DIGITS));
}

function betweenSteps(value: number, exact: number, format: PointFormat): Encoded {
  const below = engineering(Math.floor(exact), format);
  const above = engineering(Math.ceil(exact), format);
  return fault(`${value} cannot be set exactly; the nearest are ${below} and ${above}`);
}

function outOfRange(value: number, format: PointFormat): Encoded {
  const range = valueRange(format);
  return fault(`${value} does not fit ${format.type} (${range?.min} to ${range?.max})`);
}

function viewOf(registers: readonly number[], type: PointType, wordOrder: WordOrder): DataView {
  const { count } = LAYOUTS[type];
  if (registers.length !== count) {
    throw new RangeError(`${type} takes ${count} registers, not ${registers.length}`);
  }
  for (let i = 0; i < count; i += 1) {
    SCRATCH.setUint16(2 * (wordOrder === "big" ? i : count - 1 - i), registers[i] ?? 0);
  }
  return SCRATCH;
}

/** Read in the same turn as it is written: search and player decode millions of values. */
const SCRATCH = new DataView(new ArrayBuffer(8));

function registersOf(view: DataView, count: number, wordOrder: WordOrder): Encoded {
  const registers = Array.from({ length: count }, (_, i) => view.getUint16(2 * i));
  return {
    kind: "registers",
    registers: wordOrder === "big" ? registers : registers.reverse(),
  };
}

function fault(reason: string): Encoded {
  return { kind: "fault", reason };
}
