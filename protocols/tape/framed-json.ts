/** What key frames kept as JSON are read with: nothing that they say is believed unseen. */
import { readUtf8 } from "./utf8.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Undefined if it is no JSON. */
export function parsedFrame(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(readUtf8(bytes, 0, bytes.length) ?? "");
  } catch {
    return undefined;
  }
}

/** Undefined if it is anything else than digits of whole bytes. */
export function fromHex(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, n) =>
    Number.parseInt(text.slice(2 * n, 2 * n + 2), 16),
  );
}
