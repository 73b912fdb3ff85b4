/** Operations as people and probes ask for them; the function code follows from what is asked. */
import { readOf, writeOf } from "./decode-points.ts";
import type { ReadOperation, Table, WriteOperation } from "./operation.ts";

const READ_FUNCTIONS: { readonly [table in Table]: number } = {
  coils: 1,
  "discrete-inputs": 2,
  "holding-registers": 3,
  "input-registers": 4,
};

/** @param count see `READ_BITS_MAX` and `READ_REGISTERS_MAX` in `decode-points.ts` */
export function readPoints(
  unit: number,
  table: Table,
  address: number,
  count: number,
): ReadOperation {
  return readOf(unit, READ_FUNCTIONS[table], table, address, count);
}

/** One value is written by function 5 or 6, several by 15 or 16. */
export function writePoints(
  unit: number,
  table: WriteOperation["table"],
  address: number,
  values: readonly number[],
): WriteOperation {
  const single = values.length === 1;
  const code = table === "coils" ? (single ? 5 : 15) : single ? 6 : 16;
  return writeOf(unit, code, table, address, values);
}
