/** What an inspected reply says, item by item, for clients, history and search. */
import type { ModbusOperation } from "./operation.ts";
import { isException, replyFault } from "./reply.ts";
import type { Items } from "./request.ts";
import { bitsAt, byteAt, wordAt, wordsAt } from "./words.ts";

export type Reply =
  | { readonly kind: "exception"; readonly code: number }
  | {
      readonly kind: "answer";
      /**
       * One list per item of the request. Reads: coils 0 or 1, registers 0–65535. Writes: empty.
       * Diagnostics: words. Device reports (7, 11, 12, 17) and unknown functions: bytes.
       */
      readonly values: readonly (readonly number[])[];
      /** Function 43/14 only. */
      readonly identity?: DeviceIdentity;
    }
  | { readonly kind: "mismatch"; readonly reason: string };

/** 6.21. `next` is the object to ask for next where `more` is true. */
export interface DeviceIdentity {
  readonly conformity: number;
  readonly more: boolean;
  readonly next: number;
  readonly objects: readonly { readonly id: number; readonly value: string }[];
}

/** Checks and reads the PDU `bytes[start]` to `bytes[end - 1]` as the answer to these items. */
export function decodeReply(items: Items, bytes: Uint8Array, start: number, end: number): Reply {
  const reason = replyFault(items, bytes, start, end);
  if (reason !== undefined) return { kind: "mismatch", reason };
  if (isException(bytes, start)) return { kind: "exception", code: byteAt(bytes, start + 1) };
  const values = valuesOf(items, bytes, start, end);
  const [first] = items;
  return first?.action === "modbus:identify" && first.function === 43
    ? { kind: "answer", values, identity: identityOf(bytes, start) }
    : { kind: "answer", values };
}

function valuesOf(items: Items, bytes: Uint8Array, start: number, end: number): number[][] {
  let at = start + 2;
  return items.map((item) => {
    if (item.action !== "modbus:file-read") return itemValues(item, bytes, start, end);
    const values = wordsAt(bytes, at + 2, item.count);
    at += 2 + 2 * item.count;
    return values;
  });
}

function itemValues(
  item: ModbusOperation,
  bytes: Uint8Array,
  start: number,
  end: number,
): number[] {
  switch (item.action) {
    case "modbus:read":
      return item.function < 3
        ? bitsAt(bytes, start + 2, item.count)
        : wordsAt(bytes, start + 2, item.count);
    case "modbus:fifo-read":
      return wordsAt(bytes, start + 5, wordAt(bytes, start + 3));
    case "modbus:diagnostic":
      return wordsAt(bytes, start + 3, (end - start - 3) >> 1);
    case "modbus:identify":
    case "modbus:other":
      return [...bytes.subarray(start + 1, end)];
    default:
      return [];
  }
}

function identityOf(bytes: Uint8Array, start: number): DeviceIdentity {
  const objects: { id: number; value: string }[] = [];
  let at = start + 7;
  for (let left = byteAt(bytes, start + 6); left > 0; left--) {
    const length = byteAt(bytes, at + 1);
    objects.push({ id: byteAt(bytes, at), value: text(bytes.subarray(at + 2, at + 2 + length)) });
    at += 2 + length;
  }
  return {
    conformity: byteAt(bytes, start + 3),
    more: byteAt(bytes, start + 4) !== 0,
    next: byteAt(bytes, start + 5),
    objects,
  };
}

/** The standard says ASCII; what is not printable shows as `.`. */
function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
}
