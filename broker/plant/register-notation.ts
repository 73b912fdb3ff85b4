/**
 * The numbers on PLC drawings: `40012` (or `400012`) is the 12th holding register, protocol
 * address 11. The first digit names the table; Modbus Application Protocol V1.1b3, 4.4, leaves the
 * notation to vendors, this is the customary one.
 */
import type { Table } from "../../protocols/modbus/operation.ts";

/** Protocol addresses are 16 bit. */
export const ADDRESS_MAX = 65_535;

export interface TableAddress {
  readonly table: Table;
  readonly address: number;
}

const TABLE_OF_DIGIT: Readonly<Record<string, Table>> = {
  "0": "coils",
  "1": "discrete-inputs",
  "3": "input-registers",
  "4": "holding-registers",
};

/** Undefined where the text is no register in 5- or 6-digit notation. */
export function parseRegister(text: string): TableAddress | undefined {
  if (!/^[0134](?:\d{4}|\d{5})$/.test(text)) return undefined;
  const table = TABLE_OF_DIGIT[text.slice(0, 1)];
  const address = Number(text.slice(1)) - 1;
  if (table === undefined || address < 0 || address > ADDRESS_MAX) return undefined;
  return { table, address };
}
