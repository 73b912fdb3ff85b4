/** A leaf of the site log: an event in canonical JSON (RFC 8785), with its kind and its time. */
import { canonicalJson, type JsonValue } from "../../../protocols/log/canonical-json.ts";
import { LEAF_BYTES_MAX } from "./limits.ts";

export interface LogEvent {
  /** For example `session.open`. */
  readonly kind: string;
  readonly [name: string]: JsonValue | undefined;
}

/** @throws RangeError if the event is too long, or cannot be said in JSON */
export function leafOf(event: LogEvent, atMs: number): Uint8Array {
  const entry = Buffer.from(canonicalJson({ ...event, atMs }));
  if (entry.length > LEAF_BYTES_MAX) {
    throw new RangeError(`an event of ${entry.length} bytes is too long for the site log`);
  }
  return entry;
}
