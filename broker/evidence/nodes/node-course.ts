/** What is known of the nodes of one OPC UA session through its recording, segment by segment. */
import { OpcUaHistory } from "../../../protocols/opcua/history.ts";
import { encodeHistoryFrame, type HistoryState } from "../../../protocols/opcua/history-frame.ts";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";

/** Decoded at a time: what is made of so much is garbage before it would have to be kept. */
const PIECE = 65_536;

export class NodeCourse {
  readonly overdrawn = false;
  /** A player has every part told by the frame that it begins with. */
  readonly segmentsApart = 1;
  /** Memory for it beside a picture's: next to nothing. */
  readonly held = 0;
  private readonly history: OpcUaHistory;

  constructor(state?: HistoryState) {
    this.history = OpcUaHistory.following(state);
  }

  /** @param plain the next segment, whole */
  async push(plain: Uint8Array): Promise<void> {
    const decoder = new TapeDecoder();
    for (let at = 0; at < plain.length; at += PIECE) {
      for (const record of decoder.push(plain.subarray(at, at + PIECE)).records) {
        this.history.push(record);
      }
    }
  }

  /** As it stands, for the segment that begins now. */
  frame(): Uint8Array {
    return encodeHistoryFrame(this.history.state);
  }

  /** No frame rests on another. */
  notKept(): void {}

  close(): void {}
}
