/**
 * What a recording that has no end shows pressed on its screen: its guards are run again, and say
 * what they would have let go of.
 */
import { createHash } from "node:crypto";
import { RfbGuard } from "../../protocols/rfb/guard.ts";
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TapeRerun } from "../../protocols/tape/rerun.ts";
import type { Recordings } from "../evidence/recordings.ts";
import { newGuard } from "./protocol-road.ts";

export type Left =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "down";
      readonly header: Header;
      readonly endedMs: number;
      readonly down: readonly LeftDown[];
    }
  /** In words: it cannot be told. */
  | { readonly kind: "unknown"; readonly header: Header; readonly reason: string };

const NOTHING: Left = { kind: "nothing" };

/**
 * Of a recording that was closed without its session having ended in order.
 * @throws where a part of it cannot be opened
 */
export async function leftDownOf(
  recordings: Pick<Recordings, "get" | "segment">,
  session: string,
): Promise<Left> {
  const recording = await recordings.get(session);
  if (recording?.header.endpoint.protocol !== "vnc" || recording.state !== "aborted")
    return NOTHING;
  const { header, segments, counts, endedMs } = recording;
  // Who pressed nothing left nothing, however long the recording is.
  if (counts.changed === 0 && !header.leftDown) return NOTHING;
  const guards: RfbGuard[] = [];
  const tape = new TapeRerun({
    guardOf: () => {
      const guard = newGuard({ protocol: "vnc" }, header);
      if (guard instanceof RfbGuard) guards.push(guard);
      return guard;
    },
    newHash,
  });
  let hasGap = false;
  for (const { number } of segments) {
    const plain = await recordings.segment(session, number);
    const read = plain && readSegment(plain);
    if (read?.kind !== "segment") throw new Error(`its part ${number} cannot be read`);
    for (const record of read.records) {
      hasGap ||= record.kind === "gap";
      tape.push(record);
    }
  }
  const { difference } = tape.result;
  const reason = hasGap ? "a part of it is missing" : difference?.what;
  if (reason !== undefined) return { kind: "unknown", header, reason };
  const down = guards.flatMap(({ leftDown }) => leftDown ?? []);
  return down.length > 0 ? { kind: "down", header, endedMs, down } : NOTHING;
}

function newHash() {
  const hash = createHash("sha256");
  return {
    add: (bytes: Uint8Array) => void hash.update(bytes),
    digest: () => hash.copy().digest("hex"),
  };
}
