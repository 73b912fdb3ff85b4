/**
 * What a recording that has no end shows pressed on its screen: its guards are run again, and say
 * what they would have let go of.
 */
import { createHash } from "node:crypto";
import { RfbGuard } from "../../protocols/rfb/guard.ts";
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
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
 * Of a recording that was closed without its session having ended in order, or with a gap before
 * its end, as control writes it for a gateway that was killed.
 * @throws where a part of it cannot be opened
 */
export async function leftDownOf(
  recordings: Pick<Recordings, "get" | "segment">,
  session: string,
): Promise<Left> {
  const recording = await recordings.get(session);
  if (recording?.header.endpoint.protocol !== "vnc") return NOTHING;
  const { header, segments, counts, endedMs, state } = recording;
  if (state !== "aborted" && state !== "gap") return NOTHING;
  // Who pressed nothing left nothing, however long the recording is.
  if (counts.changed === 0 && !header.leftDown) return NOTHING;
  const again = new Again(header);
  for (const { number } of segments) {
    const plain = await recordings.segment(session, number);
    const read = plain && readSegment(plain);
    if (read?.kind !== "segment") throw new Error(`its part ${number} cannot be read`);
    for (const record of read.records) again.push(record);
  }
  const { unknown: reason, down } = again;
  if (reason !== undefined) return { kind: "unknown", header, reason };
  return down.length > 0 ? { kind: "down", header, endedMs, down } : NOTHING;
}

/** The guards of a screen's tape, up to a gap. */
class Again {
  private readonly guards: RfbGuard[] = [];
  private readonly tape: TapeRerun;
  private hasGap = false;
  private goesOn = false;

  constructor(header: Header) {
    this.tape = new TapeRerun({
      guardOf: () => {
        const guard = newGuard({ protocol: "vnc" }, header);
        if (guard instanceof RfbGuard) this.guards.push(guard);
        return guard;
      },
      newHash,
    });
  }

  /** Why it cannot be told what was left. */
  get unknown(): string | undefined {
    return this.goesOn ? "a part of it is missing" : this.tape.result.difference?.what;
  }

  get down(): readonly LeftDown[] {
    return this.guards.flatMap(({ leftDown }) => leftDown ?? []);
  }

  push(record: TapeRecord): void {
    this.hasGap ||= record.kind === "gap";
    if (!this.hasGap) this.tape.push(record);
    else this.goesOn ||= "channel" in record;
  }
}

function newHash() {
  const hash = createHash("sha256");
  return {
    add: (bytes: Uint8Array) => void hash.update(bytes),
    digest: () => hash.copy().digest("hex"),
  };
}
