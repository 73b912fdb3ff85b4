/** What was known of the nodes of a recording at a moment, and nothing that was read before it. */
import { OpcUaHistory } from "../../../protocols/opcua/history.ts";
import {
  decodeHistoryFrame,
  encodeHistoryFrame,
  type HistoryState,
} from "../../../protocols/opcua/history-frame.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Recording, Recordings } from "../recordings.ts";

/** Segments that are read to come there; each has a key frame. */
const SEGMENTS_MAX = 8;

/**
 * A key frame, of before the first record at or after `atMs` in the segment of this number: which
 * nodes subscriptions deliver. Values and deeds of before are none of whom it is shown to.
 * @returns undefined where none is near
 */
export async function nodesBefore(
  recordings: Pick<Recordings, "segment" | "frame">,
  { header: { session }, segments }: Recording,
  number: number,
  atMs: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let history: OpcUaHistory | undefined;
  for (let at = number; !history; at -= 1) {
    if (at < 0 || parts.length >= SEGMENTS_MAX) return undefined;
    const plain = await recordings.segment(session, at);
    if (!plain || !segments.some((segment) => segment.number === at)) return undefined;
    parts.unshift(plain);
    const frame = at > 0 ? await recordings.frame(session, at) : undefined;
    const state = frame && decodeHistoryFrame(frame);
    if (state) history = OpcUaHistory.from(state);
    else if (at === 0) history = new OpcUaHistory();
  }
  for (const record of parts.flatMap((part) => readSegment(part).records)) {
    if (record.wallMs < atMs) history.push(record);
  }
  return encodeHistoryFrame(namesAlone(history.state));
}

function namesAlone({ channels, shown }: HistoryState): HistoryState {
  const known = channels.map((channel) => ({ ...channel, awaited: [] }));
  const watched = new Set(known.flatMap(({ monitored }) => monitored.map(([, { node }]) => node)));
  return { channels: known, last: [], shown: shown.filter(([node]) => watched.has(node)) };
}
