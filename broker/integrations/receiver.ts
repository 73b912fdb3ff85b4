/** What delivers to one receiver, whatever it speaks. */
import type { FeedItem } from "../store/integration-feed.ts";

export interface Receiver {
  /** Items handed over at once. */
  readonly batchMax: number;
  /** After this many attempts an item is given up; absent: never. */
  readonly attemptsMax?: number;
  wanted(kind: string): boolean;
  /**
   * Resolves once the receiver has taken all of them; then they are never sent again.
   * @throws NotTaken, or what went wrong on the way
   */
  deliver(items: readonly FeedItem[], progress: Progress): Promise<void>;
  close?(): void;
}

/** For an item that goes to several people: who has it already, also after a crash. */
export interface Progress {
  readonly served: readonly string[];
  serve(receiver: string): Promise<void>;
  /** This one will never take it. */
  gaveUp(item: FeedItem, receiver: string, reason: string): Promise<void>;
}

export class NotTaken extends Error {
  override readonly name = "NotTaken";
  /** Sending the same again is no use; another item may pass. */
  readonly isFinal: boolean;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, isFinal = false, retryAfterMs?: number) {
    super(message);
    this.isFinal = isFinal;
    this.retryAfterMs = retryAfterMs;
  }
}
