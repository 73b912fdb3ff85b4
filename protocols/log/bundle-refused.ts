/** A fault found in a bundle; ends the check, since what follows would rest on it. */
import { readUtf8 } from "../tape/utf8.ts";
import type { JsonValue } from "./canonical-json.ts";

export class BundleRefused {
  readonly fault: string;
  constructor(fault: string) {
    this.fault = fault;
  }
}

export type JsonObject = { readonly [name: string]: JsonValue | undefined };

/** @param name of the file, for the fault */
export function textOf(bytes: Uint8Array, name: string): string {
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) throw new BundleRefused(`${name} is not text`);
  return text;
}

export function jsonOf(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
