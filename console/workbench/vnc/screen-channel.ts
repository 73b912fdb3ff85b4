/**
 * The live channel as noVNC wants to see it: an object like a data channel. Version and security
 * are settled here, since the broker's guard begins at ClientInit.
 *
 * noVNC uses the array that it sends from again at once; so every message is copied.
 */
import { copyBytes } from "../../../protocols/copy-bytes.ts";
import { Handshake } from "../../../protocols/rfb/handshake.ts";

type Listener<T> = ((event: T) => void) | null;

interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

export class ScreenChannel {
  // noVNC looks for each of these by name, on the object itself or its prototype.
  binaryType = "arraybuffer";
  readonly protocol = "";
  readyState = "connecting";
  onopen: Listener<unknown> = null;
  onmessage: Listener<{ readonly data: ArrayBuffer }> = null;
  onclose: Listener<Closed> = null;
  onerror: Listener<unknown> = null;
  private readonly toBroker: (bytes: Uint8Array) => void;
  private readonly handshake = Handshake.withClient();
  private begun = false;

  constructor(toBroker: (bytes: Uint8Array) => void) {
    this.toBroker = toBroker;
  }

  /** Opens, and says the first word as a server does; noVNC must be listening. */
  start(): void {
    this.readyState = "open";
    this.onopen?.({});
    this.greet(new Uint8Array(0));
  }

  send(data: Uint8Array): void {
    if (this.readyState !== "open") return;
    const bytes = copyBytes(data);
    if (this.begun) this.toBroker(bytes);
    else this.greet(bytes);
  }

  /** As a socket does: noVNC waits for the end only once this has returned, and then in vain. */
  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closing";
    queueMicrotask(() => this.ended("closed here"));
  }

  /** From the broker. */
  received(bytes: Uint8Array): void {
    this.say(bytes);
  }

  /** The channel is over. */
  ended(reason: string): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.onclose?.({ code: 1000, reason, wasClean: true });
  }

  private greet(bytes: Uint8Array): void {
    const { send, state } = this.handshake.push(bytes);
    this.begun = state.kind === "done";
    // Later: noVNC knows what it waits for only when what it sends from has returned.
    for (const each of send) queueMicrotask(() => this.say(each));
    if (state.kind === "failed") this.ended(state.reason);
    else if (state.kind === "done" && state.rest.length > 0) this.toBroker(state.rest);
  }

  private say(bytes: Uint8Array): void {
    if (this.readyState !== "open") return;
    this.onmessage?.({ data: copyBytes(bytes).buffer as ArrayBuffer });
  }
}
