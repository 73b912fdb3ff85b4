/**
 * Takes what a socket has read without the stream around it, which for small messages costs more
 * than looking at them. Reading into a given buffer, errors, the end, pausing and closing stay the
 * stream's; where Node keeps its handles otherwise one day, all of it does.
 */
import type { Socket } from "node:net";

type OnRead = (this: unknown, ...given: unknown[]) => unknown;

interface ReadingHandle {
  onread?: OnRead;
}

interface StreamWrap {
  readonly kReadBytesOrError?: number;
  readonly streamBaseState?: { readonly [at: number]: number };
}

interface Binding {
  binding?(name: "stream_wrap"): StreamWrap | undefined;
}

const state = streamState();

/** @param socket one that reads into a buffer of its owner's; `receive` gets the count of bytes. */
export function readRaw(socket: Socket, receive: (length: number) => void): void {
  const handle = (socket as Socket & { readonly _handle?: ReadingHandle | null })._handle;
  const ordinary = handle?.onread;
  if (state === undefined || !handle || typeof ordinary !== "function") return;
  handle.onread = function read(this: unknown, ...given: unknown[]): unknown {
    const length = state();
    if (length <= 0) return ordinary.apply(this, given);
    receive(length);
    return undefined;
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
