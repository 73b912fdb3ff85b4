/**
 * Sends towards the asset of one channel, in order: one that carries a change waits until the
 * tape is durable, and what comes after it waits behind it.
 *
 * A crash while it waits loses the send and never the record: the asset saw nothing yet.
 */
import { Fifo } from "../legs/fifo.ts";
import { changesPlant } from "./class-mask.ts";

/** Where a tape says that all so far is on disk. */
export interface Durability {
  whenDurable(done: (error: Error | undefined) => void): void;
}

/** Of one channel: what a client of SFTP keeps under way, so that one commit serves all of it. */
const WAITING_BYTES_MAX = 2 * 1_048_576;

export interface PendingSend {
  readonly bytes: Uint8Array;
  /** 0 where the guard named none. */
  readonly decision: number;
  readonly mask: number;
  /** Among all sends towards the asset on its channel, from 1. */
  readonly number: number;
  /** Nothing follows it. */
  readonly last?: true;
  /** Lets go of something held at the asset: it leaves whatever becomes of rights and sessions. */
  readonly letsGo?: true;
}

/** What waits, or nothing. */
export interface Waits {
  readonly length: number;
  readonly isFull: boolean;
  withdraw(): readonly PendingSend[];
  takeLetsGo(): readonly PendingSend[];
  clear(): readonly PendingSend[];
}

/** Of all channels whose sends never had to wait: those that only read. */
export const NOTHING_WAITS: Waits = {
  length: 0,
  isFull: false,
  withdraw: () => [],
  takeLetsGo: () => [],
  clear: () => [],
};

interface Entry extends PendingSend {
  waits: boolean;
  failed: boolean;
}

export interface Releasing {
  release(send: PendingSend): void;
  /** The record could not be made durable. */
  withhold(send: PendingSend, cause: string): void;
  /** There is room again, where there was none. */
  breathe(): void;
}

export class ReleaseQueue implements Waits {
  private readonly tape: Durability;
  private readonly to: Releasing;
  private readonly entries = new Fifo<Entry>();
  private bytes = 0;
  private wasFull = false;

  constructor(tape: Durability, to: Releasing) {
    this.tape = tape;
    this.to = to;
  }

  get length(): number {
    return this.entries.length;
  }

  /** Who streams is slowed to what the disk takes, instead of filling the memory. */
  get isFull(): boolean {
    return this.bytes > WAITING_BYTES_MAX;
  }

  push(send: PendingSend, waits: boolean): void {
    const entry: Entry = { ...send, waits, failed: false };
    this.entries.push(entry);
    this.bytes += send.bytes.length;
    this.wasFull ||= this.isFull;
    if (waits) this.tape.whenDurable((error) => this.durable(entry, error));
  }

  /** Takes the changes back; what only reads, or lets go, goes on. */
  withdraw(): readonly PendingSend[] {
    const taken = this.take(({ mask, letsGo }) => changesPlant(mask) && letsGo !== true);
    this.drain();
    return taken;
  }

  /** At a cut: what lets go, which may leave still. */
  takeLetsGo(): readonly PendingSend[] {
    return this.take(({ letsGo }) => letsGo === true);
  }

  /** Takes everything back; nothing of it will be released. */
  clear(): readonly PendingSend[] {
    return this.take(() => true);
  }

  private take(these: (entry: Entry) => boolean): readonly PendingSend[] {
    const taken = this.entries.remove(these);
    for (const { bytes } of taken) this.bytes -= bytes.length;
    return taken;
  }

  private durable(entry: Entry, error: Error | undefined): void {
    entry.waits = false;
    entry.failed = error !== undefined;
    this.drain();
  }

  private drain(): void {
    const { entries } = this;
    for (let next = entries.peek(); next && !next.waits; next = entries.peek()) {
      entries.shift();
      this.bytes -= next.bytes.length;
      if (next.failed) this.to.withhold(next, "its record could not be written");
      else this.to.release(next);
    }
    if (!this.wasFull || this.isFull) return;
    this.wasFull = false;
    this.to.breathe();
  }
}
