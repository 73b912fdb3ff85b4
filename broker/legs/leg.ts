/**
 * One side of a channel: transport and secrets peeled off, plain protocol bytes out.
 * Callbacks, not streams: this is the hot path.
 */
export interface LegSink {
  /** The array is valid only during the call: whoever keeps it copies it. */
  bytes(bytes: Uint8Array): void;
  /** The request that the guard sent under this number will not be answered any more. */
  lost(request: number, cause: string): void;
  /** The change under this decision never left, and will not: taken back, or there was no room. */
  withheld(change: number, cause: string): void;
  /**
   * Asked immediately before a change leaves that waited in the leg: a sentence keeps it back, and
   * it is reported `withheld`. Absent where nothing can have changed meanwhile.
   */
  obstacle?(change: number): string | undefined;
  /** This array, which the leg was given to write, has left; the leg does not look at it again. */
  spent?(bytes: Uint8Array): void;
  /**
   * The peer says no more, and still hears. Called once at most; only `closed` follows. Where it is
   * absent the leg says `closed` instead.
   */
  halfClosed?(reason: string): void;
  /** Called once; nothing follows. */
  closed(reason: string): void;
  /** The queue towards the peer fell below its limit again. */
  drained(): void;
}

export interface Leg {
  /** Called once, before any bytes can arrive. */
  start(sink: LegSink): void;
  /**
   * Queues bytes; the leg may keep the array. What is queued and not yet handed to the system
   * dies with `close`. Writes of one turn leave in one system call where the transport allows.
   * `change`: the decision carried out, where that is an operation from `operate` up. Never calls
   * the sink synchronously.
   */
  write(bytes: Uint8Array, change?: number): void;
  /**
   * Nothing will be written any more: the peer is told so behind what is queued. Once both have
   * said their last, and all of it has left, the leg says `closed` by itself, and that it was
   * `endedInOrder`. Absent where the transport cannot tell it.
   */
  halfClose?(): void;
  readonly endedInOrder?: boolean;
  /**
   * Takes back the changes that are queued here and not yet handed to the system: the right to
   * them was lost. Each is reported `withheld`. Absent where the leg holds no requests.
   */
  withdraw?(cause: string): void;
  /** False while what is written next goes out at once, though there is `withdraw`. */
  readonly givesBack?: boolean;
  /**
   * What it yielded cannot be: nothing else on that connection can be trusted either. Also after
   * `close`.
   */
  distrust?(reason: string): void;
  /** Requests queued here that `close` would drop. Absent where the leg holds no requests. */
  readonly waiting?: number;
  /** Bytes queued and not yet taken by the system. Above `LEG_QUEUE_MAX` the loop stops reading the other side. */
  readonly queued: number;
  pause(): void;
  resume(): void;
  /**
   * Drops what is queued and closes at once. Idempotent; `closed` is not called for one's own close.
   * @param because for the person at the other end, where the leg has a way to say it
   */
  close(because?: string): void;
}

/** Bytes a leg may hold for a slow peer: some hundred Modbus frames. */
export const LEG_QUEUE_MAX = 262_144;

/** Whether what is written to it next may be given back. */
export function mayGiveBack({ withdraw, givesBack }: Leg): boolean {
  return withdraw !== undefined && givesBack !== false;
}
