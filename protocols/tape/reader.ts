/** Reads a whole segment, or as much of one as there is. */
import { TapeDecoder } from "./decoder.ts";
import type { Header, TapeRecord } from "./record.ts";

export type SegmentRead =
  /** `whole` is false when the bytes end within a record: more of it was not there. */
  | {
      readonly kind: "segment";
      readonly header: Header;
      readonly records: readonly TapeRecord[];
      readonly whole: boolean;
    }
  /** Broken at some place; what stood before it is given. */
  | {
      readonly kind: "malformed";
      readonly reason: string;
      readonly header?: Header;
      readonly records: readonly TapeRecord[];
    };

export function readSegment(bytes: Uint8Array): SegmentRead {
  const decoder = new TapeDecoder();
  const decoded = decoder.push(bytes);
  const header = decoder.header;
  if (decoded.kind === "malformed") {
    const { reason, records } = decoded;
    return { kind: "malformed", reason, records, ...(header === undefined ? {} : { header }) };
  }
  if (header === undefined) {
    return { kind: "malformed", reason: "ends before its header", records: [] };
  }
  return { kind: "segment", header, records: decoded.records, whole: decoder.pending === 0 };
}
