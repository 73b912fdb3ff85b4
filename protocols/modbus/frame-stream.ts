/**
 * Cuts recorded bytes of one side into frames. A recording may be opened in the middle of a
 * frame: until the stream is known to be aligned, a piece that does not begin with a whole frame
 * is skipped. Once aligned, what cannot be framed ends it, as it ended the channel.
 */
import { Inbox } from "../inbox.ts";
import { frameLength } from "./frame.ts";

/** Above what a guard lets wait: its recordings never fill this. */
const INBOX_MAX = 1_048_576;

/** Called with each whole frame: `bytes[start]` to `bytes[end - 1]`, valid during the call. */
export type TakeFrame = (bytes: Uint8Array, start: number, end: number) => void;

export class FrameStream {
  private readonly inbox = new Inbox(INBOX_MAX);
  private aligned: boolean;
  private broken = false;

  constructor(aligned: boolean) {
    this.aligned = aligned;
  }

  push(bytes: Uint8Array, take: TakeFrame): void {
    if (this.broken) return;
    if (!this.aligned) this.aligned = beginsWithFrames(bytes);
    if (!this.aligned) return;
    const taken = this.inbox.length > 0 ? 0 : this.takeWhole(bytes, 0, bytes.length, take);
    if (this.broken || taken === bytes.length) return;
    this.broken = !this.inbox.push(bytes.subarray(taken));
    if (this.broken) return;
    const { bytes: held, start, end } = this.inbox.view;
    this.inbox.skip(this.takeWhole(held, start, end, take));
  }

  /** Answers how many bytes were whole frames. */
  private takeWhole(bytes: Uint8Array, start: number, end: number, take: TakeFrame): number {
    let at = start;
    while (at < end) {
      const length = frameLength(bytes, at, end);
      this.broken = length < 0;
      if (length <= 0) break;
      take(bytes, at, at + length);
      at += length;
    }
    return at - start;
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
