/** All records of a recording in order, one segment in memory at a time. */
import { setImmediate } from "node:timers/promises";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import type { Recording, Recordings } from "./recordings.ts";

/** Records between two pauses: whoever reads a long recording must not hold up the sessions. */
const RECORDS_A_TURN = 200;

/** Throws if a segment is gone or cannot be read: an export must not end early in silence. */
export async function* recordsOf(
  recordings: Pick<Recordings, "segment">,
  { header, segments }: Pick<Recording, "header" | "segments">,
): AsyncGenerator<readonly TapeRecord[]> {
  for (const { number } of segments) {
    const bytes = await recordings.segment(header.session, number);
    if (bytes === undefined) throw new Error(`segment ${number} of ${header.session} is gone`);
    const read = readSegment(bytes);
    if (read.kind === "malformed") {
      throw new Error(`segment ${number} of ${header.session} cannot be read: ${read.reason}`);
    }
    for (let at = 0; at < read.records.length; at += RECORDS_A_TURN) {
      yield read.records.slice(at, at + RECORDS_A_TURN);
      await setImmediate();
    }
  }
}
