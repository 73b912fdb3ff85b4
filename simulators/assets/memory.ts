/** The memory image of a simulated PLC: four tables, and the coding of numbers in registers. */
import type { Coding } from "./register-map.ts";

const TABLE_LENGTH = 200;

export class Memory {
  readonly coils = new Uint8Array(TABLE_LENGTH);
  readonly discretes = new Uint8Array(TABLE_LENGTH);
  readonly inputs = new Uint16Array(TABLE_LENGTH);
  readonly holdings = new Uint16Array(TABLE_LENGTH);
}

export function writeNumber(
  table: Uint16Array,
  address: number,
  coding: Coding,
  value: number,
): void {
  const words = wordsOf(coding, value);
  table.set(words, address);
}

export function readNumber(table: Uint16Array, address: number, coding: Coding): number {
  const first = table[address] ?? 0;
  const second = table[address + 1] ?? 0;
  const view = new DataView(new ArrayBuffer(4));
  const lowFirst = coding === "int32-low-first";
  view.setUint16(0, lowFirst ? second : first);
  view.setUint16(2, lowFirst ? first : second);
  switch (coding) {
    case "uint16":
      return first;
    case "int16":
      return view.getInt16(0);
    case "uint32":
      return view.getUint32(0);
    case "int32-low-first":
      return view.getInt32(0);
    case "float32":
      return view.getFloat32(0);
  }
}

function wordsOf(coding: Coding, value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  switch (coding) {
    case "uint16":
      return [clampWord(value)];
    case "int16":
      view.setInt16(0, Math.round(value));
      return [view.getUint16(0)];
    case "uint32":
      view.setUint32(0, Math.round(value));
      return [view.getUint16(0), view.getUint16(2)];
    case "int32-low-first":
      view.setInt32(0, Math.round(value));
      return [view.getUint16(2), view.getUint16(0)];
    case "float32":
      view.setFloat32(0, value);
      return [view.getUint16(0), view.getUint16(2)];
  }
}

function clampWord(value: number): number {
  return Math.min(0xffff, Math.max(0, Math.round(value)));
}
