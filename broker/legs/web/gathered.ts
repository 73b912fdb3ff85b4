/**
 * What comes in crumbs goes on in pieces, once a turn. A peer may say each byte in a chunk of its
 * own, of which one read brings ten thousand; and each piece is a record on the tape, and a message
 * that is judged and written.
 */
import { PIECE } from "../../../protocols/http/body.ts";

export class Gathered {
  private readonly piece: (bytes: Uint8Array) => void;
  private held = NO_BYTES;
  private length = 0;
  private due = false;

  /** @param piece given an array that is good during the call */
  constructor(piece: (bytes: Uint8Array) => void) {
    this.piece = piece;
  }

  add(bytes: Uint8Array): void {
    if (this.length + bytes.length > PIECE) this.flush();
    if (bytes.length >= PIECE) {
      this.piece(bytes);
      return;
    }
    if (this.held === NO_BYTES) this.held = new Uint8Array(PIECE);
    this.held.set(bytes, this.length);
    this.length += bytes.length;
    if (this.due) return;
    this.due = true;
    setImmediate(() => {
      this.due = false;
      this.flush();
    });
  }

  /** Before what ends it is told. */
  flush(): void {
    const { length } = this;
    if (length === 0) return;
    this.length = 0;
    this.piece(this.held.subarray(0, length));
  }

  /** Nobody is there for it any more. */
  drop(): void {
    this.length = 0;
  }
}

const NO_BYTES = new Uint8Array(0);
