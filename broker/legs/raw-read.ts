/**
 * Takes what a socket has read without the stream around it, which for small messages costs more
 * than looking at them. Reading into a given buffer, errors, the end, pausing and closing stay the
 * stream's; where Node keeps its handles otherwise one day, all of it does.
 */
import type { Socket } from "node:net";

type OnRead = (this: ReadingHandle, ...given: unknown[]) => unknown;

/** Takes each read; the array is valid only during the call. */
export interface Receiver {
  received(bytes: Uint8Array): void;
}

interface ReadingHandle {
  onread?: OnRead;
  /** Of the stream, for what is no data. */
  [ORDINARY]?: OnRead;
  [RECEIVER]?: Receiver;
}

interface StreamWrap {
  readonly kReadBytesOrError?: number;
  readonly streamBaseState?: { readonly [at: number]: number };
}

interface Binding {
  binding?(name: "stream_wrap"): StreamWrap | undefined;
}

const ORDINARY = Symbol("what the stream does");
const RECEIVER = Symbol("who receives");

const state = streamState();

/**
 * Gives receivers to sockets that read into one buffer. One function serves all handles: one of
 * its own for each would be memory that every message passes through, and there are thousands.
 *
 * @param beginning of the buffer, by length
 */
export function rawReader(
  beginning: (length: number) => Uint8Array,
): (socket: Socket, receiver: Receiver) => void {
  function read(this: ReadingHandle, ...given: unknown[]): unknown {
    const length = state?.() ?? 0;
    if (length <= 0) return this[ORDINARY]?.apply(this, given);
    this[RECEIVER]?.received(beginning(length));
    return undefined;
  }
  return (socket, receiver) => {
    const handle = (socket as Socket & { readonly _handle?: ReadingHandle | null })._handle;
    const ordinary = handle?.onread;
    if (state === undefined || !handle || typeof ordinary !== "function") return;
    handle[ORDINARY] = ordinary;
    handle[RECEIVER] = receiver;
    handle.onread = read;
  };
}

/** Answers how many bytes the read under way has brought, or an error below 0. */
function streamState(): (() => number) | undefined {
  const { kReadBytesOrError: at, streamBaseState: values } = streamWrap() ?? {};
  if (at === undefined || values === undefined) return undefined;
  return () => values[at] ?? 0;
}

function streamWrap(): StreamWrap | undefined {
  try {
    return (process as Binding).binding?.("stream_wrap");
  } catch {
    return undefined;
  }
}
