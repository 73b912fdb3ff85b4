/** The terminals of a recording as they stood at a moment. */
import { decodeTerminalFrame } from "../../../protocols/ssh/terminal-frame.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Recording, Recordings } from "../recordings.ts";
import { TerminalCourse } from "./terminal-course.ts";

/** Segments that are shown to come there; each has a key frame. */
const SEGMENTS_MAX = 8;

/**
 * A key frame, of before the first record at or after `atMs` in the segment of this number.
 * @returns undefined where none is near, or too much was open
 */
export async function terminalsBefore(
  recordings: Pick<Recordings, "segment" | "frame">,
  { header: { session }, segments }: Recording,
  number: number,
  atMs: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let begin: TerminalCourse | undefined;
  for (let at = number; !begin; at -= 1) {
    if (at < 0 || parts.length >= SEGMENTS_MAX) return undefined;
    const plain = await recordings.segment(session, at);
    if (!plain || !segments.some((segment) => segment.number === at)) return undefined;
    parts.unshift(plain);
    const frame = at > 0 ? await recordings.frame(session, at) : undefined;
    const moment = frame && decodeTerminalFrame(frame);
    if (moment || at === 0) begin = new TerminalCourse(moment);
  }
  try {
    for (const part of parts) {
      const records = readSegment(part).records.filter(({ wallMs }) => wallMs < atMs);
      await begin.follow(records);
    }
    return begin.overdrawn ? undefined : begin.frame();
  } finally {
    begin.close();
  }
}
