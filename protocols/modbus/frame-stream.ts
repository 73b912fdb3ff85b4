/**
 * Cuts recorded bytes of one side into frames. A recording may be opened in the middle of a
 * frame: until the stream is known to be aligned, a piece that does not begin with a whole frame
 * is skipped. Once aligned, what cannot be framed ends it, as it ended the channel.
 */
import { Inbox } from "../inbox.ts";
import { frameLength } from "./frame.ts";

/** Above what a guard lets wait: its recordings never fill this. */
const INBOX_MAX = 1_048_576;

export class FrameStream {
  private readonly inbox = new Inbox(INBOX_MAX);
  private aligned: boolean;
  private broken = false;

  constructor(aligned: boolean) {
    this.aligned = aligned;
  }

  /** Calls with each whole frame: `bytes[start]` to `bytes[end - 1]`, valid during the call. */
  push(bytes: Uint8Array, take: (bytes: Uint8Array, start: number, end: number) => void): void {
    if (this.broken) return;
    if (!this.aligned) this.aligned = beginsWithFrames(bytes);
    if (!this.aligned) return;
    this.broken = !this.inbox.push(bytes);
    while (!this.broken && this.inbox.length > 0) {
      const { bytes: held, start, end } = this.inbox.view;
      const length = frameLength(held, start, end);
      if (length === 0) return;
      this.broken = length < 0;
      if (length < 0) return;
      take(held, start, start + length);
      this.inbox.skip(length);
    }
  }
}

function beginsWithFrames(bytes: Uint8Array): boolean {
  let at = 0;
  for (let length = 1; length > 0; at += length) {
    length = frameLength(bytes, at, bytes.length);
    if (length < 0) return false;
    if (at + length === bytes.length) return true;
  }
  return at > 0;
}
