/** Requests for coils, inputs and registers: functions 1–6, 15, 16, 22, 23. */
import { EXCEPTION } from "./exception.ts";
import { Malformed } from "./malformed.ts";
import type {
  MaskOperation,
  ModbusOperation,
  ReadOperation,
  Table,
  WriteOperation,
} from "./operation.ts";
import { readKey } from "./operation-key.ts";
import { bitsAt, byteAt, paddingIsZero, wordAt, wordsAt } from "./words.ts";

/** Quantity limits of the standard (6.1, 6.3, 6.11, 6.12, 6.17): what fits into one PDU. */
export const READ_BITS_MAX = 2000;
export const READ_REGISTERS_MAX = 125;
export const WRITE_COILS_MAX = 1968;
export const WRITE_REGISTERS_MAX = 123;
export const READ_WRITE_WRITTEN_MAX = 121;
/** Addresses are 16 bit; a range may not run over the last one. */
export const ADDRESSES = 65_536;
export const COIL_ON = 0xff00;

const TABLES: readonly Table[] = [
  "coils",
  "discrete-inputs",
  "holding-registers",
  "input-registers",
];

export const WRONG_LENGTH = new Malformed(
  EXCEPTION.illegalValue,
  "the length is not that of its function",
);
const WRONG_BYTE_COUNT = new Malformed(
  EXCEPTION.illegalValue,
  "quantity, byte count and length disagree",
);
const WRONG_QUANTITY = new Malformed(EXCEPTION.illegalValue, "the quantity is outside the limits");
const WRAPS = new Malformed(EXCEPTION.illegalAddress, "the range runs over address 65535");
const WRONG_COIL = new Malformed(EXCEPTION.illegalValue, "a coil is written 0000 or FF00 only");
const WRONG_PADDING = new Malformed(EXCEPTION.illegalValue, "bits after the last coil are not 0");

export function decodeRead(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly [ReadOperation] | Malformed {
  if (end - start !== 5) return WRONG_LENGTH;
  const code = byteAt(bytes, start);
  const address = wordAt(bytes, start + 1);
  const count = wordAt(bytes, start + 3);
  const fault = rangeFault(address, count, code < 3 ? READ_BITS_MAX : READ_REGISTERS_MAX);
  return fault ?? oneRead(unit, code, address, count);
}

/**
 * Reads that were asked for lately: a poll asks for the same again, and gets the very same value.
 * What follows can then tell by identity that it has seen it before.
 */
const READS_KEPT = 1024;
const reads: (readonly [ReadOperation] | undefined)[] = new Array(READS_KEPT).fill(undefined);

function oneRead(
  unit: number,
  code: number,
  address: number,
  count: number,
): readonly [ReadOperation] {
  const place = (address * 5 + count * 67 + unit * 11 + code) & (READS_KEPT - 1);
  const known = reads[place];
  if (known !== undefined) {
    const [one] = known;
    const isSame =
      one.address === address && one.count === count && one.unit === unit && one.function === code;
    if (isSame) return known;
  }
  const fresh = [readOf(unit, code, TABLES[code - 1] ?? "coils", address, count)] as const;
  reads[place] = fresh;
  return fresh;
}

export function decodeWriteCoil(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [WriteOperation] | Malformed {
  if (end - start !== 5) return WRONG_LENGTH;
  const value = wordAt(bytes, start + 3);
  if (value !== 0 && value !== COIL_ON) return WRONG_COIL;
  return [writeOf(unit, 5, "coils", wordAt(bytes, start + 1), [value === 0 ? 0 : 1])];
}

export function decodeWriteRegister(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [WriteOperation] | Malformed {
  if (end - start !== 5) return WRONG_LENGTH;
  const values = [wordAt(bytes, start + 3)];
  return [writeOf(unit, 6, "holding-registers", wordAt(bytes, start + 1), values)];
}

export function decodeWriteCoils(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [WriteOperation] | Malformed {
  if (end - start < 6) return WRONG_LENGTH;
  const address = wordAt(bytes, start + 1);
  const count = wordAt(bytes, start + 3);
  const fault = rangeFault(address, count, WRITE_COILS_MAX);
  if (fault) return fault;
  const byteCount = (count + 7) >> 3;
  if (byteAt(bytes, start + 5) !== byteCount || end - start !== 6 + byteCount) {
    return WRONG_BYTE_COUNT;
  }
  if (!paddingIsZero(bytes, start + 6, count)) return WRONG_PADDING;
  return [writeOf(unit, 15, "coils", address, bitsAt(bytes, start + 6, count))];
}

export function decodeWriteRegisters(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [WriteOperation] | Malformed {
  if (end - start < 6) return WRONG_LENGTH;
  const address = wordAt(bytes, start + 1);
  const count = wordAt(bytes, start + 3);
  const fault = rangeFault(address, count, WRITE_REGISTERS_MAX);
  if (fault) return fault;
  if (byteAt(bytes, start + 5) !== 2 * count || end - start !== 6 + 2 * count) {
    return WRONG_BYTE_COUNT;
  }
  return [writeOf(unit, 16, "holding-registers", address, wordsAt(bytes, start + 6, count))];
}

export function decodeMask(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [MaskOperation] | Malformed {
  if (end - start !== 7) return WRONG_LENGTH;
  return [
    {
      action: "modbus:mask",
      class: "operate",
      unit,
      function: 22,
      table: "holding-registers",
      address: wordAt(bytes, start + 1),
      and: wordAt(bytes, start + 3),
      or: wordAt(bytes, start + 5),
    },
  ];
}

/** Function 23: the device writes first, then reads. */
export function decodeReadWrite(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly ModbusOperation[] | Malformed {
  if (end - start < 10) return WRONG_LENGTH;
  const from = wordAt(bytes, start + 1);
  const wanted = wordAt(bytes, start + 3);
  const address = wordAt(bytes, start + 5);
  const count = wordAt(bytes, start + 7);
  const fault =
    rangeFault(from, wanted, READ_REGISTERS_MAX) ??
    rangeFault(address, count, READ_WRITE_WRITTEN_MAX);
  if (fault) return fault;
  if (byteAt(bytes, start + 9) !== 2 * count || end - start !== 10 + 2 * count) {
    return WRONG_BYTE_COUNT;
  }
  return [
    writeOf(unit, 23, "holding-registers", address, wordsAt(bytes, start + 10, count)),
    readOf(unit, 23, "holding-registers", from, wanted),
  ];
}

function rangeFault(address: number, count: number, countMax: number): Malformed | undefined {
  if (count < 1 || count > countMax) return WRONG_QUANTITY;
  return address + count > ADDRESSES ? WRAPS : undefined;
}

export function readOf(
  unit: number,
  code: number,
  table: Table,
  address: number,
  count: number,
): ReadOperation {
  return {
    action: "modbus:read",
    class: "observe",
    unit,
    function: code,
    table,
    address,
    count,
    key: readKey(unit, code, address, count),
  };
}

export function writeOf(
  unit: number,
  code: number,
  table: WriteOperation["table"],
  address: number,
  values: readonly number[],
): WriteOperation {
  return {
    action: "modbus:write",
    class: "operate",
    unit,
    function: code,
    table,
    address,
    values,
  };
}
