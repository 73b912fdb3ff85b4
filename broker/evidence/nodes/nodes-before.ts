/** What was known of the nodes of a recording at a moment, and nothing that was read before it. */
import { OpcUaHistory } from "../../../protocols/opcua/history.ts";
import {
  decodeHistoryFrame,
  encodeHistoryFrame,
  type HistoryState,
} from "../../../protocols/opcua/history-frame.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import { partsBefore } from "../parts-before.ts";
import type { Recording, Recordings } from "../recordings.ts";

/**
 * A key frame, of before the first record at or after `atMs` in the segment of this number: which
 * nodes subscriptions deliver. Values and deeds of before are none of whom it is shown to.
 * @returns undefined where none is near
 */
export async function nodesBefore(
  recordings: Pick<Recordings, "segment" | "frame">,
  recording: Recording,
  number: number,
  atMs: number,
): Promise<Uint8Array | undefined> {
  const before = await partsBefore(recordings, recording, number, decodeHistoryFrame);
  if (!before) return undefined;
  const history = before.state ? OpcUaHistory.from(before.state) : new OpcUaHistory();
  for (const record of before.parts.flatMap((part) => readSegment(part).records)) {
    if (record.wallMs < atMs) history.push(record);
  }
  return encodeHistoryFrame(namesAlone(history.state));
}

function namesAlone({ channels, shown }: HistoryState): HistoryState {
  const known = channels.map((channel) => ({ ...channel, awaited: [] }));
  const watched = new Set(known.flatMap(({ monitored }) => monitored.map(([, { node }]) => node)));
  return { channels: known, last: [], shown: shown.filter(([node]) => watched.has(node)) };
}
