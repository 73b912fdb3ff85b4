/** A screen as it stood at a moment of its recording. */
import { decodeScreenFrame, type ScreenMoment } from "../../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../../protocols/rfb/screen-player.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Recording, Recordings } from "../recordings.ts";
import { inflatePiece } from "./inflate-piece.ts";

/** Segments that are drawn to come there: a busy screen has a key frame every few. */
const SEGMENTS_MAX = 8;
/** Pixels drawn on the way; more would keep others waiting. */
const WORK_MAX = 268_435_456;

/**
 * Before the first record at or after `atMs`, in the segment of this number.
 * @returns undefined where no key frame is near, or too much was drawn since
 */
export async function screenBefore(
  recordings: Pick<Recordings, "segment" | "frame">,
  { header: { session }, segments }: Recording,
  number: number,
  atMs: number,
): Promise<ScreenMoment | undefined> {
  const last = segments.findIndex((segment) => segment.number === number);
  const parts: Uint8Array[] = [];
  let begin: ScreenMoment | undefined;
  for (let at = last; at >= 0 && !begin; at -= 1) {
    const of = segments[at]?.number ?? 0;
    const plain = parts.length < SEGMENTS_MAX ? await recordings.segment(session, of) : undefined;
    if (!plain) return undefined;
    parts.unshift(plain);
    const frame = at > 0 ? await recordings.frame(session, of) : undefined;
    begin = frame && decodeScreenFrame(frame);
  }
  const history = begin ? ScreenHistory.from(begin.history) : new ScreenHistory();
  const player = begin
    ? ScreenPlayer.from(begin.screen, inflatePiece)
    : new ScreenPlayer(inflatePiece);
  player.workMax = player.work + WORK_MAX;
  for (const record of parts.flatMap((part) => readSegment(part).records)) {
    if (record.wallMs >= atMs) break;
    for (const event of history.push(record)) player.show(event);
  }
  return player.work > player.workMax
    ? undefined
    : { history: history.state, screen: player.state };
}
