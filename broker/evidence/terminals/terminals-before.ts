/** The terminals of a recording as they stood at a moment. */
import { decodeTerminalFrame } from "../../../protocols/ssh/terminal-frame.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import { partsBefore } from "../parts-before.ts";
import type { Recording, Recordings } from "../recordings.ts";
import { TerminalCourse } from "./terminal-course.ts";

/**
 * A key frame, of before the first record at or after `atMs` in the segment of this number.
 * @returns undefined where none is near, or too much was open
 */
export async function terminalsBefore(
  recordings: Pick<Recordings, "segment" | "frame">,
  recording: Recording,
  number: number,
  atMs: number,
): Promise<Uint8Array | undefined> {
  const before = await partsBefore(recordings, recording, number, decodeTerminalFrame);
  if (!before) return undefined;
  const course = new TerminalCourse(before.state);
  try {
    for (const part of before.parts) {
      const records = readSegment(part).records.filter(({ wallMs }) => wallMs < atMs);
      await course.follow(records);
    }
    return course.overdrawn ? undefined : await course.frame();
  } finally {
    course.close();
  }
}
