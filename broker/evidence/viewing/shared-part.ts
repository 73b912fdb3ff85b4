/**
 * The part of a recording that a link shows. Nothing outside of it leaves the broker: a segment
 * that reaches over an end is taken apart and only the records inside are encoded again.
 */

import { encodeScreenFrame } from "../../../protocols/rfb/screen-frame.ts";
import { ByteWriter } from "../../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../../protocols/tape/encoder.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import { parseFrame } from "../key-frame.ts";
import { nodesBefore } from "../nodes/nodes-before.ts";
import type { Recording, Recordings, SegmentEntry } from "../recordings.ts";
import { screenBefore } from "../screens/screen-before.ts";
import type { Span } from "./looks.ts";

export interface SharedPart {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly segments: readonly SegmentEntry[];
}

/** @param range null: all of it */
export function sharedPart(recording: Recording, range: Span | null): SharedPart {
  const { startedMs, endedMs, segments } = recording;
  if (range === null) return { fromMs: startedMs, untilMs: endedMs, segments };
  return {
    fromMs: Math.max(startedMs, range.fromMs),
    untilMs: Math.min(endedMs, range.untilMs),
    segments: segments.filter((one) => overlaps(one, range)).map((one) => within(one, range)),
  };
}

/** Undefined if there is no such segment, or none of it may be seen. */
export async function sharedSegment(
  recordings: Pick<Recordings, "segment">,
  recording: Recording,
  number: number,
  range: Span | null,
): Promise<Uint8Array | undefined> {
  const entry = recording.segments.find((one) => one.number === number);
  if (entry === undefined || (range && !overlaps(entry, range))) return undefined;
  const bytes = await recordings.segment(recording.header.session, number);
  if (bytes === undefined || range === null || lies(entry, range)) return bytes;
  const read = readSegment(bytes);
  const out = new ByteWriter(bytes.length);
  const encoder = new TapeEncoder(out);
  encoder.begin(recording.header);
  for (const record of read.records) {
    if (record.wallMs < range.fromMs || record.wallMs > range.untilMs) continue;
    encoder.append(record.sequence, record.wallMs, record.monotonicMs, record);
  }
  return out.take();
}

/**
 * What the registers held when it began, as far as that was read within the range; of a screen
 * and of terminals, what they showed when it began, or when the range did.
 */
export async function sharedFrame(
  recordings: Pick<Recordings, "segment" | "frame">,
  recording: Recording,
  number: number,
  range: Span | null,
): Promise<Uint8Array | undefined> {
  const entry = recording.segments.find((one) => one.number === number);
  if (entry === undefined || (range && !overlaps(entry, range))) return undefined;
  const frame = await recordings.frame(recording.header.session, number);
  if (range === null) return frame;
  if (recording.header.endpoint.protocol === "vnc") {
    if (entry.firstMs >= range.fromMs) return frame;
    const moment = await screenBefore(recordings, recording, number, range.fromMs);
    return moment && encodeScreenFrame(moment).bytes;
  }
  if (recording.header.endpoint.protocol === "ssh") {
    const isInside = entry.firstMs >= range.fromMs;
    // Of parts without one a player goes on from what it saw before: of the first that is nothing.
    if (isInside && (frame || number === 0 || !isFirst(entry, recording, range))) return frame;
    const atMs = Math.max(entry.firstMs, range.fromMs);
    const { terminalsBefore } = await import("../terminals/terminals-before.ts");
    return terminalsBefore(recordings, recording, number, atMs);
  }
  if (recording.header.endpoint.protocol === "opcua") {
    return nodesBefore(recordings, recording, number, Math.max(entry.firstMs, range.fromMs));
  }
  if (frame === undefined) return undefined;
  const points = (parseFrame(frame) ?? [])
    .filter(({ wallMs }) => wallMs >= range.fromMs && wallMs <= range.untilMs)
    .map(({ unit, table, address, value, wallMs, sequence }) => [
      ...[unit, table, address, value, wallMs, sequence],
    ]);
  return new TextEncoder().encode(JSON.stringify({ version: 1, points }));
}

function isFirst({ number }: SegmentEntry, { segments }: Recording, range: Span): boolean {
  return !segments.some((one) => one.number < number && overlaps(one, range));
}

function overlaps({ firstMs, lastMs }: SegmentEntry, { fromMs, untilMs }: Span): boolean {
  return firstMs <= untilMs && lastMs >= fromMs;
}

/** The last time of an open segment grows: what is read of it is always looked at. */
function lies({ firstMs, lastMs, sha256 }: SegmentEntry, { fromMs, untilMs }: Span): boolean {
  return sha256 !== "" && firstMs >= fromMs && lastMs <= untilMs;
}

function within(entry: SegmentEntry, { fromMs, untilMs }: Span): SegmentEntry {
  return {
    ...entry,
    firstMs: Math.max(entry.firstMs, fromMs),
    lastMs: Math.min(entry.lastMs, untilMs),
    marks: entry.marks.filter(({ wallMs }) => wallMs >= fromMs && wallMs <= untilMs),
  };
}
